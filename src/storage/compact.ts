/** What makes the store smaller and leaves less behind; for `compactDatabase`. */
import { deleteDB, openDB } from 'idb';
import { monthOf } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import type { Database } from './database.ts';
import { packName } from './months.ts';
import { PACK_STORES } from './packs.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { eventsOf, type Shred, type Vault } from './vault.ts';

/**
 * Removes blocks without a pack and digests of months without one, which nothing reads, and destroys keys of days that have
 * nothing left. Resolves with how many rows went. The caller holds the write lock.
 */
export async function removeOrphans(db: Database, vault: Vault): Promise<number> {
  const { userId } = vault;
  const all = IDBKeyRange.bound([userId], [userId, []]);
  const [packs, blocks, digests] = await Promise.all([
    db.getAll('packs', all),
    db.getAllKeys('interactions', all),
    db.getAllKeys('digests', all),
  ]);
  const known = new Set(packs.map(packName));
  const months = new Set(packs.filter(({ digest }) => digest === 'month').map(({ date }) => monthOf(date)));
  const lostBlocks = blocks.filter(([, date, , seq]) => !known.has(packName({ date, seq })));
  const lostDigests = digests.filter(([, month]) => !months.has(month));
  const tx = db.transaction(PACK_STORES, 'readwrite', STRICT);
  await inTransaction(tx, async (_, ask) => {
    for (const key of lostBlocks) ask(tx.objectStore('interactions').delete(key));
    for (const key of lostDigests) ask(tx.objectStore('digests').delete(key));
  });
  const shred = await unusedKeys(db, vault, new Set(packs.map(({ date }) => date)));
  if (shred.length > 0) await vault.shred(shred);
  return lostBlocks.length + lostDigests.length;
}

async function unusedKeys(db: Database, vault: Vault, packed: ReadonlySet<string>): Promise<Shred[]> {
  const unused = new Map<string, Shred>();
  for (const { day } of await vault.ring('interactions')) {
    if (packed.has(day) || (await db.countFromIndex('journal', 'day', day)) > 0) continue;
    unused.set(day, { ...eventsOf(day), what: 'all' });
  }
  return [...unused.values()];
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
  const tx = db.transaction('values', 'readwrite', STRICT);
  await inTransaction(tx, async (_, ask) => {
    for (let i = 0; i < VALUES; i++) ask(tx.store.put(systemRandom.bytes(VALUE_BYTES), i));
  });
  db.close();
  await deleteDB(SCRATCH);
  await vault.shred([]);
}
