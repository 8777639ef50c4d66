/** Active time: how long a tab was in front while the person was there. The clock runs in the browser's memory, not in the worker's. */
import { Mutex } from '../../base/mutex.ts';
import type { Area } from '../../platform/areas.ts';

interface Running {
  readonly tabId: number;
  readonly sinceMs: number;
}

const KEY = 'dwell';
const MIN_MS = 1_000;
/** A longer stretch without any sign was a sleeping computer, not a reader. */
const MAX_MS = 5 * 60_000;

export class Dwell {
  readonly #mutex = new Mutex();

  constructor(
    private readonly nowMs: () => number,
    private readonly session: Area,
    private readonly spent: (tabId: number, dwellMs: number) => Promise<void>,
    /** Time before this does not count: when the last timed pause ended, in ms. */
    private readonly countsFromMs: () => number = () => 0,
  ) {}

  /** The tab in front is now this one, or none. */
  inFront(tabId: number | undefined): Promise<void> {
    return this.#turn(() => tabId);
  }

  /** Credits what has run so far, so that little is lost when the browser ends. */
  tick(): Promise<void> {
    return this.#turn((running) => running?.tabId);
  }

  /** What has run on this tab and was not credited yet, in ms; its clock starts anew. For the moment before a tab shows another page. */
  async take(tabId: number): Promise<number> {
    return this.#mutex.run(async () => {
      const running = await this.#running();
      if (running?.tabId !== tabId) return 0;
      await this.#start(tabId);
      return this.#elapsed(running);
    });
  }

  async #turn(next: (running: Running | undefined) => number | undefined): Promise<void> {
    const [running, ms] = await this.#mutex.run(async () => {
      const before = await this.#running();
      await this.#start(next(before));
      return [before, before ? this.#elapsed(before) : 0] as const;
    });
    // Outside the mutex: crediting waits for the tab's turn, and the tab may wait for `take`.
    if (running && ms > 0) await this.spent(running.tabId, ms);
  }

  async #running(): Promise<Running | undefined> {
    return (await this.session.get(KEY)) as Running | undefined;
  }

  async #start(tabId: number | undefined): Promise<void> {
    if (tabId === undefined) await this.session.remove(KEY);
    else await this.session.set(KEY, { tabId, sinceMs: this.nowMs() } satisfies Running);
  }

  #elapsed({ sinceMs }: Running): number {
    const ms = this.nowMs() - Math.max(sinceMs, this.countsFromMs());
    return ms < MIN_MS ? 0 : Math.min(ms, MAX_MS);
  }
}
