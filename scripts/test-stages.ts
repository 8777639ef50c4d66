/** The stages of `npm test`, and how one is run. Every stage answers with counts; only a bug throws. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBrowsers, howToInstall } from './browsers.mjs';
import { buildTarget, describeBuild } from './build.ts';
import { FAILURES_FILE, type Failure } from './failure-reporter.ts';
import { ROOT } from './root.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, where a runner told it. */
  readonly failures?: readonly Failure[];
}

const PASSED: Counts = { passed: 1, failed: 0, skipped: 0 };
const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };

export const STAGE_NAMES = ['lint', 'types', 'build', 'unit', 'service', 'browsers', 'e2e'] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** What a stage cannot do without: it runs first even when it was not asked for, so that no test meets a stale build. */
export const NEEDS: Partial<Record<StageName, readonly StageName[]>> = { e2e: ['build', 'browsers'] };

/** The program of a package's `bin`, run by this Node: no shell, so it is the same on every system. */
async function runNode(
  entry: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<number> {
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', entry), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  const stop = () => {
    child.kill('SIGTERM');
    process.exit(143);
  };
  process.once('SIGTERM', stop);
  const code = await new Promise<number>((resolve, reject) =>
    child.on('exit', (status) => resolve(status ?? 1)).on('error', reject),
  );
  process.off('SIGTERM', stop);
  return code;
}

const command =
  (entry: string, ...args: string[]) =>
  async () =>
    (await runNode(entry, args)) === 0 ? PASSED : FAILED;

async function build(): Promise<Counts> {
  try {
    for (const [target, variant] of [
      ['chrome', 'release'],
      ['firefox', 'release'],
      ['chrome', 'incognito'],
      ['firefox', 'incognito'],
      ['chrome', 'history'],
    ] as const) {
      console.log(describeBuild(await buildTarget(target, variant)));
    }
    return PASSED;
  } catch (error) {
    console.log((error as Error).message);
    return FAILED;
  }
}

/** The end-to-end tests need both browsers: one that is missing is a failure that says what to do, never a skip. */
function browsers(): Counts {
  const found = ensureBrowsers();
  for (const name of ['chromium', 'firefox'] as const) console.log(found[name] ?? howToInstall(name));
  return found.chromium && found.firefox ? PASSED : FAILED;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** Counts of a vitest run. A run that failed outside its tests (a file that does not load), or ran none, failed once. */
export function countsOf(report: VitestReport | null, exitCode: number): Counts {
  if (report === null) return FAILED;
  const failed = report.numFailedTests;
  const diedOutsideTests = failed === 0 && (exitCode !== 0 || report.numPassedTests === 0);
  return {
    passed: report.numPassedTests,
    failed: failed + (diedOutsideTests ? 1 : 0),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const vitest = (project: string, reporter: string) => async (extra: readonly string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'arq-vitest-'));
  const file = join(folder, 'report.json');
  // vitest hands options to reporters of its config only, so the reporter finds its file in the environment.
  const failures = join(folder, 'failures.json');
  try {
    const args = [
      'run',
      '--project',
      project,
      `--reporter=${reporter}`,
      '--reporter=json',
      '--reporter=./scripts/failure-reporter.ts',
      `--outputFile.json=${file}`,
    ];
    const code = await runNode('vitest/vitest.mjs', [...args, ...extra], { [FAILURES_FILE]: failures });
    const counts = countsOf(readJson<VitestReport>(file), code);
    if (counts.passed + counts.skipped === 0) console.log(`No test of "${project}" passed.`);
    return { ...counts, failures: readJson<Failure[]>(failures) ?? [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

function readJson<Value>(file: string): Value | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Value;
  } catch {
    return null;
  }
}

/** `extra` are arguments for vitest, e.g. `-t name`; the other stages have none. */
export const STAGES: Record<StageName, (extra: readonly string[]) => Counts | Promise<Counts>> = {
  lint: command('@biomejs/biome/bin/biome', 'check', '.'),
  types: command('typescript/bin/tsc', '--noEmit'),
  build,
  unit: vitest('unit', 'default'),
  service: vitest('service', 'default'),
  browsers,
  e2e: vitest('e2e', 'verbose'),
};
