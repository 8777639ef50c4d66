/** How much of this computer's disk the memory may take, and what is said and done when it is used up. */
import type { Day } from '../base/clock.ts';

/** Sealed bytes. */
export const DEFAULT_BUDGET_BYTES = 5_000_000_000;
/** Below this a few days of browsing would not fit. */
export const MIN_BUDGET_BYTES = 10_000_000;
/** More than any browser gives an extension. */
export const MAX_BUDGET_BYTES = 10_000_000_000_000;
export const MAX_PINNED = 200;

/** Shares of the budget. From here on it is said. */
export const NEAR = 0.8;
/** Days are dropped until so much is used: the next minute must not drop again. */
export const DROP_TO = 0.9;
/** A file takes so much that this is left. */
export const ARCHIVE_TO = 0.8;
/**
 * Recording goes on up to here while something could still be archived: a person who is away from the keyboard for a day must
 * not lose it. Nothing is refused before an archive was offered for the whole way from `NEAR` on.
 */
export const REFUSE_AT = 1.1;

export const BUDGET_PHASES = ['ok', 'near', 'over', 'full'] as const;
/**
 * `near`: from 80 % on. `over`: used up, and room is being made, or waits for the person. `full`: used up and no room can be
 * made, or nobody made any: nothing more is recorded.
 */
export type BudgetPhase = (typeof BUDGET_PHASES)[number];

export interface BudgetState {
  readonly phase: BudgetPhase;
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Records that were refused for want of room, since the browser started. */
  readonly refused: number;
}

/** `canArchive`: there are days that are not pinned and could leave. */
export function phaseOf(usedBytes: number, limitBytes: number, canArchive: boolean): BudgetPhase {
  const share = usedBytes / limitBytes;
  if (share >= REFUSE_AT || (share >= 1 && !canArchive)) return 'full';
  return share >= 1 ? 'over' : share >= NEAR ? 'near' : 'ok';
}

const percent = (bytes: number, of: number): string => `${Math.floor((bytes / of) * 100)} %`;

/** What a person is told, with what to do; empty while there is enough room. */
export function budgetSentence({ phase, usedBytes, limitBytes }: BudgetState, syncing: boolean): string {
  const used = `${percent(usedBytes, limitBytes)} of the storage budget is used.`;
  const how = syncing
    ? 'unpin sites, or raise the budget, under Health in the settings; wait until sync has sent everything'
    : 'save an archive, or raise the budget, under Health in the settings';
  switch (phase) {
    case 'ok':
      return '';
    case 'near':
      return syncing
        ? `Recording. ${used} When it is used up, the oldest days stay at the sync service only and can be fetched back.`
        : `Recording. ${used} Save an archive of the oldest days, or raise the budget, under Health in the settings.`;
    case 'over':
      return syncing
        ? `Recording. ${used} The oldest days leave this computer as soon as the sync service has them.`
        : `Recording for now. ${used} To make room, ${how}; at ${percent(REFUSE_AT, 1)} nothing more is recorded.`;
    case 'full':
      return `Nothing is recorded: the storage budget is full (${percent(usedBytes, limitBytes)}). To go on, ${how}, or delete records.`;
  }
}

/** Why an import stops. */
export const NO_ROOM =
  'The storage budget is full, so nothing more is imported. Make room under Health in the settings, then import again: nothing is imported twice.';

/** A size that a person typed, in MB or with a unit ("2 GB"). `null` when it is none, or out of bounds. */
export function parseBudget(typed: string): number | null {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*(kb|mb|gb|tb)?\s*$/i.exec(typed);
  if (!match) return null;
  const unit = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 }[(match[2] ?? 'mb').toLowerCase()] ?? 1e6;
  const bytes = Math.round(Number(match[1]?.replace(',', '.')) * unit);
  return bytes >= MIN_BUDGET_BYTES && bytes <= MAX_BUDGET_BYTES ? bytes : null;
}

/** Archived days of one month. */
export interface ArchivedMonth {
  /** Its first day. */
  readonly month: Day;
  readonly where: 'file' | 'service';
  readonly days: number;
  readonly records: number;
  /** Names of the files that have them. */
  readonly files: readonly string[];
}

export interface SiteSize {
  readonly host: string;
  /** An estimate. */
  readonly bytes: number;
}

export interface BudgetReport extends BudgetState {
  readonly syncing: boolean;
  readonly pinned: readonly string[];
  /** The largest ten; absent until they were measured. */
  readonly sites: readonly SiteSize[];
  readonly archived: readonly ArchivedMonth[];
  /** Whether there is something that a file could take now. */
  readonly canArchive: boolean;
  /** A file that was made, and whose days wait for the person to say that it is saved. */
  readonly offered?: { readonly name: string; readonly days: number; readonly records: number };
}
