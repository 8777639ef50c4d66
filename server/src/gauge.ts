/** Counts what is open per key, up to a maximum. */
export class Gauge {
  readonly #open = new Map<string, number>();

  constructor(private readonly max: number) {}

  /** @returns how to leave (more than once is as once), or `null` when there is no room. */
  enter(key: string): (() => void) | null {
    const open = this.#open.get(key) ?? 0;
    if (open >= this.max) return null;
    this.#open.set(key, open + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    };
  }
}
