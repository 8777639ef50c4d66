/**
 * Import in real browsers: pages that were visited while recording was paused are taken over from the browser's own history
 * and found; a file that was exported is imported again. Chromium's build has access to the history from the start
 * (scripts/manifest-for.ts); Firefox is asked and grants it.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const OPTIONS = 'src/options/index.html';
const ENGINE = 'www.baidu.com';
const PATHS = Array.from({ length: 8 }, (_, i) => `/past${i}?word=w${i}`);

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer(
    (host, path) => `<title>Pastword ${host} ${path.replaceAll(/\W+/g, ' ')}</title>`,
  );
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  let text = '';
  const at = (host: string, path: string) => `http://${host}:${site.port}${path}`;
  const records = async () => Number(await options.text('record-count'));
  const result = () => options.text('import-result');
  const importHistory = async () => {
    await options.click('import-history');
    return waitFor('the import to end', async () => {
      const said = await result();
      return said.startsWith('Imported') && said;
    });
  };

  beforeAll(async () => {
    const folder = name === 'chromium' ? 'chrome-history' : 'firefox';
    const extensionDir = join(import.meta.dirname, '../../dist', folder);
    browser = await launchBrowser(name, { extensionDir, loopbackHosts: [ENGINE] });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    const popup = await browser.openExtensionPage('src/popup/index.html');
    await popup.click('pause');
    await popup.waitFor('resume');
    for (const path of PATHS) await (await browser.openPage(at('past.example', path))).close();
    for (const url of [at('online-banking.past.example', '/account'), at(ENGINE, '/s?wd=green+whales')])
      await (await browser.openPage(url)).close();
    await popup.click('resume');
    await popup.waitFor('pause');
    await popup.close();
    options = await browser.openExtensionPage(`${OPTIONS}#data`);
    await options.waitFor('import-history');
  });
  afterAll(() => browser.close());

  it('takes over what the browser remembers, and finds it', async () => {
    // One of them again, recorded live this time: it is there already.
    await (await browser.openPage(at('live.example', '/live'))).close();
    await waitFor('the live visit', async () => (await records()) === 1);
    const said = await importHistory();
    // Eight pages, the results of a search, and the search.
    expect(said).toMatch(
      /^Imported 10 records from this browser's history\. 1 was there already\. 1 was left out/,
    );
    await waitFor('11 records', async () => (await records()) === 11);
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#search`);
    for (const [words, part] of [
      ['past3 w3', '/past3?'],
      ['pastword past7', '/past7?'],
      ['green whales', ENGINE],
    ] as const) {
      await options.fill('search-input', words);
      await waitFor(`a search for "${words}" finds ${part}`, async () =>
        (await options.texts('search-result')).some((found) => found.includes(part)),
      );
    }
    await options.fill('search-input', 'account');
    await waitFor('nothing sensitive is found', async () => (await options.count('search-result')) === 0);
  });

  it('says so when access is refused', async () => {
    const other = await browser.openExtensionPage(`${OPTIONS}#data`);
    await other.waitFor('import-history');
    // Nobody can press "Deny" here.
    await other.evaluate(`(() => {
      const { permissions } = globalThis.browser ?? chrome;
      permissions.request = (wanted, done) => (done?.(false), Promise.resolve(false));
    })()`);
    await other.click('import-history');
    await waitFor('the refusal is told', async () =>
      (await other.text('import-result')).startsWith('The browser did not give access to its history'),
    );
    await other.close();
  });

  it('adds nothing the second time, and by keyboard', async () => {
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#data`);
    await options.waitFor('import-history');
    await options.evaluate(`document.querySelector('[data-testid=import-history]').focus()`);
    await options.press('Enter');
    await waitFor('the import to end', async () =>
      (await result()).startsWith('Imported 0 records from this browser'),
    );
    await waitFor('11 records', async () => (await records()) === 11);
  });

  it('takes over an export, once, and refuses what is none', async () => {
    text = (await options.download(() => options.click('export-json'))).text;
    const exported = JSON.parse(text) as { interactions: { url: string }[] };
    expect(exported.interactions).toHaveLength(11);
    await options.click('delete-all');
    await options.click('confirm');
    await waitFor('nothing is left', async () => (await records()) === 0);
    await choose(`${text.slice(0, -40)}`);
    await waitFor('the damage is told', async () => (await result()).includes('ends too early'));
    await waitFor('no records', async () => (await records()) === 0);
    await choose(text);
    await waitFor('the import to end', async () =>
      (await result()).startsWith('Imported 11 records from file.json'),
    );
    await choose(text);
    await waitFor('the second import to end', async () => (await result()).includes('11 were there already'));
    // The count is told a moment later.
    await waitFor('11 records', async () => (await records()) === 11);
    const again = (await options.download(() => options.click('export-json'))).text;
    expect(JSON.parse(again).interactions).toEqual(exported.interactions);
  });

  /** As if the person had chosen this file. */
  async function choose(content: string): Promise<void> {
    await options.evaluate((text: string) => {
      const input = document.querySelector<HTMLInputElement>('[data-testid=import-file]');
      const files = new DataTransfer();
      files.items.add(new File([text], 'file.json', { type: 'application/json' }));
      if (!input) throw new Error('no input');
      input.files = files.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, content);
  }
});
