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
  // A request knows more of what went wrong than the transaction, which comes first.
  const refused = outcomes.findLast((outcome) => outcome.status === 'rejected');
  if (refused) throw refused.reason;
}
