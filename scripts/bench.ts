/**
 * `npm run bench`: our storage engine and its peers on the same two years of events, in a real browser, one after the other,
 * each in a fresh profile. Prints a table and writes rows of `{name, subject, value, unit}`.
 *
 *   --events N        how many (1,000,000)            --json FILE         default artifacts/bench/storage.json
 *   --subjects a,b    default arq and its peers       --browser firefox   default chromium; there ours alone
 *   --scale           ours at 10k, 100k and 1M        --peer-limit S      seconds a peer may ingest (600)
 *   --per-day N       ours with N events a day (200; 0 = not)   --keep  leaves the profiles
 *
 * In Chromium also what our content script costs a page (test/bench/content-script.ts).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureContentScript } from '../test/bench/content-script.ts';
import { BenchHost } from '../test/bench/host.ts';
import { type Measured, measurePerDay, measureSubject, TooSlow } from '../test/bench/measure-subject.ts';
import { parsePages, type SamplePage } from '../test/bench/page-pool.ts';
import { queries, queryText } from '../test/bench/queries.ts';
import { type BenchRow, growthOf, scaleTableOf, tableOf } from '../test/bench/rows.ts';
import { DAYS, LAST_DAY, SEED } from '../test/bench/workload.ts';
import { type BrowserName, ensureBrowsers } from './browsers.mjs';
import { buildTarget } from './build.ts';
import { createCleanup } from './cleanup.ts';
import { ROOT } from './root.ts';
import { sharedDataPath, sharedText } from './shared-data.ts';

const OURS = 'arq';
const PEERS = ['idb-rows', 'dexie', 'sqlite-wasm'];
const SCALE = [10_000, 100_000, 1_000_000];

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    json: { type: 'string', default: join(ROOT, 'artifacts', 'bench', 'storage.json') },
    subjects: { type: 'string' },
    browser: { type: 'string', default: 'chromium' },
    scale: { type: 'boolean', default: false },
    'peer-limit': { type: 'string', default: '600' },
    'per-day': { type: 'string', default: '200' },
    keep: { type: 'boolean', default: false },
  },
});
/** After Ctrl-C no further browser may start: nobody would remove its profile. */
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => (stopping = true));
const cleanup = createCleanup();
let version = '';

/** A fresh browser, and what removes it, once. */
async function launch(
  name: BrowserName,
  extensionDir: string,
  subject: string,
  pages: readonly SamplePage[],
) {
  const host = await BenchHost.launch(name, extensionDir, subject, pages);
  let undone = false;
  const undo = async () => {
    if (undone) return;
    undone = true;
    await host.remove({ keepProfile: options.keep });
    if (options.keep) console.log(`  ${host.browser.profileDir}`);
  };
  cleanup.add(undo);
  return { host, undo };
}

/** A fresh browser for one subject; at a tenth (at most 100,000) when a peer is too slow for all. */
async function measure(
  name: BrowserName,
  extensionDir: string,
  subject: string,
  pages: readonly SamplePage[],
  events: number,
  note?: string,
): Promise<Measured> {
  const { host, undo } = await launch(name, extensionDir, subject, pages);
  try {
    version = await host.browser.version();
    // Travels as JSON, which has no infinity.
    const limitMs = subject === OURS ? Number.MAX_SAFE_INTEGER : Number(options['peer-limit']) * 1000;
    return await measureSubject(
      host,
      subject,
      pages,
      { events },
      {
        limitMs,
        log: (what) => console.log(`${subject}, ${events.toLocaleString('en')} events: ${what}`),
        ...(note === undefined ? {} : { note }),
      },
    );
  } catch (error) {
    if (!(error instanceof TooSlow) || note !== undefined) throw error;
    const fewer = Math.min(100_000, Math.round(events / 10));
    console.log(`${error.message}: measured with ${fewer.toLocaleString('en')} instead.`);
    await undo();
    const why = `stopped after ${options['peer-limit']} s at ${events} events, measured at ${fewer}`;
    return await measure(name, extensionDir, subject, pages, fewer, why);
  } finally {
    await undo();
  }
}

/** What is measured of ours alone, beside its store at the sizes that were asked for. */
async function measureOurs(
  name: BrowserName,
  extensionDir: string,
  pages: readonly SamplePage[],
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  if (name === 'chromium') {
    console.log(`${OURS}: content script`);
    rows.push(...(await measureContentScript(extensionDir)));
  }
  const perDay = Number(options['per-day']);
  if (perDay === 0) return rows;
  console.log(`${OURS}, ${perDay} events a day: bytes on disk`);
  const { host, undo } = await launch(name, extensionDir, OURS, pages);
  try {
    rows.push(await measurePerDay(host, OURS, perDay));
  } finally {
    await undo();
  }
  return rows;
}

/** Names the queries on which the subjects do not agree: that is a fault of one of them, or another idea of a word. */
function compare(found: ReadonlyMap<string, Measured>, pages: readonly SamplePage[], events: number): void {
  const list = queries(pages, { events });
  const [first, ...others] = [...found].filter(([, { rows }]) => rows[0]?.events === events);
  if (first === undefined) return;
  for (const [subject, { hits }] of others) {
    const differ = list.filter(
      (_, i) =>
        hits[i]?.count !== first[1].hits[i]?.count || hits[i]?.newestMs !== first[1].hits[i]?.newestMs,
    );
    const examples = differ.slice(0, 5).map(queryText).join(', ');
    const what = differ.length === 0 ? 'the same' : `others for ${differ.length} queries (${examples})`;
    console.log(`${subject} finds ${what}${differ.length === 0 ? ' as' : ' than'} ${first[0]}.`);
  }
}

async function main(tsv: string): Promise<void> {
  ensureBrowsers();
  const name = options.browser === 'firefox' ? 'firefox' : 'chromium';
  const pages = parsePages(tsv);
  const chosen =
    options.subjects?.split(',') ?? (name === 'firefox' || options.scale ? [OURS] : [OURS, ...PEERS]);
  const sizes = options.scale ? SCALE : [Number(options.events)];
  if (![...sizes, Number(options['per-day'])].every((number) => Number.isSafeInteger(number) && number >= 0))
    throw new Error('--events and --per-day take a whole number, such as 100000.');
  const { folder } = await buildTarget(name === 'firefox' ? 'firefox' : 'chrome', 'bench');
  const rows: BenchRow[] = [];
  for (const events of sizes) {
    const found = new Map<string, Measured>();
    for (const subject of chosen) {
      try {
        const measured = await measure(name, folder, subject, pages, events);
        found.set(subject, measured);
        rows.push(...measured.rows);
      } catch (error) {
        if (stopping) return;
        console.error(`${subject} was not measured: ${(error as Error).message}`);
        process.exitCode = 1;
      }
    }
    compare(found, pages, events);
  }
  if (chosen.includes(OURS) && !options.scale) {
    try {
      rows.push(...(await measureOurs(name, folder, pages)));
    } catch (error) {
      if (stopping) return;
      console.error(`What is ours alone was not measured: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  console.log(`\n${version}; ${pages.length} sampled pages, ${DAYS} days until ${LAST_DAY}, seed ${SEED}`);
  if (options.scale)
    for (const subject of chosen) {
      const ofSubject = rows.filter((row) => row.subject === subject);
      console.log(`${scaleTableOf(ofSubject)}\n${growthOf(ofSubject)}`);
    }
  else console.log(`${sizes[0]?.toLocaleString('en')} events\n${tableOf(rows)}`);
  for (const note of new Set(
    rows.flatMap((row) =>
      row.note?.startsWith('stopped') ? [`* ${row.subject}: ${row.note.split(';')[0]}`] : [],
    ),
  ))
    console.log(note);
  const about: BenchRow[] = [
    { name: 'seed', subject: 'workload', value: SEED, unit: 'seed' },
    {
      name: 'browser',
      subject: name,
      value: Number(/\d+/.exec(version)?.[0]),
      unit: 'version',
      note: version,
    },
  ];
  const file = resolve(options.json);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify([...rows, ...about], null, 2)}\n`);
  console.log(file);
}

try {
  const tsv = sharedText('pages.tsv');
  if (tsv === undefined)
    console.log(
      `Skipped: the benchmark makes its events from ${sharedDataPath('pages.tsv')}, which is not there (ARQ_DATA_DIR says where to look).`,
    );
  else await main(tsv);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await cleanup.run();
}
