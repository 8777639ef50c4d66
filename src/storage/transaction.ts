/** One way to write: all requests of a transaction, or none. */

/** Written to the disk before it is said to be done. */
export const STRICT = { durability: 'strict' } as const;

interface Transaction {
  readonly done: Promise<void>;
  abort(): void;
}

/**
 * `write` asks for everything at once and hands over each request. Resolves when all of it is durable. When one cannot even
 * be asked for, the transaction is undone: what was asked for before it would be committed without the rest.
 * @throws the first error, with nothing written.
 */
export async function inTransaction<T extends Transaction>(
  tx: T,
  write: (tx: T, ask: (...requests: Promise<unknown>[]) => void) => void | Promise<void>,
): Promise<void> {
  const requests: Promise<unknown>[] = [tx.done];
  try {
    await write(tx, (...more) => void requests.push(...more));
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // It has ended by itself.
    }
    await Promise.allSettled(requests);
    throw error;
  }
  const outcomes = await Promise.allSettled(requests);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (reasons.length === 0) return;
  // A request knows more of what went wrong than the transaction, which comes first, and than those that were undone with it.
  throw reasons.findLast((reason) => reason?.name !== 'AbortError') ?? reasons.at(-1);
}

/** A queue whose rows have rising numbers. */
interface Numbered<T> {
  getAll(range: IDBKeyRange, count: number): Promise<T[]>;
}
const ROWS_AT_ONCE = 500;

/**
 * All rows of a store with numbers for keys, from behind `after` on, some at a time: a cursor takes an answer of the browser for
 * each row, and all at once may take much memory. Nothing else may be awaited in between, or the transaction ends.
 */
export async function* rowsAfter<T>(
  store: Numbered<T>,
  numberOf: (row: T) => number,
  after = Number.NEGATIVE_INFINITY,
): AsyncGenerator<T[]> {
  for (let last = after; ; ) {
    const rows = await store.getAll(IDBKeyRange.lowerBound(last, true), ROWS_AT_ONCE);
    const end = rows.at(-1);
    if (end !== undefined) yield rows;
    if (end === undefined || rows.length < ROWS_AT_ONCE) return;
    last = numberOf(end);
  }
}
