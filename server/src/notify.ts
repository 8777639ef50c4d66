/** Who wants to know when an account changes: long polls and sockets, in this process. */
import type { AccountId, DeviceId } from '../../src/protocol/ids.ts';

export interface Listener {
  readonly device: DeviceId;
  /** News made by `by`. */
  onNews(by: DeviceId): void;
  /** The device is out of the account, or the account is gone. */
  onEnd(): void;
}

export class Hub {
  readonly #listeners = new Map<AccountId, Set<Listener>>();

  /** Returns how to stop. */
  listen(account: AccountId, listener: Listener): () => void {
    const listeners = this.#listeners.get(account) ?? new Set();
    this.#listeners.set(account, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(account) === listeners) this.#listeners.delete(account);
    };
  }

  news(account: AccountId, by: DeviceId): void {
    for (const listener of [...(this.#listeners.get(account) ?? [])]) listener.onNews(by);
  }

  /** Ends the listeners of every device that is not in `keep`. */
  keepOnly(account: AccountId, keep: readonly DeviceId[]): void {
    for (const listener of [...(this.#listeners.get(account) ?? [])])
      if (!keep.includes(listener.device)) listener.onEnd();
  }

  endAll(): void {
    for (const account of [...this.#listeners.keys()]) this.keepOnly(account, []);
  }

  count(account: AccountId, device: DeviceId): number {
    return [...(this.#listeners.get(account) ?? [])].filter((listener) => listener.device === device).length;
  }
}
