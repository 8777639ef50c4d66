/**
 * Digests of months: what the digests of its packs say, in one block under a key of its own. When one of its days loses
 * something, the month is sealed anew under another key without it, and the old key is destroyed.
 */
import { type Day, dayNumber, dayOfNumber, monthOf } from '../base/clock.ts';
import { open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import { DamagedError, type Database, decoding } from './database.ts';
import { Digest, DigestBuilder, type DigestPack } from './format/digest.ts';
import { digestOfEvents, eventsOfPack, openDigest, PACK_STORES, rangeOfDay } from './packs.ts';
import type { DigestRow, PackRow } from './schema.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { digestOf, type PeriodKey, rowAad, type Vault } from './vault.ts';

const MIN_BYTES = 256;

const aadOf = (userId: string, month: Day) => rowAad(userId, 'digests', month, 'digest', 0);

export const packName = ({ date, seq }: Pick<PackRow, 'date' | 'seq'>): string => `${date}/${seq}`;
export const nameOfDigestPack = ({ day, seq }: DigestPack): string =>
  packName({ date: dayOfNumber(day), seq });

/** @throws DamagedError */
export async function openMonth(vault: Vault, row: DigestRow): Promise<Digest> {
  const key = await vault.key(digestOf(row.month), row.generation);
  const opened = await open(key.aead, row.box, aadOf(vault.userId, row.month));
  const bytes = opened.ok ? unpad(opened.plaintext) : null;
  if (bytes === null) throw new DamagedError();
  return decoding(() => Digest.read(bytes));
}

/** A sealed digest of exactly these packs of a month. `digests` have them all; where two have one, the first counts. */
export async function sealMonth(
  vault: Vault,
  key: PeriodKey,
  month: Day,
  packs: readonly PackRow[],
  digests: readonly Digest[],
): Promise<DigestRow> {
  const sources = new Map<string, { readonly digest: Digest; readonly pack: DigestPack }>();
  for (const digest of digests) {
    for (const pack of digest.packs) {
      const name = nameOfDigestPack(pack);
      if (!sources.has(name)) sources.set(name, { digest, pack });
    }
  }
  const builder = new DigestBuilder();
  const firstPages = new Map<string, number>();
  for (const pack of packs) {
    const source = sources.get(packName(pack));
    if (!source) throw new Error(`no digest of ${packName(pack)}`);
    firstPages.set(packName(pack), builder.addPack(source.pack));
  }
  for (const digest of digests) {
    digest.copyTo(builder, (pack) => {
      const name = nameOfDigestPack(pack);
      return sources.get(name)?.digest === digest ? (firstPages.get(name) ?? null) : null;
    });
  }
  const box = await seal(key.aead, pad(await builder.bytes(), MIN_BYTES), aadOf(vault.userId, month));
  return { userId: vault.userId, month, generation: key.generation, box };
}

/** The digest of a pack that lies beside it; made anew from its events when it does not open. @throws DamagedError */
export async function ownDigest(db: Database, vault: Vault, { date, seq }: PackRow): Promise<Digest> {
  const row = await db.get('interactions', [vault.userId, date, 'digest', seq]);
  if (row) {
    try {
      return await openDigest(vault, row);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  const ofDay = await db.getAll('interactions', rangeOfDay(vault.userId, date));
  const blocks = ofDay.filter((block) => block.seq === seq);
  // The pack is not there any more: nothing is known of it.
  if (blocks.length === 0) throw new DamagedError();
  return digestOfEvents(date, seq, await eventsOfPack(vault, blocks));
}

/** A month's digest, or `null` when there is none that opens. */
export async function readMonth(db: Database, vault: Vault, month: Day): Promise<Digest | null> {
  const row = await db.get('digests', [vault.userId, month]);
  if (!row) return null;
  try {
    return await openMonth(vault, row);
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return null;
  }
}

/**
 * Merges the digests of `packs`, all of one month, into the month's; packs of which nothing opens stay as they are. In one
 * transaction, so that a pack's digest is always in one place. The caller holds the write lock.
 */
export async function mergeMonth(
  db: Database,
  vault: Vault,
  month: Day,
  packs: readonly PackRow[],
): Promise<void> {
  const old = await readMonth(db, vault, month);
  const covered = new Set(old?.packs.map(nameOfDigestPack));
  const digests: Digest[] = [];
  const merged: PackRow[] = [];
  for (const pack of packs) {
    if (pack.digest === 'month' && covered.has(packName(pack))) {
      merged.push(pack);
      continue;
    }
    try {
      digests.push(await ownDigest(db, vault, pack));
      merged.push(pack);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  if (old) digests.push(old);
  const row = await sealMonth(vault, await vault.currentKey(digestOf(month)), month, merged, digests);
  await inTransaction(db.transaction(PACK_STORES, 'readwrite', STRICT), (tx, ask) => {
    ask(tx.objectStore('digests').put(row));
    for (const pack of merged) {
      if (pack.digest === 'month') continue;
      ask(tx.objectStore('packs').put({ ...pack, digest: 'month' }));
      ask(tx.objectStore('interactions').delete([vault.userId, pack.date, 'digest', pack.seq]));
    }
  });
}

/** Months of which some digest of a day that is over lies alone, with all their packs that are over. */
export function pendingMonths(packs: readonly PackRow[], today: Day): Map<Day, PackRow[]> {
  const months = dueMonths(packs, today, new Set(packs.map(({ date }) => monthOf(date))));
  for (const [month, own] of months) if (own.every(({ digest }) => digest === 'month')) months.delete(month);
  return months;
}

/** So many digests of packs that are over are looked at one by one before they are merged into their month's. */
const PENDING = 8;

/** Months whose digests are due to be merged, with all their packs that are over. */
export function dueMonths(
  packs: readonly PackRow[],
  today: Day,
  damaged: ReadonlySet<Day>,
): Map<Day, PackRow[]> {
  const months = new Map<Day, PackRow[]>();
  for (const pack of packs) {
    if (dayNumber(pack.date) >= dayNumber(today)) continue;
    const month = monthOf(pack.date);
    months.set(month, [...(months.get(month) ?? []), pack]);
  }
  for (const [month, own] of months) {
    if (damaged.has(month)) continue;
    const pending = own.filter(({ digest }) => digest === 'own').length;
    if (pending === 0 || (pending < PENDING && month === monthOf(today))) months.delete(month);
  }
  return months;
}
