/** The settings that all devices of an account share, as registers: the global level and the rules. */
import * as v from 'valibot';
import { DEFAULT_LEVEL, PRIVACY_LEVELS, type PrivacyLevel, stricterLevel, strictness } from './privacy.ts';
import { emptyRegister, merge, type Register, strictest, write } from './register.ts';
import { ruleSchema } from './rule-schema.ts';
import { CAPTURES, type Rule, ruleKey } from './rules.ts';

export interface SharedSettings {
  readonly level: Register<PrivacyLevel>;
  /** By what they are for (`ruleKey`). `null` = the rule was removed. */
  readonly rules: Readonly<Record<string, Register<Rule | null>>>;
}

export const EMPTY_SHARED: SharedSettings = { level: emptyRegister(), rules: {} };

const MAX_ACTORS = 64;
const MAX_RULES = 5_000;
/** A host and a path, or a pattern. */
const MAX_KEY = 600;

const registerSchema = <S extends v.GenericSchema>(value: S) =>
  v.strictObject({
    entries: v.pipe(
      v.array(
        v.strictObject({
          value,
          actor: v.pipe(v.string(), v.maxLength(64)),
          n: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
          atMs: v.pipe(v.number(), v.safeInteger()),
        }),
      ),
      v.maxLength(MAX_ACTORS),
    ),
    seen: v.pipe(
      v.record(v.pipe(v.string(), v.maxLength(64)), v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
      v.check((seen) => Object.keys(seen).length <= MAX_ACTORS),
    ),
  });

const sharedSchema = v.object({
  level: registerSchema(v.picklist(PRIVACY_LEVELS)),
  // Not `v.record`, which leaves out what objects have by themselves: `constructor` and `prototype` are names of hosts, too.
  rules: v.pipe(
    v.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
    v.transform((rules): unknown => Object.entries(rules)),
    v.array(v.tuple([v.pipe(v.string(), v.maxLength(MAX_KEY)), registerSchema(v.nullable(ruleSchema))])),
    v.maxLength(MAX_RULES),
    v.transform((entries): SharedSettings['rules'] => Object.fromEntries(entries)),
  ),
});

/** `null` when it is not of this form. */
export function parseShared(value: unknown): SharedSettings | null {
  const parsed = v.safeParse(sharedSchema, value);
  return parsed.success ? parsed.output : null;
}

export function mergeShared(a: SharedSettings, b: SharedSettings): SharedSettings {
  const rules = new Map(Object.entries(a.rules));
  for (const [key, register] of Object.entries(b.rules))
    rules.set(key, merge(rules.get(key) ?? emptyRegister(), register));
  return { level: merge(a.level, b.level), rules: Object.fromEntries(rules) };
}

/** Of two concurrent rules the one that keeps less; no rule keeps what the level says, so any rule is stricter than none, except for `full`. */
function stricterRule(a: Rule | null, b: Rule | null): Rule | null {
  const rank = (rule: Rule | null): readonly [number, number, string] =>
    rule === null
      ? [CAPTURES.indexOf('full'), -1, '']
      : [CAPTURES.indexOf(rule.capture), -strictness(rule.level ?? 'public') - 1, rule.id];
  const [ra, rb] = [rank(a), rank(b)];
  if (ra[0] !== rb[0]) return ra[0] < rb[0] ? a : b;
  if (ra[1] !== rb[1]) return ra[1] < rb[1] ? a : b;
  return ra[2] <= rb[2] ? a : b;
}

/** What is in force of the rules, by key. */
const rulesInForce = (shared: SharedSettings): Map<string, Rule> =>
  new Map(
    Object.entries(shared.rules).flatMap(([key, register]) => {
      const rule = strictest(register, stricterRule);
      return rule ? [[key, rule] as const] : [];
    }),
  );

/** What is in force. `level` is absent while nobody has set one. */
export function readShared(shared: SharedSettings): {
  readonly level: PrivacyLevel | undefined;
  readonly rules: readonly Rule[];
} {
  const inOrder = [...rulesInForce(shared)].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    level: strictest(shared.level, stricterLevel),
    rules: inOrder.map(([, rule]) => rule),
  };
}

/** Writes, as `actor`, whatever differs from what is in force. */
export function changeShared(
  shared: SharedSettings,
  actor: string,
  wanted: { readonly level: PrivacyLevel; readonly rules: readonly Rule[] },
  atMs: number,
): SharedSettings {
  const level = strictest(shared.level, stricterLevel);
  const before = rulesInForce(shared);
  // What a rule that nobody here knows is for is not known either: it stays where it lies.
  const places = new Map([...before].map(([key, rule]) => [rule.id, key]));
  const after = new Map(
    wanted.rules.map((rule) => [(rule.kind === 'unknown' && places.get(rule.id)) || ruleKey(rule), rule]),
  );
  const rules = new Map(Object.entries(shared.rules));
  for (const key of new Set([...rules.keys(), ...after.keys()])) {
    const now = after.get(key) ?? null;
    if (JSON.stringify(before.get(key) ?? null) !== JSON.stringify(now))
      rules.set(key, write(rules.get(key) ?? emptyRegister(), actor, now, atMs));
  }
  return {
    level:
      (level ?? DEFAULT_LEVEL) === wanted.level
        ? shared.level
        : write(shared.level, actor, wanted.level, atMs),
    rules: Object.fromEntries(rules),
  };
}
