/**
 * `npm run campaign:sync -- --seeds N [--from SEED] [--json FILE]`: N seeds of the simulation (test/support/sim/simulation.ts) from SEED on
 * (default 1), two at a time. What was done is in the file, so that the next call goes on there, as long as the code is the same. Ends with
 * what was hit how often, and with the seeds that found a fault and how each is seen again.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runSeeds } from '../test/support/sim/seeds-apart.ts';
import { ROOT } from './root.ts';

/** Of one process. */
const CHUNK = 50;

interface Done {
  /** What was run: a later call does not go on with other code. */
  readonly commit: string;
  /** Chunks by their first seed. */
  readonly chunks: number[];
  readonly faults: { readonly seed: number; readonly fault: string }[];
  readonly hits: Record<string, number>;
  seeds: number;
  steps: number;
}

const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
const isChanged = git('status', '--porcelain', '--', 'src', 'server', 'test/support') !== '';
const commit = `${git('rev-parse', '--short=8', 'HEAD')}${isChanged ? ' and what is not committed' : ''}`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const [first, seeds] = [Number(values.from), Number(values.seeds)];
if (!(Number.isSafeInteger(first) && first >= 0 && Number.isSafeInteger(seeds) && seeds > 0))
  throw new TypeError('--from and --seeds are whole numbers.');
const file = values.json ?? join(ROOT, 'artifacts', 'campaign-sync.json');
const done: Done = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Done)
  : { commit, chunks: [], faults: [], hits: {}, seeds: 0, steps: 0 };
if (done.commit !== commit) {
  console.error(
    `${file} is of ${done.commit}, and this is ${commit}. Move it away, or name another file with --json.`,
  );
  process.exit(2);
}

/** At once: whatever ends the campaign, the file is whole. */
function save(): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(done));
  renameSync(`${file}.new`, file);
}

async function runChunk(from: number): Promise<void> {
  const to = Math.min(from + CHUNK, first + seeds) - 1;
  for (const { seed, fault, hits = {}, steps = 0 } of await runSeeds(from, to)) {
    done.seeds += 1;
    done.steps += steps;
    for (const [name, count] of Object.entries(hits)) done.hits[name] = (done.hits[name] ?? 0) + count;
    if (fault === undefined) continue;
    done.faults.push({ seed, fault });
    console.log(fault);
  }
  done.chunks.push(from);
  save();
  console.log(`${done.seeds} seeds, ${done.faults.length} with a fault`);
}

const left: number[] = [];
for (let from = first; from < first + seeds; from += CHUNK) if (!done.chunks.includes(from)) left.push(from);
const lane = async (): Promise<void> => {
  for (let next = left.shift(); next !== undefined; next = left.shift()) await runChunk(next);
};
await Promise.all([lane(), lane()]);
for (const [name, count] of Object.entries(done.hits).sort(([, a], [, b]) => b - a))
  console.log(`${name.padEnd(16)}${count.toLocaleString('en').padStart(12)}`);
console.log(
  `${commit}: ${done.seeds} seeds, ${done.steps} steps, ${done.faults.length} with a fault: ${file}`,
);
process.exitCode = done.faults.length > 0 ? 1 : 0;
