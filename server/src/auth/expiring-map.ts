import type { Clock } from '../../../src/base/clock.ts';

/**
 * Entries that are forgotten after a fixed time, in bounded memory. All live equally long, so the oldest is always the
 * first of the map and forgetting costs nothing extra.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly untilMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly keepMs: number,
    private readonly max: number,
  ) {}

  /** `full`: there is no room to remember another; nothing is dropped for it. */
  add(key: string, value: V): 'added' | 'exists' | 'full' {
    const nowMs = this.clock.nowMs();
    for (const [oldest, { untilMs }] of this.#entries) {
      if (untilMs > nowMs) break;
      this.#entries.delete(oldest);
    }
    if (this.#entries.has(key)) return 'exists';
    if (this.#entries.size >= this.max) return 'full';
    this.#entries.set(key, { value, untilMs: nowMs + this.keepMs });
    return 'added';
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.untilMs > this.clock.nowMs() ? entry.value : undefined;
  }

  /** The value, which can be had only once. */
  take(key: string): V | undefined {
    const value = this.get(key);
    this.#entries.delete(key);
    return value;
  }

  *values(): IterableIterator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }
}
