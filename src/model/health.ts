/** What the health page shows: figures of one moment, each counted or measured, none of them a constant. */
import type { Day } from '../base/clock.ts';
import type { HitCounts, QueryTotals, StorageStats } from './query.ts';

/** The profile as it is now. */
export interface PersonFigures {
  readonly totalInteractions: number;
  readonly sessions: number;
  /** In ms; 0 without sessions. */
  readonly averageSessionMs: number;
  /** Absent before anything was recorded. */
  readonly lastActiveMs?: number;
  readonly createdMs: number;
  readonly segment: string;
  /** The rule that gave the segment, in words. */
  readonly segmentRule: string;
}

/** The context that was saved last. */
export interface ContextFigures {
  readonly madeMs: number;
  readonly searches: number;
  readonly visits: number;
  readonly clicks: number;
  /** Names of system and browser and the size of the screen. */
  readonly device: string;
  readonly region: string;
}

export interface HealthReport {
  readonly madeMs: number;
  /** Sealed bytes by store, without what the browser's database adds. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly records: number;
  /** UTC days with data. */
  readonly days: number;
  /** Absent without data. */
  readonly firstDay?: Day;
  readonly lastDay?: Day;
  /** Since the browser started. */
  readonly queries: QueryTotals;
  /** Since the profile was made. */
  readonly caches: StorageStats;
  /** Opened blocks in the worker's memory. */
  readonly memory: { readonly bytes: number; readonly maxBytes: number };
  /** Absent when it does not open. */
  readonly person?: PersonFigures;
  readonly contexts: number;
  /** Older ones are removed. */
  readonly maxContexts: number;
  /** Absent when there is none, or it does not open. */
  readonly latest?: ContextFigures;
  /** What did not open for this report. */
  readonly unreadable: readonly ('profile' | 'context')[];
  /** When the store was last compacted; absent when that never happened. */
  readonly compactedMs?: number;
  /** Rows that did not open when they were read, since the background started. */
  readonly damagedRows: number;
  /** Messages that were refused, since the browser started. */
  readonly droppedMessages: number;
  /** What the browser lost of the store, until the person has read it. */
  readonly loss?: { readonly what: 'all' | 'some'; readonly beforeMs: number };
}

/** From 0 to 1; `undefined` when nothing was counted. */
export const hitShare = ({ hits, misses }: HitCounts): number | undefined =>
  hits + misses === 0 ? undefined : hits / (hits + misses);
