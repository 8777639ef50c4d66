/** The demo: two browsers, one service, a dozen pages; what was recorded, what the service holds, what arrived. */
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type BrowserName, launchBrowser, type TestBrowser, type TestPage } from '../test/support/browser.ts';
import { canaryWords, DEMO_PAGES, type DemoPage, SEARCH_HOSTS } from '../test/support/demo-pages.ts';
import { type DemoSite, startDemoSite } from '../test/support/demo-site.ts';
import { waitFor } from '../test/support/wait-for.ts';
import type { Cleanup } from './cleanup.ts';
import { type Arrival, printArrivals, printRecorded, printService } from './demo-report.ts';
import { type ExtensionPages, extensionPages, ONBOARDING_PAGE } from './extension-pages.ts';
import { startLocalService } from './local-service.ts';
import { ROOT } from './root.ts';

export interface DemoBrowser {
  readonly name: BrowserName;
  readonly extensionDir: string;
}

interface Device {
  readonly label: string;
  readonly browser: TestBrowser;
  readonly pages: ExtensionPages;
  readonly options: TestPage;
}

const SHOTS = join(ROOT, 'artifacts', 'demo');
const SYNC_MS = 30_000;

/** Twelve of the demo pages: every kind that a person meets, a search and clicks among them. */
const TOUR: readonly DemoPage[] = DEMO_PAGES.filter(
  ({ kind, host }) =>
    kind === 'search' || (kind === 'article' && /^(news|docs|recipes)\.example$/.test(host)),
).slice(-12);

/** @throws Error with a sentence when anything that should be there is not. */
export async function runDemo(
  browsers: readonly [DemoBrowser, DemoBrowser],
  cleanup: Cleanup,
): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  const site = await startDemoSite();
  cleanup.add(() => site.close());
  const service = await startLocalService(cleanup);
  console.log(`Demo site on port ${site.port}, service at ${service.url}, data in ${service.dataDir}`);

  const first = await startDevice(`${browsers[0].name} (first)`, browsers[0], cleanup);
  const second = await startDevice(`${browsers[1].name} (second)`, browsers[1], cleanup);
  await pair(first, second, service.url);

  const arrivals: Arrival[] = [];
  for (const page of TOUR) arrivals.push(await visitAndFollow(page, site, first, second));
  await findClicksAndSearches(second);
  await showTab(first, 'search');
  await waitFor(
    'the first browser to list what it recorded',
    async () => (await first.options.count('search-result')) >= TOUR.length,
  );
  printRecorded(
    first.label,
    await first.options.text('record-count'),
    await first.options.texts('search-result'),
  );
  printArrivals(second.label, await second.options.text('record-count'), arrivals);
  printService(
    service.dataDir,
    TOUR.flatMap((page) => [page.host, ...canaryWords(page)]),
  );

  for (const device of [first, second]) await takeScreenshots(device, site);
  console.log(`\nScreenshots: ${relative(ROOT, SHOTS)}/`);
}

async function startDevice(
  label: string,
  { name, extensionDir }: DemoBrowser,
  cleanup: Cleanup,
): Promise<Device> {
  const browser = await launchBrowser(name, { extensionDir, loopbackHosts: SEARCH_HOSTS });
  cleanup.add(() => browser.close());
  const consent = await browser.waitForPage(ONBOARDING_PAGE);
  await consent.click('consent-accept');
  const pages = extensionPages(extensionDir);
  const options = await browser.openExtensionPage(`${pages.options}#search`);
  await options.setViewport({ width: 1100, height: 800 });
  await waitFor(`${label} to record`, async () => /recording/i.test(await options.text('health')));
  console.log(`${label}: extension installed, consent given`);
  return { label, browser, pages, options };
}

const showTab = async ({ browser, pages, options }: Device, tab: string) => {
  await options.activate();
  await options.goto(`${browser.extensionOrigin}/${pages.options}#${tab}`);
};

async function pair(first: Device, second: Device, serviceUrl: string): Promise<void> {
  const isSynced = (device: Device) =>
    waitFor(
      `${device.label} to be synced`,
      async () => {
        const state = await device.options.text('sync-state');
        if (state.startsWith('error')) throw new Error(state);
        return state === 'synced';
      },
      { timeoutMs: SYNC_MS },
    );
  await showTab(first, 'sync');
  await first.options.fill('sync-url', serviceUrl);
  await first.options.click('sync-create');
  await isSynced(first);
  const code = await waitFor('the pairing code to show', () =>
    first.options.evaluate(() => {
      const shown = document.querySelector<HTMLElement>('[data-testid="sync-code"]');
      return shown instanceof HTMLInputElement || shown instanceof HTMLTextAreaElement
        ? shown.value
        : shown?.textContent;
    }),
  );
  await showTab(second, 'sync');
  await second.options.fill('sync-join-code', code.trim());
  await second.options.click('sync-join');
  await isSynced(second);
  await showTab(second, 'search');
  console.log(`Paired: both say "synced"`);
}

/** Visits a page on the first device, clicks what is there, and measures until the second one finds it. */
async function visitAndFollow(
  page: DemoPage,
  site: DemoSite,
  first: Device,
  second: Device,
): Promise<Arrival> {
  const tab = await first.browser.openPage(site.url(page));
  const startMs = performance.now();
  const button = page.clicks.find(({ role }) => role === 'button');
  if (button !== undefined) await tab.click(button.testid);
  const word = canaryWords({ ...page, clicks: [] }).at(-1) ?? page.title;
  await second.options.fill('search-input', word);
  await waitFor(
    `"${page.title}" to arrive in ${second.label}`,
    async () => (await second.options.texts('search-result')).some((text) => text.includes(word)),
    {
      timeoutMs: SYNC_MS,
      everyMs: 20,
    },
  );
  const tookMs = performance.now() - startMs;
  await tab.close();
  await second.options.fill('search-input', '');
  return { page, tookMs };
}

/** What was clicked and searched for must have arrived too, not only the visits. */
async function findClicksAndSearches({ label, options }: Device): Promise<void> {
  for (const { clicks, query } of TOUR) {
    const text = query ?? clicks.find(({ role }) => role === 'button')?.text;
    if (text === undefined) continue;
    await options.fill('search-input', text);
    await waitFor(
      `"${text}" to be found in ${label}`,
      async () => (await options.count('search-result')) === 1,
      {
        timeoutMs: SYNC_MS,
      },
    );
  }
  await options.fill('search-input', '');
}

async function takeScreenshots(device: Device, site: DemoSite): Promise<void> {
  const shot = (what: string) =>
    join(SHOTS, `${device.label.replace(/\W+/g, '-').replace(/-$/, '')}-${what}.png`);
  for (const tab of ['search', 'privacy', 'sync', 'data']) {
    await showTab(device, tab);
    await device.options.screenshot(shot(`options-${tab}`));
  }
  // The popup tells of the web page in front: one that was recorded, else there is nothing to see.
  const shown = TOUR.find(({ clicks }) => clicks.length > 0);
  const tab = shown && (await device.browser.openPage(site.url(shown)));
  const popup = await device.browser.openExtensionPage(device.pages.popup);
  await popup.setViewport({ width: 380, height: 620 });
  await popup.waitFor('page-records');
  await popup.screenshot(shot('popup'));
  await popup.close();
  await tab?.close();
}
