/**
 * `npm run bench:sync`: how long until a page that was visited in one browser is counted in the other, through the real
 * service: from before the page is opened until the other's options page shows the record. 50 visits a pair of browsers,
 * taking turns. Prints a table and writes artifacts/bench/sync.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserName } from '../test/support/browser.ts';
import { startSyncPair } from '../test/support/sync-pair.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { ensureBrowsers } from './browsers.mjs';
import { buildTarget } from './build.ts';
import { quantile } from './quantile.ts';
import { ROOT } from './root.ts';

const VISITS = 50;
const PAIRS: readonly [BrowserName, BrowserName][] = [
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
];

async function measure(names: readonly [BrowserName, BrowserName]): Promise<number[]> {
  const pair = await startSyncPair(...names);
  try {
    await pair.pair();
    const times: number[] = [];
    for (let i = 0; i < VISITS; i++) {
      const [from, to] = i % 2 === 0 ? [pair.first, pair.second] : [pair.second, pair.first];
      const before = await to.recordCount();
      const startMs = performance.now();
      await from.visit(`/visit${i}`);
      await waitFor(`visit ${i} on the other side`, async () => (await to.recordCount()) > before, {
        timeoutMs: 90_000,
        everyMs: 20,
      });
      times.push(performance.now() - startMs);
    }
    return times;
  } finally {
    await pair.close();
  }
}

ensureBrowsers();
await buildTarget('chrome', 'release');
await buildTarget('firefox', 'release');
const rows = [];
for (const names of PAIRS) {
  const times = await measure(names);
  const at = (q: number) => Math.round(quantile(times, q));
  rows.push({ pair: names.join(' + '), visits: times.length, p50: at(0.5), p95: at(0.95), max: at(1) });
}
console.table(rows);
console.log('ms until a visit in one browser is counted in the other');
const folder = join(ROOT, 'artifacts', 'bench');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'sync.json'), `${JSON.stringify({ unit: 'ms', rows }, null, 2)}\n`);
