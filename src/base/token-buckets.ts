/** A token bucket for each of a bounded number of names. In memory. */
import { TokenBucket } from './token-bucket.ts';

export class TokenBuckets {
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(
    private readonly nowMs: () => number,
    private readonly perSecond: number,
    private readonly maxNames: number,
    private readonly burst = perSecond,
  ) {}

  /** False when this name has none left. The name that asked longest ago is forgotten first: it is full again soonest. */
  take(name: string): boolean {
    const bucket = this.#buckets.get(name) ?? new TokenBucket(this.nowMs, this.perSecond, this.burst);
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.maxNames && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.take();
  }
}
