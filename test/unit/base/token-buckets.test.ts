import { expect, it } from 'vitest';
import { TokenBuckets } from '../../../src/base/token-buckets.ts';

it('each name has its own; those of the last few are remembered', () => {
  let nowMs = 0;
  const buckets = new TokenBuckets(() => nowMs, 1, 2);
  expect([buckets.take('a'), buckets.take('a'), buckets.take('b')]).toEqual([true, false, true]);
  nowMs = 999;
  expect(buckets.take('a')).toBe(false);
  nowMs = 1999;
  expect(buckets.take('a')).toBe(true);
  // A third name: the one that asked longest ago is forgotten, the other is not.
  expect(buckets.take('c')).toBe(true);
  expect(buckets.take('a')).toBe(false);
});

it('a clock that was set back gives nothing', () => {
  let nowMs = 10_000;
  const buckets = new TokenBuckets(() => nowMs, 1, 2);
  buckets.take('a');
  nowMs = 0;
  expect(buckets.take('a')).toBe(false);
});
