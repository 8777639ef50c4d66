/** The settings that all devices of an account share, as registers: the global level and the rules. */
import * as v from 'valibot';
import { canonical } from '../base/canonical.ts';
import { DEFAULT_LEVEL, PRIVACY_LEVELS, type PrivacyLevel, stricterLevel, strictness } from './privacy.ts';
import { emptyRegister, merge, type Register, strictest, write } from './register.ts';
import { ruleSchema } from './rule-schema.ts';
import { CAPTURES, type Capture, type Rule, ruleKey } from './rules.ts';

export interface SharedSettings {
  readonly level: Register<PrivacyLevel>;
  /** By what they are for (`ruleKey`). `null` = the rule was removed. */
  readonly rules: Readonly<Record<string, Register<Rule | null>>>;
}

export const EMPTY_SHARED: SharedSettings = { level: emptyRegister(), rules: {} };

/** Lives of devices in accounts (`actorOf`): more than a person gets to, and no way to fill a device's memory. */
const MAX_ACTORS = 1_024;
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

type ByName<T> = Readonly<Record<string, Register<T>>>;

/** Not `v.record`, which leaves out what objects have by themselves: `constructor` and `prototype` are names of hosts, too. */
const byNameSchema = <T>(value: v.GenericSchema<unknown, T>) =>
  v.pipe(
    v.custom<object>((given) => typeof given === 'object' && given !== null && !Array.isArray(given)),
    v.transform((given): unknown => Object.entries(given)),
    v.array(v.tuple([v.pipe(v.string(), v.maxLength(MAX_KEY)), registerSchema(value)])),
    v.maxLength(MAX_RULES),
    v.transform((entries): ByName<T> => Object.fromEntries(entries as [string, Register<T>][])),
  );

/** What a newer version may have added: registers, alone or by name. They are merged without knowing what they say. */
type Unknown = Register<unknown> | ByName<unknown>;

const KNOWN = { level: true, rules: true } as const satisfies Record<keyof SharedSettings, true>;

const sharedSchema = v.objectWithRest(
  {
    level: registerSchema(v.picklist(PRIVACY_LEVELS)),
    rules: byNameSchema<Rule | null>(v.nullable(ruleSchema)),
  },
  v.union([registerSchema(v.unknown()), byNameSchema(v.unknown())]),
);

/** Fields that this version does not know. */
const unknownOf = (shared: SharedSettings): Map<string, Unknown> =>
  new Map(Object.entries(shared).filter(([name]) => !Object.hasOwn(KNOWN, name)) as [string, Unknown][]);

const isRegister = (field: Unknown): field is Register<unknown> =>
  'entries' in field && Array.isArray(field.entries);

function mergeUnknown(a: Unknown, b: Unknown): Unknown {
  if (isRegister(a) && isRegister(b)) return merge(a, b);
  // Two versions that do not agree on the form: the same one everywhere, in whichever order they come.
  if (isRegister(a)) return a;
  return isRegister(b) ? b : mergeByName(a, b);
}

function mergeByName<T>(a: ByName<T>, b: ByName<T>): ByName<T> {
  const merged = new Map(Object.entries(a));
  for (const [name, register] of Object.entries(b))
    merged.set(name, merge(merged.get(name) ?? emptyRegister(), register));
  return Object.fromEntries(merged);
}

/**
 * `null` when it is not of this form, or more than is taken: a sum of two that are taken may be. Fields that a newer version added are
 * kept.
 */
export function parseShared(value: unknown): SharedSettings | null {
  const parsed = v.safeParse(sharedSchema, value);
  return parsed.success ? parsed.output : null;
}

export function mergeShared(a: SharedSettings, b: SharedSettings): SharedSettings {
  const unknown = unknownOf(a);
  for (const [name, field] of unknownOf(b)) {
    const ours = unknown.get(name);
    unknown.set(name, ours ? mergeUnknown(ours, field) : field);
  }
  return {
    ...Object.fromEntries(unknown),
    level: merge(a.level, b.level),
    rules: mergeByName(a.rules, b.rules),
  };
}

/**
 * Of rules for the same that do not know of each other, per field: the stricter capture, the stricter level, by the global level of now.
 * Where one removed it (`null`), it keeps no more than without it. One that this version does not know keeps nothing.
 */
function strictestRule(register: Register<Rule | null>, globally: PrivacyLevel): Rule | null {
  const values = register.entries.map(({ value }) => value);
  const rules = values.filter((rule) => rule !== null).sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
  const [first] = rules;
  if (values.length < 2 || !first) return first ?? null;
  const unknown = rules.find(({ kind }) => kind === 'unknown');
  if (unknown) return unknown;
  const least = (captures: readonly Capture[]) => CAPTURES.find((one) => captures.includes(one));
  const capture = least(rules.map((rule) => rule.capture)) ?? first.capture;
  const isStricter = (level: PrivacyLevel) =>
    values.every((rule) => strictness(rule?.level ?? globally) <= strictness(level));
  const level = rules.flatMap((rule) => rule.level ?? []).find(isStricter);
  if (rules.length < values.length && capture === 'full' && level === undefined) return null;
  const formerly = least(rules.flatMap((rule) => rule.formerly ?? []));
  const { level: _level, formerly: _formerly, ...subject } = first;
  return {
    ...subject,
    capture,
    ...(level === undefined ? {} : { level }),
    ...(capture !== 'skip' || formerly === undefined ? {} : { formerly }),
  };
}

const levelInForce = (shared: SharedSettings): PrivacyLevel | undefined =>
  strictest(shared.level, stricterLevel);

/** What is in force of the rules, by key. */
function rulesInForce(shared: SharedSettings): Map<string, Rule> {
  const level = levelInForce(shared) ?? DEFAULT_LEVEL;
  return new Map(
    Object.entries(shared.rules).flatMap(([key, register]) => {
      const rule = strictestRule(register, level);
      return rule ? [[key, rule] as const] : [];
    }),
  );
}

/** What is in force. `level` is absent while nobody has set one. */
export function readShared(shared: SharedSettings): {
  readonly level: PrivacyLevel | undefined;
  readonly rules: readonly Rule[];
} {
  const inOrder = [...rulesInForce(shared)].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    level: levelInForce(shared),
    rules: inOrder.map(([, rule]) => rule),
  };
}

export interface Chosen {
  readonly level: PrivacyLevel;
  readonly rules: readonly Rule[];
}

function chosenIn(shared: SharedSettings): Chosen {
  const { level = DEFAULT_LEVEL, rules } = readShared(shared);
  return { level, rules };
}

/**
 * Writes, as `actor`, what a person changed: whatever is not as it was when they chose. `before`: what was in force then, where that may
 * be something else than what is shared by now; who did not see what came from others does not undo it.
 */
export function changeShared(
  shared: SharedSettings,
  actor: string,
  wanted: Chosen,
  atMs: number,
  before: Chosen = chosenIn(shared),
): SharedSettings {
  // What a rule that nobody here knows is for is not known either: it stays where it lies.
  const places = new Map([...rulesInForce(shared)].map(([key, rule]) => [rule.id, key]));
  const byKey = (rules: readonly Rule[]) =>
    new Map(rules.map((rule) => [(rule.kind === 'unknown' && places.get(rule.id)) || ruleKey(rule), rule]));
  const [was, after] = [byKey(before.rules), byKey(wanted.rules)];
  const rules = new Map(Object.entries(shared.rules));
  for (const key of new Set([...was.keys(), ...after.keys()])) {
    const now = after.get(key) ?? null;
    if (canonical(was.get(key) ?? null) !== canonical(now))
      rules.set(key, write(rules.get(key) ?? emptyRegister(), actor, now, atMs));
  }
  return {
    ...shared,
    level: before.level === wanted.level ? shared.level : write(shared.level, actor, wanted.level, atMs),
    rules: Object.fromEntries(rules),
  };
}
