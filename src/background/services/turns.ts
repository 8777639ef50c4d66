import { Mutex } from '../../base/mutex.ts';

/** One tab's events one after another: a title never overtakes its visit. */
export class Turns {
  readonly #tabs = new Map<number, Mutex>();

  /**
   * Resolves when `task` says that its event is durable, or ends; the tab's next event waits until it has ended.
   * @throws what `task` throws before its event is durable; what goes wrong after that is only reported.
   */
  run(tabId: number, task: (durable: () => void) => Promise<void>): Promise<void> {
    let tab = this.#tabs.get(tabId);
    if (!tab) {
      tab = new Mutex();
      this.#tabs.set(tabId, tab);
    }
    return new Promise((resolve, reject) => {
      let isDurable = false;
      const durable = () => {
        isDurable = true;
        resolve();
      };
      tab
        .run(() => task(durable))
        .then(resolve, (error: unknown) => {
          if (isDurable) console.error('what follows an event failed', error);
          else reject(error);
        });
    });
  }

  /** The tab is gone. */
  forget(tabId: number): void {
    this.#tabs.delete(tabId);
  }
}
