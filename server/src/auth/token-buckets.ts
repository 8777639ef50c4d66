import type { Clock } from '../../../src/base/clock.ts';
import { type Refusal, refuse } from '../refusal.ts';

export interface Rate {
  readonly capacity: number;
  readonly perSecond: number;
}

const MAX_BUCKETS = 100_000;
const SWEEP_MS = 60_000;

/**
 * Token buckets: `perSecond` on average, `capacity` at once. A bucket is forgotten within a minute of being full again, so
 * that an address is held no longer than it counts. Bounded: when there is no room for another bucket, the answer is no.
 */
export class TokenBuckets {
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();
  #sweepAtMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly rate: Rate,
    private readonly maxBuckets = MAX_BUCKETS,
  ) {}

  /** Takes one token, or refuses with the seconds to wait. */
  take(key: string): Refusal | null {
    const nowMs = this.clock.nowMs();
    if (nowMs >= this.#sweepAtMs) this.#sweep(nowMs);
    const bucket = this.#buckets.get(key);
    if (!bucket && this.#buckets.size >= this.maxBuckets) return refuse('TOO_MANY', SWEEP_MS / 1000);
    const tokens = bucket ? this.#tokensNow(bucket, nowMs) : this.rate.capacity;
    if (tokens < 1) return refuse('TOO_MANY', Math.max(1, Math.ceil((1 - tokens) / this.rate.perSecond)));
    this.#buckets.set(key, { tokens: tokens - 1, atMs: nowMs });
    return null;
  }

  #tokensNow(bucket: { readonly tokens: number; readonly atMs: number }, nowMs: number): number {
    // A clock that was set back adds nothing.
    const seconds = Math.max(0, nowMs - bucket.atMs) / 1000;
    return Math.min(this.rate.capacity, bucket.tokens + seconds * this.rate.perSecond);
  }

  #sweep(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#tokensNow(bucket, nowMs) >= this.rate.capacity) this.#buckets.delete(key);
    }
    this.#sweepAtMs = nowMs + SWEEP_MS;
  }
}
