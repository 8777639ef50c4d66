/**
 * Deletions in the browser's own history are followed once the person said so, in both browsers. Chromium's build has access to
 * the history from the start (scripts/manifest-for.ts); Firefox is asked and grants it.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { searchBytes } from '../support/search-bytes.ts';
import { statusOf } from '../support/status.ts';
import { storageFiles } from '../support/storage-files.ts';
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
    // The box is checked by the click; that it follows is what the background says.
    await waitFor('it follows', async () => (await statusOf(options)).following !== undefined);
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

  it('a page that is known under another address too stays', async () => {
    for (const path of ['/three#part', '/four#part']) await (await browser.openPage(at(path))).close();
    await waitFor('four records', async () => (await records()) === 4);
    await inHistory(`deleteUrl({ url: '${at('/three#part')}' })`);
    await inHistory(`deleteUrl({ url: '${at('/four#part')}' })`);
    await waitFor('three records', async () => (await records()) === 3);
    await options.click('erase-finish');
    expect(await records()).toBe(3);
  });

  it('when all of it is cleared, the person is asked', async () => {
    await inHistory('deleteAll()');
    await options.waitFor('history-cleared');
    expect(await records()).toBe(3);
    await options.click('history-cleared-erase');
    // It says how much that is, before.
    await waitFor('the question', async () => (await options.text('confirm')).includes('3 records'));
    await options.click('confirm');
    await options.click('erase-finish');
    await waitFor('nothing is left', async () => (await records()) === 0);
  });

  it('whatever is noted of deletions in the open says nothing of what is recorded, nor do its files', async () => {
    const send = (type: string, body: object) =>
      options.evaluate(
        `(globalThis.browser ?? chrome).runtime.sendMessage(${JSON.stringify({ type, body })}).then(({ ok }) => ok)`,
      );
    for (const path of ['/wordone', '/wordtwo']) await (await browser.openPage(at(path))).close();
    await waitFor('two records', async () => (await records()) === 2);
    const retention = { levels: { private: 365 }, sites: [{ host: 'some.example', keep: 90 }] };
    expect(await send('retention.set', { retention })).toBe(true);
    // One row that does not open keeps its day from being erased.
    await options.evaluate(damageNewestRow);
    await send('erase.run', { target: { what: 'page', url: at('/wordone') } });
    await send('erase.finish', {});
    await inHistory('deleteAll()');
    await options.waitFor('history-cleared');
    const { local, metadata } = await waitFor(
      'all that is noted',
      async () => {
        const noted = JSON.parse(String(await options.evaluate(notedInTheOpen))) as {
          local: Record<string, unknown>;
          metadata: string[];
        };
        // Retention is looked after within a minute.
        const isAll = 'left-over' in noted.local && noted.metadata.includes('retention-done');
        return isAll ? noted : null;
      },
      { timeoutMs: 90_000, everyMs: 500 },
    );
    expect(Object.keys(local)).toEqual(
      expect.arrayContaining(['clock-trust', 'history-cleared', 'left-over', 'sentinel']),
    );
    expect(metadata).toContain('retention-done');
    const words = ['some.example', 'wordone', 'wordtwo', 'Titleword'];
    for (const word of words) expect(JSON.stringify(local)).not.toContain(word);
    await browser.close({ keepProfile: true });
    const files = storageFiles(browser);
    expect(files.length).toBeGreaterThan(0);
    // It would be found. (Firefox encodes names of its storage in a way of its own.)
    if (name === 'chromium') expect(searchBytes(files, ['left-over'])).not.toEqual([]);
    expect(searchBytes(files, words)).toEqual([]);
    await browser.relaunch();
  });
});

/** In the page: the newest row of the journal loses its last byte. */
async function damageNewestRow(): Promise<void> {
  const ask = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const db = await ask(indexedDB.open('arq-data'));
  const journal = db.transaction('journal', 'readwrite').objectStore('journal');
  const newest = ((await ask(journal.getAll())) as { box: Uint8Array }[]).at(-1);
  if (!newest) throw new Error('no row');
  await ask(journal.put({ ...newest, box: newest.box.slice(0, -1) }));
  db.close();
}

/** In the page: `storage.local`, and the names of what is in `metadata`. */
async function notedInTheOpen(): Promise<string> {
  const { browser: firefox, chrome: chromium } = globalThis as unknown as Record<
    'browser' | 'chrome',
    { storage: { local: { get(): Promise<Record<string, unknown>> } } } | undefined
  >;
  const local = await (firefox ?? chromium)?.storage.local.get();
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('arq-data');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const metadata = await new Promise((resolve, reject) => {
    const asked = db.transaction('metadata').objectStore('metadata').getAllKeys();
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  db.close();
  return JSON.stringify({ local, metadata });
}
