/**
 * What must lie outside the store's own databases, where there is no extension API for it: a tiny database of its own, `arq-areas`. It
 * holds the sentinel; nothing in it is secret.
 */
import { type DBSchema, openDB } from 'idb';
import type { SentinelArea } from './sentinel.ts';
import { inTransaction, STRICT } from './transaction.ts';

interface Areas extends DBSchema {
  values: { key: string; value: unknown };
}

const NAME = 'arq-areas';

/** Opened for each access: it is rarely needed, and nobody has to close it. */
async function withValues<T>(use: (db: Awaited<ReturnType<typeof openDB<Areas>>>) => Promise<T>): Promise<T> {
  const db = await openDB<Areas>(NAME, 1, {
    upgrade(database) {
      database.createObjectStore('values');
    },
  });
  try {
    return await use(db);
  } finally {
    db.close();
  }
}

const read = (name: string): Promise<unknown> => withValues((db) => db.get('values', name));
const write = (name: string, value: unknown): Promise<void> =>
  withValues((db) =>
    inTransaction(db.transaction('values', 'readwrite', STRICT), (tx, ask) => ask(tx.store.put(value, name))),
  );

export const smallSentinel: SentinelArea = {
  read: () => read('sentinel'),
  write: (value) => write('sentinel', value),
};
