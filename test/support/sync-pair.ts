/** Two browsers, one real service in a folder of its own, and what tests and benchmarks do with them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../server/src/log.ts';
import { startService } from '../../server/src/service.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from './browser.ts';
import { waitFor } from './wait-for.ts';
import { startWebServer, type WebServer } from './web-server.ts';

const OPTIONS = 'src/options/index.html';
const DIST = join(import.meta.dirname, '../../dist');

export interface SyncDevice {
  readonly browser: TestBrowser;
  /** The options page, which stays open and shows the live state. */
  readonly page: TestPage;
  /** Opens a tab of the options page: `search`, `privacy`, `sync`, `data`. */
  show(tab: string): Promise<void>;
  /** Visits a page of the test site and closes its tab. */
  visit(path: string): Promise<void>;
  recordCount(): Promise<number>;
  /** Everything it holds, as the JSON export has it: `id url title`, sorted. */
  records(): Promise<string[]>;
  state(): Promise<string>;
}

export interface SyncPair {
  readonly site: WebServer;
  readonly dataDir: string;
  readonly serviceUrl: string;
  /** Everything that the service wrote to its log. */
  readonly logLines: readonly string[];
  readonly first: SyncDevice;
  readonly second: SyncDevice;
  stopService(): Promise<void>;
  /** At the same address as before. */
  startService(): Promise<void>;
  /** `first` makes an account; resolves with a code for it. */
  create(): Promise<string>;
  /** `second` joins with a code, and may be asked something. */
  join(code: string): Promise<void>;
  /** `first` makes an account, `second` joins with its code; resolves with the code when both are synced. */
  pair(): Promise<string>;
  close(): Promise<void>;
}

async function startDevice(name: BrowserName, site: WebServer): Promise<SyncDevice> {
  const extensionDir = join(DIST, name === 'chromium' ? 'chrome' : 'firefox');
  const browser = await launchBrowser(name, { extensionDir });
  const consent = await browser.waitForPage('onboarding');
  await consent.click('consent-accept');
  const page = await browser.openExtensionPage(`${OPTIONS}#sync`);
  await waitFor('recording is on', async () => (await page.text('health')) === 'Recording.');
  await consent.close();
  const show = async (tab: string) => {
    await page.goto(`${browser.extensionOrigin}/${OPTIONS}#${tab}`);
    await waitFor('the state', async () => (await page.text('record-count')) !== '');
  };
  return {
    browser,
    page,
    show,
    visit: async (path) => (await browser.openPage(`http://shared.example:${site.port}${path}`)).close(),
    recordCount: async () => Number(await page.text('record-count')),
    async records() {
      await show('data');
      const { text } = await page.download(() => page.click('export-json'));
      const { interactions } = JSON.parse(text) as {
        interactions: { id: string; url: string; title: string }[];
      };
      return interactions.map(({ id, url, title }) => `${id} ${url} ${title}`).sort();
    },
    state: () => page.text('sync-state'),
  };
}

export const isSynced = (device: SyncDevice, timeoutMs = 30_000): Promise<boolean> =>
  waitFor(
    `${device.browser.name} to be synced`,
    async () => {
      const state = await device.state();
      if (state.startsWith('error')) throw new Error(state);
      return state === 'synced';
    },
    { timeoutMs },
  );

/** Goes on where a device that joins shows first what that brings, and is in step then. `said`: what it showed, if it did. */
export async function goesOn(device: SyncDevice): Promise<string | undefined> {
  await waitFor('it to be joined, or to ask', async () =>
    ['synced', 'waits for you'].includes(await device.state()),
  );
  let said: string | undefined;
  if ((await device.state()) === 'waits for you') {
    await device.page.waitFor('join-preview');
    said = await device.page.text('join-preview');
    await device.page.click('join-agree');
  }
  await isSynced(device);
  return said;
}

/** Deletes the only page that a search for `words` finds. */
export async function deletePage(device: SyncDevice, words: string): Promise<void> {
  await device.show('search');
  await device.page.fill('search-input', words);
  await waitFor('one result', async () => (await device.page.count('search-result')) === 1);
  await device.page.evaluate(`document.querySelector('[data-testid=search-result] details').open = true`);
  await device.page.click('delete-page');
  await device.page.click('confirm');
  await device.page.click('erase-finish');
  // Not by the count: what comes from the other meanwhile would make up for it.
  await waitFor('the page to be gone', async () => !JSON.stringify(await device.records()).includes(words));
  // It is hidden before it is carried out.
  await waitFor('the deletion to be done', async () => (await device.page.count('erase-finish')) === 0);
}

/** A round, and those that it makes necessary: what was done before is at the service. */
export async function syncNow({ page, state }: SyncDevice): Promise<void> {
  await page.evaluate(`(globalThis.browser ?? chrome).runtime.sendMessage({ type: 'sync.now', body: {} })`);
  if ((await state()) !== 'synced') throw new Error(`not synced: ${await state()}`);
}

export async function startSyncPair(firstName: BrowserName, secondName: BrowserName): Promise<SyncPair> {
  const site = await startWebServer(
    (host, path) => `<title>Syncword ${host} ${path}</title><button data-testid="press">Press</button>`,
  );
  const dataDir = mkdtempSync(join(tmpdir(), 'arq-service-'));
  const logLines: string[] = [];
  const log = createLog('requests', systemClock, (line) => logLines.push(line));
  let service = await startService({ host: '127.0.0.1', port: 0, dataDir, log });
  const serviceUrl = service.url;
  const first = await startDevice(firstName, site);
  const second = await startDevice(secondName, site);
  const create = async () => {
    await first.show('sync');
    await first.page.fill('sync-url', serviceUrl);
    await first.page.click('sync-create');
    return first.page.text('sync-code');
  };
  const joinWith = async (code: string) => {
    await second.show('sync');
    await second.page.fill('sync-join-code', code);
    await second.page.click('sync-join');
  };
  return {
    site,
    dataDir,
    serviceUrl,
    logLines,
    first,
    second,
    stopService: () => service.close(),
    async startService() {
      service = await startService({
        host: '127.0.0.1',
        port: Number(new URL(serviceUrl).port),
        dataDir,
        log,
      });
    },
    create,
    join: joinWith,
    async pair() {
      const code = await create();
      await joinWith(code);
      await goesOn(second);
      await isSynced(first);
      return code;
    },
    async close() {
      for (const { browser } of [first, second]) await browser.close();
      await service.close();
      await site.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
