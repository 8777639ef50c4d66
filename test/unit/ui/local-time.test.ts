/** Moments that a person types, in places that put the clock forward and back. */
import { afterEach, expect, it, vi } from 'vitest';
import { localDayStart, localMinute } from '../../../src/ui/local-time.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const HOUR_MS = 3_600_000;
const utc = (text: string) => Date.parse(text);
const minute = (from: string, to = from) => ({ fromMs: utc(from), toMs: utc(to) + 60_000 });
const nothing = (at: string) => ({ fromMs: utc(at), toMs: utc(at) });

it.each([
  ['Europe/Berlin', '2026-01-15T08:05', minute('2026-01-15T07:05Z')],
  ['Europe/Berlin', '2026-07-15T08:05', minute('2026-07-15T06:05Z')],
  ['Europe/Berlin', '2026-07-15T08:05:59.999', minute('2026-07-15T06:05Z')],
  // Forward: 2:00 is 3:00.
  ['Europe/Berlin', '2026-03-29T01:59', minute('2026-03-29T00:59Z')],
  ['Europe/Berlin', '2026-03-29T02:00', nothing('2026-03-29T01:00Z')],
  ['Europe/Berlin', '2026-03-29T02:30', nothing('2026-03-29T01:00Z')],
  ['Europe/Berlin', '2026-03-29T02:59', nothing('2026-03-29T01:00Z')],
  ['Europe/Berlin', '2026-03-29T03:00', minute('2026-03-29T01:00Z')],
  // Back: 3:00 is 2:00.
  ['Europe/Berlin', '2026-10-25T01:59', minute('2026-10-24T23:59Z')],
  ['Europe/Berlin', '2026-10-25T02:00', minute('2026-10-25T00:00Z', '2026-10-25T01:00Z')],
  ['Europe/Berlin', '2026-10-25T02:59', minute('2026-10-25T00:59Z', '2026-10-25T01:59Z')],
  ['Europe/Berlin', '2026-10-25T03:00', minute('2026-10-25T02:00Z')],
  ['America/New_York', '2026-11-01T01:15', minute('2026-11-01T05:15Z', '2026-11-01T06:15Z')],
  ['America/New_York', '2026-03-08T02:15', nothing('2026-03-08T07:00Z')],
  // By half an hour.
  ['Australia/Lord_Howe', '2026-10-04T02:15', nothing('2026-10-03T15:30Z')],
  ['Australia/Lord_Howe', '2026-04-05T01:45', minute('2026-04-04T14:45Z', '2026-04-04T15:15Z')],
  // A day that was left out.
  ['Pacific/Apia', '2011-12-30T12:00', nothing('2011-12-30T10:00Z')],
  ['Asia/Kolkata', '2026-06-01T00:00', minute('2026-05-31T18:30Z')],
])('in %s the clock shows %s then', (zone, typed, expected) => {
  vi.stubEnv('TZ', zone);
  expect(localMinute(typed)).toEqual(expected);
});

it('each moment of a year is within the minute that the clock shows then', () => {
  vi.stubEnv('TZ', 'Europe/Berlin');
  const two = (n: number) => String(n).padStart(2, '0');
  for (let ms = utc('2026-01-01'); ms < utc('2027-01-01'); ms += 97 * 60_000 + 1_234) {
    const d = new Date(ms);
    const typed = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
    const { fromMs = 0, toMs = 0 } = localMinute(typed) ?? {};
    expect(fromMs <= ms && ms < toMs, typed).toBe(true);
    expect([60_000, HOUR_MS + 60_000], typed).toContain(toMs - fromMs);
  }
});

it.each(['', '2026-03-02', '10:00', 'yesterday', 'T10:00', '2026-03-02 10:00'])(
  '“%s” is no time',
  (typed) => {
    expect(localMinute(typed)).toBeUndefined();
  },
);

it('days begin by the clock here, also those of 23 and 25 hours', () => {
  vi.stubEnv('TZ', 'Europe/Berlin');
  const lengthOf = (ms: number) => (localDayStart(ms, 1) - localDayStart(ms)) / HOUR_MS;
  expect(localDayStart(utc('2026-03-29T12:00Z'))).toBe(utc('2026-03-28T23:00Z'));
  expect(lengthOf(utc('2026-03-29T12:00Z'))).toBe(23);
  expect(lengthOf(utc('2026-10-25T12:00Z'))).toBe(25);
  expect(localDayStart(utc('2026-03-01T12:00Z'), -1)).toBe(utc('2026-02-27T23:00Z'));
});
