/** When the browser lets the store down, the health line says so in words, and recording goes on as soon as it can. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const POPUP = 'src/popup/index.html';
const OPTIONS = 'src/options/index.html';

/** The files of the browser that hold our store, the part that was written last. */
function storeFiles(name: BrowserName, profileDir: string): string[] {
  return readdirSync(profileDir, { recursive: true, encoding: 'utf8' })
    .filter((path) =>
      name === 'chromium'
        ? /IndexedDB.*leveldb.*\.(log|ldb)$/.test(path)
        : // The other folder is storage.local, which Firefox keeps in a database of its own.
          /moz-extension.*idb.*\.sqlite(-wal)?$/.test(path) && !path.includes('userContextId'),
    )
    .map((path) => join(profileDir, path))
    .filter((path) => statSync(path).size > 0);
}

/** As a dying disk does it. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  for (let i = 0; i < bytes.length; i += 97) bytes[i] = (bytes[i] ?? 0) ^ 0x5a;
  writeFileSync(path, bytes);
}

let site: WebServer;
beforeAll(async () => {
  site = await startWebServer((_host, path) => `<title>Page ${path}</title>`);
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let popup: TestPage;
  const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');

  beforeAll(async () => {
    browser = await launchBrowser(name, { extensionDir });
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    popup = await browser.openExtensionPage(POPUP);
    await healthSays('Recording.');
  });
  afterAll(() => browser.close());

  const visit = (path: string) => browser.openPage(`http://trouble.example:${site.port}${path}`);
  const healthSays = (words: string) =>
    waitFor(
      `the health line to say "${words}"`,
      async () => {
        const said = await popup.text('health');
        if (said.includes(words)) return true;
        throw new Error(`It says "${said}"`);
      },
      { timeoutMs: 20_000 },
    );
  const recordCount = async () => Number(await popup.text('record-count'));

  // Chromium lets nobody take away what the manifest requires.
  it.skipIf(name === 'chromium')(
    'access to web pages that was taken away is asked for by a button',
    async () => {
      const options = await browser.openExtensionPage(`${OPTIONS}#search`);
      await options.evaluate(`browser.permissions.remove({ origins: ['http://*/*', 'https://*/*'] })`);
      await healthSays('does not let ARQ Context see web pages');
      const onboarding = await browser.openExtensionPage('src/onboarding/index.html');
      await onboarding.waitFor('grant-access');
      expect(await onboarding.evaluate('document.body.innerText')).not.toContain('Recording is on');
      await onboarding.close();
      await options.click('grant-access');
      await healthSays('Recording.');
      expect(await options.count('grant-access')).toBe(0);
      await options.close();
    },
  );

  it.skipIf(name === 'chromium')('sync stays off when the browser may not send data', async () => {
    const options = await browser.openExtensionPage(`${OPTIONS}#sync`);
    await options.waitFor('sync-create');
    // Firefox refuses to ask where no click of a person came before: a script's click is none.
    await options.evaluate(`document.querySelector('[data-testid=sync-create]').click()`);
    await options.waitFor('sync-problem');
    expect(await options.text('sync-problem')).toContain('Sync stays off');
    expect(await options.text('sync-state')).toBe('off');
    await options.close();
  });

  // Firefox runs no script before those of an extension's page.
  it.skipIf(name === 'firefox')(
    'an export that is cancelled writes no file, and the next one does',
    async () => {
      await (await visit('/exported')).close();
      const options = await browser.openPage('about:blank');
      // The page takes each piece a second late, so that there is time to press the button.
      await options.beforeScripts(() => {
        const { runtime } = (
          globalThis as unknown as {
            chrome: { runtime?: { connect(info: { name: string }): { postMessage(message: object): void } } };
          }
        ).chrome;
        const connect = runtime?.connect.bind(runtime);
        if (!runtime || !connect) return;
        runtime.connect = (info) => {
          const port = connect(info);
          const post = port.postMessage.bind(port);
          port.postMessage = (message) => setTimeout(() => post(message), 'next' in message ? 1000 : 0);
          return port;
        };
      });
      await options.goto(`${browser.extensionOrigin}/${OPTIONS}#data`);
      await options.click('export-json');
      await options.click('export-cancel');
      await waitFor('the end to be told', async () =>
        (await options.text('export-result')).includes('Export cancelled. No file was written.'),
      );
      expect(await options.count('export-cancel')).toBe(0);
      await options.close();
      const again = await browser.openExtensionPage(`${OPTIONS}#data`);
      const { text } = await again.download(() => again.click('export-json'));
      expect(text).toContain('/exported');
      await again.close();
    },
  );

  it.skipIf(name === 'firefox')('a full disk is told, and what was refused is recorded later', async () => {
    await browser.evaluateInBackground?.(`{
      const add = IDBObjectStore.prototype.add;
      globalThis.giveRoom = () => { IDBObjectStore.prototype.add = add };
      IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError') };
    }`);
    const before = await recordCount();
    await visit('/while-full');
    await healthSays('The disk is full');
    expect(await recordCount()).toBe(before);
    await browser.evaluateInBackground?.('giveRoom()');
    await waitFor('the refused page is recorded', async () => (await recordCount()) === before + 1, {
      timeoutMs: 30_000,
    });
    await healthSays('Recording.');
  });

  it('files that the browser cannot read are told, not passed over', async () => {
    for (let i = 0; i < 5; i++) await visit(`/page${i}`);
    const options = await browser.openExtensionPage(`${OPTIONS}#search`);
    await waitFor('five pages', async () => Number(await options.text('record-count')) >= 5);
    // The sentinel is written at every start of the background (and once a minute).
    await browser.stopWorker();
    await waitFor('the sentinel', () =>
      options.evaluate(
        `(globalThis.browser ?? chrome).storage.local.get('sentinel').then(({ sentinel }) => sentinel?.counter > 5)`,
      ),
    );
    await browser.kill();
    const files = storeFiles(name, browser.profileDir);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) damage(file);
    await browser.relaunch();
    popup = await browser.openExtensionPage(POPUP);
    await healthSays('The browser lost its store');
  });

  it('and goes on from there, once the person has read it', async () => {
    await popup.click('loss-seen');
    await healthSays('until you agree');
  });
});
