/** All rows of the store as they lie there, as somebody with a copy of the files has them. */
import type { Database } from '../../src/storage/database.ts';

type Rows = ReadonlyMap<string, readonly { readonly key: IDBValidKey; readonly value: unknown }[]>;

export async function readRows(db: Database): Promise<Rows> {
  const rows = new Map<string, { key: IDBValidKey; value: unknown }[]>();
  for (const name of db.objectStoreNames) {
    const [keys, values] = await Promise.all([db.getAllKeys(name), db.getAll(name)]);
    rows.set(
      name,
      keys.map((key, i) => ({ key: key as IDBValidKey, value: values[i] })),
    );
  }
  return rows;
}

/** Exactly these, in place of what is there. */
export async function writeRows(db: Database, rows: Rows): Promise<void> {
  for (const name of db.objectStoreNames) {
    const tx = db.transaction(name, 'readwrite');
    const store = tx.objectStore(name);
    await store.clear();
    for (const { key, value } of rows.get(name) ?? [])
      await store.put(value as never, ...((store.keyPath === null ? [key] : []) as [never?]));
    await tx.done;
  }
}
