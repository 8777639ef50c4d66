/** The seed's `ContextStats`: what `getContextStats(period)` tells. Days and hours are UTC, as everywhere in the store. */
import * as v from 'valibot';
import { DAY_MS, type Day, dayOf } from '../base/clock.ts';
import { storedDate } from './context.ts';
import type { KindCounts } from './summary.ts';

export const NAMED_PERIODS = ['day', 'week', 'month', 'year', 'all'] as const;
/** Today alone, the last 7, 30 or 365 UTC days with today, or everything; or the UTC days that two times lie on, with both. */
export type TimePeriod = (typeof NAMED_PERIODS)[number] | { readonly from: Date; readonly to: Date };

const LENGTH_DAYS = { day: 1, week: 7, month: 30, year: 365 } as const;

export interface DayRange {
  readonly firstDay: Day;
  readonly lastDay: Day;
}

/** @throws TypeError when it is no period. */
export function daysOfPeriod(period: TimePeriod, nowMs: number): DayRange {
  if (period === 'all') return { firstDay: '0000-01-01', lastDay: '9999-12-31' };
  if (typeof period === 'string') {
    const length: number | undefined = Object.hasOwn(LENGTH_DAYS, period) ? LENGTH_DAYS[period] : undefined;
    if (length === undefined) throw new TypeError('not a period');
    return { firstDay: dayOf(nowMs - (length - 1) * DAY_MS), lastDay: dayOf(nowMs) };
  }
  const [fromMs, toMs] = [period.from.getTime(), period.to.getTime()];
  if (!(fromMs <= toMs)) throw new TypeError('not a period');
  return { firstDay: dayOf(fromMs), lastDay: dayOf(toMs) };
}

/** Names a period in the cache. Only days: the times of a period are not written down. */
export const periodName = (period: TimePeriod, { firstDay, lastDay }: DayRange): string =>
  typeof period === 'string' ? period : `${firstDay}..${lastDay}`;

export interface DayStats extends KindCounts {
  readonly day: Day;
  readonly dwellMs: number;
}

export interface SiteStats extends KindCounts {
  readonly site: string;
  readonly dwellMs: number;
}

export interface SessionStats {
  readonly count: number;
  readonly totalMs: number;
  /** 0 without sessions. */
  readonly averageMs: number;
}

export interface ContextStats {
  /** What was asked for; of `all`, the first and the last day with data. */
  readonly period: DayRange;
  readonly totalInteractions: number;
  readonly byType: KindCounts;
  /** Days with data, oldest first. */
  readonly byDay: readonly DayStats[];
  /** 24 hours of the UTC day. */
  readonly byHour: readonly KindCounts[];
  /** At most 20, most records first. */
  readonly topSites: readonly SiteStats[];
  /** Active time, in ms. */
  readonly dwellMs: number;
  /** A session ends after 30 minutes without activity; one that began before the period counts with its part in it. */
  readonly sessions: SessionStats;
  /** End of the newest activity; `null` without any. */
  readonly lastActive: Date | null;
}

export const MAX_TOP_SITES = 20;

const amount = v.pipe(v.number(), v.minValue(0));
const counts = { visit: amount, search: amount, click: amount };
const day = v.pipe(v.string(), v.isoDate());
const statsSchema = v.object({
  period: v.object({ firstDay: day, lastDay: day }),
  totalInteractions: amount,
  byType: v.object(counts),
  byDay: v.array(v.object({ day, ...counts, dwellMs: amount })),
  byHour: v.pipe(v.array(v.object(counts)), v.length(24)),
  topSites: v.pipe(
    v.array(v.object({ site: v.string(), ...counts, dwellMs: amount })),
    v.maxLength(MAX_TOP_SITES),
  ),
  dwellMs: amount,
  sessions: v.object({ count: amount, totalMs: amount, averageMs: amount }),
  lastActive: v.nullable(storedDate),
});

/** From what is stored; `null` when it is none. */
export function parseStats(stored: unknown): ContextStats | null {
  const parsed = v.safeParse(statsSchema, stored);
  return parsed.success ? parsed.output : null;
}
