/**
 * The storage contract on the IndexedDB and the WebCrypto of real browsers. The same checks run on fake-indexeddb in `unit`.
 * Of what holds of every envelope a twentieth is drawn here; `npm run campaign:properties` (ARQ_PROPERTIES=all) draws all of it.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../contract/checks.ts';
import { PROPERTIES } from '../contract/envelope-properties.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { writeCampaign } from '../support/campaign.ts';
import { pageBundle } from '../support/page-bundle.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const ALL = process.env.ARQ_PROPERTIES === 'all';
/** Parts in which a property is drawn, so that no script runs long. */
const PARTS = 20;
/** Printed with the tests' names. Each part has the next one. */
const seed = Number(process.env.ARQ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const PROPERTY_TIMEOUT_MS = ALL ? 3_600_000 : 240_000;

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

  describe(`ARQ_SEED=${seed}`, () => {
    const shown: { name: string; runs: number; ms: number }[] = [];
    for (const [index, { name: rule, wholeRuns }] of PROPERTIES.entries()) {
      const partRuns = wholeRuns / PARTS;
      const parts = ALL ? PARTS : 1;
      it(`${rule} (${parts * partRuns} times)`, { timeout: PROPERTY_TIMEOUT_MS }, async () => {
        const startMs = performance.now();
        for (let part = 0; part < parts; part++)
          expect(
            await page.evaluate(
              (i: number, runs: number, from: number) => globalThis.runProperty(i, { runs, seed: from }),
              index,
              partRuns,
              seed + part,
            ),
          ).toBeNull();
        shown.push({ name: rule, runs: parts * partRuns, ms: Math.round(performance.now() - startMs) });
      });
    }
    afterAll(async () => {
      if (ALL) writeCampaign(`properties-${name}`, { browser: await browser.version(), seed, shown });
    });
  });
});
