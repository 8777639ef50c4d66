/** What was opened lately, in memory, up to a bound: least recently used goes first. L1 of the seed (§6.1). */
export class BlockCache {
  readonly #entries = new Map<string, { readonly value: Promise<unknown>; sizeBytes: number }>();
  #sizeBytes = 0;
  hits = 0;
  misses = 0;

  constructor(readonly maxBytes: number) {}

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** What is under `name`, or what `load` gives; a failure is not kept. */
  get<T>(name: string, load: () => Promise<{ readonly value: T; readonly sizeBytes: number }>): Promise<T> {
    const known = this.#entries.get(name);
    if (known) {
      this.hits += 1;
      // To the end: used last.
      this.#entries.delete(name);
      this.#entries.set(name, known);
      return known.value as Promise<T>;
    }
    this.misses += 1;
    const loading = load();
    const entry = { value: loading.then(({ value }) => value), sizeBytes: 0 };
    this.#entries.set(name, entry);
    loading.then(
      ({ sizeBytes }) => {
        if (this.#entries.get(name) !== entry) return;
        entry.sizeBytes = sizeBytes;
        this.#sizeBytes += sizeBytes;
        this.#trim();
      },
      () => {
        if (this.#entries.get(name) === entry) this.#entries.delete(name);
      },
    );
    return entry.value;
  }

  #trim(): void {
    for (const name of this.#entries.keys()) {
      if (this.#sizeBytes <= this.maxBytes) return;
      this.#drop(name);
    }
  }

  #drop(name: string): void {
    this.#sizeBytes -= this.#entries.get(name)?.sizeBytes ?? 0;
    this.#entries.delete(name);
  }

  /** What is under `name` is not true any more. */
  forget(name: string): void {
    this.#drop(name);
  }

  /** Of what is under names that begin with `prefix`, only the one under `name` stays. */
  keepOnly(prefix: string, name: string): void {
    for (const other of this.#entries.keys())
      if (other !== name && other.startsWith(prefix)) this.#drop(other);
  }

  clear(): void {
    this.#entries.clear();
    this.#sizeBytes = 0;
  }
}
