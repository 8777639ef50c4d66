/** The extension's databases as one of its own pages sees them: what somebody with a copy of the files has. Runs in the page. */

/** Every row of every database whose name begins like this, as JSON; bytes as `{ $bytes: base64 }`. */
export async function rowsInPage(prefix: string): Promise<string> {
  const ask = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const found: Record<string, Record<string, { key: unknown; value: unknown }[]>> = {};
  for (const { name = '' } of await indexedDB.databases()) {
    if (!name.startsWith(prefix)) continue;
    const db = await ask(indexedDB.open(name));
    const stores: Record<string, { key: unknown; value: unknown }[]> = {};
    for (const store of db.objectStoreNames) {
      const source = db.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([ask(source.getAllKeys()), ask(source.getAll())]);
      stores[store] = keys.map((key, at) => ({ key, value: values[at] }));
    }
    db.close();
    found[name] = stores;
  }
  return JSON.stringify(found, (_, value) =>
    value instanceof Uint8Array ? { $bytes: btoa(String.fromCharCode(...value)) } : value,
  );
}

/** Puts rows back, in place of what is there, into the database of this name. */
export async function putRowsInPage(name: string, json: string): Promise<void> {
  const ask = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const all = JSON.parse(json, (_, value) =>
    typeof value === 'object' && value !== null && '$bytes' in value
      ? Uint8Array.from(atob(value.$bytes), (char) => char.charCodeAt(0))
      : value,
  ) as Record<string, Record<string, { key: IDBValidKey; value: unknown }[]>>;
  const db = await ask(indexedDB.open(name));
  for (const [store, rows] of Object.entries(all[name] ?? {})) {
    const target = db.transaction(store, 'readwrite', { durability: 'strict' }).objectStore(store);
    await ask(target.clear());
    for (const { key, value } of rows)
      await ask(target.keyPath === null ? target.put(value, key) : target.put(value));
  }
  db.close();
}
