/**
 * What is left on the disk after a deletion, in both browsers: of a day, one visit, one hour and one site over 90 days neither a
 * word nor a byte of the old keys is in the extension's files once the browser is closed; and the rows of before, put back beside
 * the keys of now, open nothing of it. `ARQ_PURGE_RUNS` says how often (`npm run campaign:purge`: 5 times, with
 * its figures in `artifacts/`).
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { writeCampaign } from '../support/campaign.ts';
import { putRowsInPage, rowsInPage } from '../support/rows-in-page.ts';
import { filesWith, searchBytes } from '../support/search-bytes.ts';
import { storageFiles } from '../support/storage-files.ts';
import { waitFor } from '../support/wait-for.ts';

const RUNS = Number(process.env.ARQ_PURGE_RUNS ?? 1);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const OPTIONS = 'src/options/index.html#data';

/** Where key bytes lie: a piece of each wrapped key, as it is in the files. */
interface Ring {
  readonly [name: string]: string;
}

/** The end: what it begins with is the same for all keys. */
const onDisk = (files: readonly string[], base64: string): string[] =>
  filesWith(files, Buffer.from(base64, 'base64').subarray(-24));

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let page: TestPage;
  const shown: { readonly destroyedKeys: number; readonly ms: number }[] = [];
  beforeAll(async () => {
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    page = await browser.openExtensionPage(OPTIONS);
    await page.waitFor('import-file', { visible: false });
  });
  afterAll(async () => {
    if (RUNS > 1)
      writeCampaign(`purge-${name}`, { browser: await browser.version(), wanted: RUNS, runs: shown });
    await browser.close();
  });

  const send = <T>(type: string, body: object) =>
    page.evaluate(
      `(globalThis.browser ?? chrome).runtime.sendMessage(${JSON.stringify({ type, body })})`,
    ) as Promise<T>;
  const found = async (text: string) =>
    (await send<{ value: { hits: unknown[] } }>('records.search', { text, limit: 200 })).value.hits.length;
  const ring = async (): Promise<Ring> => {
    const all = JSON.parse(await page.evaluate(rowsInPage, 'arq-keys-')) as Record<
      string,
      { ring: { key: unknown; value: { wrapped: { $bytes: string } } }[] }
    >;
    const rows = Object.values(all).flatMap((stores) => stores.ring);
    return Object.fromEntries(rows.map(({ key, value }) => [JSON.stringify(key), value.wrapped.$bytes]));
  };
  const reopened = async () => {
    await browser.close({ keepProfile: true });
    await browser.relaunch();
    page = await browser.openExtensionPage(OPTIONS);
    await waitFor('the store to be open', async () => (await page.text('record-count')) !== '');
  };

  it.each(Array.from({ length: RUNS }, (_, run) => run + 1))('run %i', { timeout: 300_000 }, async () => {
    const startMs = performance.now();
    /** Letters that are in no other text. */
    const coined = (what: string) => `${what}${randomBytes(9).toString('hex')}`;
    const words = { day: coined('day'), visit: coined('visit'), hour: coined('hour'), site: coined('site') };
    const kept = coined('kept');
    /** Of a month of which nothing is deleted. */
    const untouched = coined('untouched');
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const author = randomBytes(16).toString('base64url');
    let n = 0;
    const visit = (daysAgo: number, hour: number, word: string, host = `${word}.example`) => ({
      kind: 'visit',
      id: `${author}.1.${(++n).toString(36)}`,
      at: new Date(today - daysAgo * DAY_MS + hour * HOUR_MS + n).toISOString(),
      level: 'private',
      url: `https://${host}/${word}/${n}`,
      title: `Title ${word} ${n}`,
      transition: 'link',
      dwellMs: 1000,
    });
    const one = visit(20, 9, words.visit);
    const interactions = [
      ...[0, 6, 12, 18].map((hour) => visit(50, hour, words.day)),
      one,
      ...[10.1, 10.5, 10.9].map((hour) => visit(10, hour, words.hour)),
      ...Array.from({ length: 30 }, (_, i) => visit(95 - 3 * i, 8, words.site, `${words.site}.example`)),
      ...Array.from({ length: 96 }, (_, i) => visit(96 - i, 15, kept)),
      ...Array.from({ length: 10 }, (_, i) => visit(200 - i, 15, untouched)),
    ];
    const file = JSON.stringify({
      format: 'arq-context/export/1',
      exportedAt: new Date(today).toISOString(),
      interactions,
    });
    await page.evaluate((text: string) => {
      const input = document.querySelector<HTMLInputElement>('[data-testid=import-file]');
      const files = new DataTransfer();
      files.items.add(new File([text], 'file.json', { type: 'application/json' }));
      if (!input) throw new Error('no input');
      input.files = files.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, file);
    await waitFor('the import to end', async () =>
      (await page.text('import-result')).startsWith(`Imported ${interactions.length} records`),
    );
    // As it lies after a while: days of a month in one pack.
    await send('compact.run', {});
    for (const word of [...Object.values(words), kept, untouched])
      expect(await found(word), word).toBeGreaterThan(0);
    const rows = await page.evaluate(rowsInPage, 'arq-data');
    const before = await ring();

    for (const [target, count] of [
      [{ what: 'range', fromMs: today - 50 * DAY_MS, toMs: today - 49 * DAY_MS }, 4 + 1 + 1],
      [{ what: 'record', id: one.id }, 1],
      [
        {
          what: 'range',
          fromMs: today - 10 * DAY_MS + 10 * HOUR_MS,
          toMs: today - 10 * DAY_MS + 11 * HOUR_MS,
        },
        3,
      ],
      [{ what: 'site', host: `${words.site}.example` }, 29],
    ] as const) {
      expect(await send('erase.run', { target })).toEqual({ ok: true, value: { count } });
      await send('erase.finish', {});
    }
    const after = await ring();
    const old = Object.entries(before).filter(([key]) => !(key in after));
    // Each of the days that were touched has another key, or none.
    expect(old.length).toBeGreaterThan(32);
    await browser.close({ keepProfile: true });
    const files = storageFiles(browser);
    expect(files.length).toBeGreaterThan(0);
    // It would be found: the keys of now are.
    for (const [key, bytes] of Object.entries(after)) expect(onDisk(files, bytes), key).not.toEqual([]);
    for (const [key, bytes] of old) expect(onDisk(files, bytes), key).toEqual([]);
    expect(searchBytes(files, [...Object.values(words), kept, untouched])).toEqual([]);

    await browser.relaunch();
    page = await browser.openExtensionPage(OPTIONS);
    await waitFor('the store to be open', async () => (await page.text('record-count')) !== '');
    await page.evaluate(putRowsInPage, 'arq-data', rows);
    await reopened();
    for (const word of Object.values(words)) expect(await found(word), word).toBe(0);
    // What was put back is looked into: of it opens what was not deleted.
    expect(await found(untouched)).toBeGreaterThan(0);
    const { text } = await page.download(() => page.click('export-json'));
    for (const word of Object.values(words)) expect(text).not.toContain(word);
    // For the next run: what does not open goes.
    await send('erase.run', { target: { what: 'all' } });
    await send('erase.finish', {});
    shown.push({ destroyedKeys: old.length, ms: Math.round(performance.now() - startMs) });
  });
});
