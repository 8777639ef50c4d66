/** Shared settings as devices get them: each changes what is in force there, takes over what another has, or is put back. */
import fc from 'fast-check';
import { PRIVACY_LEVELS, type PrivacyLevel } from '../../src/model/privacy.ts';
import { CAPTURES, type Rule, ruleKey } from '../../src/model/rules.ts';
import {
  changeShared,
  EMPTY_SHARED,
  mergeShared,
  readShared,
  type SharedSettings,
} from '../../src/model/shared-settings.ts';

/** What rules are for: few, so that they meet. Some hosts are called like what every object has. */
const SUBJECTS: readonly Pick<Rule, 'host' | 'kind' | 'path' | 'pattern'>[] = [
  { host: 'a.example' },
  { host: 'sub.a.example' },
  { host: 'prototype' },
  { host: 'constructor' },
  { host: '__proto__' },
  { host: 'a.example', kind: 'path', path: '/x' },
  { host: '', kind: 'pattern', pattern: 'words=' },
];
/** None of the list of sensitive sites, which holds again where a rule is removed. */
export const ADDRESSES = [
  'https://a.example/',
  'https://a.example/x/y?words=1',
  'https://sub.a.example/x',
  'https://b.example/?words=3',
];

const level = fc.constantFrom(...PRIVACY_LEVELS);
/** Of a version that is newer than this one. */
const unknown: fc.Arbitrary<Rule> = fc.nat(2).map((n) => {
  const was = { id: `u${n}`, host: 'a.example', kind: 'weekday', days: [n], capture: 'full' };
  return { id: was.id, host: was.host, kind: 'unknown', capture: 'skip', was };
});
export const knownRule: fc.Arbitrary<Rule> = fc
  .record({
    subject: fc.constantFrom(...SUBJECTS),
    capture: fc.constantFrom(...CAPTURES),
    level: fc.option(level, { nil: undefined }),
    n: fc.nat(2),
  })
  .map(({ subject, capture, level: own, n }) => ({
    id: `r${n}`,
    ...subject,
    capture,
    ...(own === undefined ? {} : { level: own }),
  }));
export const anyRule: fc.Arbitrary<Rule> = fc.oneof(
  { weight: 8, arbitrary: knownRule },
  { weight: 1, arbitrary: unknown },
);

export interface Wanted {
  readonly level: PrivacyLevel;
  readonly rules: readonly Rule[];
}

type Change =
  | { readonly what: 'level'; readonly level: PrivacyLevel }
  | { readonly what: 'set'; readonly rule: Rule }
  | { readonly what: 'remove'; readonly rule: Rule };
export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ what: fc.constant('level' as const), level }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('set' as const), rule: anyRule }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('remove' as const), rule: anyRule }) },
);

const inForce = (shared: SharedSettings): Wanted => {
  const { level: now = 'private', rules } = readShared(shared);
  return { level: now, rules };
};

export function changed(now: Wanted, one: Change): Wanted {
  if (one.what === 'level') return { ...now, level: one.level };
  const others = now.rules.filter((rule) => ruleKey(rule) !== ruleKey(one.rule));
  return { ...now, rules: one.what === 'set' ? [...others, one.rule] : others };
}

export const chosen = (shared: SharedSettings, actor: string, one: Change, atMs: number): SharedSettings =>
  changeShared(shared, actor, changed(inForce(shared), one), atMs);

type Step =
  | { readonly what: 'change'; readonly device: number; readonly change: Change; readonly atMs: number }
  | { readonly what: 'take'; readonly device: number; readonly from: number };

const device = fc.nat(2);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ what: fc.constant('change' as const), device, change, atMs: fc.integer() }),
    },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('take' as const), device, from: device }) },
  ),
  { maxLength: 14 },
);

type Three = readonly [SharedSettings, SharedSettings, SharedSettings];

/** What three devices have. */
export const threeDevices: fc.Arbitrary<Three> = steps.map((taken) => {
  const copies = [EMPTY_SHARED, EMPTY_SHARED, EMPTY_SHARED];
  const at = (index: number) => copies[index] ?? EMPTY_SHARED;
  for (const one of taken)
    copies[one.device] =
      one.what === 'change'
        ? chosen(at(one.device), `d${one.device}`, one.change, one.atMs)
        : mergeShared(at(one.device), at(one.from));
  return [at(0), at(1), at(2)];
});

export const withoutOrder = (shared: SharedSettings) => ({
  ...shared,
  rules: Object.entries(shared.rules).sort(([a], [b]) => (a < b ? -1 : 1)),
});
