/**
 * `npm run bench:import -- --visits N --days D`: how long it takes to take over a browser's history, and our own export of
 * the same records elsewhere. The browser is a fake one in this process, whose history costs far less than a real one's and
 * whose database costs another share: the numbers compare one version of the importer with another, nothing else.
 */

// First: the extension's API has to be there before anything of `src` is loaded.
import '../test/support/fake-browser.ts';
import { parseArgs } from 'node:util';
import { serveImport } from '../src/background/services/file-import.ts';
import { openServices, type Services } from '../src/background/services.ts';
import { dayStartMs } from '../src/base/clock.ts';
import { exportWriter } from '../src/lifecycle/export-format.ts';
import { batchesOf } from '../src/options/export-file.ts';
import { plainExport } from '../src/options/open-export.ts';
import type { PagePort } from '../src/platform/runtime.ts';
import { parsePages, type SamplePage } from '../test/bench/page-pool.ts';
import { days } from '../test/bench/workload.ts';
import { type FakeVisit, fake } from '../test/support/fake-browser.ts';
import { sharedDataPath, sharedText } from './shared-data.ts';

const { values } = parseArgs({
  options: { visits: { type: 'string', default: '100000' }, days: { type: 'string', default: '400' } },
});

/** Visits of `days` days up to yesterday, as the browser has them, oldest first. */
function historyOf(pages: readonly SamplePage[], visits: number, count: number): FakeVisit[] {
  const lastDay = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const made: FakeVisit[] = [];
  // Seven of ten events are visits.
  for (const { events } of days(pages, { events: Math.round(visits / 0.7), days: count, lastDay }))
    for (const event of events)
      if (event.kind === 'visit')
        made.push({ url: event.url, title: event.title, atMs: event.atMs, transition: 'link' });
  return made.sort((a, b) => a.atMs - b.atMs);
}

/** The fake browser's history looks through all visits for each question; this one finds them. */
function indexHistory(history: readonly FakeVisit[]): void {
  const byUrl = new Map<string, FakeVisit[]>();
  for (const visit of history) {
    const ofPage = byUrl.get(visit.url);
    if (ofPage) ofPage.push(visit);
    else byUrl.set(visit.url, [visit]);
  }
  const from = (atMs: number): number => {
    let [low, high] = [0, history.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((history[middle] as FakeVisit).atMs < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const { browser } = globalThis as unknown as { browser: { history: object } };
  Object.assign(browser.history, {
    search: async (query: { startTime: number; endTime: number; maxResults: number }) => {
      const pages = new Map<string, { url: string; title: string }>();
      for (let i = from(query.endTime + 1) - 1; i >= 0 && pages.size < query.maxResults; i--) {
        const { url, title, atMs } = history[i] as FakeVisit;
        if (atMs < query.startTime) break;
        if (!pages.has(url)) pages.set(url, { url, title });
      }
      return [...pages.values()];
    },
    getVisits: async ({ url }: { url: string }) =>
      (byUrl.get(url) ?? []).map(({ atMs, transition }) => ({ visitTime: atMs, transition })),
  });
}

const open = async (): Promise<Services> => {
  fake.reset();
  const services = await openServices({ onBlocked() {}, onClosed() {}, onStatus() {} });
  await services.profile.change({ consent: 'accepted' });
  return services;
};

/** How long the slowest append waited while `task` ran, and how long all of it took (ms). */
async function timed(
  { profile }: Services,
  task: () => Promise<unknown>,
): Promise<{ readonly allMs: number; readonly slowestAppendMs: number }> {
  let [ended, slowestAppendMs] = [false, 0];
  const startMs = performance.now();
  const recording = (async () => {
    while (!ended) {
      const beganMs = performance.now();
      const atMs = Date.now();
      await profile.store.append({
        event: {
          kind: 'reduced',
          atMs: atMs - (atMs % 3_600_000),
          level: 'anonymous',
          of: 'click',
          category: 'other',
        },
      });
      slowestAppendMs = Math.max(slowestAppendMs, performance.now() - beganMs);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  await task();
  const allMs = performance.now() - startMs;
  ended = true;
  await recording;
  return { allMs, slowestAppendMs };
}

async function exported({ profile }: Services): Promise<string> {
  const writer = exportWriter('json');
  const pieces = [writer.start(new Date())];
  for await (const { records } of profile.store.recordsByDay('oldest')) pieces.push(writer.records(records));
  return [...pieces, writer.end()].join('');
}

/** As the options page sends it. */
async function importFile({ profile, sync, history }: Services, text: string): Promise<void> {
  let hear: (message: unknown) => void = () => {};
  let answered: (answer: { kind: string; message?: string }) => void = () => {};
  const port = {
    post: (message: never) => answered(message),
    onMessage: (handler: typeof hear) => {
      hear = handler;
    },
    onDisconnect() {},
  } as unknown as PagePort;
  const services = {
    profile,
    erased: () => sync.deleting.erased(),
    erasures: () => history.erasures,
    async onAdded() {},
  };
  serveImport(
    port,
    async () => services,
    () => {},
  );
  const send = async (message: unknown) => {
    const answer = await new Promise<{ kind: string; message?: string }>((resolve) => {
      answered = resolve;
      hear(message);
    });
    if (answer.kind === 'failed') throw new Error(answer.message);
  };
  for await (const records of batchesOf(plainExport(new Blob([text])), () => {}))
    await send({ kind: 'records', records });
  await send({ kind: 'end' });
}

const tsv = sharedText('pages.tsv');
if (tsv === undefined) {
  console.log(
    `Skipped: it needs ${sharedDataPath('pages.tsv')}, which is not there (ARQ_DATA_DIR says where to look).`,
  );
} else {
  const history = historyOf(parsePages(tsv), Number(values.visits), Number(values.days));
  indexHistory(history);
  const first = await open();
  const answer = await timed(first, async () => {
    const started = await first.history.start();
    if (!started.ok) throw new Error(started.error.message);
    await first.history.wake();
  });
  const state = first.history.state();
  if (state?.phase !== 'done') throw new Error(`the import ended ${state?.phase}: ${state?.message}`);
  const text = await exported(first);
  first.close();
  const second = await open();
  const file = await timed(second, () => importFile(second, text));
  const count = await second.profile.store.recordCount();
  second.close();
  const row = (what: string, records: number, { allMs, slowestAppendMs }: typeof file) => ({
    what,
    records,
    seconds: Number((allMs / 1000).toFixed(1)),
    'records/s': Math.round((records * 1000) / allMs),
    'slowest append ms': Math.round(slowestAppendMs),
  });
  console.log(
    `${history.length} visits, ${new Set(history.map(({ atMs }) => dayStartMs(new Date(atMs).toISOString().slice(0, 10)))).size} days`,
  );
  console.table([row('history', state.added, answer), row('file', count, file)]);
}
