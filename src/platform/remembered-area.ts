/**
 * An area of the browser that only this worker writes to: what is known of it is remembered, because asking the browser takes
 * longer than all the rest of most events. Another worker begins with nothing and reads it anew.
 */
import type { Area } from './areas.ts';

export class RememberedArea implements Area {
  readonly #known = new Map<string, Promise<unknown>>();

  constructor(private readonly area: Area) {}

  /** As it was written last. The caller leaves it as it is. */
  get(key: string): Promise<unknown> {
    const known = this.#known.get(key);
    if (known) return known;
    const value = this.area.get(key);
    this.#known.set(key, value);
    // Whoever asks next tries again.
    value.catch(() => this.#forget(key, value));
    return value;
  }

  /** In force at once; resolves when the browser has it. @throws what the browser does; then what it has is read anew. */
  set(key: string, value: unknown): Promise<void> {
    return this.#write(key, value, () => this.area.set(key, value));
  }

  async remove(key: string): Promise<void> {
    const known = this.#known.get(key);
    if (known && (await known) === undefined && this.#known.get(key) === known) return;
    await this.#write(key, undefined, () => this.area.remove(key));
  }

  keys(): Promise<string[]> {
    return this.area.keys();
  }

  async #write(key: string, value: unknown, write: () => Promise<void>): Promise<void> {
    const written = Promise.resolve(value);
    this.#known.set(key, written);
    try {
      await write();
    } catch (error) {
      this.#forget(key, written);
      throw error;
    }
  }

  #forget(key: string, value: Promise<unknown>): void {
    if (this.#known.get(key) === value) this.#known.delete(key);
  }
}
