/**
 * Whether the computer's clock is believed enough to delete what is past its time. A clock that jumped must not do that, and one
 * that stood in the future for a while must not either: so a step that nobody saw pass is believed up to a day and a half (a
 * night, a day without the computer). A longer one, ahead or back, is in doubt until the person says what day it is, or until the
 * clock is back where it was.
 */
import * as v from 'valibot';
import { HOUR_MS } from '../base/clock.ts';

/** A step of the clock between two looks at it that is believed. */
export const BELIEVED_MS = 36 * HOUR_MS;
/** Time that passed in steps of at most so much was seen to pass. The look at the clock comes each minute. */
export const SEEN_STEP_MS = 2 * 60_000;

const time = v.pipe(v.number(), v.safeInteger());
const schema = v.object({
  /** The last time that was believed. */
  credibleMs: time,
  /** The clock is elsewhere: what it said last, and how much time was seen to pass since it jumped. */
  doubt: v.exactOptional(v.object({ atMs: time, seenMs: time })),
});
export type ClockTrust = v.InferOutput<typeof schema>;

export function parseClockTrust(stored: unknown): ClockTrust | undefined {
  const parsed = v.safeParse(schema, stored);
  return parsed.success ? parsed.output : undefined;
}

/** After a look at the clock. The first one is believed: nothing is known that speaks against it. */
export function lookAtClock(trust: ClockTrust | undefined, nowMs: number): ClockTrust {
  if (!trust) return { credibleMs: nowMs };
  const { credibleMs, doubt } = trust;
  const stepMs = doubt ? nowMs - doubt.atMs : 0;
  const seenMs = (doubt?.seenMs ?? 0) + (stepMs > 0 && stepMs <= SEEN_STEP_MS ? stepMs : 0);
  const isNear = Math.abs(nowMs - (credibleMs + seenMs)) <= BELIEVED_MS;
  if (isNear) return { credibleMs: nowMs };
  return { credibleMs, doubt: { atMs: nowMs, seenMs } };
}
