/**
 * Deletions in the browser's own history are followed once the person said so, in both browsers. Chromium's build has access to
 * the history from the start (scripts/manifest-for.ts); Firefox is asked and grants it.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer((host, path) => `<title>Titleword ${host} ${path}</title>`);
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  const at = (path: string) => `http://some.example:${site.port}${path}`;
  const records = async () => Number(await options.text('record-count'));
  const inHistory = (call: string) =>
    options.evaluate(`(globalThis.browser ?? chrome).history.${call}.then(() => true)`);

  beforeAll(async () => {
    const folder = name === 'chromium' ? 'chrome-history' : 'firefox';
    browser = await launchBrowser(name, { extensionDir: join(import.meta.dirname, '../../dist', folder) });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    for (const path of ['/one', '/two', '/three']) await (await browser.openPage(at(path))).close();
    options = await browser.openExtensionPage('src/options/index.html#data');
    await waitFor('three records', async () => (await records()) === 3);
    await options.click('follow-history');
    await waitFor('it follows', () =>
      options.evaluate(`document.querySelector('[data-testid=follow-history]').checked`),
    );
  });
  afterAll(() => browser.close());

  it('a page that is deleted there is deleted here, and can be undone', async () => {
    await inHistory(`deleteUrl({ url: '${at('/one')}' })`);
    await waitFor('it is told', async () =>
      (await options.text('erasing')).includes("as in the browser's history"),
    );
    await waitFor('two records', async () => (await records()) === 2);
    await options.click('undo');
    await waitFor('three records', async () => (await records()) === 3);
    await inHistory(`deleteUrl({ url: '${at('/two')}' })`);
    await options.click('erase-finish');
    await waitFor('two records', async () => (await records()) === 2);
  });

  it('when all of it is cleared, the person is asked', async () => {
    await inHistory('deleteAll()');
    await options.waitFor('history-cleared');
    expect(await records()).toBe(2);
    await options.click('history-cleared-erase');
    await options.click('erase-finish');
    await waitFor('nothing is left', async () => (await records()) === 0);
  });
});
