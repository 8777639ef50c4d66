/**
 * Nonces that were used, for as long as a signature could be replayed. Bounded: when there are more than fit, requests are
 * refused rather than let through unchecked.
 */
import type { Clock } from '../../../src/base/clock.ts';

const MAX = 500_000;

export class Nonces {
  /** Value: until when it counts. Maps keep insertion order, so the oldest are first. */
  readonly #seen = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly keepMs: number,
    private readonly max = MAX,
  ) {}

  /** `full`: there is no room to remember another. */
  use(device: string, nonce: string): 'fresh' | 'seen' | 'full' {
    const now = this.clock.nowMs();
    for (const [key, until] of this.#seen) {
      if (until > now) break;
      this.#seen.delete(key);
    }
    const key = `${device} ${nonce}`;
    if (this.#seen.has(key)) return 'seen';
    if (this.#seen.size >= this.max) return 'full';
    this.#seen.set(key, now + this.keepMs);
    return 'fresh';
  }
}
