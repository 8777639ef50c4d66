/**
 * How long the browser has been open, in ms: what must end after a while ends by it, also when the clock is set back. While one worker lives,
 * as much passes as the computer's own counter or the clock says, whichever says more (the counter may stand still while the computer
 * sleeps); from one worker to the next, what the clock says. Where that was set back meanwhile by more than a correction, nobody knows
 * how long it was: then everything is over.
 */
import * as v from 'valibot';
import { ticksMs } from '../../base/clock.ts';
import type { Area } from '../../platform/areas.ts';

const KEY = 'session-time';
/** Clocks are set back by so much to put them right. */
const CORRECTED_MS = 2 * 60_000;

const whole = v.pipe(v.number(), v.finite());
const schema = v.object({ passedMs: whole, clockMs: whole });

interface Look {
  readonly passedMs: number;
  readonly clockMs: number;
  /** Of this worker. */
  readonly ticksMs?: number;
}

export class SessionTime {
  #last: Look | undefined;
  #opening: Promise<Look | undefined> | undefined;

  /** `longMs`: longer than anything that ends by it lasts. */
  constructor(
    private readonly nowMs: () => number,
    private readonly session: Area,
    private readonly longMs: number,
  ) {}

  /** Never less than before, until the browser is closed. */
  async passedMs(): Promise<number> {
    this.#opening ??= this.#stored();
    const stored = await this.#opening;
    const now = { clockMs: this.nowMs(), ticksMs: ticksMs() };
    const last = this.#last ?? stored;
    const passedMs = last ? last.passedMs + this.#since(last, now) : 0;
    this.#last = { ...now, passedMs };
    return passedMs;
  }

  /** For the next worker. */
  async remember(): Promise<void> {
    const passedMs = await this.passedMs();
    await this.session.set(KEY, { passedMs, clockMs: this.nowMs() });
  }

  #since(last: Look, now: Required<Omit<Look, 'passedMs'>>): number {
    const clockMs = now.clockMs - last.clockMs;
    if (last.ticksMs !== undefined) return Math.max(0, clockMs, now.ticksMs - last.ticksMs);
    return clockMs < -CORRECTED_MS ? this.longMs : Math.max(0, clockMs);
  }

  async #stored(): Promise<Look | undefined> {
    const parsed = v.safeParse(schema, await this.session.get(KEY));
    return parsed.success ? parsed.output : undefined;
  }
}
