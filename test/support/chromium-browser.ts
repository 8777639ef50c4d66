import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import type { LaunchOptions, TestBrowser } from './browser.ts';
import { probeHeap } from './chromium-heap.ts';
import { chromiumPage } from './chromium-page.ts';
import { chromiumExtensionId } from './extension-id.ts';
import { newTemporaryFolder, removeFolder } from './profile-folder.ts';
import { waitFor } from './wait-for.ts';

/** Nothing leaves the machine, and nothing pops up. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
  // Plain http to made-up hosts is the point of the demo site.
  '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,OptimizationHints,MediaRouter',
];

/** Every other name does not exist, so that no test can reach the internet by mistake. */
const resolverRules = (hosts: readonly string[]): string =>
  [
    ...['*.example', ...hosts].map((host) => `MAP ${host} 127.0.0.1`),
    'MAP * ~NOTFOUND',
    'EXCLUDE localhost',
    'EXCLUDE 127.0.0.1',
  ].join(',');

function switches({
  extensionDir,
  loopbackHosts = [],
  chromiumArgs = [],
  privateWindows = false,
}: LaunchOptions): string[] {
  return [
    ...QUIET,
    ...(privateWindows ? [] : [`--load-extension=${extensionDir}`]),
    // For Extensions.loadUnpacked over the pipe: it alone can allow private windows, and branded Chrome ignores
    // --load-extension since 137.
    '--enable-unsafe-extension-debugging',
    ...(loopbackHosts === 'nothing' ? [] : [`--host-resolver-rules=${resolverRules(loopbackHosts)}`]),
    // The sandbox refuses to start for root.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ...chromiumArgs,
  ];
}

interface Running {
  readonly context: BrowserContext;
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly otherOrigins: readonly string[];
}

async function start(
  program: string,
  profileDir: string,
  origin: string,
  options: LaunchOptions,
): Promise<Running> {
  const { extensionDir, headless = true, privateWindows = false, otherExtensions = [] } = options;
  const context = await chromium.launchPersistentContext(profileDir, {
    executablePath: program,
    headless,
    args: switches(options),
    // Playwright's own default, which would also stop the extension that loadUnpacked brings.
    ignoreDefaultArgs: ['--disable-extensions'],
    // A person's window keeps its own size.
    ...(headless ? {} : { viewport: null }),
    acceptDownloads: true,
    // Playwright would end this process too, before anybody could clean up. Chromium ends with its debugging pipe.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const ended = new Promise<void>((resolve) => context.on('close', () => resolve()));
  const session = await context.browser()?.newBrowserCDPSession();
  if (session === undefined) throw new Error('Playwright gave no browser for its own context.');
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const pid = processInfo.find((info) => info.type === 'browser')?.id;
  if (pid === undefined) throw new Error('Chromium did not say which process it is.');

  // Playwright deletes downloads at the end: a person wants to keep them, where the browser always puts them.
  if (!headless) await session.send('Browser.setDownloadBehavior', { behavior: 'default' });

  const isRunning = () => context.serviceWorkers().some((worker) => worker.url().startsWith(origin));
  const isLoaded =
    !privateWindows && (await waitFor('the extension', isRunning, { timeoutMs: 4_000 }).catch(() => false));
  if (!isLoaded) {
    const params = { path: extensionDir, enableInIncognito: privateWindows };
    // Not in playwright-core's protocol types yet.
    await session.send('Extensions.loadUnpacked' as never, params as never);
    await waitFor(`the extension in ${extensionDir} to start`, isRunning);
  }
  const otherOrigins: string[] = [];
  for (const path of otherExtensions) {
    const loaded: unknown = await session.send('Extensions.loadUnpacked' as never, { path } as never);
    otherOrigins.push(`chrome-extension://${(loaded as { id: string }).id}`);
  }
  return { context, pid, ended, otherOrigins };
}

/** Chromium or Chrome with a fresh profile and the extension in it. */
export async function launchChromium(program: string, options: LaunchOptions): Promise<TestBrowser> {
  const manifest = JSON.parse(readFileSync(join(options.extensionDir, 'manifest.json'), 'utf8')) as {
    key?: string;
  };
  if (manifest.key === undefined)
    throw new Error(`The manifest in ${options.extensionDir} has no key, so its id is not known.`);
  const extensionOrigin = `chrome-extension://${chromiumExtensionId(manifest.key)}`;
  const profileDir = newTemporaryFolder('chromium');
  let running = await start(program, profileDir, extensionOrigin, options);

  const openPage = async (url: string) => {
    const page = chromiumPage(await running.context.newPage());
    await page.goto(url);
    return page;
  };
  const waitForPage = async (part: string) => {
    const find = () => running.context.pages().find((page) => page.url().includes(part));
    const page = await waitFor(`a tab with ${part} in its address`, find);
    await page.waitForLoadState('load');
    return chromiumPage(page);
  };
  const evaluateInBackground = async (expression: string): Promise<unknown> => {
    const workers = running.context.serviceWorkers();
    const worker =
      workers.find((one) => one.url().startsWith(extensionOrigin)) ??
      (await running.context.waitForEvent('serviceworker'));
    return worker.evaluate(expression);
  };
  return {
    name: 'chromium',
    profileDir,
    extensionOrigin,
    get otherOrigins() {
      return running.otherOrigins;
    },
    openPage,
    openExtensionPage: (path) => openPage(`${extensionOrigin}/${path}`),
    pages: async () => running.context.pages().map(chromiumPage),
    waitForPage,
    async openPrivatePage(url) {
      await evaluateInBackground(`chrome.windows.create({ incognito: true, url: ${JSON.stringify(url)} })`);
      return waitForPage(url);
    },
    evaluateInBackground,
    async probeHeap(isIt) {
      const session = await running.context.browser()?.newBrowserCDPSession();
      if (session === undefined) throw new Error('Playwright gave no browser for its own context.');
      const probe = await probeHeap(session, isIt);
      return { read: probe.read, detach: () => probe.detach().then(() => session.detach()) };
    },
    async devtools(part) {
      const page = running.context.pages().find((one) => one.url().includes(part));
      if (page === undefined) throw new Error(`No tab has ${part} in its address.`);
      return running.context.newCDPSession(page);
    },
    version: async () => `Chromium ${running.context.browser()?.version()}`,
    async stopWorker() {
      const page = running.context.pages()[0] ?? (await running.context.newPage());
      const session = await running.context.newCDPSession(page);
      await session.send('ServiceWorker.enable');
      await session.send('ServiceWorker.stopAllWorkers');
      await session.detach();
    },
    async updateExtension() {
      const session = await running.context.browser()?.newBrowserCDPSession();
      await session?.send('Extensions.loadUnpacked' as never, { path: options.extensionDir } as never);
      await session?.detach();
    },
    async close({ keepProfile = false } = {}) {
      await running.context.close();
      if (!keepProfile) removeFolder(profileDir);
    },
    async kill() {
      process.kill(running.pid, 'SIGKILL');
      await running.ended;
    },
    async relaunch() {
      running = await start(program, profileDir, extensionOrigin, options);
    },
    ended: () => running.ended,
  };
}
