/**
 * How much of what a page does by itself is recorded. A script can change its address and its title thousands of times; a person
 * does not look at as many views, and of titles the last counts. In memory.
 */
import { TokenBuckets } from '../../base/token-buckets.ts';

/** Somebody who goes through a gallery, or types into a box that searches at once. */
const VIEWS = { atOnce: 50, perSecond: 2 } as const;
/** A title that shows how many messages there are, or that runs through the tab. */
const TITLES = { atOnce: 10, perSecond: 0.1 } as const;
/** As many tabs as event-rate.ts remembers. */
const MAX_NAMES = 400;

export class PageRate {
  readonly #views: TokenBuckets;
  readonly #titles: TokenBuckets;

  constructor(nowMs: () => number) {
    this.#views = new TokenBuckets(nowMs, VIEWS.perSecond, MAX_NAMES, VIEWS.atOnce);
    this.#titles = new TokenBuckets(nowMs, TITLES.perSecond, MAX_NAMES, TITLES.atOnce);
  }

  /** Whether one more address within a document is recorded. */
  view(tabId: number): boolean {
    return this.#views.take(String(tabId));
  }

  /** Whether one more title of a visit is recorded. */
  title(visit: string): boolean {
    return this.#titles.take(visit);
  }
}
