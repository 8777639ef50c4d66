/** Rules as they are stored and sent: what this version does not know keeps nothing, and is passed on as it came. */
import * as v from 'valibot';
import { PRIVACY_LEVELS } from './privacy.ts';
import { CAPTURES, RULE_LIMITS, type Rule } from './rules.ts';

const common = {
  id: v.pipe(v.string(), v.maxLength(120)),
  host: v.pipe(v.string(), v.maxLength(253)),
  capture: v.picklist(CAPTURES),
  level: v.exactOptional(v.picklist(PRIVACY_LEVELS)),
  formerly: v.exactOptional(v.picklist(CAPTURES)),
};
/** Strictly: what is left out of a rule may be what made it stricter, and devices that read it whole would not have the same. */
const KNOWN = {
  site: v.strictObject(common),
  path: v.strictObject({
    ...common,
    kind: v.literal('path'),
    path: v.pipe(v.string(), v.startsWith('/'), v.maxLength(RULE_LIMITS.path)),
  }),
  pattern: v.strictObject({
    ...common,
    kind: v.literal('pattern'),
    pattern: v.pipe(v.string(), v.minLength(1), v.maxLength(RULE_LIMITS.pattern)),
  }),
} as const;

const envelope = v.looseObject({ id: common.id, host: common.host, kind: v.optional(v.string()) });
type Stored = v.InferOutput<typeof envelope>;

/** A rule of a newer version, in characters of JSON. */
const MAX_UNKNOWN = 4_000;

function toRule(value: Stored): Rule {
  // As it was sent on by a device that did not know it: this one may.
  const { was } = value;
  const stored = value.kind === 'unknown' && v.is(envelope, was) ? was : value;
  const name = stored.kind ?? 'site';
  const schema = Object.hasOwn(KNOWN, name) ? KNOWN[name as keyof typeof KNOWN] : undefined;
  const known = schema === undefined ? undefined : v.safeParse(schema, stored);
  if (known?.success) return known.output;
  return { id: stored.id, host: stored.host, kind: 'unknown', capture: 'skip', was: stored };
}

export const ruleSchema = v.pipe(
  envelope,
  v.check((value) => JSON.stringify(value).length <= MAX_UNKNOWN),
  v.transform(toRule),
);
