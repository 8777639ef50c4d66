/** What the person set. Kept as one sealed record. */
import * as v from 'valibot';
import { DEFAULT_LEVEL, PRIVACY_LEVELS, type PrivacyLevel } from './privacy.ts';
import type { PauseState } from './recording.ts';
import { CAPTURES, type Rule } from './rules.ts';

const ruleSchema = v.object({
  id: v.string(),
  host: v.string(),
  capture: v.picklist(CAPTURES),
  level: v.exactOptional(v.picklist(PRIVACY_LEVELS)),
  formerly: v.exactOptional(v.picklist(CAPTURES)),
});

const settingsSchema = v.object({
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
  // Its bounds are checked where it is chosen: other bounds in another version must not cost the consent.
  budgetBytes: v.exactOptional(v.number()),
  pinned: v.exactOptional(v.array(v.string())),
});

export interface Settings {
  readonly consent: 'unasked' | 'accepted' | 'declined';
  readonly consentAtMs?: number;
  readonly level: PrivacyLevel;
  readonly pause: PauseState;
  readonly rules: readonly Rule[];
  readonly persisted?: boolean;
  /** Sealed bytes that may lie here. Default: `DEFAULT_BUDGET_BYTES`. */
  readonly budgetBytes?: number;
  /** Hosts whose records stay on this computer; each covers its subdomains. Default: none. */
  readonly pinned?: readonly string[];
}

export const DEFAULT_SETTINGS: Settings = {
  consent: 'unasked',
  level: DEFAULT_LEVEL,
  pause: { kind: 'none' },
  rules: [],
};

/** Settings that do not parse fall back to recording nothing: consent has to be given again. */
export function parseSettings(stored: unknown): Settings {
  const parsed = v.safeParse(settingsSchema, stored);
  return parsed.success ? parsed.output : DEFAULT_SETTINGS;
}

/** True while a pause holds at `nowMs`. */
export const isPaused = (pause: PauseState, nowMs: number): boolean =>
  pause.kind === 'until' ? nowMs < pause.untilMs : pause.kind !== 'none';
