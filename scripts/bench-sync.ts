/**
 * `npm run bench:sync -- [--only latency|first|peer] [--first 100000,1000000] [--peer 10000,100000]`: sync as a person meets it, and
 * beside a peer.
 *
 * latency: how long until a page that was visited in one browser is counted in the other, 50 visits a pair of browsers;
 * first: how long a browser that has nothing takes to get an account's records, left alone and with its worker ended five times;
 * peer: the same records from one Chromium to another, by ours and by PouchDB with a server that speaks CouchDB's protocol.
 *
 * Prints tables and writes artifacts/bench/sync.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstSyncs } from '../test/bench/sync/first.ts';
import { latencies } from '../test/bench/sync/latency.ts';
import { type Moved, moveOurs, movePeer } from '../test/bench/sync/peer.ts';
import type { BrowserName } from '../test/support/browser.ts';
import { ensureBrowsers } from './browsers.mjs';
import { buildTarget } from './build.ts';
import { quantile } from './quantile.ts';
import { ROOT } from './root.ts';

const VISITS = 50;
const PAIRS: readonly [BrowserName, BrowserName][] = [
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
];
const KILLS = [0, 5];
/** A day of records. */
const FEW = 200;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    first: { type: 'string', default: '100000,1000000' },
    peer: { type: 'string', default: '10000,100000' },
    browsers: { type: 'string', default: 'chromium,firefox' },
  },
});
const PARTS = ['latency', 'first', 'peer'];
if (values.only !== undefined && !PARTS.includes(values.only))
  throw new TypeError(`--only is one of ${PARTS.join(', ')}.`);
const counts = (text: string): number[] => text.split(',').map(Number);
const isWanted = (part: string) => values.only === undefined || values.only === part;
const seconds = (ms: number) => Number((ms / 1_000).toFixed(2));
const result: Record<string, unknown> = {};

ensureBrowsers();
await buildTarget('chrome', 'release');
await buildTarget('firefox', 'release');
if (isWanted('latency')) {
  const rows = [];
  for (const names of PAIRS) {
    const times = await latencies(names, VISITS);
    const at = (q: number) => Math.round(quantile(times, q));
    rows.push({ pair: names.join(' + '), visits: times.length, p50: at(0.5), p95: at(0.95), max: at(1) });
  }
  console.log('ms until a visit in one browser is counted in the other');
  console.table(rows);
  result.latency = rows;
}
if (isWanted('first')) {
  const rows = [];
  for (const records of counts(values.first)) {
    const { uploadMs, uploadBytes, runs } = await firstSyncs(
      values.browsers.split(',') as BrowserName[],
      records,
      KILLS,
    );
    console.log(
      `${records.toLocaleString('en')} records uploaded by a device in Node: ${seconds(uploadMs)} s, ${(uploadBytes / records).toFixed(1)} bytes each`,
    );
    for (const { ms, bytes, ...run } of runs)
      rows.push({ ...run, seconds: seconds(ms), 'bytes a record': Number((bytes / records).toFixed(1)) });
    console.table(rows);
  }
  result.first = rows;
}
if (isWanted('peer')) {
  const rows = [];
  // Nearly all that these take is making an account and pairing, which a peer has not.
  const base = await moveOurs(FEW);
  rows.push(row(base));
  for (const records of counts(values.peer)) {
    const [ours, theirs] = [await moveOurs(records), await movePeer(records)];
    for (const one of [ours, theirs]) rows.push(row(one));
    const all = (one: Moved) => one.uploadMs + one.downloadMs;
    const bytes = (one: Moved) => one.uploadBytes + one.downloadBytes;
    console.table(rows);
    console.log(
      `${records.toLocaleString('en')}: ${(all(theirs) / all(ours)).toFixed(1)} times as fast with the account and pairing, ${(all(theirs) / Math.max(1, all(ours) - all(base))).toFixed(1)} times without; ${(bytes(ours) / bytes(theirs)).toFixed(3)} of the bytes`,
    );
  }
  result.peer = rows;
}
function row({ subject, records, ...moved }: Moved) {
  return {
    subject,
    records,
    'upload s': seconds(moved.uploadMs),
    'download s': seconds(moved.downloadMs),
    'upload bytes a record': Math.round(moved.uploadBytes / records),
    'download bytes a record': Math.round(moved.downloadBytes / records),
  };
}
const folder = join(ROOT, 'artifacts', 'bench');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'sync.json'), `${JSON.stringify(result, null, 2)}\n`);
