/** The settings that all devices of an account share, as registers: the global level and the rules by host. */
import * as v from 'valibot';
import { DEFAULT_LEVEL, PRIVACY_LEVELS, type PrivacyLevel, stricterLevel, strictness } from './privacy.ts';
import { emptyRegister, merge, type Register, strictest, write } from './register.ts';
import { CAPTURES, type Rule } from './rules.ts';

export interface SharedSettings {
  readonly level: Register<PrivacyLevel>;
  /** By host. `null` = the rule was removed. */
  readonly rules: Readonly<Record<string, Register<Rule | null>>>;
}

export const EMPTY_SHARED: SharedSettings = { level: emptyRegister(), rules: {} };

const MAX_ACTORS = 64;
const MAX_RULES = 5_000;

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

const ruleSchema = v.object({
  id: v.string(),
  host: v.string(),
  capture: v.picklist(CAPTURES),
  level: v.exactOptional(v.picklist(PRIVACY_LEVELS)),
  formerly: v.exactOptional(v.picklist(CAPTURES)),
});

const sharedSchema = v.object({
  level: registerSchema(v.picklist(PRIVACY_LEVELS)),
  rules: v.pipe(
    v.record(v.pipe(v.string(), v.maxLength(253)), registerSchema(v.nullable(ruleSchema))),
    v.check((rules) => Object.keys(rules).length <= MAX_RULES),
  ),
});

/** `null` when it is not of this form. */
export function parseShared(value: unknown): SharedSettings | null {
  const parsed = v.safeParse(sharedSchema, value);
  return parsed.success ? parsed.output : null;
}

export function mergeShared(a: SharedSettings, b: SharedSettings): SharedSettings {
  const rules: Record<string, Register<Rule | null>> = { ...a.rules };
  for (const [host, register] of Object.entries(b.rules))
    rules[host] = merge(rules[host] ?? emptyRegister(), register);
  return { level: merge(a.level, b.level), rules };
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

/** What is in force. `level` is absent while nobody has set one. */
export function readShared(shared: SharedSettings): {
  readonly level: PrivacyLevel | undefined;
  readonly rules: readonly Rule[];
} {
  const rules = Object.values(shared.rules).flatMap((register) => strictest(register, stricterRule) ?? []);
  return {
    level: strictest(shared.level, stricterLevel),
    rules: rules.sort((a, b) => (a.host < b.host ? -1 : 1)),
  };
}

/** Writes, as `actor`, whatever differs from what is in force. */
export function changeShared(
  shared: SharedSettings,
  actor: string,
  wanted: { readonly level: PrivacyLevel; readonly rules: readonly Rule[] },
  atMs: number,
): SharedSettings {
  const now = readShared(shared);
  const rules: Record<string, Register<Rule | null>> = { ...shared.rules };
  const hosts = new Set([...Object.keys(rules), ...wanted.rules.map((rule) => rule.host)]);
  for (const host of hosts) {
    const before = now.rules.find((rule) => rule.host === host) ?? null;
    const after = wanted.rules.find((rule) => rule.host === host) ?? null;
    if (JSON.stringify(before) !== JSON.stringify(after))
      rules[host] = write(rules[host] ?? emptyRegister(), actor, after, atMs);
  }
  return {
    level:
      (now.level ?? DEFAULT_LEVEL) === wanted.level
        ? shared.level
        : write(shared.level, actor, wanted.level, atMs),
    rules,
  };
}
