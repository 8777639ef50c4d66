/** The one place that reads the time, so that every other part can be tested with a clock of its own. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** A counter that nobody sets, in ms since this worker or page began. It may stand still while the computer sleeps. */
export const ticksMs = (): number => performance.now();

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A UTC calendar day as `YYYY-MM-DD`. Days are UTC everywhere, so that two devices agree about them. */
export type Day = string;

export function dayOf(atMs: number): Day {
  const number = Math.floor(atMs / DAY_MS);
  // Nearly always the one before; a date costs a hundred times as much.
  if (number !== last.number) last = { number, day: new Date(atMs).toISOString().slice(0, 10) };
  return last.day;
}
let last = { number: Number.NaN, day: '' };

/** Days since 1970-01-01. */
export const dayNumber = (day: Day): number => Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS);

export const dayOfNumber = (number: number): Day => dayOf(number * DAY_MS);

/** The first ms of a day. */
export const dayStartMs = (day: Day): number => dayNumber(day) * DAY_MS;

/** The first day of a day's month, which names the month. */
export const monthOf = (day: Day): Day => `${day.slice(0, 7)}-01`;
