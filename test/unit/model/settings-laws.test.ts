/** Laws of the settings that devices share (src/model/shared-settings.ts). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treatmentOf } from '../../../src/capture/decide.ts';
import { PRIVACY_LEVELS, strictness } from '../../../src/model/privacy.ts';
import { CAPTURES, type Rule, ruleKey } from '../../../src/model/rules.ts';
import {
  changeShared,
  EMPTY_SHARED,
  mergeShared,
  parseShared,
  readShared,
  type SharedSettings,
} from '../../../src/model/shared-settings.ts';
import { LAWS_SEED, law } from '../../support/laws.ts';
import {
  ADDRESSES,
  anyRule,
  change,
  changed,
  chosen,
  knownRule,
  threeDevices,
  withoutOrder,
} from '../../support/settings-history.ts';

const same = (a: SharedSettings, b: SharedSettings) => expect(withoutOrder(a)).toEqual(withoutOrder(b));
const sent = (shared: SharedSettings): SharedSettings => {
  const parsed = parseShared(JSON.parse(JSON.stringify(shared)));
  if (!parsed) throw new Error('is not taken');
  return parsed;
};
const ruleFor = (shared: SharedSettings, rule: Rule) =>
  readShared(shared).rules.find((one) => ruleKey(one) === ruleKey(rule));

describe(`shared settings, ARQ_SEED=${LAWS_SEED}`, () => {
  law('merging is commutative, associative and idempotent', threeDevices, ([a, b, c]) => {
    same(mergeShared(a, b), mergeShared(b, a));
    same(mergeShared(a, mergeShared(b, c)), mergeShared(mergeShared(a, b), c));
    same(mergeShared(a, a), a);
    same(mergeShared(mergeShared(a, b), b), mergeShared(a, b));
  });

  law('what is in force is the same in whatever order they arrive', threeDevices, ([a, b, c]) => {
    const one = [c, a, b, a].reduce(mergeShared);
    const other = [b, c, c, a].reduce(mergeShared);
    expect(readShared(one)).toEqual(readShared(other));
  });

  law('they are read back as they were sent, whatever hosts are called', threeDevices, ([a, b]) => {
    const both = mergeShared(a, b);
    same(sent(both), both);
    same(mergeShared(sent(a), sent(b)), both);
    expect(readShared(sent(both))).toEqual(readShared(both));
  });

  law(
    'what a person chooses is in force at once, and alone',
    fc.tuple(threeDevices, change),
    ([[a, b], one]) => {
      const both = mergeShared(a, b);
      const before = readShared(both);
      const wanted = changed({ level: before.level ?? 'private', rules: before.rules }, one);
      const after = changeShared(both, 'me', wanted, 0);
      if (one.what === 'level') expect(readShared(after).level ?? 'private').toBe(one.level);
      else expect(ruleFor(after, one.rule)).toEqual(one.what === 'set' ? one.rule : undefined);
      // Nor does what they were changed from come back.
      same(mergeShared(after, mergeShared(a, b)), after);
    },
  );

  law('choosing what is in force writes nothing', threeDevices, ([a, b]) => {
    const both = mergeShared(a, b);
    const { level = 'private', rules } = readShared(both);
    expect(changeShared(both, 'me', { level, rules }, 0)).toEqual(both);
    // In whatever order names and rules come.
    const turned = rules.map((rule) => Object.fromEntries(Object.entries(rule).reverse()) as unknown as Rule);
    expect(changeShared(both, 'me', { level, rules: turned.reverse() }, 0)).toEqual(both);
  });

  law(
    'two that change different rules at once both have their way',
    fc.tuple(threeDevices, anyRule, anyRule).filter(([, a, b]) => ruleKey(a) !== ruleKey(b)),
    ([[before], mine, theirs]) => {
      const a = chosen(before, 'a', { what: 'set', rule: mine }, 2);
      const b = chosen(before, 'b', { what: 'remove', rule: theirs }, 1);
      const both = mergeShared(a, b);
      expect(ruleFor(both, mine)).toEqual(mine);
      expect(ruleFor(both, theirs)).toBeUndefined();
    },
  );

  law(
    'a rule that was removed does not come back from what was older',
    fc.tuple(threeDevices, anyRule),
    (drawn) => {
      const [[a, b, c], rule] = drawn;
      const all = [a, b, c].reduce(mergeShared);
      const removed = chosen(all, 'me', { what: 'remove', rule }, -1);
      expect(ruleFor([c, removed, a, b].reduce(mergeShared), rule)).toBeUndefined();
    },
  );

  law('of levels chosen at once the strictest is in force', threeDevices, (all) => {
    const both = all.reduce(mergeShared);
    const levels = both.level.entries.map(({ value }) => strictness(value));
    const { level } = readShared(both);
    expect(level === undefined ? -1 : strictness(level)).toBe(levels.length === 0 ? -1 : Math.max(...levels));
  });

  law(
    'of rules chosen at once nothing more is kept than each of them would keep, at any level',
    fc.tuple(threeDevices, fc.constantFrom(...PRIVACY_LEVELS)),
    ([all, level]) => {
      const both = chosen(all.reduce(mergeShared), 'me', { what: 'level', level }, 0);
      const rules = new Map(readShared(both).rules.map((rule) => [ruleKey(rule), rule]));
      const keeps = (rule: Rule | null | undefined, address: string) => {
        const kept = treatmentOf(address, { level, rules: rule ? [rule] : [] });
        return kept.capture === 'skip'
          ? { capture: 0, level: 9 }
          : { capture: CAPTURES.indexOf(kept.capture), level: strictness(kept.level) };
      };
      for (const [key, register] of Object.entries(both.rules))
        for (const { value } of register.entries)
          for (const address of ADDRESSES) {
            const [now, then] = [keeps(rules.get(key), address), keeps(value, address)];
            expect(now.capture, key).toBeLessThanOrEqual(then.capture);
            expect(now.level, key).toBeGreaterThanOrEqual(then.level);
          }
    },
  );

  law('clocks have no say in what is in force', fc.tuple(threeDevices, fc.integer()), ([[a, b], turn]) => {
    const other = (shared: SharedSettings): SharedSettings =>
      JSON.parse(JSON.stringify(shared), (name, value) =>
        name === 'atMs' ? (value * 31 + turn) % 1009 : value,
      );
    const [plain, turned] = [mergeShared(sent(a), sent(b)), mergeShared(other(a), other(b))];
    expect(readShared(turned)).toEqual(readShared(plain));
  });

  law(
    'what this version does not know of a rule is passed on as it came',
    fc.tuple(knownRule, anyRule, fc.jsonValue()),
    ([rule, mine, more]) => {
      const newer = { ...rule, ofNewer: more };
      const entry = { value: newer, actor: 'newer', n: 1, atMs: 1 };
      const register = { entries: [entry], seen: { newer: 1 } };
      const theirs = sent({ ...EMPTY_SHARED, rules: { [ruleKey(rule)]: register } } as SharedSettings);
      const passed = chosen(theirs, 'older', { what: 'set', rule: mine }, 1);
      const again = JSON.stringify(sent(passed).rules[ruleKey(rule)]);
      if (ruleKey(mine) !== ruleKey(rule)) expect(again).toContain(`"ofNewer":${JSON.stringify(more)}`);
    },
  );
});

it('settings that more devices wrote than are taken are refused, not cut', () => {
  let shared = EMPTY_SHARED;
  for (let n = 0; n < 1_025; n++)
    shared = changeShared(shared, `d${n}`, { level: n % 2 === 0 ? 'anonymous' : 'public', rules: [] }, n);
  expect(parseShared(JSON.parse(JSON.stringify(shared)))).toBeNull();
});
