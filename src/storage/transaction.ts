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
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
  if (refused.length === 0) return;
  // The request that was refused knows what went wrong; those that were undone with it, and the transaction, which comes
  // first, know less.
  throw refused.find((reason) => (reason as Error | null)?.name !== 'AbortError') ?? refused.at(-1);
}
