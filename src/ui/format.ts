/** Times and numbers in the person's own language. */
export const exactTime = (ms: number): string =>
  new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** The same with the name of the time in force: where the clock is put back, an hour is shown twice. */
export const zonedTime = (ms: number): string =>
  new Date(ms).toLocaleString(undefined, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  });

export const clockTime = (ms: number): string =>
  new Date(ms).toLocaleTimeString(undefined, { timeStyle: 'short' });

const dayName = (ms: number): string => new Date(ms).toLocaleDateString();
/** The time for today, day and time for other days of this year, else the date. */
export function shortTime(ms: number, nowMs = performance.timeOrigin + performance.now()): string {
  if (dayName(ms) === dayName(nowMs)) return clockTime(ms);
  if (new Date(ms).getFullYear() !== new Date(nowMs).getFullYear())
    return new Date(ms).toLocaleDateString(undefined, { dateStyle: 'medium' });
  return new Date(ms).toLocaleString(undefined, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
];

/** "5 minutes ago"; beyond a week the date. `nowMs` is passed in, so that a list is told at one moment. */
export function relativeTime(ms: number, nowMs: number): string {
  const age = nowMs - ms;
  if (age < 60_000) return relative.format(0, 'minute');
  if (age > 7 * 86_400_000) return new Date(ms).toLocaleDateString(undefined, { dateStyle: 'medium' });
  const [unit, size] = STEPS.findLast(([, step]) => age >= step) ?? ['minute', 60_000];
  return relative.format(-Math.floor(age / size), unit);
}

export const count = (n: number, one: string, many: string): string =>
  `${n.toLocaleString()} ${n === 1 ? one : many}`;

export const dayWords = (ms: number): string =>
  new Date(ms).toLocaleDateString(undefined, { dateStyle: 'medium' });

/** Start of a day typed into a date field, in the person's time zone, plus `days`. `undefined` for an empty field. */
export function dayStart(value: string, days = 0): number | undefined {
  const [year, month, day] = value.split('-').map(Number);
  if (!year || !month || !day) return undefined;
  return new Date(year, month - 1, day + days).getTime();
}
