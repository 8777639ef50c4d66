/** Active time: how long a tab was in front while the person was there. The clock runs in the browser's memory, not in the worker's. */
import { Mutex } from '../../base/mutex.ts';
import { sessionArea } from '../../platform/areas.ts';

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
    private readonly spent: (tabId: number, dwellMs: number) => Promise<void>,
  ) {}

  /** The tab in front is now this one, or none. Also called now and then with the same tab, so that little is lost. */
  inFront(tabId: number | undefined): Promise<void> {
    return this.#mutex.run(async () => {
      await this.#settle();
      if (tabId === undefined) await sessionArea.remove(KEY);
      else await sessionArea.set(KEY, { tabId, sinceMs: this.nowMs() } satisfies Running);
    });
  }

  /** Adds what has run so far, then goes on. To be called before a tab shows another page. */
  tick(): Promise<void> {
    return this.#mutex.run(async () => {
      const running = await this.#settle();
      if (running)
        await sessionArea.set(KEY, { tabId: running.tabId, sinceMs: this.nowMs() } satisfies Running);
    });
  }

  async #settle(): Promise<Running | undefined> {
    const running = (await sessionArea.get(KEY)) as Running | undefined;
    if (!running) return undefined;
    const ms = this.nowMs() - running.sinceMs;
    if (ms >= MIN_MS) await this.spent(running.tabId, Math.min(ms, MAX_MS));
    return running;
  }
}
