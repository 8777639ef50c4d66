import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bidi, connectBidi, evaluateString } from './bidi.ts';
import type { LaunchOptions, TestBrowser } from './browser.ts';
import { firefoxPage } from './firefox-page.ts';
import { type FirefoxProcess, startFirefox } from './firefox-process.ts';
import { jsonExpression } from './page-script.ts';
import { newTemporaryFolder, removeFolder } from './profile-folder.ts';
import { waitFor, within } from './wait-for.ts';

/** Firefox makes up the address of an extension per profile, unless this preference has it already. */
const UUID = '3d6f1a52-8f3b-4c8e-9a40-5f1e2ba7c901';
const otherUuid = (index: number): string => `3d6f1a52-8f3b-4c8e-9a40-${String(index + 1).padStart(12, '0')}`;

interface Running {
  readonly firefox: FirefoxProcess;
  readonly bidi: Bidi;
  /** The browser's own window: privileged scripts run there. */
  readonly chromeScope: string;
  /** The first window, which is no private one. */
  readonly window: string;
}

interface Tab {
  readonly context: string;
  readonly url: string;
  readonly clientWindow: string;
}

/** Runs in the browser's own scope, which has no types here. Background scripts of MV3 are event pages in Firefox. */
const backgroundState = (id: string) =>
  `WebExtensionPolicy.getByID(${JSON.stringify(id)})?.extension?.backgroundState ?? 'missing'`;
/** Which life of the background this is: a message that waits begins the next one at once. */
const backgroundLife = (id: string) =>
  `String([...(WebExtensionPolicy.getByID(${JSON.stringify(id)})?.extension?.views ?? [])].find((view) => view.viewType === 'background')?.contextId ?? 'none')`;
// Ends it at once: neither running work nor open ports may keep it, as they may not when memory runs out.
const terminateBackground = (id: string) =>
  `WebExtensionPolicy.getByID(${JSON.stringify(id)}).extension.terminateBackground({ ignoreDevToolsAttached: true, disableResetIdleForTest: true })`;

async function start(
  program: string,
  profileDir: string,
  downloadsDir: string,
  id: string,
  options: LaunchOptions,
): Promise<Running> {
  const { headless = true, loopbackHosts = [], firefoxPrefs = {}, privateWindows = false } = options;
  const { otherExtensions = [] } = options;
  const otherIds = otherExtensions.map((folder, index) => [geckoId(folder), otherUuid(index)] as const);
  const firefox = await startFirefox(program, profileDir, headless, {
    'extensions.webextensions.uuids': JSON.stringify({ [id]: UUID, ...Object.fromEntries(otherIds) }),
    // A person's downloads go where they always go.
    ...(headless ? { 'browser.download.folderList': 2, 'browser.download.dir': downloadsDir } : {}),
    // All names lead to this machine: those that nobody serves refuse the connection.
    ...(loopbackHosts === 'nothing' ? {} : { 'network.dns.forceResolve': '127.0.0.1' }),
    ...firefoxPrefs,
  });
  try {
    const bidi = await connectBidi(firefox.address);
    await bidi.send('webExtension.install', {
      extensionData: { type: 'path', path: options.extensionDir },
      ...(privateWindows ? { 'moz:allowPrivateBrowsing': true } : {}),
    });
    for (const path of otherExtensions)
      await bidi.send('webExtension.install', { extensionData: { type: 'path', path } });
    const { contexts } = await bidi.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
    const chromeScope = (contexts as unknown as Tab[])[0]?.context;
    if (chromeScope === undefined) throw new Error('Firefox shows no window of its own.');
    const isRunning = async () =>
      (await evaluateString(bidi, chromeScope, backgroundState(id))) === 'running';
    await waitFor(`the extension in ${options.extensionDir} to start`, isRunning, { timeoutMs: 20_000 });
    const [first] = (await bidi.send('browsingContext.getTree')).contexts as unknown as Tab[];
    return { firefox, bidi, chromeScope, window: first?.clientWindow ?? '' };
  } catch (error) {
    firefox.kill();
    throw error;
  }
}

function geckoId(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    browser_specific_settings?: { gecko?: { id?: string } };
  };
  const id = manifest.browser_specific_settings?.gecko?.id;
  if (id === undefined) throw new Error(`The manifest in ${folder} has no gecko id.`);
  return id;
}

/** Firefox with a fresh profile and the extension in it, installed for the session. */
export async function launchFirefox(program: string, options: LaunchOptions): Promise<TestBrowser> {
  const id = geckoId(options.extensionDir);
  const extensionOrigin = `moz-extension://${UUID}`;
  const profileDir = newTemporaryFolder('firefox');
  const downloadsDir = newTemporaryFolder('downloads');
  let running = await start(program, profileDir, downloadsDir, id, options);

  const pageOf = (context: string) =>
    firefoxPage(running.bidi, context, downloadsDir, options.firefoxScriptTimeoutMs);
  const tabs = async () => (await running.bidi.send('browsingContext.getTree')).contexts as unknown as Tab[];
  const openPage = async (url: string) => {
    // Beside an ordinary tab: the window in front may be a private one, which the extension cannot enter.
    const beside = (await tabs()).find(({ clientWindow }) => clientWindow === running.window)?.context;
    const params = { type: 'tab', ...(beside === undefined ? {} : { referenceContext: beside }) };
    const { context } = await running.bidi.send('browsingContext.create', params);
    const page = pageOf(String(context));
    await page.goto(url);
    return page;
  };
  const waitForPage = async (part: string) => {
    const find = async () => (await tabs()).find(({ url }) => url.includes(part));
    const page = pageOf((await waitFor(`a tab with ${part} in its address`, find)).context);
    await waitFor(`${part} to load`, () => page.evaluate(() => document.readyState === 'complete'));
    return page;
  };
  return {
    name: 'firefox',
    profileDir,
    extensionOrigin,
    otherOrigins: (options.otherExtensions ?? []).map((_, index) => `moz-extension://${otherUuid(index)}`),
    openPage,
    openExtensionPage: (path) => openPage(`${extensionOrigin}/${path}`),
    pages: async () => (await tabs()).map(({ context }) => pageOf(context)),
    waitForPage,
    async openPrivatePage(url) {
      const { bidi, chromeScope } = running;
      const before = new Set((await tabs()).map(({ context }) => context));
      await evaluateString(bidi, chromeScope, 'void OpenBrowserWindow({ private: true })');
      // Going on while the window still loads its own first page aborts one of the two.
      const isReady = (tab: Tab) => !before.has(tab.context) && tab.url === 'about:privatebrowsing';
      const { context } = await waitFor('a private window', async () => (await tabs()).find(isReady));
      // That first page belongs to the browser itself: leaving it is not reported either.
      await bidi.send('browsingContext.navigate', { context, url, wait: 'none' });
      return waitForPage(url);
    },
    version: async () =>
      `Firefox ${await evaluateString(running.bidi, running.chromeScope, 'Services.appinfo.version')}`,
    async stopWorker() {
      const { bidi, chromeScope } = running;
      const before = await evaluateString(bidi, chromeScope, backgroundLife(id));
      await evaluateString(bidi, chromeScope, jsonExpression(terminateBackground(id), []));
      const isStopped = async () =>
        (await evaluateString(bidi, chromeScope, backgroundState(id))) !== 'running' ||
        (await evaluateString(bidi, chromeScope, backgroundLife(id))) !== before;
      await waitFor('the background to stop', isStopped);
    },
    async updateExtension() {
      const extensionData = { type: 'path', path: options.extensionDir };
      await running.bidi.send('webExtension.install', { extensionData });
    },
    async close({ keepProfile = false } = {}) {
      const { bidi, firefox } = running;
      // The answer may be lost when the browser is faster than its own message.
      await bidi.send('browser.close').catch(() => {});
      await within(20_000, 'Firefox did not quit', firefox.ended).catch(() => firefox.kill());
      bidi.disconnect();
      if (keepProfile) return;
      removeFolder(profileDir);
      removeFolder(downloadsDir);
    },
    async kill() {
      running.firefox.kill();
      await running.firefox.ended;
      running.bidi.disconnect();
    },
    async relaunch() {
      running = await start(program, profileDir, downloadsDir, id, options);
    },
    ended: () => running.firefox.ended,
  };
}
