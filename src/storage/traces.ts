/** What the store remembers of open pages beside the events themselves goes with them. */
import type { IDBPObjectStore, StoreNames } from 'idb';
import type { Database } from './database.ts';
import type { ArqData } from './schema.ts';

type Tabs<S extends ArrayLike<StoreNames<ArqData>>> = IDBPObjectStore<ArqData, S, 'tabs', 'readwrite'>;

/** In the transaction that erases: no tab shows an erased visit any more, so that no update of it is accepted. */
export async function forgetShown<S extends ArrayLike<StoreNames<ArqData>>>(
  tabs: Tabs<S>,
  gone: ReadonlySet<string>,
): Promise<void> {
  for (let cursor = await tabs.openCursor(); cursor; cursor = await cursor.continue())
    if (gone.has(cursor.value.visit)) await cursor.delete();
}

/** When everything is erased, but visits in `stay`. */
export async function forgetTraces(db: Database, stay: ReadonlySet<string>): Promise<void> {
  const tx = db.transaction(['tabs', 'seen'], 'readwrite', { durability: 'strict' });
  for (let cursor = await tx.objectStore('tabs').openCursor(); cursor; cursor = await cursor.continue())
    if (!stay.has(cursor.value.visit)) await cursor.delete();
  tx.objectStore('seen').clear();
  await tx.done;
}
