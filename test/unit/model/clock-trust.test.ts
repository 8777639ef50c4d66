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

  it('in doubt is not believed for having stood there, however long that was seen', () => {
    const jumped = START + 400 * DAY_MS;
    const doubted = minutes(believed, jumped, 30 * DAY_MS);
    expect(doubted).toMatchObject({ credibleMs: START, doubt: { seenMs: 30 * DAY_MS } });
    expect(lookAtClock(doubted, START + 30 * DAY_MS)).toEqual({ credibleMs: START + 30 * DAY_MS });
    // Only what was seen to pass is counted: a clock that jumps again and again comes near nothing.
    let trust = believed;
    for (let n = 1; n < 1_000; n++) trust = lookAtClock(trust, jumped + n * 50 * DAY_MS);
    expect(trust).toMatchObject({ credibleMs: START, doubt: { seenMs: 0 } });
  });
});
