import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/base/clock.ts';
import { BELIEVED_MS, type ClockTrust, lookAtClock } from '../../../src/model/clock-trust.ts';

const START = Date.UTC(2026, 10, 24, 12);
const MINUTE = 60_000;

/** Looks each minute, for so long. */
function minutes(trust: ClockTrust, fromMs: number, forMs: number): ClockTrust {
  let now = trust;
  for (let ms = 0; ms <= forMs; ms += MINUTE) now = lookAtClock(now, fromMs + ms);
  return now;
}
const believed: ClockTrust = { credibleMs: START };

describe('a clock', () => {
  it('is believed at first, and goes on being believed over a night or a day without the computer', () => {
    expect(lookAtClock(undefined, START)).toEqual(believed);
    for (const step of [MINUTE, 10 * HOUR_MS, BELIEVED_MS, -MINUTE, -BELIEVED_MS])
      expect(lookAtClock(believed, START + step)).toEqual({ credibleMs: START + step });
  });

  it.each([
    ['ahead', 1],
    ['back', -1],
  ])('that jumped %s is in doubt, until it is back where it was', (_, sign) => {
    const jumped = START + sign * 400 * DAY_MS;
    const doubted = lookAtClock(believed, jumped);
    expect(doubted.doubt).toBeDefined();
    expect(doubted.credibleMs).toBe(START);
    const later = minutes(doubted, jumped, 5 * HOUR_MS);
    expect(later.doubt).toBeDefined();
    // What passed meanwhile passed on the right clock too.
    expect(lookAtClock(later, START + 5 * HOUR_MS)).toEqual({ credibleMs: START + 5 * HOUR_MS });
  });

  it('in doubt is believed once a day of minutes passed one by one, and not for the jumps between them', () => {
    const jumped = START + 400 * DAY_MS;
    expect(minutes(believed, jumped, DAY_MS - MINUTE).doubt).toBeDefined();
    expect(minutes(believed, jumped, DAY_MS + MINUTE).doubt).toBeUndefined();
    // A computer that is used an hour a day.
    let trust = believed;
    for (let day = 0; day < 20; day++) trust = minutes(trust, jumped + day * DAY_MS, HOUR_MS);
    expect(trust.doubt?.seenMs).toBe(20 * HOUR_MS);
    // A clock that jumps again and again confirms nothing.
    for (let n = 0; n < 1_000; n++) trust = lookAtClock(trust, jumped + n * 50 * DAY_MS);
    expect(trust.doubt?.seenMs).toBe(20 * HOUR_MS);
  });
});
