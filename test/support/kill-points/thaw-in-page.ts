/** Makes databases as they were frozen (frozen-profile.ts), where there are none of their names. Runs in the page. */
import type { FrozenDatabase } from '../frozen-profile.ts';

export async function thawInPage(frozen: readonly FrozenDatabase[]): Promise<void> {
  const ask = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const fromText = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fromText);
    if (!(value instanceof Object)) return value;
    if (!('bytes' in value))
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fromText(inner)]));
    const base64 = String(value.bytes).replaceAll('-', '+').replaceAll('_', '/');
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  };
  for (const { name, version, stores } of frozen) {
    const opening = indexedDB.open(name, version);
    opening.onupgradeneeded = () => {
      for (const { name: store, keyPath, autoIncrement, indexes } of stores) {
        const made = opening.result.createObjectStore(store, { keyPath, autoIncrement });
        for (const index of indexes) made.createIndex(index.name, index.keyPath);
      }
    };
    const db = await ask(opening);
    for (const { name: store, keyPath, rows } of stores) {
      const target = db.transaction(store, 'readwrite', { durability: 'strict' }).objectStore(store);
      for (const [key, value] of rows)
        await ask(keyPath === null ? target.put(fromText(value), key) : target.put(fromText(value)));
    }
    db.close();
  }
}
