/** What only a browser shows: which page a click was on, what it was on, time in front, and what a restart ends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const POPUP = 'src/popup/index.html';
const OPTIONS = 'src/options/index.html';
const LONG_ROLE = `button ${'x'.repeat(60)}`;

interface Exported {
  readonly kind: string;
  readonly url: string;
  readonly text?: string;
  readonly role?: string;
  readonly target?: string;
  readonly dwellMs?: number;
}

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer(
    (_host, path) => `<title>Page ${path}</title>
      <button data-testid="route" onclick="history.pushState({}, '', '/app/second'); document.title = 'Second'">Route</button>
      <button data-testid="press">Press</button>
      <p><label data-testid="label">Labelword <input type="checkbox"></label></p>
      <p><label for="colour">Colourword</label> <select id="colour" data-testid="select"><option>Optionword</select></p>
      <div data-testid="shadow"></div>
      <p><span data-testid="role" tabindex="0" role="button">Roleword</span></p>
      <svg data-testid="svg" width="200" height="40"><a href="/svg-target"><rect width="200" height="40" /><text y="20">Svgword</text></a></svg>
      <script>
        const root = document.querySelector('[data-testid=shadow]').attachShadow({ mode: 'open' });
        root.innerHTML = '<button style="width: 100%; height: 3em">Shadowword</button>';
        document.querySelector('svg a').onclick = (event) => event.preventDefault();
        if (location.pathname === '/long') document.querySelector('[data-testid=press]').setAttribute('role', ${JSON.stringify(LONG_ROLE)});
      </script>`,
  );
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');

  beforeAll(async () => {
    browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    options = await browser.openExtensionPage(`${OPTIONS}#data`);
  });
  afterAll(() => browser.close());

  const visit = (host: string, path: string) => browser.openPage(`http://${host}:${site.port}${path}`);
  const exported = async (): Promise<readonly Exported[]> => {
    const { text } = await options.download(() => options.click('export-json'));
    return (JSON.parse(text) as { interactions: Exported[] }).interactions;
  };
  const pathOf = (record: Exported) => new URL(record.url).pathname;
  const clicksOn = async (host: string) =>
    (await exported()).filter(({ kind, url }) => kind === 'click' && url.includes(host));

  it('what every page loads stays small', () => {
    const script = readFileSync(join(extensionDir, 'src/content/observe.iife.js'));
    expect(gzipSync(script).length).toBeLessThanOrEqual(4 * 1024);
  });

  it('a click in a single-page app is on the page that it shows', async () => {
    const app = await visit('app.example', '/app/first');
    await app.click('press');
    await app.click('route');
    await waitFor('the second view', async () => (await app.url()).endsWith('/app/second'));
    await app.click('press');
    const clicks = await waitFor('three clicks', async () => {
      const found = await clicksOn('app.example');
      return found.length === 3 ? found : undefined;
    });
    expect(clicks.map((click) => [click.text, pathOf(click)])).toEqual([
      ['Press', '/app/first'],
      ['Route', '/app/first'],
      ['Press', '/app/second'],
    ]);
    await app.close();
  });

  it('a click is told once, by what a person sees there', async () => {
    const page = await visit('clicks.example', '/');
    for (const target of ['label', 'select', 'shadow', 'role', 'svg']) {
      await page.click(target);
      // A list that opened would take the next click.
      if (target === 'select') await page.press('Escape');
    }
    await waitFor('the last click', async () =>
      (await clicksOn('clicks.example')).some(({ text }) => text === 'Svgword'),
    );
    const clicks = await clicksOn('clicks.example');
    expect(clicks.map(({ role, text }) => [role, text])).toEqual([
      ['checkbox', 'Labelword'],
      ['combobox', 'Colourword'],
      ['button', 'Shadowword'],
      ['button', 'Roleword'],
      ['link', 'Svgword'],
    ]);
    expect(clicks.at(-1)?.target).toBe(`http://clicks.example:${site.port}/svg-target`);
    await page.close();
  });

  it('a role of any length is cut, and the click is kept', async () => {
    const page = await visit('long.example', '/long');
    await page.click('press');
    const [click] = await waitFor('the click', async () => {
      const found = await clicksOn('long.example');
      return found.length > 0 ? found : undefined;
    });
    expect(click?.role).toBe(LONG_ROLE.slice(0, 40));
    expect(await options.count('dropped-messages')).toBe(0);
    await page.close();
  });

  it('counts the time that a page is in front', async () => {
    const page = await visit('dwell.example', '/read');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await page.goto(`http://dwell.example:${site.port}/next`);
    const read = await waitFor('the time', async () =>
      (await exported()).find((record) => pathOf(record) === '/read' && (record.dwellMs ?? 0) > 0),
    );
    expect(read.dwellMs).toBeGreaterThan(2_000);
    expect(read.dwellMs).toBeLessThan(30_000);
    await page.close();
  });

  it('"until restart" is over when the browser was restarted', async () => {
    const popup = await browser.openExtensionPage(POPUP);
    await popup.click('pause-restart');
    await waitFor('it pauses', async () => (await popup.text('health')).startsWith('Paused'));
    await browser.close({ keepProfile: true });
    await browser.relaunch();
    options = await browser.openExtensionPage(`${OPTIONS}#data`);
    await waitFor('it records', async () => (await options.text('health')) === 'Recording.');
    await visit('after.example', '/after-restart');
    await waitFor('the page after', async () => (await exported()).some(({ url }) => url.includes('after-')));
  });
});
