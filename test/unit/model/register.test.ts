import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRegister, merge, type Register, strictest, write } from '../../../src/model/register.ts';
import {
  changeShared,
  EMPTY_SHARED,
  mergeShared,
  parseShared,
  readShared,
} from '../../../src/model/shared-settings.ts';

/** Registers as three devices get them: each writes to its own copy and now and then takes over another's. */
const history = fc.array(
  fc.record({ device: fc.nat(2), from: fc.option(fc.nat(2)), value: fc.nat(9), atMs: fc.nat(5) }),
  { maxLength: 14 },
);
function play(
  steps: readonly { device: number; from: number | null; value: number; atMs: number }[],
): Register<number>[] {
  const copies: Register<number>[] = [emptyRegister(), emptyRegister(), emptyRegister()];
  const at = (i: number) => copies[i] as Register<number>;
  for (const { device, from, value, atMs } of steps) {
    copies[device] =
      from === null ? write(at(device), `d${device}`, value, atMs) : merge(at(device), at(from));
  }
  return copies;
}

describe('a register', () => {
  it('merges to the same in any order, grouping and number of times', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const [a, b, c] = play(steps) as [Register<number>, Register<number>, Register<number>];
        expect(merge(a, b)).toEqual(merge(b, a));
        expect(merge(a, merge(b, c))).toEqual(merge(merge(a, b), c));
        expect(merge(a, a)).toEqual(merge(merge(a, a), a));
        expect(merge(a, merge(a, b))).toEqual(merge(a, b));
      }),
      { numRuns: 3_000 },
    );
  });

  it('forgets a value exactly when a later write had seen it', () => {
    const first = write(emptyRegister<string>(), 'a', 'first', 9);
    const second = write(first, 'b', 'second', 1);
    const aside = write(first, 'c', 'aside', 2);
    expect(merge(first, second).entries.map(({ value }) => value)).toEqual(['second']);
    expect(merge(second, aside).entries.map(({ value }) => value)).toEqual(['second', 'aside']);
    expect(write(merge(second, aside), 'a', 'settled', 0).entries.map(({ value }) => value)).toEqual([
      'settled',
    ]);
  });

  it("takes the design's example of two clocks for what it is: one simply has seen the other", () => {
    const a: Register<string> = {
      entries: [{ value: 'A', actor: 'A', n: 3, atMs: 9 }],
      seen: { A: 3, B: 1, C: 0 },
    };
    const b: Register<string> = {
      entries: [{ value: 'B', actor: 'C', n: 1, atMs: 1 }],
      seen: { A: 3, B: 2, C: 1 },
    };
    expect(merge(a, b).entries.map(({ value }) => value)).toEqual(['B']);
  });

  it('keeps the stricter of two that did not know of each other', () => {
    const merged = merge(
      write(emptyRegister<number>(), 'a', 1, 9),
      write(emptyRegister<number>(), 'b', 3, 1),
    );
    expect(strictest(merged, Math.max)).toBe(3);
    expect(strictest(emptyRegister<number>(), Math.max)).toBeUndefined();
  });
});

describe('shared settings', () => {
  const rule = (host: string, capture: 'skip' | 'full' | 'domain') => ({ id: host, host, capture });

  it('converge with the stricter value, unless somebody loosened it knowing the other', () => {
    const start = changeShared(EMPTY_SHARED, 'a', { level: 'private', rules: [] }, 1);
    const a = changeShared(start, 'a', { level: 'ephemeral', rules: [rule('x.example', 'skip')] }, 2);
    const b = changeShared(
      start,
      'b',
      { level: 'public', rules: [rule('x.example', 'full'), rule('y.example', 'domain')] },
      3,
    );
    const both = mergeShared(a, b);
    expect(readShared(both)).toEqual(readShared(mergeShared(b, a)));
    expect(readShared(both)).toEqual({
      level: 'ephemeral',
      rules: [rule('x.example', 'skip'), rule('y.example', 'domain')],
    });
    const loosened = changeShared(both, 'b', { level: 'public', rules: [rule('x.example', 'full')] }, 4);
    expect(readShared(mergeShared(loosened, a))).toEqual({
      level: 'public',
      rules: [rule('x.example', 'full')],
    });
  });

  it('are read back, and refused when they are something else', () => {
    const shared = changeShared(
      EMPTY_SHARED,
      'a',
      { level: 'private', rules: [rule('x.example', 'skip')] },
      1,
    );
    expect(parseShared(JSON.parse(JSON.stringify(shared)))).toEqual(shared);
    expect(parseShared({ level: { entries: [], seen: { a: -1 } }, rules: {} })).toBeNull();
    expect(parseShared('nothing')).toBeNull();
  });

  it('of two hundred lives of devices are merged and read back', () => {
    let shared = EMPTY_SHARED;
    for (let life = 0; life < 200; life++)
      shared = mergeShared(
        shared,
        changeShared(
          EMPTY_SHARED,
          `device.${life}`,
          { level: 'private', rules: [rule('x.example', 'skip')] },
          1,
        ),
      );
    expect(shared.rules['x.example']?.entries).toHaveLength(200);
    expect(parseShared(JSON.parse(JSON.stringify(shared)))).toEqual(shared);
  });

  it('keep what a newer version added, of any name, and merge it in any order', () => {
    const field = (device: string) => write(emptyRegister<string>(), device, device, 1);
    const shared = (fields: object) => JSON.parse(JSON.stringify({ ...EMPTY_SHARED, ...fields })) as unknown;
    const of = (fields: object) => {
      const parsed = parseShared(shared(fields));
      if (!parsed) throw new Error('not read');
      return parsed;
    };
    const names = { toString: field('a'), words: { constructor: field('a') } };
    expect(mergeShared(of(names), EMPTY_SHARED)).toEqual(shared(names));
    expect(mergeShared(EMPTY_SHARED, of({ words: { valueOf: field('b') } }))).toMatchObject({
      words: { valueOf: field('b') },
    });
    // Two versions that do not agree whether it is one register or many.
    const [one, some, more] = [
      of({ x: field('a') }),
      of({ x: { aaa: field('b') } }),
      of({ x: { zzz: field('c') } }),
    ];
    const all = mergeShared(mergeShared(one, some), more);
    for (const other of [
      mergeShared(one, mergeShared(some, more)),
      mergeShared(mergeShared(some, more), one),
      mergeShared(mergeShared(more, one), some),
    ])
      expect(other).toEqual(all);
  });

  it('change nothing when nothing differs', () => {
    const shared = changeShared(
      EMPTY_SHARED,
      'a',
      { level: 'private', rules: [rule('x.example', 'skip')] },
      1,
    );
    expect(changeShared(shared, 'b', { level: 'private', rules: [rule('x.example', 'skip')] }, 2)).toEqual(
      shared,
    );
  });
});
