/** Laws of registers: what any order of writing, merging and being put back comes to (src/model/register.ts). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRegister, merge, type Register, write } from '../../../src/model/register.ts';
import { LAWS_SEED, law } from '../../support/laws.ts';
import {
  type Copy,
  dotOf,
  type History,
  history,
  mergeCopies,
  oneLife,
  unseen,
  writeTo,
} from '../../support/register-history.ts';

const registers = ({ copies }: History) => copies.map(({ register }) => register);
const three = history.map((one) => [one.at(0).register, one.at(1).register, one.at(2).register] as const);
const dots = (register: Register<number>): string[] => register.entries.map(dotOf).sort();
const mergeAll = (all: readonly Copy[]): Copy =>
  all.reduce(mergeCopies, { register: emptyRegister(), knows: new Set() });
/** Some copies of a history, each perhaps several times, in any order. */
const arriving = history.chain((one) =>
  fc.record({
    one: fc.constant(one),
    first: fc.shuffledSubarray([...one.copies, ...one.copies], { minLength: one.copies.length * 2 }),
    second: fc.shuffledSubarray(one.copies, { minLength: one.copies.length }),
  }),
);

describe(`registers, ARQ_SEED=${LAWS_SEED}`, () => {
  law('merging is commutative', three, ([a, b]) => {
    expect(merge(a, b)).toEqual(merge(b, a));
  });

  law('merging is associative', three, ([a, b, c]) => {
    expect(merge(a, merge(b, c))).toEqual(merge(merge(a, b), c));
  });

  law('merging is idempotent', three, ([a, b]) => {
    expect(merge(a, a)).toEqual(a);
    expect(merge(merge(a, b), b)).toEqual(merge(a, b));
  });

  law(
    'merging is monotone: nothing that was seen is unseen after it, and no value is made up',
    three,
    (all) => {
      const [a, b] = all;
      const both = merge(a, b);
      for (const one of [a, b])
        for (const [actor, n] of Object.entries(one.seen)) expect(both.seen[actor]).toBeGreaterThanOrEqual(n);
      const there = new Set([...a.entries, ...b.entries].map((entry) => JSON.stringify(entry)));
      for (const entry of both.entries) expect(there).toContain(JSON.stringify(entry));
    },
  );

  law('a register has exactly the values that no other write it knows of had seen', history, ({ copies }) => {
    for (const { register, knows } of copies) expect(dots(register)).toEqual(unseen(knows));
  });

  law('a register has seen exactly the writes that came to it', history, ({ copies, wrote }) => {
    for (const { register, knows } of copies)
      for (const one of wrote) {
        const [actor = '', n] = one.dot.split(' ');
        expect((register.seen[actor] ?? 0) >= Number(n)).toBe(knows.has(one));
      }
  });

  law('no dot is used twice, also by a device that is put back', history, ({ wrote }) => {
    expect(new Set(wrote.map(({ dot }) => dot)).size).toBe(wrote.length);
  });

  law('a write is the only value of a register that saw it all, whatever the clock says', history, (one) => {
    const all = writeTo(mergeAll(one.copies), one.actor(0), 7, -1);
    expect(all.register.entries).toHaveLength(1);
    expect(all.register.entries[0]?.value).toBe(7);
    for (const { register } of one.copies) expect(merge(register, all.register)).toEqual(all.register);
  });

  law('writes that did not see each other all stay until somebody writes who saw them', history, (one) => {
    const together = mergeAll(one.copies);
    const aside = one.copies.map((_, index) => writeTo(together, one.actor(index), index, 0));
    const met = mergeAll(aside);
    expect(met.register.entries.map(({ value }) => value).sort()).toEqual(aside.map((_, index) => index));
    expect(writeTo(met, one.actor(1), 9, 0).register.entries).toHaveLength(1);
  });

  law('what a device had before adds nothing to what it has, unless it was put back', history, (one) => {
    for (const [index, had] of one.older.entries()) {
      const now = one.at(index);
      for (const before of had) {
        const isPast = [...before.knows].every((known) => now.knows.has(known));
        const both = merge(before.register, now.register);
        if (isPast) expect(both).toEqual(now.register);
        // No write of its own is lost by it, either.
        expect(dots(both)).toEqual(unseen(mergeCopies(before, now).knows));
      }
    }
  });

  law('what a device writes after it was put back passes for nothing that others have', history, (one) => {
    const [others, ...more] = one.copies;
    const again = writeTo(one.older[1]?.[0] ?? mergeAll([]), `${one.actor(1)}.again`, 8, 0);
    const met = mergeAll([...(others ? [others] : []), ...more, again]);
    expect(met.register.entries.map(({ value, actor }) => `${value} ${actor}`)).toContain(
      `8 ${one.actor(1)}.again`,
    );
  });

  law('the order in which copies arrive does not matter, nor how often', arriving, ({ first, second }) => {
    expect(mergeAll(first).register).toEqual(mergeAll(second).register);
  });

  law(
    'clocks do not decide what stays',
    fc.tuple(history, fc.array(fc.integer(), { minLength: 1 })),
    (drawn) => {
      const [{ copies }, times] = drawn;
      // The same writes by other clocks.
      const other = ({ entries, seen }: Register<number>): Register<number> => ({
        seen,
        entries: entries.map((entry) => ({
          ...entry,
          atMs: times[(entry.n + entry.actor.length + entry.value) % times.length] ?? 0,
        })),
      });
      for (const { register: a } of copies)
        for (const { register: b } of copies)
          expect(dots(merge(other(a), other(b)))).toEqual(dots(merge(a, b)));
    },
  );

  law(
    'of two writes under one number, by a copy of a device, both values stay until somebody writes who saw both',
    fc.tuple(three, fc.nat(9), fc.nat(9)),
    ([[a, b, c], first, second]) => {
      // Its clock was put back, too.
      const [one, twin] = [write(a, 'copied', first, 1), write(a, 'copied', second + 10, 1)];
      const met = merge(one, twin);
      const values = met.entries.map(({ value }) => value);
      expect(values.sort((x, y) => x - y)).toEqual([first, second + 10]);
      expect(merge(twin, one)).toEqual(met);
      expect(merge(merge(one, b), merge(twin, c))).toEqual(merge(merge(twin, b), merge(one, c)));
      expect(merge(merge(one, b), twin)).toEqual(merge(one, merge(b, twin)));
      expect(merge(met, one)).toEqual(met);
      expect(merge(write(met, 'd', 3, 3), merge(one, twin)).entries).toHaveLength(1);
    },
  );

  law('merging and writing leave what they were given as it was', history, (one) => {
    const before = JSON.stringify(registers(one));
    for (const a of one.copies) for (const b of one.copies) writeTo(mergeCopies(a, b), 'x', 1, 1);
    expect(JSON.stringify(registers(one))).toBe(before);
  });

  it('a device that is put back has to be somebody new: else its dots are used twice', () => {
    const found = fc.check(
      fc.property(oneLife, ({ wrote }) => new Set(wrote.map(({ dot }) => dot)).size === wrote.length),
      { seed: LAWS_SEED, numRuns: 20_000 },
    );
    expect(found.failed).toBe(true);
  });
});

describe("the design's example of vector clocks", () => {
  const of = (value: string, actor: string, seen: Readonly<Record<string, number>>): Register<string> => ({
    entries: [{ value, actor, n: seen[actor] ?? 0, atMs: 0 }],
    seen,
  });
  const a = of('on A', 'A', { A: 3, B: 1, C: 0 });
  const b = of('on B', 'B', { A: 3, B: 2, C: 1 });

  it('is no conflict: B has seen all that A has, so it is a fast-forward', () => {
    expect(merge(a, b)).toEqual(b);
    expect(merge(b, a)).toEqual(b);
  });

  it('is one where A wrote once more: both stay, and the clocks are those of both', () => {
    const conflict = merge(of('on A', 'A', { A: 4, B: 1, C: 0 }), of('on C', 'C', { A: 3, B: 2, C: 1 }));
    expect(conflict.entries.map(({ value }) => value)).toEqual(['on A', 'on C']);
    expect(conflict.seen).toEqual({ A: 4, B: 2, C: 1 });
  });
});
