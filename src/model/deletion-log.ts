/** What the log of deletions says: counts and times, never a word of what was deleted. */
import * as v from 'valibot';
import { PURGE_KINDS, PURGE_REASONS, PURGE_STEPS } from './purge.ts';

/** Also what the person took out of what is stored: by applying level and rules to it, and because nothing opens it. Told when it is done. */
export const LOG_KINDS = [...PURGE_KINDS, 'rules', 'closed'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const logEntrySchema = v.strictObject({
  n: whole,
  /** SHA-256 of the entry before, base64url; empty for the first. */
  before: v.string(),
  /** Which deletion: random. */
  purge: v.string(),
  step: v.picklist(PURGE_STEPS),
  reason: v.picklist(PURGE_REASONS),
  kind: v.picklist(LOG_KINDS),
  atMs: v.pipe(v.number(), v.safeInteger()),
  /** Records that were meant. */
  records: whole,
  /** Days that kept something because of damage. */
  keptDays: v.exactOptional(whole),
});
export type LogEntry = v.InferOutput<typeof logEntrySchema>;
export type LogFact = Omit<LogEntry, 'n' | 'before'>;

export interface LogReading {
  /** Oldest first; entries that open. */
  readonly entries: readonly LogEntry[];
  /** Whether every entry is there and as it was written. */
  readonly whole: boolean;
}
