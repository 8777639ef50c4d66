/**
 * `npm test [-- STAGE… [vitest arguments]]`: every check there is, one after another, and one line at the end:
 * `N passed, N failed, N skipped`. `npm test -- e2e -t pause` runs one stage and what it needs.
 */
import type { Failure } from './failure-reporter.ts';
import { type Counts, NEEDS, STAGE_NAMES, STAGES, type StageName } from './test-stages.ts';

const isStage = (word: string): word is StageName => (STAGE_NAMES as readonly string[]).includes(word);

/** The leading stage names, then what vitest gets. Without a name: all stages. */
function parseArguments(words: readonly string[]): { names: readonly StageName[]; extra: readonly string[] } {
  const end = words.findIndex((word) => !isStage(word));
  const names = words.slice(0, end === -1 ? words.length : end).filter(isStage);
  if (names.length === 0) return { names: STAGE_NAMES, extra: words };
  const wanted = new Set(names.flatMap((name) => [...(NEEDS[name] ?? []), name]));
  return { names: STAGE_NAMES.filter((name) => wanted.has(name)), extra: words.slice(names.length) };
}

const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

async function run(names: readonly StageName[], extra: readonly string[]): Promise<Counts> {
  const startMs = performance.now();
  const total = { passed: 0, failed: 0, skipped: 0 };
  const summary: string[] = [];
  const failures: Failure[] = [];
  for (const [index, name] of names.entries()) {
    console.log(`\n=== ${index + 1}/${names.length} ${name} (${seconds(startMs)} so far)`);
    const stageMs = performance.now();
    let counts: Counts;
    try {
      counts = await STAGES[name](extra);
    } catch (error) {
      console.error(error);
      counts = { passed: 0, failed: 1, skipped: 0 };
    }
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    const line = `${name}: ${counts.failed === 0 ? 'ok' : `${counts.failed} failed`} in ${seconds(stageMs)}`;
    console.log(`=== ${line}`);
    summary.push(`  ${line}`);
    failures.push(...(counts.failures ?? []));
  }
  // Last, so that a log of which only the end is kept tells what failed.
  for (const { where, message } of failures) console.log(`\nFAILED ${where}\n${message}`);
  console.log(`\n${summary.join('\n')}`);
  return total;
}

const { names, extra } = parseArguments(process.argv.slice(2));
const { passed, failed, skipped } = await run(names, extra);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
