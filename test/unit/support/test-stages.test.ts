import { expect, test } from 'vitest';
import { countsOf } from '../../../scripts/test-stages.ts';

const report = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };

test('counts are those of the report', () => {
  expect(countsOf(report, 0)).toEqual({ passed: 5, failed: 0, skipped: 2 });
  expect(countsOf({ ...report, numFailedTests: 2 }, 1)).toEqual({ passed: 5, failed: 2, skipped: 2 });
});

test('a run that failed outside its tests failed once', () => {
  expect(countsOf(report, 1).failed).toBe(1);
});

test('a run without a single passed test failed, whatever its exit status', () => {
  expect(countsOf({ ...report, numPassedTests: 0 }, 0).failed).toBe(1);
});

test('a run without a report failed', () => {
  expect(countsOf(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
