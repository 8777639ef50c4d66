/**
 * Passkeys in real browsers. In Chromium one of the browser's own virtual authenticators makes and answers them; in Firefox there are
 * none for an extension, and the page says why.
 */
import { join } from 'node:path';
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { searchBytes } from '../support/search-bytes.ts';
import { storageFiles } from '../support/storage-files.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const OPTIONS = 'src/options/index.html';
const POPUP = 'src/popup/index.html';
const VIEWS = join(import.meta.dirname, '../../artifacts/e2e/lock');
const PASSPHRASE = 'correct horse battery staple';
const DIST = join(import.meta.dirname, '../../dist');

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer((_host, path) => `<title>Title${path.replace('/', '')}x</title><p>text</p>`);
});
afterAll(() => site.close());

const agree = async (browser: TestBrowser): Promise<TestPage> => {
  const consent = await browser.waitForPage('onboarding');
  await consent.click('consent-accept');
  await consent.waitFor('persisted');
  await consent.close();
  return browser.openExtensionPage(`${OPTIONS}#privacy`);
};
const done = (options: TestPage, testid: string, words: string) =>
  waitFor(
    words,
    async () => {
      const said = (await options.texts('problem')).join('');
      if (said !== '') throw new Error(said);
      return (await options.text(testid)).includes(words);
    },
    // Argon2id takes its time on a busy machine.
    { timeoutMs: 60_000 },
  );
const setPassphrase = async (options: TestPage) => {
  await options.fill('passphrase', PASSPHRASE);
  await options.fill('passphrase-again', PASSPHRASE);
  await options.click('passphrase-set');
  await done(options, 'passphrase-done', 'The passphrase is set.');
};

describe('chromium', () => {
  let browser: TestBrowser;
  let options: TestPage;
  let cdp: CDPSession;
  let authenticator: string;

  beforeAll(async () => {
    browser = await launchBrowser('chromium', { extensionDir: join(DIST, 'chrome') });
    options = await agree(browser);
    await plugIn();
  });
  afterAll(() => browser.close());

  /** One that knows nothing yet. */
  async function plugIn({ hasPrf = true } = {}): Promise<void> {
    if (!browser.devtools) throw new Error('this browser has no DevTools');
    cdp = await browser.devtools(OPTIONS);
    await cdp.send('WebAuthn.enable');
    ({ authenticatorId: authenticator } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        hasPrf,
      },
    }));
  }
  const credentials = async () =>
    (await cdp.send('WebAuthn.getCredentials', { authenticatorId: authenticator })).credentials;
  async function visit(word: string): Promise<void> {
    const page = await browser.openPage(`http://site.example:${site.port}/${word}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await page.close();
  }
  const found = async (words: readonly string[]) => {
    const search = await browser.openExtensionPage(`${OPTIONS}#search`);
    await search.waitFor('search-result');
    const titles = await search.texts('search-result');
    await search.close();
    return words.filter((word) => titles.some((title) => title.includes(`Title${word}x`)));
  };
  const lockNow = async () => {
    const popup = await browser.openExtensionPage(POPUP);
    await popup.click('lock-now');
    await popup.waitFor('unlock-passkey');
    await popup.close();
    await options.activate();
    await options.waitFor('unlock-passkey');
  };

  it('is added beside a passphrase, by who knows that, and belongs to the extension itself', async () => {
    await visit('firstword');
    await options.activate();
    await setPassphrase(options);
    await options.fill('passkey-passphrase', 'something else entirely');
    await options.click('passkey-add');
    await waitFor('to be told', async () =>
      (await options.texts('problem')).join().includes('not the passphrase'),
    );
    // Nothing was made for nothing.
    expect(await credentials()).toEqual([]);
    await options.fill('passkey-passphrase', PASSPHRASE);
    await options.click('passkey-add');
    await done(options, 'passkey-done', 'The passkey is added.');
    expect(await options.count('passkey')).toBe(1);
    const [made] = await credentials();
    expect(made?.rpId).toBe(browser.extensionOrigin);
    await options.screenshot(join(VIEWS, 'chromium-passkey.png'));
  });

  it('unlocks, and what came while it was locked is there', async () => {
    await lockNow();
    await visit('lockedword');
    await options.activate();
    await options.screenshot(join(VIEWS, 'chromium-passkey-locked.png'));
    await options.click('unlock-passkey');
    await options.waitFor('passkey-add');
    expect(await found(['firstword', 'lockedword'])).toEqual(['firstword', 'lockedword']);
  });

  it('unlocks alone when the passphrase is removed, and the page says what that means', async () => {
    await options.activate();
    await options.fill('passphrase-now', PASSPHRASE);
    await options.click('passphrase-remove');
    await done(options, 'passphrase-done', 'removed');
    expect(await options.text('passkey-alone')).toMatch(/only way to unlock.*nobody can open/);
    await lockNow();
    expect(await options.count('unlock-passphrase')).toBe(0);
    await options.click('unlock-passkey');
    await options.waitFor('passkey-alone');
    // And is asked before an export.
    await options.goto(`${browser.extensionOrigin}/src/options/index.html#data`);
    await options.waitFor('export-json');
    expect(await options.count('export-unlock')).toBe(0);
    const { text } = await options.download(() => options.click('export-json'));
    expect(JSON.parse(text)).toMatchObject({ interactions: expect.anything() });
    await options.goto(`${browser.extensionOrigin}/src/options/index.html#privacy`);
    await options.waitFor('passkey-alone');
  });

  it('sets a passphrase again; an authenticator that is lost leaves it', async () => {
    await setPassphrase(options);
    await browser.close({ keepProfile: true });
    expect(
      searchBytes(storageFiles(browser), ['firstword', 'lockedword', PASSPHRASE, 'site.example']),
    ).toEqual([]);
    await browser.relaunch();
    options = await browser.openExtensionPage(`${OPTIONS}#privacy`);
    await options.waitFor('unlock-passkey');
    // Another one: it does not know the passkey.
    await plugIn();
    await options.click('unlock-passkey');
    await waitFor('to be told', async () =>
      (await options.text('problem')).includes('no answer from a passkey'),
    );
    await options.fill('unlock-passphrase', PASSPHRASE);
    await options.click('unlock');
    await options.waitFor('passkey');
    expect(await found(['firstword', 'lockedword'])).toEqual(['firstword', 'lockedword']);
    await options.activate();
    await options.fill('passkey-passphrase', PASSPHRASE);
    await options.click('passkey-remove');
    await options.click('confirm');
    await done(options, 'passkey-done', 'removed');
    expect(await options.count('passkey')).toBe(0);
  });

  it('that makes no key is refused', async () => {
    await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: authenticator });
    await plugIn({ hasPrf: false });
    await options.fill('passkey-passphrase', PASSPHRASE);
    await options.click('passkey-add');
    await waitFor('to be told', async () =>
      (await options.texts('problem')).join().includes('cannot make a key'),
    );
    expect(await options.count('passkey')).toBe(0);
  });

  it('the last way goes after a question, and nothing is locked any more', async () => {
    await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: authenticator });
    await plugIn();
    await options.fill('passphrase-now', PASSPHRASE);
    await options.click('passphrase-remove');
    await options.click('confirm');
    await done(options, 'passphrase-done', 'removed');
    await options.click('passkey-add');
    await done(options, 'passkey-done', 'added');
    await options.click('passkey-remove');
    await options.click('cancel');
    expect(await options.count('passkey')).toBe(1);
    await options.click('passkey-remove');
    await options.click('confirm');
    await waitFor('it to go', async () => (await options.count('passkey')) === 0);
    await browser.close({ keepProfile: true });
    await browser.relaunch();
    expect(await found(['firstword', 'lockedword'])).toEqual(['firstword', 'lockedword']);
  });
});

describe('firefox', () => {
  it('has none for an extension, and the page says why', async () => {
    const browser = await launchBrowser('firefox', { extensionDir: join(DIST, 'firefox') });
    try {
      const options = await agree(browser);
      await options.waitFor('no-passkeys');
      expect(await options.text('no-passkeys')).toMatch(/^Not in Firefox: .*Use a passphrase here\.$/);
      expect(await options.count('passkey-add')).toBe(0);
    } finally {
      await browser.close();
    }
  });
});
