/**
 * A reporter of vitest that keeps what failed for the end of `npm test`, where a log that was cut still shows it: failed tests with
 * their first error, and errors outside of any test, which vitest's JSON report leaves out. Writes `Failure[]` to the file
 * that the environment names.
 */
import { writeFileSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

export interface Failure {
  /** File and test, or where the error came up. */
  readonly where: string;
  /** At most 2,000 characters: a model's counterexample can be long. */
  readonly message: string;
}

export const FAILURES_FILE = 'ARQ_FAILURES_FILE';
const LONGEST = 2_000;

const failure = (where: string, errors: readonly SerializedError[]): Failure => ({
  where,
  message: (errors[0]?.stack ?? errors[0]?.message ?? 'no message').slice(0, LONGEST),
});

export const failuresOf = (
  modules: readonly TestModule[],
  outside: readonly SerializedError[],
): Failure[] => [
  ...modules.flatMap((module) => [
    ...(module.errors().length > 0 ? [failure(module.moduleId, module.errors())] : []),
    ...[...module.children.allTests('failed')].map((test) =>
      failure(`${module.moduleId} > ${test.fullName}`, test.result().errors ?? []),
    ),
  ]),
  // The names that vitest itself adds: the file that ran when the error came up, and the test if it knows.
  ...outside.map((error) =>
    failure(`outside of any test (${error.VITEST_TEST_PATH ?? '?'}, ${error.VITEST_TEST_NAME ?? '?'})`, [
      error,
    ]),
  ),
];

export default class FailureReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], outside: readonly SerializedError[]): void {
    const file = process.env[FAILURES_FILE];
    if (file !== undefined) writeFileSync(file, JSON.stringify(failuresOf(modules, outside)));
  }
}
