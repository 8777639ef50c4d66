/** The storage contract on the IndexedDB and the WebCrypto of real browsers. The same checks run on fake-indexeddb in `unit`. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../contract/checks.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { pageBundle } from '../support/page-bundle.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

let site: WebServer;
beforeAll(async () => {
  const script = (await pageBundle('test/contract/page.ts')).replaceAll('</script', '<\\/script');
  site = await startWebServer(() => `<title>Contract</title><script type="module">${script}</script>`);
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let page: TestPage;

  beforeAll(async () => {
    const folder = name === 'chromium' ? 'chrome' : 'firefox';
    browser = await launchBrowser(name, { extensionDir: join(import.meta.dirname, '../../dist', folder) });
    // WebCrypto needs a secure context: loopback is one.
    page = await browser.openPage(`http://127.0.0.1:${site.port}/`);
  });
  afterAll(() => browser.close());

  for (const [index, check] of CHECKS.entries())
    it(check.name, async () => {
      expect(await page.evaluate((i: number) => globalThis.runCheck(i), index)).toBeNull();
    });
});
