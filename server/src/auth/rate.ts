/** Token buckets: so many a second on average, so many at once. Bounded: the bucket that was idle longest is forgotten. */
import type { Clock } from '../../../src/base/clock.ts';

const MAX_BUCKETS = 100_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

export class Rate {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly clock: Clock,
    private readonly perSecond: number,
    private readonly burst: number,
  ) {}

  /** 0 = go on; else the seconds to wait. */
  take(who: string): number {
    const now = this.clock.nowMs();
    const bucket = this.#buckets.get(who) ?? { tokens: this.burst, atMs: now };
    this.#buckets.delete(who);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= MAX_BUCKETS && oldest !== undefined) this.#buckets.delete(oldest);
    this.#buckets.set(who, bucket);
    bucket.tokens = Math.min(
      this.burst,
      bucket.tokens + (Math.max(0, now - bucket.atMs) / 1000) * this.perSecond,
    );
    bucket.atMs = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.perSecond));
    bucket.tokens -= 1;
    return 0;
  }
}
