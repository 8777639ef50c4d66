/**
 * A value in the browser's memory that the worker reads once and then remembers: nobody else writes it while the worker
 * lives, and asking the browser takes longer than all the rest of most events.
 */
import { sessionArea } from '../../platform/areas.ts';

export class Remembered<T> {
  #value: Promise<T | undefined> | undefined;

  constructor(private readonly key: string) {}

  /** As it was written last. The caller leaves it as it is. */
  read(): Promise<T | undefined> {
    if (this.#value === undefined) {
      const value = sessionArea.get(this.key) as Promise<T | undefined>;
      this.#value = value;
      // Whoever asks next tries again.
      value.catch(() => this.forget(value));
    }
    return this.#value;
  }

  /** In force at once; resolves when the browser has it. @throws what the browser does, and then what it has is read anew. */
  async write(value: T | undefined): Promise<void> {
    const written = Promise.resolve(value);
    this.#value = written;
    try {
      await (value === undefined ? sessionArea.remove(this.key) : sessionArea.set(this.key, value));
    } catch (error) {
      this.forget(written);
      throw error;
    }
  }

  private forget(value: Promise<T | undefined>): void {
    if (this.#value === value) this.#value = undefined;
  }
}
