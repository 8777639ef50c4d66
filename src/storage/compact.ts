/** What makes the store smaller and leaves less behind; for `compactDatabase`. */
import { deleteDB, openDB } from 'idb';
import { monthOf } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { shredBut } from './away.ts';
import { PACK_STORES, type PackSource, rangeOfAll } from './packs.ts';
import type { PackRow } from './schema.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { eventsOf, type Shred, tablesOf, type Vault } from './vault.ts';

/**
 * Removes rows of no pack, which nothing reads, and destroys keys of days and months that have nothing left. Resolves with
 * how many rows went. The caller holds the write lock.
 */
export async function removeOrphans({ db, vault }: PackSource): Promise<number> {
  const all = rangeOfAll(vault.userId);
  const [packs, blocks, tables] = await Promise.all([
    db.getAll('packs', all),
    db.getAllKeys('interactions', all),
    db.getAllKeys('tables', all),
  ]);
  const name = (day: string, seq: number) => `${day}/${seq}`;
  const known = new Set(packs.flatMap(({ days, seq }) => days.map(({ day }) => name(day, seq))));
  const lostBlocks = blocks.filter(([, day, , seq]) => !known.has(name(day, seq)));
  const named = new Set(packs.map(({ date, seq }) => name(date, seq)));
  const lostTables = tables.filter(([, date, seq]) => !named.has(name(date, seq)));
  await inTransaction(db.transaction(PACK_STORES, 'readwrite', STRICT), async (tx, ask) => {
    for (const key of lostBlocks) ask(tx.objectStore('interactions').delete(key));
    for (const key of lostTables) ask(tx.objectStore('tables').delete(key));
  });
  await shredBut(db, vault, await unusedKeys({ db, vault }, packs));
  return lostBlocks.length + lostTables.length;
}

async function unusedKeys(
  { db, vault }: Pick<PackSource, 'db' | 'vault'>,
  packs: readonly PackRow[],
): Promise<Shred[]> {
  const unused: Shred[] = [];
  const days = new Set(packs.flatMap((pack) => pack.days.map(({ day }) => day)));
  for (const day of vault.periods('interactions'))
    if (!days.has(day) && (await db.countFromIndex('journal', 'day', day)) === 0)
      unused.push({ ...eventsOf(day), what: 'all' });
  const months = new Set(packs.filter(({ key }) => key === 'month').map(({ date }) => monthOf(date)));
  for (const month of vault.periods('months'))
    if (!months.has(month)) unused.push({ ...tablesOf(month), what: 'all' });
  return unused;
}

const SCRATCH = 'arq-scratch';
/** More than 2 MB in values of 8 KB (larger ones go into files of their own and move nothing). */
const VALUES = 288;
const VALUE_BYTES = 8 * 1024;

/**
 * Pushes deleted rows out of the browser's logs, where their bytes would stay until something else is written: some small
 * random values are written, their database is deleted, and the key ring moves to another one, which deletes the old one.
 * (Measured in both browsers; docs/decisions/0003.) The caller holds the write lock.
 */
export async function churn(vault: Vault): Promise<void> {
  const db = await openDB(SCRATCH, 1, {
    upgrade(database) {
      database.createObjectStore('values');
    },
  });
  try {
    const tx = db.transaction('values', 'readwrite', STRICT);
    await inTransaction(tx, async (_, ask) => {
      for (let i = 0; i < VALUES; i++) ask(tx.store.put(systemRandom.bytes(VALUE_BYTES), i));
    });
  } finally {
    db.close();
    await deleteDB(SCRATCH);
  }
  await vault.shred([]);
}
