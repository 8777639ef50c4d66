/** How much content scripts may tell: a page that floods us costs itself its records, not other pages theirs. In memory. */
import { TokenBucket } from '../../base/token-bucket.ts';

const TAB_PER_SECOND = 50;
const ALL_PER_SECOND = 200;
/** More tabs than that do not speak within a second, when all may say 200 things. */
const MAX_TABS = 400;

export class EventRate {
  readonly #all: TokenBucket;
  readonly #tabs = new Map<number, TokenBucket>();

  constructor(private readonly nowMs: () => number) {
    this.#all = new TokenBucket(nowMs, ALL_PER_SECOND);
  }

  /** Whether one more message of this tab is listened to. What its tab may not say does not count for all. */
  admit(tabId: number): boolean {
    const bucket = this.#tabs.get(tabId) ?? new TokenBucket(this.nowMs, TAB_PER_SECOND);
    // The one that spoke longest ago is full again.
    this.#tabs.delete(tabId);
    this.#tabs.set(tabId, bucket);
    const [oldest] = this.#tabs.keys();
    if (this.#tabs.size > MAX_TABS && oldest !== undefined) this.#tabs.delete(oldest);
    return bucket.take() && this.#all.take();
  }
}
