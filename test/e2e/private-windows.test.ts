/**
 * In private windows nothing is recorded. What people install is not let in at all (`"incognito": "not_allowed"`); this is
 * the test build that is let in, so that only the check of `tab.incognito` stands between.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer(
    (_host, path) =>
      `<title>Page ${path}</title><button data-testid="press">Press</button>
       <button data-testid="route" onclick="history.pushState({}, '', '/undercover-view'); document.title = 'View'">Route</button>`,
  );
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  beforeAll(async () => {
    const target = name === 'chromium' ? 'chrome' : 'firefox';
    const extensionDir = join(import.meta.dirname, `../../dist/${target}-incognito`);
    browser = await launchBrowser(name, { extensionDir, privateWindows: true });
    const consent = await browser.openExtensionPage('src/onboarding/index.html');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    options = await browser.openExtensionPage('src/options/index.html#data');
  });
  afterAll(() => browser.close());

  it('drops what happens in a private window, and records what happens beside it', async () => {
    const secret = await browser.openPrivatePage(`http://undercover.example:${site.port}/undercover`);
    // The extension is let in: else this would show nothing.
    await waitFor('the extension to see the private page', () => seesPrivateTab('undercover.example'));
    await secret.click('press');
    await secret.click('route');
    const open = await browser.openPage(`http://open.example:${site.port}/open`);
    await open.click('press');
    await waitFor(
      'the visit and the click beside it',
      async () => (await options.text('record-count')) === '2',
    );
    const { text } = await options.download(() => options.click('export-json'));
    expect(text).toContain('/open');
    expect(text).not.toContain('undercover');
  });

  /** Whether the extension's own pages are shown this tab. */
  async function seesPrivateTab(host: string): Promise<boolean> {
    return options.evaluate(
      `(globalThis.browser ?? chrome).tabs.query({}).then((tabs) => tabs.some((tab) => tab.incognito && tab.url?.includes(${JSON.stringify(host)})))`,
    );
  }
});
