/**
 * Tells the status after changes, a moment later and many as one: making it asks the browser seven things, for which the
 * next event would have to wait.
 */
const GATHER_MS = 200;

export class Teller {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isTelling = false;
  #again = false;
  #isClosed = false;

  constructor(private readonly tell: () => Promise<void>) {}

  changed(): void {
    if (this.#isClosed) return;
    if (this.#isTelling) this.#again = true;
    else this.#timer ??= setTimeout(() => void this.#run(), GATHER_MS);
  }

  /** The store was closed under it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#isTelling = true;
    try {
      await this.tell();
    } catch (error) {
      if (!this.#isClosed) console.error('status could not be made', error);
    }
    this.#isTelling = false;
    if (!this.#again) return;
    this.#again = false;
    this.changed();
  }
}
