/** The key files of a profile as somebody copied them once, with what opened them then, put in the place of those of now. */
import { deleteDB, openDB } from 'idb';
import { type Bytes, equalBytes } from '../../src/base/bytes.ts';
import type { RingRow } from '../../src/storage/key-store.ts';
import type { LocalStore } from '../../src/storage/local-store.ts';

export interface CopiedKeys {
  readonly secret: Bytes;
  readonly blobs: readonly (readonly [name: string, value: Bytes])[];
  readonly ring: readonly RingRow[];
  /** Every key of the ring, opened. */
  readonly raw: readonly Bytes[];
  /** What says in an envelope which key it needs (crypto/envelope.ts). */
  readonly kids: readonly Bytes[];
}

const keyDatabases = async (): Promise<string[]> =>
  (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('arq-keys-') ? [name] : []));

export async function copyKeys({ vault, keys }: LocalStore): Promise<CopiedKeys> {
  const db = await openDB(`arq-keys-${keys.generation()}`);
  const names = (await db.getAllKeys('blobs')) as string[];
  const values = (await db.getAll('blobs')) as Bytes[];
  db.close();
  const opened = await vault.ring();
  return {
    secret: vault.unlockSecret(),
    blobs: names.map((name, index) => [name, values[index] as Bytes] as const),
    ring: await keys.ring(),
    raw: opened.map(({ raw }) => raw),
    kids: opened.map(({ aead }) => aead.kid),
  };
}

/** The profile is closed. */
export async function putKeys({ blobs, ring }: CopiedKeys): Promise<void> {
  for (const name of await keyDatabases()) await deleteDB(name);
  const db = await openDB('arq-keys-1', 1, {
    upgrade(made) {
      made.createObjectStore('blobs');
      made.createObjectStore('ring', { keyPath: ['store', 'day', 'generation'] });
    },
  });
  for (const [name, value] of blobs) await db.put('blobs', value, name);
  for (const row of ring) await db.put('ring', row);
  db.close();
}

export const sameBytes = (list: readonly Bytes[], bytes: Bytes): boolean =>
  list.some((one) => equalBytes(one, bytes));
