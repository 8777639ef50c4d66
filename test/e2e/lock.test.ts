/** A passphrase in real browsers: nothing can be read while it is locked, not even on the disk, and nothing is lost. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { rowsInPage } from '../support/rows-in-page.ts';
import { filesWith, searchBytes } from '../support/search-bytes.ts';
import { storageFiles } from '../support/storage-files.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const OPTIONS = 'src/options/index.html';
const POPUP = 'src/popup/index.html';
const VIEWS = join(import.meta.dirname, '../../artifacts/e2e/lock');
const PASSPHRASE = 'correct horse battery staple';

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer((_host, path) => `<title>Title${path.replace('/', '')}x</title><p>text</p>`);
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;

  beforeAll(async () => {
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    options = await browser.openExtensionPage(`${OPTIONS}#privacy`);
  });
  afterAll(() => browser.close());

  const visited: string[] = [];
  async function visit(word: string): Promise<void> {
    const page = await browser.openPage(`http://site.example:${site.port}/${word}`);
    visited.push(word);
    await waitFor(
      `${word} to be stored`,
      async () => (await page.evaluate('document.readyState')) === 'complete',
    );
    // Its title comes a moment later.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await page.close();
  }
  async function unlock(page: TestPage, passphrase = PASSPHRASE): Promise<void> {
    await page.waitFor('unlock-passphrase');
    await page.fill('unlock-passphrase', passphrase);
    await page.click('unlock');
  }
  /** Oldest first, as the list has them from the newest on. */
  async function found(): Promise<string[]> {
    const search = await browser.openExtensionPage(`${OPTIONS}#search`);
    await search.waitFor('search-result');
    const titles = await search.texts('search-result');
    await search.close();
    return titles.flatMap((title) => visited.filter((word) => title.includes(`Title${word}x`))).reverse();
  }
  /** Argon2id takes its time on a busy machine. */
  const passphraseIs = (what: string) =>
    waitFor(
      `the passphrase to be ${what}`,
      async () => (await options.text('passphrase-done')).includes(what),
      { timeoutMs: 60_000 },
    );
  /** Where words lie readable in the files of the extension. */
  function readable(words: readonly string[]) {
    const files = storageFiles(browser);
    expect(files.length).toBeGreaterThan(0);
    return searchBytes(files, words);
  }

  /** What lies in the key files: the wrapped keys, and in the open what opens them. The end: what keys begin with is the same for all. */
  async function keysOnDisk(): Promise<{ readonly wrapped: Buffer[]; readonly open: Buffer[] }> {
    const all = JSON.parse(await options.evaluate(rowsInPage, 'arq-keys-')) as Record<
      string,
      Record<'ring' | 'blobs', { key: unknown; value: { $bytes?: string; wrapped?: { $bytes: string } } }[]>
    >;
    const bytes = (base64: string) => Buffer.from(base64, 'base64').subarray(-24);
    const stores = Object.values(all);
    return {
      wrapped: stores.flatMap(({ ring }) => ring.map(({ value }) => bytes(value.wrapped?.$bytes ?? ''))),
      open: stores.flatMap(({ blobs }) =>
        blobs.flatMap(({ key, value }) => (key === 'device-secret' ? [bytes(value.$bytes ?? '')] : [])),
      ),
    };
  }
  /** What opens the profile, from the browser's memory, as it lies there and as bytes. */
  async function unlockSecret(): Promise<{ readonly text: string; readonly bytes: Buffer }> {
    const text = (await options.evaluate(
      `(globalThis.browser ?? chrome).storage.session.get('unlock-secret').then((all) => all['unlock-secret'])`,
    )) as string;
    const bytes = Buffer.from(text, 'base64url');
    expect(bytes).toHaveLength(32);
    return { text, bytes };
  }
  /** Key bytes that are not to be on the disk any more, or never were. */
  const gone = new Map<string, Buffer>();
  const texts: string[] = [];
  function expectNoKey(): void {
    const files = storageFiles(browser);
    expect(gone.size).toBeGreaterThan(2);
    expect(
      [...gone].flatMap(([what, bytes]) => filesWith(files, bytes).map((file) => `${what}: ${file}`)),
    ).toEqual([]);
    expect(searchBytes(files, texts)).toEqual([]);
  }
  const noteSecret = async () => {
    const { text, bytes } = await unlockSecret();
    texts.push(text);
    gone.set(`unlock secret ${texts.length}`, bytes);
  };

  it('refuses a passphrase that is too short or typed differently, and takes a good one', async () => {
    await visit('beforeword');
    await options.activate();
    await options.fill('passphrase', 'short');
    await options.click('passphrase-set');
    expect(await options.text('problem')).toMatch(/at least 10 characters/);
    await options.fill('passphrase', PASSPHRASE);
    await options.fill('passphrase-again', `${PASSPHRASE}r`);
    await options.click('passphrase-set');
    expect(await options.text('problem')).toMatch(/not the same/);
    await options.fill('passphrase-again', PASSPHRASE);
    const { wrapped, open } = await keysOnDisk();
    expect(open).toHaveLength(1);
    await options.click('passphrase-set');
    await passphraseIs('set');
    await options.screenshot(join(VIEWS, `${name}-set.png`));
    // What opened it, and the keys as they were wrapped, have to go with the key files of before.
    for (const bytes of open) gone.set('unlock secret in the open', bytes);
    for (const [index, bytes] of wrapped.entries()) gone.set(`wrapped key ${index}`, bytes);
    await noteSecret();
  });

  it('locks from the popup, says so, records, and shows nothing', async () => {
    const popup = await browser.openExtensionPage(POPUP);
    await popup.click('lock-now');
    await popup.waitFor('unlock-passphrase');
    await popup.screenshot(join(VIEWS, `${name}-popup.png`));
    expect(await popup.text('health')).toMatch(/^Locked/);
    await options.activate();
    await options.waitFor('unlock-passphrase');
    expect(await options.count('rule-host')).toBe(0);
    await options.screenshot(join(VIEWS, `${name}-options.png`));
    await visit('lockedword');
    await popup.activate();
    await waitFor(
      'the sealed events to be counted',
      async () => Number(await popup.text('sealed-count').catch(() => '0')) > 0,
    );
    await popup.close();
  });

  it('is still locked after the browser was closed, with no key and no word on the disk', async () => {
    await browser.close({ keepProfile: true });
    expect(readable(['beforeword', 'lockedword', PASSPHRASE, 'site.example'])).toEqual([]);
    expectNoKey();
    await browser.relaunch();
    await visit('restartedword');
    options = await browser.openExtensionPage(`${OPTIONS}#search`);
    await unlock(options, 'correct horse battery stapler');
    await waitFor('to be told', async () => (await options.text('problem')).includes('not the passphrase'));
    await unlock(options);
    await options.waitFor('search-result');
    expect(await found()).toEqual(['beforeword', 'lockedword', 'restartedword']);
    await noteSecret();
  });

  it('locks by itself when the person was away for so long, and goes on recording', {
    timeout: 180_000,
  }, async () => {
    // As the browser's word was noted when it came: nobody waits here for 15 minutes. The rest is as it is.
    await options.evaluate(
      `(globalThis.browser ?? chrome).storage.session.set({ 'away-since': Date.now() - 16 * 60_000 })`,
    );
    await options.waitFor('unlock-passphrase', { timeoutMs: 120_000 });
    const memory = (await options.evaluate(
      `(globalThis.browser ?? chrome).storage.session.get(null).then((all) => JSON.stringify(all))`,
    )) as string;
    for (const text of texts) expect(memory).not.toContain(text);
    for (const word of visited) expect(memory).not.toContain(word);
    await visit('awayword');
    await options.evaluate(`(globalThis.browser ?? chrome).storage.session.remove('away-since')`);
    await options.activate();
    await unlock(options);
    await options.waitFor('search-result');
    expect(await found()).toEqual(visited);
    await noteSecret();
  });

  it('is asked for again before an export, and a wrong one gets no file', async () => {
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#data`);
    await options.waitFor('export-unlock');
    const says = (words: string) =>
      waitFor(`"${words}"`, async () => (await options.text('export-result')).includes(words));
    await options.click('export-json');
    await says('Type the passphrase that unlocks');
    await options.fill('export-unlock', 'correct horse battery stapler');
    await options.click('export-run');
    await says('That is not the passphrase.');
    await options.fill('export-unlock', PASSPHRASE);
    const { text } = await options.download(() => options.click('export-json'));
    for (const word of visited) expect(text).toContain(word);
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#search`);
  });

  it('stays unlocked when the background is stopped, and locks with the browser', async () => {
    await browser.stopWorker();
    await visit('stoppedword');
    expect(await found()).toEqual(visited);
    // It would be found: the keys of now are.
    // The ring may be written anew right after the start: it is read when it stays as it is.
    let last = '';
    const { wrapped, open } = await waitFor('the ring to stay', async () => {
      const now = await keysOnDisk();
      const before = last;
      last = now.wrapped.map((bytes) => bytes.toString('hex')).join();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return last === before ? now : undefined;
    });
    expect(open).toEqual([]);
    await browser.close({ keepProfile: true });
    expect(readable([...visited, PASSPHRASE])).toEqual([]);
    expect(wrapped.length).toBeGreaterThan(1);
    for (const bytes of wrapped) expect(filesWith(storageFiles(browser), bytes)).not.toEqual([]);
    expectNoKey();
    await browser.relaunch();
    options = await browser.openExtensionPage(`${OPTIONS}#privacy`);
    await unlock(options);
    await options.waitFor('passphrase-now');
    await options.fill('passphrase-now', PASSPHRASE);
    await options.click('passphrase-remove');
    await options.click('confirm');
    await passphraseIs('removed');
    await browser.close({ keepProfile: true });
    await browser.relaunch();
    expect(await found()).toEqual(visited);
  });

  it('that is lost leaves a way to begin anew', async () => {
    options = await browser.openExtensionPage(`${OPTIONS}#privacy`);
    await options.fill('passphrase', PASSPHRASE);
    await options.fill('passphrase-again', PASSPHRASE);
    await options.click('passphrase-set');
    await passphraseIs('set');
    await browser.close({ keepProfile: true });
    await browser.relaunch();
    options = await browser.openExtensionPage(`${OPTIONS}#search`);
    await options.click('start-over-summary');
    await options.fill('start-over-word', 'delete');
    await options.click('start-over');
    expect(await options.text('problem')).toMatch(/Nothing was deleted/);
    await options.fill('start-over-word', 'DELETE');
    await options.screenshot(join(VIEWS, `${name}-start-over.png`));
    await options.click('start-over');
    await options.waitFor('search-input');
    expect(await options.text('record-count')).toBe('0');
    expect(await options.text('health')).toMatch(/until you agree/);
    await browser.close({ keepProfile: true });
    expect(readable([...visited, PASSPHRASE])).toEqual([]);
    await browser.relaunch();
  });
});
