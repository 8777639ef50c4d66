/** Every row of a profile's databases as text, and back: to see that what a version wrote is read by those after it. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { fromBase64Url, toBase64Url } from '../../src/base/bytes.ts';

interface FrozenStore {
  readonly name: string;
  readonly keyPath: string | string[] | null;
  readonly autoIncrement: boolean;
  readonly indexes: readonly { readonly name: string; readonly keyPath: string | string[] }[];
  /** Key and value; bytes as `{ "bytes": base64url }`. */
  readonly rows: readonly (readonly [IDBValidKey, unknown])[];
}
export interface FrozenDatabase {
  readonly name: string;
  readonly version: number;
  readonly stores: readonly FrozenStore[];
}

const toText = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: toBase64Url(value as never) };
  if (Array.isArray(value)) return value.map(toText);
  if (value instanceof Object)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toText(inner)]));
  return value;
};
const fromText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(fromText);
  if (!(value instanceof Object)) return value;
  if ('bytes' in value) return fromBase64Url(value.bytes as string);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fromText(inner)]));
};

/** The database of keys is called as the first generation is, whichever it was. */
export async function freezeDatabases(): Promise<FrozenDatabase[]> {
  const frozen: FrozenDatabase[] = [];
  for (const { name = '' } of await indexedDB.databases()) {
    const db = await openDB(name);
    const stores: FrozenStore[] = [];
    for (const store of db.objectStoreNames) {
      const at = db.transaction(store).store;
      const rows: [IDBValidKey, unknown][] = [];
      for (let cursor = await at.openCursor(); cursor; cursor = await cursor.continue())
        rows.push([cursor.key, toText(cursor.value)]);
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
    frozen.push({ name: name.replace(/^arq-keys-\d+$/, 'arq-keys-1'), version: db.version, stores });
    db.close();
  }
  return frozen;
}

/** Exactly these databases, in place of all others. */
export async function thawDatabases(frozen: readonly FrozenDatabase[]): Promise<void> {
  globalThis.indexedDB = new IDBFactory();
  for (const { name, version, stores } of frozen) {
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
      for (const [key, value] of rows) tx.store.put(fromText(value), ...(keyPath === null ? [key] : []));
      await tx.done;
    }
    db.close();
  }
}
