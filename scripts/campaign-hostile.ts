/**
 * `npm run campaign:hostile -- --seeds N [--json FILE]`: every attack of a hostile service (test/support/hostile-service/attacks.ts) on so many
 * seeds (those beside security.md T9 on a quarter), two processes at a time. What was done is in the file, so that the next call goes on there. Ends with what devices showed
 * under each attack and after it, and with the runs that found a fault; `ARQ_HOSTILE_FIRST=SEED ARQ_HOSTILE_SEEDS=1 npm test -- unit
 * hostile-service -t 'ATTACK'` shows one of them happen again.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './root.ts';

/** Seeds of one process; a quarter of them for attacks beside those of security.md T9. */
const CHUNK = 20;

/** As test/support/hostile-service/run.ts gives it. */
interface Run {
  readonly attack: string;
  readonly seed: number;
  readonly faults: readonly string[];
  readonly during: readonly string[];
  readonly after: readonly string[];
}

interface Figures {
  runs: number;
  faults: number;
  /** How many devices showed what. */
  readonly during: Record<string, number>;
  readonly after: Record<string, number>;
}

interface Done {
  /** Chunks by their first seed. */
  readonly chunks: number[];
  readonly attacks: Record<string, Figures>;
  readonly faults: { readonly attack: string; readonly seed: number; readonly faults: readonly string[] }[];
}

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '200' }, json: { type: 'string' } },
});
const seeds = Number(values.seeds);
const file = values.json ?? join(ROOT, 'artifacts', 'campaign-hostile.json');
const done: Done = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Done)
  : { chunks: [], attacks: {}, faults: [] };

/** @throws Error when the process did not come to its end: then the chunk is done anew with the next call. */
async function runsFrom(first: number): Promise<Run[]> {
  const folder = mkdtempSync(join(tmpdir(), 'arq-hostile-'));
  const lines = join(folder, 'runs.jsonl');
  try {
    const args = ['run', '--project', 'unit', '--reporter=dot', 'test/unit/sync/hostile-service.test.ts'];
    const child = spawn(process.execPath, [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), ...args], {
      cwd: ROOT,
      stdio: 'ignore',
      env: {
        ...process.env,
        ARQ_HOSTILE_FIRST: String(first),
        ARQ_HOSTILE_SEEDS: String(CHUNK),
        ARQ_HOSTILE_FILE: lines,
      },
    });
    await new Promise((resolve, reject) => child.on('exit', resolve).on('error', reject));
    const written = existsSync(lines) ? readFileSync(lines, 'utf8').trim().split('\n') : [];
    const last = JSON.parse(written.pop() ?? '{}') as { readonly runs?: number };
    const runs = written.map((line) => JSON.parse(line) as Run);
    if (last.runs === undefined || runs.length !== last.runs)
      throw new Error(`Seeds from ${first} did not all come to an end.`);
    return runs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const count = (into: Record<string, number>, names: readonly string[]): void => {
  for (const name of names) into[name] = (into[name] ?? 0) + 1;
};

async function runChunk(first: number): Promise<void> {
  for (const { attack, seed, faults, during, after } of await runsFrom(first)) {
    const figures = done.attacks[attack] ?? { runs: 0, faults: 0, during: {}, after: {} };
    done.attacks[attack] = figures;
    figures.runs += 1;
    count(figures.during, during);
    count(figures.after, after);
    if (faults.length === 0) continue;
    figures.faults += 1;
    done.faults.push({ attack, seed, faults });
    console.log(`${attack}, seed ${seed}: ${faults[0]}`);
  }
  done.chunks.push(first);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(done));
  console.log(`${done.chunks.length * CHUNK} seeds, ${done.faults.length} runs with a fault`);
}

const left: number[] = [];
for (let first = 1; first <= seeds; first += CHUNK) if (!done.chunks.includes(first)) left.push(first);
const lane = async (): Promise<void> => {
  for (let next = left.shift(); next !== undefined; next = left.shift()) await runChunk(next);
};
await Promise.all([lane(), lane()]);

const words = (shown: Readonly<Record<string, number>>): string =>
  Object.entries(shown)
    .sort(([, a], [, b]) => b - a)
    .map(([name, devices]) => `${name} ${devices}`)
    .join(', ');
console.log(`${'attack'.padEnd(56)}${'runs'.padStart(6)}${'faults'.padStart(8)}  shown during it | after it`);
for (const [attack, { runs, faults, during, after }] of Object.entries(done.attacks))
  console.log(
    `${attack.padEnd(56)}${String(runs).padStart(6)}${String(faults).padStart(8)}  ${words(during)} | ${words(after)}`,
  );
console.log(
  `${Object.keys(done.attacks).length} attacks, ${done.chunks.length * CHUNK} seeds, ${done.faults.length} runs with a fault: ${file}`,
);
process.exitCode = done.faults.length > 0 ? 1 : 0;
