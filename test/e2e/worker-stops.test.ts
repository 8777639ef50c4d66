/** The background is stopped at random moments while pages load: what was acknowledged is there exactly once. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const STOPS = 50;
const OPTIONS = 'src/options/index.html';

/** Repeatable: the seed is printed with the test's name. (mulberry32) */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seed = Number(process.env.ARQ_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let site: WebServer;

  beforeAll(async () => {
    site = await startWebServer(
      (_host, path) => `<title>Stopword ${path}</title><button data-testid="press">Press ${path}</button>`,
    );
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  it(`${STOPS} stops lose nothing and double nothing (ARQ_SEED=${seed})`, { timeout: 600_000 }, async () => {
    const random = randomFrom(seed);
    const pause = (maxMs: number) => new Promise((resolve) => setTimeout(resolve, random() * maxMs));
    for (let i = 0; i < STOPS; i++) {
      const loading = browser.openPage(`http://stops.example:${site.port}/page${i}`);
      await pause(120);
      const stopping = browser.stopWorker();
      const page = await loading;
      await stopping;
      // The tab stays: a page that was not acknowledged says so again.
      const clicking = page.click('press');
      if (i % 2 === 0) {
        await pause(40);
        await browser.stopWorker();
      }
      await clicking;
    }
    const options = await browser.openExtensionPage(`${OPTIONS}#data`);
    // Who was not heard says so again, after pauses that grow.
    await waitFor(
      'every visit and click to be counted',
      async () => {
        const count = await options.text('record-count');
        if (Number(count) >= 2 * STOPS) return true;
        throw new Error(`${count} so far`);
      },
      { timeoutMs: 180_000, everyMs: 500 },
    );
    await waitFor(
      'the count to stay the same',
      async () => {
        const before = await options.text('record-count');
        await new Promise((resolve) => setTimeout(resolve, 11_000));
        return before !== '' && (await options.text('record-count')) === before;
      },
      { timeoutMs: 90_000 },
    );
    const { text } = await options.download(() => options.click('export-json'));
    const { interactions } = JSON.parse(text) as {
      interactions: { kind: string; url: string; id: string }[];
    };
    const of = (kind: string) =>
      interactions
        .filter((record) => record.kind === kind)
        .map(({ url }) => Number(/page(\d+)$/.exec(url)?.[1]))
        .sort((a, b) => a - b);
    const all = Array.from({ length: STOPS }, (_, i) => i);
    expect(of('visit')).toEqual(all);
    expect(of('click')).toEqual(all);
    expect(new Set(interactions.map(({ id }) => id)).size).toBe(interactions.length);
  });
});
