/** A passphrase in real browsers: nothing can be read while it is locked, not even on the disk, and nothing is lost. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { searchBytes } from '../support/search-bytes.ts';
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
  async function found(): Promise<string[]> {
    const search = await browser.openExtensionPage(`${OPTIONS}#search`);
    await search.waitFor('search-result');
    const titles = await search.texts('search-result');
    await search.close();
    return visited.filter((word) => titles.some((title) => title.includes(`Title${word}x`)));
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
    await options.click('passphrase-set');
    await passphraseIs('set');
    await options.screenshot(join(VIEWS, `${name}-set.png`));
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
    await browser.relaunch();
    await visit('restartedword');
    options = await browser.openExtensionPage(`${OPTIONS}#search`);
    await unlock(options, 'correct horse battery stapler');
    await waitFor('to be told', async () => (await options.text('problem')).includes('not the passphrase'));
    await unlock(options);
    await options.waitFor('search-result');
    expect(await found()).toEqual(['beforeword', 'lockedword', 'restartedword']);
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
    await browser.close({ keepProfile: true });
    expect(readable([...visited, PASSPHRASE])).toEqual([]);
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
