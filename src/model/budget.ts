/** How much the store may take, and what is said of it. Bytes are sealed ones, without what the browser's database adds. */
import type { Day } from '../base/clock.ts';

export const BUDGET = {
  minBytes: 10_000_000,
  defaultBytes: 5_000_000_000,
  /** From this share on the person is told. */
  near: 0.8,
  /**
   * An archive is to leave this share. Less than where telling begins: what a day takes is an estimate, and the next days are to
   * be quiet.
   */
  wanted: 0.7,
} as const;

export const BUDGET_STATES = ['ok', 'near', 'full'] as const;
export type BudgetState = (typeof BUDGET_STATES)[number];

export const budgetState = (usedBytes: number, limitBytes: number): BudgetState =>
  usedBytes >= limitBytes ? 'full' : usedBytes >= limitBytes * BUDGET.near ? 'near' : 'ok';

/** In the status: what the popup and every page know. */
export interface BudgetFigures {
  readonly state: BudgetState;
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Records that were not stored because there was no room, since the browser started. */
  readonly notRecorded: number;
  /** Days that are in files, or at the sync service, only. */
  readonly archivedDays: number;
}

/** A file that was made and waits for the person to say that it is safe. */
export interface WaitingArchive {
  readonly id: string;
  readonly firstDay: Day;
  readonly lastDay: Day;
  readonly days: number;
  readonly records: number;
}

export interface BudgetReport extends BudgetFigures {
  /** Sorted. */
  readonly pinned: readonly string[];
  /** Days that are in files only, with how many records of each. Absent when the list of them does not open. */
  readonly archived?: Readonly<Record<Day, number>>;
  readonly waiting?: WaitingArchive;
  /** Days that are at the sync service only, with how many records of each. */
  readonly away: Readonly<Record<Day, number>>;
  /** While sync is on nothing is archived in files. */
  readonly syncing: boolean;
}

/** An estimate. */
export interface SiteSize {
  readonly host: string;
  readonly bytes: number;
}
