/** One bit of something that is stored is another one than it was. */
import { openDB } from 'idb';
import type { Day } from '../../src/base/clock.ts';
import type { LocalStore } from '../../src/storage/local-store.ts';
import type { Period } from '../../src/storage/vault.ts';
import type { TestDevice } from './sync-world.ts';

const flipped = <B extends Uint8Array>(bytes: B): B => {
  const other = bytes.slice() as B;
  other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
  return other;
};

/** Every generation of a key. The store is closed: it has to be opened again. */
export async function damageKeys(store: LocalStore, { store: of, day }: Period): Promise<void> {
  store.close();
  const names = (await indexedDB.databases()).map(({ name = '' }) => name);
  for (const name of names.filter((one) => one.startsWith('arq-keys-'))) {
    const db = await openDB(name);
    for (const row of await db.getAll('ring'))
      if (row.store === of && row.day === day)
        await db.put('ring', { ...row, wrapped: flipped(row.wrapped) });
    db.close();
  }
}

/** What is packed of a day. */
export async function damageDay({ db, ...store }: LocalStore, day: Day): Promise<void> {
  const rows = (await db.getAll('interactions')).filter(({ date }) => date === day);
  if (rows.length === 0) throw new Error(`nothing is packed of ${day}`);
  for (const row of rows) await db.put('interactions', { ...row, box: flipped(row.box) });
  store.cache.clear();
}

/** A sealed record under a name. */
export async function damageNamed({ db, vault }: LocalStore, name: string): Promise<void> {
  const row = await db.get('profiles', [vault.userId, name]);
  if (!row) throw new Error(`there is no record "${name}"`);
  await db.put('profiles', { ...row, box: flipped(row.box) });
}

/** What can be read, oldest first, on a device that has damaged rows. */
export const readable = (device: TestDevice): Promise<string[]> =>
  device.run(async () => {
    const all: string[] = [];
    for await (const { records } of device.store.recordsByDay('oldest'))
      all.push(...records.map((record) => ('url' in record ? record.url : record.kind)));
    return all;
  });
