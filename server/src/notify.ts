import type { DeviceId } from '../../src/protocol/ids.ts';

/** @param from the device that made the news; `null` = none in particular. */
export type NewsListener = (from: DeviceId | null) => void;

/** News within this process: a topic is an account or a pairing channel. It carries nothing but that there is news. */
export class Hub {
  readonly #listeners = new Map<string, Set<NewsListener>>();

  /** @returns how to stop listening. */
  listen(topic: string, listener: NewsListener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }

  publish(topic: string, from: DeviceId | null): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(from);
  }
}
