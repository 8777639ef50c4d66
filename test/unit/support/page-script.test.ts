import { expect, test } from 'vitest';
import { byTestId, fromJson, jsonExpression, selectorOf } from '../../support/page-script.ts';

// biome-ignore lint/security/noGlobalEval: the expression is what a browser evaluates
const run = async (expression: string) => fromJson(await eval(expression));

test('a function gets its arguments and answers through JSON', async () => {
  expect(
    await run(jsonExpression((a: number, b: { c: string }) => ({ sum: a + 1, c: b.c }), [1, { c: '"é' }])),
  ).toEqual({ sum: 2, c: '"é' });
});

test('promises are awaited, strings are expressions, undefined stays undefined', async () => {
  expect(await run(jsonExpression(async () => [1], []))).toEqual([1]);
  expect(await run(jsonExpression('Promise.resolve(2)', []))).toBe(2);
  expect(await run(jsonExpression(() => undefined, []))).toBeUndefined();
});

test('a word is a test id; anything that looks like a selector stays one', () => {
  expect(selectorOf('sync-state')).toBe('[data-testid="sync-state"]');
  for (const selector of ['#search', 'main > p', '.row', '[hidden]', 'a:hover'])
    expect(selectorOf(selector)).toBe(selector);
  expect(byTestId('a"b')).toBe('[data-testid="a\\"b"]');
});
