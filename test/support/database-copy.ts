/** Everything that lies in the databases of a profile, and back. */
import { deleteDB, openDB } from 'idb';

export interface StoreCopy {
  readonly name: string;
  readonly keyPath: string | string[] | null;
  readonly autoIncrement: boolean;
  readonly indexes: readonly { readonly name: string; readonly keyPath: string | string[] }[];
  readonly rows: readonly (readonly [IDBValidKey, unknown])[];
}
export interface DatabaseCopy {
  readonly name: string;
  readonly version: number;
  readonly stores: readonly StoreCopy[];
}

export async function copyDatabases(): Promise<DatabaseCopy[]> {
  const copies: DatabaseCopy[] = [];
  for (const { name = '' } of await indexedDB.databases()) {
    const db = await openDB(name);
    const stores: StoreCopy[] = [];
    for (const store of db.objectStoreNames) {
      const at = db.transaction(store).store;
      const rows: [IDBValidKey, unknown][] = [];
      for (let cursor = await at.openCursor(); cursor; cursor = await cursor.continue())
        rows.push([cursor.key, cursor.value]);
      const { keyPath, autoIncrement } = db.transaction(store).store;
      const indexes = [...db.transaction(store).store.indexNames].map((index) => ({
        name: index,
        keyPath: db.transaction(store).store.index(index).keyPath as string | string[],
      }));
      stores.push({
        name: store,
        keyPath: keyPath as string | string[] | null,
        autoIncrement,
        indexes,
        rows,
      });
    }
    copies.push({ name, version: db.version, stores });
    db.close();
  }
  return copies;
}

/** Those whose name begins so. Nothing may have them open. */
export async function dropDatabases(prefix = ''): Promise<void> {
  for (const { name = '' } of await indexedDB.databases()) if (name.startsWith(prefix)) await deleteDB(name);
}

/** Beside whatever is there. */
export async function putDatabases(copies: readonly DatabaseCopy[]): Promise<void> {
  for (const { name, version, stores } of copies) {
    const db = await openDB(name, version, {
      upgrade(database) {
        for (const { name: store, keyPath, autoIncrement, indexes } of stores) {
          const made = database.createObjectStore(store, { keyPath, autoIncrement });
          for (const index of indexes) made.createIndex(index.name, index.keyPath);
        }
      },
    });
    for (const { name: store, keyPath, rows } of stores) {
      const tx = db.transaction(store, 'readwrite');
      for (const [key, value] of rows) tx.store.put(value, ...(keyPath === null ? [key] : []));
      await tx.done;
    }
    db.close();
  }
}
