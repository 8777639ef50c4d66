/** Moments that a person types by their own clock, which is put forward and back twice a year in many places. */
import { DAY_MS } from '../base/clock.ts';

export const MINUTE_MS = 60_000;

/** From `fromMs` up to, not including, `toMs`. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** As a field of type `datetime-local` gives it: HTML, "local date and time strings"; seconds are dropped. */
const TYPED = /^(\d{4,6})-(\d\d)-(\d\d)T(\d\d):(\d\d)/;

/** How much the clock here is before UTC, in ms. */
const offsetAt = (ms: number): number => -new Date(ms).getTimezoneOffset() * MINUTE_MS;

/**
 * All moments at which the clock here shows that minute: one minute; from the first such minute to the end of the second where
 * the clock is put back and shows it twice; none, at the moment when the clock is put forward, where it is left out.
 * `undefined` when it is no time.
 */
export function localMinute(typed: string): Span | undefined {
  const [year, month, day, hour, minute] = (TYPED.exec(typed) ?? []).slice(1).map(Number);
  if (year === undefined || month === undefined) return undefined;
  // What the clock shows, as if it were UTC's.
  const shown = Date.UTC(year, month - 1, day, hour, minute);
  if (Number.isNaN(shown)) return undefined;
  const offsets = [offsetAt(shown - DAY_MS), offsetAt(shown + DAY_MS)];
  const moments = offsets.map((offset) => shown - offset).sort((a, b) => a - b);
  const meant = moments.filter((ms) => ms + offsetAt(ms) === shown);
  const [first, last] = [meant[0], meant.at(-1)];
  if (first !== undefined && last !== undefined) return { fromMs: first, toMs: last + MINUTE_MS };
  const jumpMs = jumpBetween(moments[0] ?? shown, moments.at(-1) ?? shown);
  return { fromMs: jumpMs, toMs: jumpMs };
}

/** The first moment of the new time; the clock is put forward once between them. */
function jumpBetween(beforeMs: number, afterMs: number): number {
  let [before, after] = [beforeMs, afterMs];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === offsetAt(beforeMs)) before = middle;
    else after = middle;
  }
  return after;
}

/** When the day of `ms` begins here, or the one `days` later. A day may have 23 or 25 hours. */
export function localDayStart(ms: number, days = 0): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}
