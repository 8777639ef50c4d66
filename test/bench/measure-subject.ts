/** One subject from an empty profile to all its figures. The order matters: what adds events comes last. */
import { quantile } from '../../scripts/quantile.ts';
import type { InteractionEvent } from '../../src/model/interaction.ts';
import { type HeapProbe, heapTotal } from '../support/chromium-heap.ts';
import type { BenchHost } from './host.ts';
import type { SamplePage } from './page-pool.ts';
import { QUERY_KINDS, type Query, queries } from './queries.ts';
import type { BenchRow } from './rows.ts';
import { storedBytes } from './stored-bytes.ts';
import type { Hits } from './subject.ts';
import { DAYS, days, SEED, type Workload } from './workload.ts';

export interface Measured {
  readonly rows: readonly BenchRow[];
  /** What the 200 queries found, to compare the subjects. */
  readonly hits: readonly Hits[];
}

/** The subject took longer than it may for this many events. */
export class TooSlow extends Error {}

/** A year that lies in the workload's two. */
const YEAR = { firstDay: '2025-11-01', lastDay: '2026-10-31' };
const EVER = { firstDay: '0000-01-01', lastDay: '9999-12-31' };
const LIVE_EVENTS = 500;
const COLD_STARTS = 25;
const STATS_RUNS = 9;
const HEAP_EVERY_MS = 100;
const MB = 1_000_000;
const WARM_DISK = 'the pages of the disk are in memory';
const OURS = 'arq';
/** Ours, recorded by the background (arq-live.ts). */
const LIVE = 'arq-live';

export async function measureSubject(
  host: BenchHost,
  subject: string,
  pages: readonly SamplePage[],
  workload: Workload,
  { limitMs, note, log }: { limitMs: number; note?: string; log: (sentence: string) => void },
): Promise<Measured> {
  const { events, seed = SEED } = workload;
  const rows: BenchRow[] = [];
  const add: Add = (name, value, unit, ...notes) => {
    const all = [note, ...notes].filter((one) => one !== undefined).join('; ');
    rows.push({ name, subject, value, unit, events, ...(all === '' ? {} : { note: all }) });
  };

  log('ingest');
  const { ingest, finish } = await fill(host, subject, workload, limitMs);
  add('ingest', events / (ingest.ms / 1000), 'events/s');
  add('ingest-with-finish', events / ((ingest.ms + finish.ms) / 1000), 'events/s');
  add('finish', finish.ms / 1000, 's');

  log('bytes on disk');
  const { total, places } = await bytesOnDisk(host);
  add('bytes-per-event', total / events, 'bytes', places);
  await host.relaunch();

  log('warm searches');
  await host.run('open', null);
  await host.run('search', queries(pages, workload, { perKind: 10, seed: seed + 1 }));
  const list = queries(pages, workload);
  const { ms, hits } = await host.run('search', list);
  add('search-warm-p95', quantile(ms, 0.95), 'ms', `${list.length} queries`);
  add('search-warm-p50', quantile(ms, 0.5), 'ms');
  for (const kind of QUERY_KINDS)
    add(`search-warm-p95-${kind}`, quantile(timesOf(kind, list, ms), 0.95), 'ms');
  const probe = await host.probeHeap();
  const outside = async () => (await host.run('memory', null)).bytes;
  if (probe)
    add(
      'heap-after-queries',
      (heapTotal(await probe.read(true)) + (await outside())) / MB,
      'MB',
      'after a garbage collection',
    );

  log('statistics and export');
  const stats = await host.run('stats', { ...YEAR, runs: STATS_RUNS });
  add(
    'stats-year',
    quantile(stats.ms.slice(1), 0.5),
    'ms',
    `${stats.events} events in the year; counts by day and kind, without sites`,
  );
  const { value: exported, peak } = await withPeak(probe, () => host.run('export', null));
  if (exported.events !== events)
    throw new Error(`${subject} exported ${exported.events} of ${events} events.`);
  add('export', exported.ms / 1000, 's', `${exported.bytes} bytes`);
  if (probe)
    add('export-heap', (peak + (await outside())) / MB, 'MB', 'highest seen, uncollected garbage included');
  await probe?.detach();

  log('cold searches');
  const cold = { ms: [] as number[], sinceStartMs: [] as number[] };
  for (const query of queries(pages, workload, { perKind: COLD_STARTS / 5, seed: seed + 2 })) {
    await host.stopWorker();
    const answer = await host.run('coldSearch', query);
    cold.ms.push(answer.ms);
    cold.sinceStartMs.push(answer.sinceStartMs);
  }
  add('search-cold-p95', quantile(cold.ms, 0.95), 'ms', `${cold.ms.length} restarts`, WARM_DISK);
  add('search-cold-p50', quantile(cold.ms, 0.5), 'ms');
  add('search-cold-with-load-p95', quantile(cold.sinceStartMs, 0.95), 'ms', 'from asking for the worker on');

  log('live events and cold starts');
  const later = laterEvents(pages, workload);
  // Of ours, an event goes through the background below; peers have no more than their own writing.
  const names =
    subject === OURS ? (['live-append', 'cold-append'] as const) : (['live-event', 'cold-start'] as const);
  await measureLive(host, later, subject, add, names);
  if (subject === OURS) {
    await host.run('close', null);
    await host.run('open', null, LIVE);
    const stored = async () => (await host.run('stats', { ...EVER, runs: 1 }, LIVE)).events;
    const before = await stored();
    await measureLive(host, later, LIVE, add, ['live-event', 'cold-start']);
    // What the background did not keep took no time.
    const kept = (await stored()) - before;
    if (kept < later.length) throw new Error(`The background kept ${kept} of ${later.length} events.`);
  }
  await host.stopWorker();
  return { rows, hits };
}

type Add = (name: string, value: number, unit: string, ...notes: (string | undefined)[]) => void;

/** One event after the other in a worker that is there, then each as the first thing of a new one. The store is open. */
async function measureLive(
  host: BenchHost,
  events: readonly InteractionEvent[],
  subject: string,
  add: Add,
  [live, cold]: readonly [string, string],
): Promise<void> {
  const { ms } = await host.run('append', events.slice(0, LIVE_EVENTS), subject);
  add(`${live}-p95`, quantile(ms, 0.95), 'ms', `${LIVE_EVENTS} events`);
  add(`${live}-p50`, quantile(ms, 0.5), 'ms');
  const starts = { ms: [] as number[], sinceStartMs: [] as number[] };
  for (const event of events.slice(LIVE_EVENTS)) {
    await host.stopWorker();
    const answer = await host.run('coldAppend', event, subject);
    starts.ms.push(answer.ms);
    starts.sinceStartMs.push(answer.sinceStartMs);
  }
  add(`${cold}-p95`, quantile(starts.ms, 0.95), 'ms', `${starts.ms.length} restarts`, WARM_DISK);
  add(`${cold}-p50`, quantile(starts.ms, 0.5), 'ms');
  add(`${cold}-with-load-p95`, quantile(starts.sinceStartMs, 0.95), 'ms', 'from asking for the worker on');
}

/** Opens an empty store and puts the workload in. @throws TooSlow */
async function fill(host: BenchHost, subject: string, workload: Workload, limitMs: number) {
  await host.run('open', null);
  const ingest = await host.run('ingest', { workload, limitMs });
  if (ingest.events < workload.events)
    throw new TooSlow(
      `${subject} took ${(ingest.ms / 1000).toFixed(0)} s for ${ingest.events} of ${workload.events}`,
    );
  return { ingest, finish: await host.run('finish', null) };
}

/** After a start and an end more, in which databases tidy up. The browser has ended then. */
async function bytesOnDisk(host: BenchHost): Promise<{ readonly total: number; readonly places: string }> {
  await closeAll(host);
  await host.relaunch();
  await host.run('open', null);
  await closeAll(host);
  const { total, places } = storedBytes(host.browser.name, host.browser.profileDir);
  return {
    total,
    places: Object.entries(places)
      .map(([place, bytes]) => `${place} ${bytes} bytes`)
      .join(', '),
  };
}

/** Only how many bytes an event takes when there are `perDay` of them on each day, for two years. */
export async function measurePerDay(host: BenchHost, subject: string, perDay: number): Promise<BenchRow> {
  const events = perDay * DAYS;
  await fill(host, subject, { events }, Number.MAX_SAFE_INTEGER);
  const { total, places } = await bytesOnDisk(host);
  const name = `bytes-per-event-${perDay}-a-day`;
  return { name, subject, value: total / events, unit: 'bytes', events, note: places };
}

/** The store, then the browser. */
async function closeAll(host: BenchHost): Promise<void> {
  await host.run('close', null);
  await host.quit();
}

const timesOf = (kind: Query['kind'], list: readonly Query[], ms: readonly number[]): number[] =>
  ms.filter((_, index) => list[index]?.kind === kind);

/** Events of the day after the workload's last, for what is measured one by one. */
function laterEvents(pages: readonly SamplePage[], { events, seed = SEED }: Workload): InteractionEvent[] {
  const later = { events: LIVE_EVENTS + COLD_STARTS, days: 1, lastDay: '2026-11-01', seed: seed + 3 };
  return [...days(pages, { ...later, firstN: events + 1 })].flatMap((day) => day.events);
}

/** The largest heap that was seen while `work` ran, in bytes. */
async function withPeak<T>(probe: HeapProbe | undefined, work: () => Promise<T>) {
  let peak = 0;
  let running = true;
  const watch = async () => {
    while (probe && running) {
      peak = Math.max(peak, heapTotal(await probe.read(false)));
      await new Promise((resolve) => setTimeout(resolve, HEAP_EVERY_MS));
    }
  };
  const watching = watch();
  try {
    const value = await work();
    return { value, peak };
  } finally {
    running = false;
    await watching;
  }
}
