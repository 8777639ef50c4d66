/**
 * The key ring's own database, one per generation: `arq-keys-<n>`. A key is destroyed by writing the survivors into
 * generation n+1 and deleting the whole database n, because deleting a row leaves its bytes in the browser's files while
 * deleting a database removes them at once (measured in both browsers; docs/decisions/0003).
 */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { Bytes } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { inTransaction, STRICT } from './transaction.ts';

/** A period key, wrapped under the account's wrapping key. Key: [store, day, generation]. */
export interface RingRow {
  readonly store: 'interactions' | 'months' | 'derived' | 'archives' | 'seals';
  /** Of a month: its first day. Of derived rows: none of their own (derived.ts). */
  readonly day: Day;
  readonly generation: number;
  readonly wrapped: Bytes;
  /** Of a sealing key: its public half, in the clear. Events that come while the profile is locked are sealed for it. */
  readonly publicKey?: Bytes;
}

export type RingName = Omit<RingRow, 'wrapped' | 'publicKey'>;

interface ArqKeys extends DBSchema {
  /** Device secret, device keys, wrapped master key: by name. */
  blobs: { key: string; value: Bytes };
  ring: { key: [RingRow['store'], Day, number]; value: RingRow };
}

/** Where the number of the current generation is kept: outside the database, since it names it. */
export interface GenerationPointer {
  read(): Promise<number | undefined>;
  write(generation: number): Promise<void>;
}

export interface KeyStore {
  /** In one step; `undefined` in place of those that are not there. */
  blobs(names: readonly string[]): Promise<(Bytes | undefined)[]>;
  putBlob(name: string, value: Bytes): Promise<void>;
  ring(): Promise<RingRow[]>;
  /** Which keys there are: of years, a tenth of the time that their rows take. */
  ringNames(): Promise<RingName[]>;
  ringRow(name: RingName): Promise<RingRow | undefined>;
  /** Adds rows; a row that exists is left as it is. */
  addToRing(rows: readonly RingRow[]): Promise<void>;
  /**
   * Everything in one step: the given ring replaces the old one, and the old generation is destroyed. Blobs that are not named
   * stay; `null`: that one is destroyed too.
   */
  rewrite(ring: readonly RingRow[], blobs?: Readonly<Record<string, Bytes | null>>): Promise<void>;
  close(): void;
}

const nameOf = (generation: number): string => `arq-keys-${generation}`;

const deleteGeneration = async (generation: number): Promise<void> => {
  if (generation >= 1) await deleteDB(nameOf(generation));
};

const openGeneration = (generation: number): Promise<IDBPDatabase<ArqKeys>> =>
  openDB<ArqKeys>(nameOf(generation), 1, {
    upgrade(db) {
      db.createObjectStore('blobs');
      db.createObjectStore('ring', { keyPath: ['store', 'day', 'generation'] });
    },
  });

/** Opens the current generation and removes what an interrupted rewrite left behind on either side of it. */
export async function openKeyStore(pointer: GenerationPointer): Promise<KeyStore> {
  const known = await pointer.read();
  let generation = known ?? 1;
  let db = await openGeneration(generation);
  if (known === undefined) await pointer.write(generation);
  // Nothing waits for it but the next rewrite, which needs the place: the first event after a start should not.
  const clean = async () => {
    await Promise.all([deleteGeneration(generation - 1), deleteGeneration(generation + 1)]);
  };
  const cleaned = clean();
  cleaned.catch(() => {});

  return {
    async blobs(names) {
      const { store } = db.transaction('blobs');
      return Promise.all(names.map((name) => store.get(name)));
    },
    async putBlob(name, value) {
      await inTransaction(db.transaction('blobs', 'readwrite', STRICT), (tx, ask) =>
        ask(tx.store.put(value, name)),
      );
    },
    ring: () => db.getAll('ring'),
    ringNames: async () =>
      (await db.getAllKeys('ring')).map(([store, day, generation]) => ({ store, day, generation })),
    ringRow: ({ store, day, generation: n }) => db.get('ring', [store, day, n]),
    async addToRing(rows) {
      const known = new Set((await db.getAllKeys('ring')).map(String));
      const added = rows.filter(({ store, day, generation: n }) => !known.has(String([store, day, n])));
      await inTransaction(db.transaction('ring', 'readwrite', STRICT), (tx, ask) => {
        for (const row of added) ask(tx.store.put(row));
      });
    },
    async rewrite(ring, blobs = {}) {
      await cleaned.catch(clean);
      const keep: [string, Bytes][] = [];
      for (const name of await db.getAllKeys('blobs')) {
        const value = await db.get('blobs', name);
        if (value !== undefined && !(name in blobs)) keep.push([name, value]);
      }
      const next = await openGeneration(generation + 1);
      try {
        await inTransaction(next.transaction(['blobs', 'ring'], 'readwrite', STRICT), (tx, ask) => {
          for (const [name, value] of [...keep, ...Object.entries(blobs)])
            if (value !== null) ask(tx.objectStore('blobs').put(value, name));
          for (const row of ring) ask(tx.objectStore('ring').put(row));
        });
        if ((await next.count('ring')) !== ring.length)
          throw new Error('the new key ring is incomplete; the old one stays');
      } catch (error) {
        // Whoever tries again begins with an empty one.
        next.close();
        await deleteDB(nameOf(generation + 1));
        throw error;
      }
      const old = db;
      await pointer.write(generation + 1);
      db = next;
      generation += 1;
      old.close();
      await deleteDB(nameOf(generation - 1));
    },
    close: () => db.close(),
  };
}

/** Every generation. */
export async function destroyKeyStores(pointer: GenerationPointer): Promise<void> {
  const generation = (await pointer.read()) ?? 1;
  for (const n of [generation - 1, generation, generation + 1]) await deleteGeneration(n);
}
