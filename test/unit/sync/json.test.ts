import { expect, it } from 'vitest';
import { u32 } from '../../../src/base/bytes.ts';
import { encodeJson, parseJson } from '../../../src/sync/json.ts';

const rules = Array.from({ length: 5_000 }, (_, n) => ({
  host: `site-${n * 7919}.example`,
  capture: 'skip',
}));

it('comes back as it was, short or long, and what is long is deflated', () => {
  for (const value of [null, {}, { a: 'ä' }, rules]) expect(parseJson(encodeJson(value))).toEqual(value);
  expect(encodeJson(rules).length).toBeLessThan(JSON.stringify(rules).length / 3);
});

it('is none when it was cut, or is longer or shorter than it says', () => {
  const whole = encodeJson(rules);
  expect(parseJson(whole.subarray(0, whole.length / 2))).toBeUndefined();
  for (const length of [1, 0xffffffff, JSON.stringify(rules).length - 1, JSON.stringify(rules).length + 1]) {
    const lying = whole.slice();
    lying.set(u32(length), 1);
    expect(parseJson(lying), String(length)).toBeUndefined();
  }
  for (const bytes of [[], [1], [1, 0, 0], [2]]) expect(parseJson(new Uint8Array(bytes))).toBeUndefined();
});
