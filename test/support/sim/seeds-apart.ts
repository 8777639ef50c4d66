/**
 * Seeds of the simulation in a process of their own: whoever else has timers or takes random numbers in the same thread, as a test runner
 * does, changes what happens.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from '../../../scripts/root.ts';

/** Most of what is made lives shortly: with room for it the collector runs less often. */
const RUN_SEEDS = ['--max-semi-space-size=64', '--import', 'tsx', 'test/support/sim/run-seeds.ts'];

/** Shows one seed happen again. */
export const replayOf = (seed: number): string => `node ${RUN_SEEDS.join(' ')} ${seed} ${seed} log`;

export interface SeedRun {
  readonly seed: number;
  /** What is not as it must be; absent when all is. */
  readonly fault?: string;
  /** Of everything that happened, where it came to an end. */
  readonly trace?: string;
  readonly steps?: number;
  readonly hits?: Readonly<Record<string, number>>;
}

/** @throws Error when they do not all come to an end. */
export async function runSeeds(from: number, to: number): Promise<SeedRun[]> {
  const args = [...RUN_SEEDS, String(from), String(to)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 1 << 26 });
  const runs = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SeedRun)
    .map((run) => (run.fault === undefined ? run : { ...run, fault: `${run.fault}\n${replayOf(run.seed)}` }));
  if (runs.length !== to - from + 1) throw new Error(`Seeds ${from} to ${to} did not all come to an end.`);
  return runs;
}
