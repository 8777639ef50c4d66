/** What the person set. Kept as one sealed record. */
import * as v from 'valibot';
import { AUTO_LOCK_DEFAULT, AUTO_LOCK_MINUTES, type AutoLockMinutes } from './auto-lock.ts';
import { BUDGET } from './budget.ts';
import { DEFAULT_LEVEL, PRIVACY_LEVELS, type PrivacyLevel } from './privacy.ts';
import type { PauseState } from './recording.ts';
import { KEEP_ALL, type Retention, retentionSchema } from './retention.ts';
import { ruleSchema } from './rule-schema.ts';
import type { Rule } from './rules.ts';
import { SYNC_WHEN, SYNC_WHEN_DEFAULT, type SyncWhen } from './sync-when.ts';

export const settingsSchema = v.object({
  consent: v.picklist(['unasked', 'accepted', 'declined']),
  /** When it was given or refused. */
  consentAtMs: v.exactOptional(v.number()),
  level: v.picklist(PRIVACY_LEVELS),
  pause: v.variant('kind', [
    v.object({ kind: v.literal('none') }),
    v.object({ kind: v.literal('until'), untilMs: v.number() }),
    v.object({ kind: v.picklist(['restart', 'resumed']) }),
  ]),
  rules: v.array(ruleSchema),
  persisted: v.exactOptional(v.boolean()),
  // Absent in what earlier versions stored. What is wrong with them is no reason to ask for consent again.
  budgetBytes: v.fallback(
    v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(BUDGET.minBytes)), BUDGET.defaultBytes),
    BUDGET.defaultBytes,
  ),
  // What is wrong with it deletes nothing.
  retention: v.fallback(v.optional(retentionSchema, KEEP_ALL), KEEP_ALL),
  followsHistory: v.fallback(v.optional(v.boolean(), false), false),
  pinned: v.fallback(v.optional(v.array(v.string()), []), []),
  autoLockMinutes: v.fallback(
    v.optional(v.picklist(AUTO_LOCK_MINUTES), AUTO_LOCK_DEFAULT),
    AUTO_LOCK_DEFAULT,
  ),
  syncs: v.fallback(v.optional(v.picklist(SYNC_WHEN), SYNC_WHEN_DEFAULT), SYNC_WHEN_DEFAULT),
});

export interface Settings {
  readonly consent: 'unasked' | 'accepted' | 'declined';
  readonly consentAtMs?: number;
  readonly level: PrivacyLevel;
  readonly pause: PauseState;
  readonly rules: readonly Rule[];
  readonly persisted?: boolean;
  /** How much the store may take, in sealed bytes. */
  readonly budgetBytes: number;
  /** Hosts whose records are never archived, with their subdomains. */
  readonly pinned: readonly string[];
  /** How long records stay. */
  readonly retention: Retention;
  /** Whether what the person deletes in the browser's own history is deleted here too. */
  readonly followsHistory: boolean;
  readonly autoLockMinutes: AutoLockMinutes;
  /** When this device sends and fetches by itself. */
  readonly syncs: SyncWhen;
}

export const DEFAULT_SETTINGS: Settings = {
  consent: 'unasked',
  level: DEFAULT_LEVEL,
  pause: { kind: 'none' },
  rules: [],
  budgetBytes: BUDGET.defaultBytes,
  pinned: [],
  retention: KEEP_ALL,
  followsHistory: false,
  autoLockMinutes: AUTO_LOCK_DEFAULT,
  syncs: SYNC_WHEN_DEFAULT,
};

/** Settings that do not parse fall back to recording nothing: consent has to be given again. */
export function parseSettings(stored: unknown): Settings {
  const parsed = v.safeParse(settingsSchema, stored);
  return parsed.success ? parsed.output : DEFAULT_SETTINGS;
}

/** True while a pause holds at `nowMs`. */
export const isPaused = (pause: PauseState, nowMs: number): boolean =>
  pause.kind === 'until' ? nowMs < pause.untilMs : pause.kind !== 'none';
