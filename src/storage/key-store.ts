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
  /**
   * It was there when what unlocks, or the master key, was last changed: who copied the ring before that may have it. It opens what it
   * sealed; what is new gets a further generation.
   */
  readonly retired?: true;
  /** Of a sealing key: its public half, in the clear. Events that come while the profile is locked are sealed for it. */
  readonly publicKey?: Bytes;
}

export type RingName = Omit<RingRow, 'wrapped' | 'publicKey' | 'retired'>;

interface ArqKeys extends DBSchema {
  /** Device secret, device keys, wrapped master key: by name. */
  blobs: { key: string; value: Bytes };
  ring: { key: [RingRow['store'], Day, number]; value: RingRow };
}

export interface KeyStore {
  /** The number of the generation in force. */
  generation(): number;
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
   * Everything in one step: the given ring replaces the old one. Blobs that are not named stay; `null`: that one goes too. Resolves
   * when it is in force; what was before is destroyed with `destroyed`.
   */
  rewrite(ring: readonly RingRow[], blobs?: Readonly<Record<string, Bytes | null>>): Promise<void>;
  /** Resolves when no generation but the one in force is there. Rejects when one could not be deleted; the next start tries again. */
  destroyed(): Promise<void>;
  /** Resolves when the bytes of what was destroyed have left the browser's files too, as far as it can be brought to. Never rejects. */
  swept(): Promise<void>;
  close(): void;
}

const PREFIX = 'arq-keys-';
const nameOf = (generation: number): string => `${PREFIX}${generation}`;
/** A small database that is made before a generation and deleted after it: `sweep`. */
const BESIDE = 'arq-beside-';
const besideOf = (generation: number): string => `${BESIDE}${generation}`;

/** How far the hint may be behind: so often keys are hardly ever destroyed between two writes of it. */
const PROBED = 16;

/**
 * Which generations there are, oldest first. Firefox lists no databases when the file of one is damaged (and makes it empty when it is
 * opened): then those are looked at that may be there by `hint`, a number that may be behind.
 */
async function generationsOr(hint: () => Promise<number | undefined>): Promise<number[]> {
  try {
    return await generations();
  } catch (error) {
    console.error('the databases cannot be listed', error);
    const first = (await hint()) ?? 1;
    return Array.from({ length: PROBED }, (_, n) => first + n);
  }
}

const generations = (): Promise<number[]> => numbersOf(PREFIX);
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, DEFERRED_MS));

/** Of the databases whose names begin like this, smallest first. */
async function numbersOf(prefix: string): Promise<number[]> {
  const names = (await indexedDB.databases()).flatMap(({ name }) =>
    name?.startsWith(prefix) ? [name.slice(prefix.length)] : [],
  );
  return names.map(Number).sort((a, b) => a - b);
}

/**
 * How long Chromium is given to remove what a deleted database held: it says that one is deleted, and does it some time later, on
 * threads of their own and in any order (`LevelDBScopeDeletionMode::kDeferredWithCompaction`). Nothing tells when.
 */
const DEFERRED_MS = /Chrom/.test(globalThis.navigator?.userAgent ?? '') ? 500 : 0;

/**
 * Deletes the databases that were made before generations that are gone. Chromium writes what is in memory to its files, deletions too,
 * and then merges what lay in them before; but on a small profile nothing did, and the bytes of the deleted database stayed beside the
 * word that they are deleted. One that was made before it, so that it lies inside the same file, and is deleted when it is gone, makes
 * Chromium merge that file. What a stopped worker leaves is done by the next start: the database is there.
 */
async function sweep(isGone: (generation: number) => boolean): Promise<void> {
  const old = (await numbersOf(BESIDE)).filter(isGone);
  await Promise.all(old.map((n) => deleteDB(besideOf(n))));
}

/** Makes an empty generation. Where there is no room for the database beside it, it is made all the same. */
async function makeGeneration(generation: number): Promise<IDBPDatabase<ArqKeys>> {
  await openDB(besideOf(generation), 1, { upgrade: (made) => void made.createObjectStore('rows') }).then(
    (beside) => beside.close(),
    (error: unknown) => console.error('bytes of old keys may stay until the ring moves again', error),
  );
  return openGeneration(generation);
}

async function openGeneration(generation: number): Promise<IDBPDatabase<ArqKeys>> {
  const db: IDBPDatabase<ArqKeys> = await openDB<ArqKeys>(nameOf(generation), 1, {
    upgrade(made) {
      made.createObjectStore('blobs');
      made.createObjectStore('ring', { keyPath: ['store', 'day', 'generation'] });
    },
    // One that somebody forgot to close must not keep its keys from being destroyed.
    blocking: () => db.close(),
  });
  return db;
}

/**
 * Opens the newest generation that is complete. One that is written by a rewrite is complete or empty, because that is one transaction,
 * and then it has all that the one before had but what was destroyed. So nothing else has to say which one is in force: a number that is
 * kept elsewhere may be older on the disk than the databases when the power fails.
 */
async function openNewest(
  found: readonly number[],
): Promise<{ db: IDBPDatabase<ArqKeys>; generation: number }> {
  for (const generation of found.slice(1).reverse()) {
    const db = await openGeneration(generation);
    if ((await db.count('blobs')) > 0) return { db, generation };
    db.close();
    await deleteDB(nameOf(generation));
  }
  const [generation] = found;
  if (generation === undefined) return { db: await makeGeneration(1), generation: 1 };
  return { db: await openGeneration(generation), generation };
}

/** Opens the generation in force, and removes what an interrupted rewrite left behind. */
export async function openKeyStore(
  hint: () => Promise<number | undefined> = async () => undefined,
): Promise<KeyStore> {
  const found = await generationsOr(hint);
  let { db, generation } = await openNewest(found);
  let isClosed = false;
  const clean = async () => {
    const old = (await generations()).filter((n) => n < generation);
    // Who comes after this one may have begun anew, with a lower number.
    if (isClosed) return;
    await Promise.all(old.map((n) => deleteDB(nameOf(n))));
    swept = DEFERRED_MS > 0 ? later().then(sweepOld) : sweepOld();
    // Where there is something to wait for, nobody is kept waiting.
    if (DEFERRED_MS === 0) await swept;
  };
  const sweepOld = () =>
    sweep((n) => !isClosed && n < generation).catch((error: unknown) =>
      console.error('bytes of old keys may stay until the next start', error),
    );
  // Nothing waits for it but the next rewrite, which needs the place: the first event after a start should not.
  let cleaned = found.length > 1 || DEFERRED_MS === 0 ? clean() : Promise.resolve();
  cleaned.catch(() => {});
  let swept = found.length > 1 || DEFERRED_MS === 0 ? cleaned.catch(() => {}) : later().then(sweepOld);

  return {
    generation: () => generation,
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
      (await db.getAllKeys('ring')).map(([store, day, n]) => ({ store, day, generation: n })),
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
      const next = await makeGeneration(generation + 1);
      try {
        await inTransaction(next.transaction(['blobs', 'ring'], 'readwrite', STRICT), (tx, ask) => {
          for (const [name, value] of [...keep, ...Object.entries(blobs)])
            if (value !== null) ask(tx.objectStore('blobs').put(value, name));
          for (const row of ring) ask(tx.objectStore('ring').put(row));
        });
      } catch (error) {
        // Whoever tries again begins with an empty one.
        next.close();
        // Should it be complete after all and stay, a start would take it for the one in force: then nothing more is added here.
        await deleteDB(nameOf(generation + 1)).catch(() => db.close());
        throw error;
      }
      const old = db;
      db = next;
      generation += 1;
      old.close();
      cleaned = clean();
      cleaned.catch(() => {});
    },
    async destroyed() {
      await cleaned.catch(clean);
    },
    async swept() {
      await cleaned.catch(() => {});
      await swept;
    },
    close() {
      isClosed = true;
      db.close();
    },
  };
}

/** Every generation; the one in force last. */
export async function destroyKeyStores(): Promise<void> {
  for (const n of await generations()) await deleteDB(nameOf(n));
  await sweep(() => true);
}
