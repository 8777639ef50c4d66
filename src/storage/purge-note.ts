/**
 * The deletion that is under way, sealed: what it means says what the person wants gone. So it has a key of its own in the ring,
 * which is destroyed when it is carried out; a copy of its row opens nowhere after that.
 */
import * as v from 'valibot';
import { fromUtf8, utf8 } from '../base/bytes.ts';
import { open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import { type Purge, purgeSchema } from '../model/purge.ts';
import { DamagedError, type Database } from './database.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { type Period, rowAad, type Vault } from './vault.ts';

const NAME = 'purge';
/** Beside the key of what is derived (derived.ts); the day is only a place in the ring. */
const PERIOD: Period = { store: 'derived', day: '1970-01-02' };
const MIN_BYTES = 1024;

const aadOf = (userId: string) => rowAad(userId, 'profiles', PERIOD.day, NAME, 0);

/** The caller holds the write lock: the key must not be destroyed meanwhile. */
export async function writePurge(db: Database, vault: Vault, purge: Purge): Promise<void> {
  const { userId } = vault;
  const key = await vault.currentKey(PERIOD);
  const box = await seal(key.aead, pad(utf8(JSON.stringify(purge)), MIN_BYTES), aadOf(userId));
  await inTransaction(db.transaction('profiles', 'readwrite', STRICT), (tx, ask) =>
    ask(tx.store.put({ userId, name: NAME, box })),
  );
}

/** `undefined` when there is none. @throws DamagedError when it does not open. */
export async function readPurge(db: Database, vault: Vault): Promise<Purge | undefined> {
  const row = await db.get('profiles', [vault.userId, NAME]);
  if (!row) return undefined;
  // Its key went: it was carried out, and only its row was left.
  if (!vault.periods('derived').includes(PERIOD.day)) return undefined;
  const key = await vault.currentKey(PERIOD);
  const opened = await open(key.aead, row.box, aadOf(vault.userId));
  const bytes = opened.ok ? unpad(opened.plaintext) : null;
  const parsed = bytes && v.safeParse(purgeSchema, JSON.parse(fromUtf8(bytes)));
  if (!parsed?.success) throw new DamagedError('What was to be deleted does not open.');
  return parsed.output;
}

/** Its key first. The caller holds the write lock. */
export async function forgetPurge(db: Database, vault: Vault): Promise<void> {
  if (vault.periods('derived').includes(PERIOD.day)) await vault.shred([{ ...PERIOD, what: 'all' }]);
  await inTransaction(db.transaction('profiles', 'readwrite', STRICT), (tx, ask) =>
    ask(tx.store.delete([vault.userId, NAME])),
  );
}
