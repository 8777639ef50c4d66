/**
 * `npm run campaign:sync -- --seeds N [--json FILE]`: seeds of the simulation (test/support/sim/simulation.ts), two at a time. What was
 * done is in the file, so that the next call goes on there. Ends with what was hit how often, and with the seeds that found a fault;
 * `node --import tsx test/support/sim/run-seeds.ts SEED SEED log` shows one of them happen again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runSeeds } from '../test/support/sim/seeds-apart.ts';
import { ROOT } from './root.ts';

/** Of one process. */
const CHUNK = 50;

interface Done {
  /** Chunks by their first seed. */
  readonly chunks: number[];
  readonly faults: { readonly seed: number; readonly fault: string }[];
  readonly hits: Record<string, number>;
  seeds: number;
  steps: number;
}

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, json: { type: 'string' } },
});
const seeds = Number(values.seeds);
const file = values.json ?? join(ROOT, 'artifacts', 'campaign-sync.json');
const done: Done = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Done)
  : { chunks: [], faults: [], hits: {}, seeds: 0, steps: 0 };

async function runChunk(from: number): Promise<void> {
  for (const { seed, fault, hits = {}, steps = 0 } of await runSeeds(from, from + CHUNK - 1)) {
    done.seeds += 1;
    done.steps += steps;
    for (const [name, count] of Object.entries(hits)) done.hits[name] = (done.hits[name] ?? 0) + count;
    if (fault === undefined) continue;
    done.faults.push({ seed, fault });
    console.log(fault);
  }
  done.chunks.push(from);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(done));
  console.log(`${done.seeds} seeds, ${done.faults.length} with a fault`);
}

const left: number[] = [];
for (let from = 1; from <= seeds; from += CHUNK) if (!done.chunks.includes(from)) left.push(from);
const lane = async (): Promise<void> => {
  for (let next = left.shift(); next !== undefined; next = left.shift()) await runChunk(next);
};
await Promise.all([lane(), lane()]);
for (const [name, count] of Object.entries(done.hits).sort(([, a], [, b]) => b - a))
  console.log(`${name.padEnd(16)}${count.toLocaleString('en').padStart(12)}`);
console.log(`${done.seeds} seeds, ${done.steps} steps, ${done.faults.length} with a fault: ${file}`);
process.exitCode = done.faults.length > 0 ? 1 : 0;
