/**
 * The main job on one device, in both browsers, with the built extension: consent, record, find, export, erase, nothing readable.
 *
 * Over 300 lines, because a browser starts once for all of it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../support/browser.ts';
import { filesBelow, searchBytes } from '../support/search-bytes.ts';
import { statusOf } from '../support/status.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const OPTIONS = 'src/options/index.html';
const POPUP = 'src/popup/index.html';
const ENGINE = 'www.baidu.com';
const SHOTS = join(import.meta.dirname, '../../artifacts/e2e');

interface Exported {
  readonly interactions: readonly {
    readonly kind: string;
    readonly url: string;
    readonly title?: string;
    readonly query?: string;
    readonly text?: string;
    readonly at: string;
    readonly level: string;
  }[];
}

/** Runs in a page: records beside the store, as they would lie there without encryption. */
async function writeInTheOpen(word: string, host: string): Promise<void> {
  const opening = indexedDB.open('in-the-open', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('records', { autoIncrement: true });
  await new Promise((resolve, reject) => {
    opening.onsuccess = resolve;
    opening.onerror = reject;
  });
  const tx = opening.result.transaction('records', 'readwrite', { durability: 'strict' });
  for (let n = 0; n < 20; n++)
    tx.objectStore('records').add({
      kind: 'visit',
      url: `https://${host}/${n}`,
      title: `${word} ${n}`,
    });
  await new Promise((resolve) => {
    tx.oncomplete = resolve;
  });
  opening.result.close();
}

let site: WebServer;
beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  site = await startWebServer((host, path) => {
    const name = `${host} ${path}`.replaceAll(/[^a-z0-9]+/gi, ' ').trim();
    return `<title>Titleword ${name}</title><h1>${name}</h1>
      <button id="press" data-testid="press">Clickword ${name}</button> <a id="next" href="/after">Nextword ${name}</a>
      <button id="route" data-testid="route">Routeword</button>
      <form><input id="secret" type="password" value="Passwordword"></form>
      <script>route.onclick = () => { history.pushState({}, '', '/app/second'); document.title = 'Titleword second view' }</script>`;
  });
});
afterAll(() => site.close());

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (name) => {
  let browser: TestBrowser;
  let options: TestPage;
  const at = (host: string, path: string) => `http://${host}:${site.port}${path}`;

  beforeAll(async () => {
    const extensionDir = join(import.meta.dirname, '../../dist', name === 'chromium' ? 'chrome' : 'firefox');
    browser = await launchBrowser(name, { extensionDir, loopbackHosts: [ENGINE] });
  });
  afterAll(() => browser.close());

  const visit = async (host: string, path: string) => {
    const page = await browser.openPage(at(host, path));
    return page;
  };
  /** A page that is known to be recorded, so that whatever came before it would be by now. */
  let fence = 0;
  const settled = async () => {
    fence += 1;
    const before = Number(await options.text('record-count'));
    const page = await visit('fence.example', `/fence${fence}`);
    await waitFor(
      'the page after is recorded',
      async () => Number(await options.text('record-count')) > before,
    );
    await page.close();
  };
  const exported = async (): Promise<Exported> => {
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#data`);
    await options.waitFor('export-json');
    return JSON.parse((await options.download(() => options.click('export-json'))).text) as Exported;
  };
  const urls = async () =>
    (await exported()).interactions
      .filter(({ kind }) => kind === 'visit')
      .map(({ url }) => url.replace(`:${site.port}`, ''));

  /** Parts of tables of packs that there are. */
  const tableParts = async () =>
    JSON.parse(
      String(
        await options.evaluate(`new Promise((resolve, reject) => {
        const opening = indexedDB.open('arq-data');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const asked = opening.result.transaction('tables').objectStore('tables').getAll();
          asked.onerror = () => reject(asked.error);
          asked.onsuccess = () => {
            opening.result.close();
            resolve(JSON.stringify([...new Set(asked.result.map(({ part }) => part))].sort()));
          };
        };
      })`),
      ),
    ) as string[];

  it('opens its consent page by itself and records nothing before', async () => {
    const consent = await browser.waitForPage('onboarding');
    await consent.waitFor('consent-accept');
    await consent.screenshot(join(SHOTS, `${name}-consent.png`));
    const early = await visit('early.example', '/before-consent');
    await early.close();
    options = await browser.openExtensionPage(`${OPTIONS}#search`);
    await waitFor('the health line says that nothing is recorded', async () =>
      (await options.text('health')).includes('agree'),
    );
    expect(await options.text('record-count')).toBe('0');
  });

  it('declining leaves a popup that offers it again', async () => {
    const consent = await browser.waitForPage('onboarding');
    await consent.click('consent-decline');
    const popup = await browser.openExtensionPage(POPUP);
    await popup.waitFor('consent-offer');
    await popup.screenshot(join(SHOTS, `${name}-popup-declined.png`));
    await popup.close();
    await consent.click('consent-accept');
    await waitFor('recording is on', async () => (await options.text('health')) === 'Recording.');
  });

  it('records visits, a search, a single-page app and clicks, complete and in order', async () => {
    const pages = Array.from({ length: 26 }, (_, i) => ({
      host: `site${i % 5}.example`,
      path: `/page${i}?word=w${i}&token=Secretword${i}`,
    }));
    for (const [i, { host, path }] of pages.entries()) {
      const page = await visit(host, path);
      if (i % 13 === 0) await page.click('press');
      await page.close();
    }
    const app = await visit('app.example', '/app/first');
    await app.click('press');
    await app.click('route');
    await waitFor('the app shows its second view', async () => (await app.url()).endsWith('/app/second'));
    const results = await visit(ENGINE, '/s?wd=blue+whales');
    await settled();
    await app.close();
    await results.close();

    const { interactions } = await exported();
    const visits = interactions
      .filter(({ kind }) => kind === 'visit')
      .map(({ url }) => url.replace(`:${site.port}`, ''));
    expect(visits.slice(0, 29)).toEqual([
      ...pages.map((_, i) => `http://site${i % 5}.example/page${i}?word=w${i}`),
      'http://app.example/app/first',
      'http://app.example/app/second',
      `http://${ENGINE}/s?wd=blue+whales`,
    ]);
    expect(interactions.filter(({ kind }) => kind === 'search')).toMatchObject([
      { query: 'blue whales', engine: 'Baidu' },
    ]);
    expect(interactions.filter(({ kind }) => kind === 'click').map(({ text }) => text)).toEqual([
      'Clickword site0 example page0 word w0 token Secretword0',
      'Clickword site3 example page13 word w13 token Secretword13',
      'Clickword app example app first',
      'Routeword',
    ]);
    const titled = interactions.filter(
      ({ kind, title }) => kind === 'visit' && title?.startsWith('Titleword'),
    );
    expect(titled.length).toBe(visits.length);
    const times = interactions.map((record) => record.at);
    expect([...times].sort()).toEqual(times);
  });

  it('finds each of them', async () => {
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#search`);
    const everyPage = Array.from({ length: 26 }, (_, i) => [`page${i} w${i}`, `/page${i}?`] as const);
    for (const [text, part] of everyPage) {
      await options.fill('search-input', text);
      // "page1" is the beginning of "page10", too: it need not be the only one, nor the newest.
      await waitFor(`a search for "${text}" finds ${part}`, async () =>
        (await options.texts('search-result')).some((found) => found.includes(part)),
      );
    }
    for (const [text, part] of [
      ['app first', '/app/first'],
      ['page7 titleword', 'page7?'],
      ['site3.example page13', 'page13'],
      ['second view', '/app/second'],
      ['blue whales', ENGINE],
      ['clickword app', '/app/first'],
    ] as const) {
      await options.fill('search-input', text);
      await waitFor(`a search for "${text}" finds ${part}`, async () => {
        const found = await options.texts('search-result');
        return found.length > 0 && (found[0]?.includes(part) ?? false);
      });
    }
    await options.screenshot(join(SHOTS, `${name}-search.png`));
    expect(await options.url()).not.toContain('clickword');
    expect(await options.evaluate('document.title')).toBe('ARQ Context');
    await options.fill('search-input', 'no such thing anywhere');
    await waitFor('nothing is found', async () => (await options.count('search-result')) === 0);
  });

  it('exports the same to CSV', async () => {
    const { interactions } = await exported();
    const csv = (await options.download(() => options.click('export-csv'))).text.trim().split('\r\n');
    expect(csv).toHaveLength(interactions.length + 1);
    for (const [i, { url }] of interactions.entries()) expect(csv[i + 1]).toContain(url);
  });

  it('records nothing while paused, on excluded or on sensitive sites, and again afterwards', async () => {
    const popup = await browser.openExtensionPage(POPUP);
    for (const pause of ['pause-15m', 'pause-1h', 'pause-restart', 'pause']) {
      await popup.click(pause);
      await popup.waitFor('resume');
      await (await visit('paused.example', `/${pause}`)).close();
      await popup.click('resume');
      await popup.waitFor(pause);
    }
    const excluded = await visit('excluded.example', '/first');
    await settled();
    await excluded.activate();
    await popup.reload();
    await waitFor('the popup shows what was recorded on this page', async () =>
      (await popup.texts('page-records')).join().includes('Visit'),
    );
    await popup.screenshot(join(SHOTS, `${name}-popup.png`));
    await popup.click('exclude-site');
    await popup.waitFor('include-site');
    await excluded.goto(at('excluded.example', '/second'));
    await excluded.goto(at('sub.excluded.example', '/third'));
    const sensitive = await browser.openPage(`http://127.0.0.1:${site.port}/router`);
    const bank = await visit('online-banking.some.example', '/account');
    await settled();
    for (const page of [excluded, sensitive, bank, popup]) await page.close();
    const seen = (await urls()).filter((url) => !url.includes('fence'));
    expect(seen.filter((url) => /paused|excluded|127\.0\.0\.1|banking/.test(url))).toEqual([
      'http://excluded.example/first',
    ]);
  });

  it('keeps at level anonymous only counts, at level ephemeral only memory', async () => {
    const popup = await browser.openExtensionPage(POPUP);
    await popup.click('level-anonymous');
    await waitFor('the level is set', async () => (await statusOf(popup)).level === 'anonymous');
    await (await visit('anonymous.example', '/Anonymousword')).close();
    const record = await waitFor('a count was recorded', async () =>
      (await exported()).interactions.find(({ level }) => level === 'anonymous'),
    );
    expect(record).toMatchObject({ kind: 'reduced', of: 'visit', level: 'anonymous' });
    expect(JSON.stringify(record)).not.toMatch(/anonymous\.example|Anonymousword/);

    await popup.click('level-ephemeral');
    await waitFor('the level is set', async () => (await statusOf(popup)).level === 'ephemeral');
    await (await visit('ephemeral.example', '/Ephemeralword')).close();
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#search`);
    await options.fill('search-input', 'ephemeralword');
    await waitFor('it is found while it lasts', async () => (await options.count('search-result')) === 1);
    expect(JSON.stringify(await exported())).not.toContain('Ephemeralword');
    await popup.click('level-private');
    await popup.close();
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#privacy`);
    await options.waitFor('rule');
    await options.screenshot(join(SHOTS, `${name}-privacy.png`));
  });

  it('lets an entry of the sensitive list be recorded, and skipped again', async () => {
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#privacy`);
    await options.waitFor('rule');
    await options.evaluate(`document.querySelector('[data-testid=sensitive-sites]').open = true`);
    const rules = await options.count('rule');
    const entries = await options.texts('sensitive-entry');
    const paypal = entries.findIndex((text) => text.startsWith('paypal.*'));
    await options.click('sensitive-allow', { nth: paypal });
    await options.waitFor('sensitive-skip');
    expect(await options.texts('rule')).toContainEqual(expect.stringMatching(/^paypal\.\*\s+Everything/));
    await options.click('sensitive-skip');
    await waitFor('the rule is gone', async () => (await options.count('rule')) === rules);
  });

  it('erases a site and a page when told so twice, and nothing else', async () => {
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#data`);
    await options.fill('delete-site-host', 'site1.example');
    await options.click('delete-site-run');
    await options.waitFor('confirm');
    await options.screenshot(join(SHOTS, `${name}-confirm.png`));
    await options.click('cancel');
    expect((await urls()).filter((url) => url.includes('site1.'))).toHaveLength(5);
    await options.fill('delete-site-host', 'site1.example');
    await options.click('delete-site-run');
    await options.click('confirm');
    await waitFor('the result is told', async () =>
      (await options.text('delete-result')).startsWith('Deleted 5 records'),
    );
    await options.click('erase-finish');
    const left = await urls();
    expect(left.filter((url) => url.includes('site1.'))).toEqual([]);
    expect(left.filter((url) => url.includes('site2.'))).toHaveLength(5);
  });

  it('has it all after the browser was closed and opened, and nothing of it readable in its files', async () => {
    const before = await urls();
    // So few records lie in the journal otherwise: what finds them, with every word and address, has to be on the disk too.
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#health`);
    await options.click('compact');
    await options.waitFor('compact-result');
    expect(await tableParts()).toEqual(['lexicon', 'outline', 'postings', 'texts']);
    // It would be found: the same kind of records in the open are.
    await options.evaluate(writeInTheOpen, 'Readableword', 'openly.example');
    await browser.close({ keepProfile: true });
    const words = [
      'Titleword',
      'Clickword',
      'Secretword',
      'Anonymousword',
      'Ephemeralword',
      'Passwordword',
      'blue whales',
      'blue+whales',
      'site2.example',
      'app.example',
      'page7',
    ];
    const files = filesBelow(browser.profileDir).filter((file) =>
      storageOf(name, browser).some((part) => file.includes(part)),
    );
    expect(files.length).toBeGreaterThan(0);
    expect(searchBytes(files, words)).toEqual([]);
    const control = ['Readableword', 'openly.example'];
    expect(new Set(searchBytes(files, control).map(({ text }) => text))).toEqual(new Set(control));
    await browser.relaunch();
    options = await browser.openExtensionPage(`${OPTIONS}#data`);
    expect(await urls()).toEqual(before);
  });

  it('drops and counts messages that none of ours would send', async () => {
    await options.goto(`${browser.extensionOrigin}/${OPTIONS}#data`);
    const before = await options.text('record-count');
    for (const message of [null, 7, { type: 'erase.run' }, { type: 'nonsense', body: {} }])
      await options.evaluate(
        `(globalThis.browser ?? chrome).runtime.sendMessage(${JSON.stringify(message)}).then(() => true, () => true)`,
      );
    await waitFor('the count', async () => (await options.text('dropped-messages')).includes(': 4.'));
    expect(await options.text('record-count')).toBe(before);
  });

  it('deletes everything', async () => {
    await options.click('delete-all');
    await options.click('confirm');
    await waitFor('nothing is left', async () => (await options.text('record-count')) === '0');
    expect((await exported()).interactions).toEqual([]);
  });
});

/** Parts of paths that belong to the extension's own storage. */
function storageOf(name: BrowserName, browser: TestBrowser): string[] {
  const id = new URL(browser.extensionOrigin).host;
  if (name === 'chromium')
    return [
      `chrome-extension_${id}`,
      `Local Extension Settings/${id}`,
      `Sync Extension Settings/${id}`,
      'File System',
      'blob_storage',
    ];
  return [`moz-extension+++${id}`, 'browser-extension-data', 'storage-sync'];
}
