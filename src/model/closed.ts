/** What of the store does not open, and what it would need. */
import type { Day } from '../base/clock.ts';

/** A key that something of a day was sealed with. */
export interface NeededKey {
  /** `day`: the day's own; `month`: that of its month, for texts and index. */
  readonly of: 'day' | 'month';
  readonly generation: number;
  /** `damaged`: it is there and does not open. */
  readonly why: 'damaged' | 'missing';
}

export interface ClosedDay {
  /** A UTC day. */
  readonly day: Day;
  /** Rows of the store that do not open. */
  readonly rows: number;
  /** Records that were counted when they were stored, and are not among those that open. */
  readonly records: number;
  /** Records of the day that open. */
  readonly open: number;
  /** Empty where the rows themselves are damaged. */
  readonly needs: readonly NeededKey[];
}

export interface ClosedReport {
  readonly madeMs: number;
  /** Newest first. */
  readonly days: readonly ClosedDay[];
  /** Objects at the sync service that do not open here. */
  readonly objects: number;
  /** Keys that opened by what was tried last. */
  readonly mended: number;
  /** Days of which the service did not have everything that it should, when it was asked last. */
  readonly lacking: readonly Day[];
}
