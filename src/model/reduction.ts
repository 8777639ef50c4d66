/**
 * Level and rules, to be applied to what is stored: everything that was recorded up to a time is reduced to what they would
 * keep of it. Nothing ever gets more than it has, and no level becomes milder.
 */
import * as v from 'valibot';
import type { InteractionRecord, RecordKind } from './interaction.ts';
import { PRIVACY_LEVELS, type PrivacyLevel } from './privacy.ts';
import { ruleSchema } from './rule-schema.ts';
import { coversHost, type Rule, ruleKey } from './rules.ts';

/**
 * Only what one rule decides about, named by its key; or only the level, of all that no rule gives a level of its own: the
 * stored addresses stay as whole as they are.
 */
export type Only = { readonly what: 'rule'; readonly key: string } | { readonly what: 'level' };

export interface Reduction {
  readonly level: PrivacyLevel;
  readonly rules: readonly Rule[];
  /** Absent: level and all rules, for everything. */
  readonly only?: Only;
}

/** More rules than a profile has. */
const MAX_RULES = 5_000;

export const reductionFields = {
  level: v.picklist(PRIVACY_LEVELS),
  rules: v.pipe(v.array(ruleSchema), v.maxLength(MAX_RULES), v.readonly()),
  only: v.exactOptional(
    v.variant('what', [
      v.strictObject({ what: v.literal('rule'), key: v.pipe(v.string(), v.maxLength(600)) }),
      v.strictObject({ what: v.literal('level') }),
    ]),
  ),
} as const;

/** What one rule decides, with the rules that may go before it. */
export function reductionOf(rule: Rule, level: PrivacyLevel, rules: readonly Rule[]): Reduction {
  const mayMatter = ({ kind, host }: Rule) =>
    kind === 'pattern' || kind === 'unknown' || coversHost(rule.host, host) || coversHost(host, rule.host);
  return {
    level,
    rules: rule.kind === 'pattern' ? rules : rules.filter(mayMatter),
    only: { what: 'rule', key: ruleKey(rule) },
  };
}

/** Whether `later` takes all that `earlier` takes, from all that was recorded up to then. */
export function includes(
  later: Reduction & { readonly atMs: number },
  earlier: Reduction & { readonly atMs: number },
): boolean {
  if (later.atMs < earlier.atMs) return false;
  if (isSame(later, earlier)) return true;
  const { only } = earlier;
  if (later.only !== undefined || only === undefined) return false;
  const { level, rules } = later;
  if (only.what === 'level') return isSame({ level, rules, only }, earlier);
  const rule = rules.find((one) => ruleKey(one) === only.key);
  return rule !== undefined && isSame(reductionOf(rule, level, rules), earlier);
}

function isSame(a: Reduction, b: Reduction): boolean {
  const text = ({ level, rules, only }: Reduction) =>
    JSON.stringify([level, only?.what, only?.what === 'rule' ? only.key : '', rules.map(saidBy).sort()]);
  return text(a) === text(b);
}

/** All that decides of a rule. */
const saidBy = (rule: Rule): string =>
  JSON.stringify([ruleKey(rule), rule.host, rule.capture, rule.level ?? '']);

/** What a person may apply. `erase`: what the level would reduce goes instead. */
export type StoredScope =
  | { readonly what: 'all' }
  | { readonly what: 'rule'; readonly id: string }
  | { readonly what: 'level'; readonly level: PrivacyLevel; readonly erase: boolean };

/** Records, by what becomes of them. */
export interface ReducedCounts {
  /** Less is kept of them. */
  readonly reduced: number;
  /** Nothing is kept of them. */
  readonly erased: number;
}

export interface ReductionExample {
  readonly before: InteractionRecord;
  /** `null`: nothing is kept. */
  readonly after: InteractionRecord | null;
}

/** What would become of what is stored. */
export interface ReductionCount extends ReducedCounts {
  readonly kinds: Readonly<Partial<Record<RecordKind, ReducedCounts>>>;
  /** Sites of those records. */
  readonly sites: number;
  /** Records that are in memory only, which go by themselves within an hour. */
  readonly inMemory: number;
  readonly examples: readonly ReductionExample[];
  /** Days in files, or at the sync service only: what is there is reduced when it comes back. */
  readonly elsewhereDays: number;
}

export const REDUCTION_PHASES = ['running', 'done', 'failed'] as const;
/** How far it is, or how the last one ended. */
export interface ReductionState extends ReducedCounts {
  readonly phase: (typeof REDUCTION_PHASES)[number];
  readonly daysDone: number;
  readonly days: number;
  /** Days that could not be changed, because something of them is damaged. */
  readonly keptDays: number;
  /** With `failed`: a sentence that says what to do. */
  readonly message?: string;
}
