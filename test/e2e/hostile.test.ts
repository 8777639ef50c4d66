/**
 * Pages that do their worst, in both browsers: nothing sensitive is kept, floods cost little, nothing of ours can be seen, and the
 * next ordinary page is recorded as ever. The pages are in test/support/hostile. What senders of messages can do is in messages.test.ts.
 */
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageType } from '../../src/messaging/messages.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import type { Exported, Surroundings } from '../support/hostile/hostile-page.ts';
import { hostOf } from '../support/hostile/hostile-page.ts';
import { describePage, probeResources, watchPage } from '../support/hostile/probe.ts';
import { HOSTILE_PAGES, HOSTILE_THEMES, startHostileSite } from '../support/hostile/site.ts';
import { newTemporaryFolder, removeFolder } from '../support/profile-folder.ts';
import { searchBytes } from '../support/search-bytes.ts';
import { storageFiles } from '../support/storage-files.ts';
import { waitFor } from '../support/wait-for.ts';
import type { WebServer } from '../support/web-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const OPTIONS = 'src/options/index.html#data';
const API = '(globalThis.browser ?? chrome)';

/** All that the extension has of anything: its export, and what it holds in the browser's memory and in its small file. */
const EVERYTHING = `(async () => {
  const port = ${API}.runtime.connect({ name: 'export' });
  const exported = await new Promise((resolve) => {
    let text = '';
    port.onMessage.addListener((told) => {
      if (told.kind === 'chunk') { text += told.text; port.postMessage('next'); } else resolve(text);
    });
    port.postMessage({ format: 'json' });
  });
  port.disconnect();
  const held = [await ${API}.storage.session.get(null), await ${API}.storage.local.get(null)];
  return { exported, held: JSON.stringify(held) };
})()`;

/** Each run of percent signs that can be decoded. */
const decodedOnce = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });

/** The sample of docs/, which has no content script, under an id that is known. */
function otherExtension(): string {
  const folder = newTemporaryFolder('other');
  cpSync(join(ROOT, 'docs/sample-extension'), folder, { recursive: true });
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const { key } = read(join(ROOT, 'manifest.json'));
  const file = join(folder, 'manifest.json');
  writeFileSync(file, JSON.stringify({ ...read(file), key }));
  return folder;
}

let site: WebServer;
beforeAll(async () => {
  site = await startHostileSite();
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  let around: Surroundings;
  const extensionDir = join(ROOT, 'dist', name === 'chromium' ? 'chrome' : 'firefox');
  /** So that a page on a loopback name may have one. */
  const allowingServiceWorkers = () => ({
    chromiumArgs: [
      `--unsafely-treat-insecure-origin-as-secure=${address(hostOf('service-worker')).replace(/\/$/, '')}`,
    ],
    firefoxPrefs: { 'dom.serviceWorkers.testing.enabled': true },
  });
  const address = (host: string, path = '/') => `http://${host}:${site.port}${path}`;
  const own = <T>(type: MessageType, body: object) =>
    options.evaluate<[], { ok: boolean; value: T }>(
      `${API}.runtime.sendMessage(${JSON.stringify({ type, body })})`,
    );
  const dropped = async () =>
    (await own<{ droppedMessages: number }>('status.get', {})).value.droppedMessages;
  const everything = () => options.evaluate<[], { exported: string; held: string }>(EVERYTHING);
  const records = async () =>
    (JSON.parse((await everything()).exported) as { interactions: Exported[] }).interactions;
  /** An ordinary page: recorded, as is a click on it. What came before was dealt with by then. */
  const visitOrdinary = async (path: string) => {
    const page = await browser.openPage(address('ordinary.example', path));
    await page.click('press');
    await waitFor(`the page after, ${path}`, async () => {
      const of = (await records()).filter(({ url }) => url.endsWith(path));
      return of.some(({ kind }) => kind === 'visit') && of.some(({ text }) => text === 'Press');
    });
    await page.close();
  };
  beforeAll(async () => {
    browser = await launchBrowser(name, { extensionDir, ...allowingServiceWorkers() });
    const scheme = new URL(browser.extensionOrigin).protocol;
    around = {
      port: site.port,
      browser: name,
      extensionOrigin: browser.extensionOrigin,
      nobodysOrigin: `${scheme}//${name === 'chromium' ? 'p'.repeat(32) : '01234567-89ab-4cde-8f01-23456789abcd'}`,
    };
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-accept');
    await consent.waitFor('persisted');
    await consent.close();
    options = await browser.openExtensionPage(OPTIONS);
    await options.waitFor('export-json');
  });
  afterAll(() => browser.close());

  describe.each(HOSTILE_THEMES.map((pages, index) => ({ pages, index })))(
    'visited, group $index',
    ({ pages, index }) => {
      it.each(pages)('$name', async ({ name: page, path = '/', act, drops }) => {
        const before = drops === undefined ? 0 : await dropped();
        const opened = await browser.openPage(address(hostOf(page), path));
        await act?.(opened, around);
        if (drops === 0) {
          await visitOrdinary(`/after-${page}`);
          expect((await dropped()) - before).toBe(0);
        } else if (drops !== undefined)
          await waitFor('the flood to be counted', async () => (await dropped()) - before >= drops);
        await opened.close();
      });

      it('and ordinary pages are recorded as ever', () => visitOrdinary(`/after-group-${index}`));
    },
  );

  it('they are enough to say something', () => {
    expect(HOSTILE_PAGES.length).toBeGreaterThanOrEqual(25);
    expect(new Set(HOSTILE_PAGES.map(({ name }) => name)).size).toBe(HOSTILE_PAGES.length);
  });

  describe('what is left', () => {
    let left: { exported: string; held: string; all: Exported[] };
    beforeAll(async () => {
      const { exported, held } = await everything();
      left = { exported, held, all: (JSON.parse(exported) as { interactions: Exported[] }).interactions };
    });

    it.each(HOSTILE_PAGES)('of $name', ({ name: page, never = [], kept = [], check }) => {
      const { exported, held, all } = left;
      for (const text of [exported, held, decodedOnce(exported), decodedOnce(held)])
        for (const secret of never)
          expect(text.toLowerCase().includes(secret.toLowerCase()), secret).toBe(false);
      const ofHost = all.filter(({ url }) => new URL(url).hostname === hostOf(page));
      for (const one of kept) expect(JSON.stringify(ofHost)).toContain(one);
      check?.(ofHost);
    });
  });

  it('shows what pages call themselves as text, and runs none of it', async () => {
    const search = await browser.openExtensionPage('src/options/index.html#search');
    await search.fill('search-input', 'markupword');
    await waitFor('it to be found', async () =>
      (await search.texts('search-result')).some((text) => text.includes('<img src=x onerror=')),
    );
    expect(
      await search.evaluate(`globalThis.canaryRan ?? document.querySelectorAll('img[src=x]').length`),
    ).toBe(0);
    await search.close();
  });

  it('a page cannot tell by its resources or its pages that the extension is there', async () => {
    const files = readdirSync(extensionDir, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(extensionDir, file)).isFile())
      .map((file) => file.replaceAll('\\', '/'));
    const script = files.find((file) => /^assets\/.*\.js$/.test(file));
    const icon = files.find((file) => file.endsWith('.png'));
    const known = [
      'manifest.json',
      'src/options/index.html',
      'src/popup/index.html',
      'src/content/observe.iife.js',
    ];
    for (const file of known) expect(files).toContain(file);
    const paths = [...known, script ?? '', icon ?? '', 'no-such-file.js'];
    const page = await browser.openPage(address('prober.example', '/probe'));
    const ours = await page.evaluate(probeResources, around.extensionOrigin, paths);
    const nobodys = await page.evaluate(probeResources, around.nobodysOrigin, paths);
    expect(Object.keys(ours).length).toBe(paths.length * 13);
    // Firefox makes a worker, which then fails, where it knows the address: random in each profile, and told to no page.
    for (const [asked, seen] of Object.entries(nobodys))
      if (name === 'chromium' || !asked.startsWith('worker ')) expect(ours[asked], asked).toBe(seen);
    await page.close();
    await visitOrdinary('/after-probing');
  });

  it('a page has the same document and the same names with the extension as without it', async () => {
    const describeIn = async (from: TestBrowser) => {
      const page = await from.openPage('about:blank');
      await page.beforeScripts(watchPage);
      await page.goto(address('mirror.example', '/mirror'));
      await page.click('press');
      await new Promise((resolve) => setTimeout(resolve, 300));
      const seen = await page.evaluate(describePage);
      await page.close();
      return seen;
    };
    const withUs = await describeIn(browser);
    await waitFor('the click on it', async () =>
      (await records()).some(({ url, text }) => url.endsWith('/mirror') && text === 'Press'),
    );
    // Another extension, which has no content script.
    const folder = otherExtension();
    const other = await launchBrowser(name, {
      extensionDir: folder,
      ...allowingServiceWorkers(),
    });
    try {
      const without = await describeIn(other);
      expect(Object.keys(withUs)).toEqual(Object.keys(without));
      for (const [key, value] of Object.entries(without)) expect(withUs[key], key).toEqual(value);
    } finally {
      await other.close();
      removeFolder(folder);
    }
  });

  it('nothing of it all is on the disk', async () => {
    await browser.close({ keepProfile: true });
    const secrets = [...new Set(HOSTILE_PAGES.flatMap(({ never = [] }) => never))];
    const files = storageFiles(browser);
    expect(files.length).toBeGreaterThan(3);
    expect(searchBytes(files, [...secrets, 'hostile.example', 'Markupword'])).toEqual([]);
    await browser.relaunch();
  });
});
