/**
 * `npm run bench:popup`: how long the popup takes from the start of its navigation until its controls can be used and show
 * the state (the page's own mark `usable`), 30 times in each browser, with some hundred records; the background running, and
 * stopped before. `npm run bench:popup chromium` for one of them. Beside it an empty page of the extension, opened the same way in the same run in turn with the popup: what
 * the browser itself takes on this machine, and the ratio to it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser, type TestBrowser, type TestPage } from '../test/support/browser.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { startWebServer } from '../test/support/web-server.ts';
import { type BrowserName, ensureBrowsers, howToInstall } from './browsers.mjs';
import { buildTarget } from './build.ts';
import { type Cleanup, createCleanup } from './cleanup.ts';
import { extensionPages, ONBOARDING_PAGE } from './extension-pages.ts';
import { popupScripts } from './popup-scripts.ts';

const RUNS = 30;
const RECORDS = 300;

const quantile = (sorted: readonly number[], q: number): string =>
  (sorted[Math.ceil(sorted.length * q) - 1] ?? Number.NaN).toFixed(0);

const sort = (times: readonly number[]): number[] => [...times].sort((a, b) => a - b);

function printTimes(what: string, times: readonly number[]): void {
  const [median, p95, worst] = [0.5, 0.95, 1].map((q) => quantile(sort(times), q));
  console.log(`  ${what.padEnd(34)} median ${median} ms, p95 ${p95} ms, worst ${worst} ms`);
}

function print(what: string, { popup, empty }: Times): void {
  printTimes(what, popup);
  printTimes('  an empty page', empty);
  const median = (times: readonly number[]) => Number(quantile(sort(times), 0.5));
  const [own, browsers] = [median(popup), median(empty)];
  console.log(`  ${'  ratio'.padEnd(34)} ${(own / browsers).toFixed(2)}, ${own - browsers} ms of its own`);
}

/** Consents, and makes one page change its address until there are enough visits. */
async function withRecords(browser: TestBrowser, port: number): Promise<void> {
  const consent = await browser.waitForPage(ONBOARDING_PAGE);
  await consent.click('consent-accept');
  await consent.waitFor('persisted');
  const page = await browser.openPage(`http://bench.example:${port}/0`);
  await page.evaluate(async (visits: number) => {
    for (let i = 1; i < visits; i++) {
      history.pushState({}, '', `/${i}`);
      document.title = `Page number ${i} of a bench`;
      await new Promise((resolve) => setTimeout(resolve, 12));
    }
  }, RECORDS);
  const options = await browser.openExtensionPage(extensionPages(extensionDir(browser.name)).options);
  let count = '';
  await waitFor(
    `${RECORDS} records`,
    async () => {
      count = await options.text('record-count');
      return Number(count.replace(/\D/g, '')) >= RECORDS * 0.9;
    },
    { timeoutMs: 60_000 },
  );
  console.log(`  ${count} records`);
  await options.close();
  await consent.close();
}

const extensionDir = (name: BrowserName): string =>
  join(import.meta.dirname, '../dist', name === 'chromium' ? 'chrome' : 'firefox');

/** Milliseconds since the start of the navigation. Asked once, so that asking takes no time from the page. */
const usableAt = (page: TestPage): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const mark = list.getEntriesByName('usable')[0];
          if (mark) resolve(mark.startTime);
        }).observe({ type: 'mark', buffered: true });
      }),
  );

interface Times {
  readonly popup: number[];
  readonly empty: number[];
}

/** Only in the folder that is measured, never in what people install. */
const EMPTY_PAGE = 'bench-empty.html';
function addEmptyPage(dir: string): void {
  writeFileSync(
    join(dir, EMPTY_PAGE),
    '<!doctype html><title>Empty</title><p>Empty</p><script type="module" src="/bench-empty.js"></script>',
  );
  writeFileSync(join(dir, 'bench-empty.js'), "performance.mark('usable');");
}

async function measure(browser: TestBrowser, popup: string, stopFirst: boolean): Promise<Times> {
  const times: Times = { popup: [], empty: [] };
  for (let i = 0; i < RUNS; i++) {
    for (const [path, into] of [
      [EMPTY_PAGE, times.empty],
      [popup, times.popup],
    ] as const) {
      if (stopFirst) await browser.stopWorker();
      const page = await browser.openExtensionPage(path);
      into.push(await usableAt(page));
      await page.close();
    }
  }
  return times;
}

async function bench(name: BrowserName, cleanup: Cleanup): Promise<void> {
  const dir = extensionDir(name);
  await buildTarget(name === 'chromium' ? 'chrome' : 'firefox');
  addEmptyPage(dir);
  const scripts = popupScripts(dir);
  const bytes = scripts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  console.log(`${name}\n  ${(bytes / 1024).toFixed(1)} KiB of JavaScript in ${scripts.length} files`);
  const site = await startWebServer(() => '<title>Bench</title>');
  cleanup.add(() => site.close());
  const browser = await launchBrowser(name, { extensionDir: dir });
  cleanup.add(() => browser.close());
  await withRecords(browser, site.port);
  const { popup } = extensionPages(dir);
  print('background running', await measure(browser, popup, false));
  print('background stopped before', await measure(browser, popup, true));
}

const cleanup = createCleanup();
try {
  const found = ensureBrowsers();
  const wanted = process.argv.slice(2);
  for (const name of ['chromium', 'firefox'] as const) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    if (found[name]) await bench(name, cleanup);
    else console.log(howToInstall(name));
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await cleanup.run();
}
