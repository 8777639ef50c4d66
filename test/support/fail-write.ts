/** A disk that is full, or a worker that ends, at one write. `vi.restoreAllMocks()` mends it. */
import { vi } from 'vitest';

/**
 * Refuses the k-th write from now on, once; `happened` tells whether it came to that. `aborts`: the request is made, and fails with its
 * transaction; else it cannot even be made.
 */
export function failWrite(k: number, how: 'throws' | 'aborts' = 'throws'): { happened(): boolean } {
  let writes = 0;
  for (const method of ['put', 'add'] as const) {
    const original = IDBObjectStore.prototype[method];
    vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (this: IDBObjectStore, ...args) {
      writes += 1;
      // As browsers do: the request fails, and the whole transaction with it.
      if (writes === k) {
        if (how === 'aborts') {
          const request = original.apply(this, args);
          this.transaction.abort();
          return request;
        }
        this.transaction.abort();
        throw new DOMException('no room', 'QuotaExceededError');
      }
      return original.apply(this, args);
    });
  }
  return { happened: () => writes >= k };
}

/** Refuses every write from now on, but those that make a database. */
export function failWrites(): void {
  for (const method of ['put', 'add'] as const) {
    const original = IDBObjectStore.prototype[method];
    vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (this: IDBObjectStore, ...args) {
      if (this.transaction.mode === 'versionchange') return original.apply(this, args);
      this.transaction.abort();
      throw new DOMException('no room', 'QuotaExceededError');
    });
  }
}
