/**
 * Erase commands that are known here and not carried out yet, by their ids, in `metadata`: from the step that keeps a command until
 * nothing of what it means is left here. A worker that is stopped in between, or damage that keeps something, leaves them to the
 * next round; none of them gets a receipt before.
 */
import type { LocalStore } from '../storage/local-store.ts';
import { inTransaction, STRICT } from '../storage/transaction.ts';

export const UNERASED = 'unerased';

export const readUnerased = async (store: LocalStore): Promise<ReadonlySet<string>> =>
  new Set((await store.db.get('metadata', UNERASED)) as readonly string[] | undefined);

/** Of those, the ones that were tried: damage kept some of what they mean, and the rest is gone. */
export const TRIED = 'unerased-tried';

export const readTried = async (store: LocalStore): Promise<ReadonlySet<string>> =>
  new Set((await store.db.get('metadata', TRIED)) as readonly string[] | undefined);

export const noteTried = (store: LocalStore, ids: readonly string[]): Promise<unknown> =>
  store.db.put('metadata', ids, TRIED);

/** Notes that these are to be carried out. `names`: records that are queued to be sent, in the same step. */
export async function noteUnerased(
  store: LocalStore,
  ids: readonly string[],
  names: readonly string[] = [],
): Promise<void> {
  await inTransaction(store.db.transaction(['metadata', 'outbox'], 'readwrite', STRICT), async (tx, ask) => {
    const metadata = tx.objectStore('metadata');
    const before = ((await metadata.get(UNERASED)) as readonly string[] | undefined) ?? [];
    if (ids.length > 0) ask(metadata.put([...new Set([...before, ...ids])], UNERASED));
    for (const name of names) ask(tx.objectStore('outbox').add({ what: 'record', name }));
  });
}

/** These were carried out. Others may be given, or carried out, at the same time: they stay as they are. */
export async function carriedOut(store: LocalStore, ids: Iterable<string>): Promise<void> {
  const done = new Set(ids);
  await inTransaction(store.db.transaction('metadata', 'readwrite', STRICT), async (tx, ask) => {
    const before = ((await tx.store.get(UNERASED)) as readonly string[] | undefined) ?? [];
    const left = before.filter((id) => !done.has(id));
    if (left.length === 0) ask(tx.store.delete(UNERASED));
    else if (left.length < before.length) ask(tx.store.put(left, UNERASED));
  });
}
