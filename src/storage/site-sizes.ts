/**
 * About how much each site takes: of what the days of a pack share, by its addresses; of their segments, by its records; of
 * what is not packed, by its rows. Only outlines and the journal are opened.
 */
import type { SiteSize } from '../model/budget.ts';
import { type InteractionEvent, recordOf } from '../model/interaction.ts';
import { hostOf, hostOfTerm } from '../model/page.ts';
import { totalOf } from '../model/summary.ts';
import { DamagedError, type Database, decoding } from './database.ts';
import { openJournalRows } from './packing.ts';
import { PackReader, type PackSource } from './packs.ts';
import type { PackRow } from './schema.ts';

/** Largest first. Packs that do not open count for nobody. */
export async function siteSizes(source: PackSource, packs: readonly PackRow[]): Promise<SiteSize[]> {
  const sizes = new Map<string, number>();
  const add = (host: string, bytes: number) => {
    if (host !== '' && bytes > 0) sizes.set(host, (sizes.get(host) ?? 0) + bytes);
  };
  for (const pack of packs) {
    try {
      await addPack(source, pack, add);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  await addJournal(source, add);
  return [...sizes].map(([host, bytes]) => ({ host, bytes })).sort((a, b) => b.bytes - a.bytes);
}

type Add = (host: string, bytes: number) => void;

async function addPack(source: PackSource, pack: PackRow, add: Add): Promise<void> {
  const outline = await new PackReader(source, pack).outline();
  const tableBytes = await bytesOfTables(source.db, pack);
  const { terms, firstAddresses } = await decoding(() => outline.hosts());
  for (const [place, term] of terms.entries()) {
    const own = (firstAddresses[place + 1] as number) - (firstAddresses[place] as number);
    add(hostOfTerm(term), (tableBytes * own) / outline.addressCount);
  }
  const records = pack.days.reduce((sum, day) => sum + day.records.reduce((all, one) => all + one, 0), 0);
  if (records === 0) return;
  for (const { day } of pack.days) {
    const { sites } = await decoding(() => outline.summary(day, { sites: true }));
    for (const [host, site] of sites) add(host, ((pack.sizeBytes - tableBytes) * totalOf(site)) / records);
  }
}

/** All pieces of a table but its last are of one size: two of each are read. */
async function bytesOfTables(db: Database, { userId, date, seq }: PackRow): Promise<number> {
  const { store } = db.transaction('tables');
  const keys = await store.getAllKeys(IDBKeyRange.bound([userId, date, seq], [userId, date, seq, []]));
  const pieces = new Map<string, number>();
  for (const [, , , part, piece] of keys) pieces.set(part, Math.max(piece, pieces.get(part) ?? 0));
  const sizes = await Promise.all(
    [...pieces].map(async ([part, last]) => {
      const [one, rest] = await Promise.all([
        last > 0 ? store.get([userId, date, seq, part, 0]) : undefined,
        store.get([userId, date, seq, part, last]),
      ]);
      return last * (one?.box.length ?? 0) + (rest?.box.length ?? 0);
    }),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function addJournal({ db, vault }: PackSource, add: Add): Promise<void> {
  const rows = await openJournalRows(vault, await db.getAll('journal'));
  const hosts = new Map<string, string>();
  for (const { event } of rows) if ('url' in event) hosts.set(event.id, hostOf(event.url));
  const host = (event: InteractionEvent) => hosts.get(recordOf(event));
  for (const { row, event } of rows) add(host(event) ?? '', row.box.length);
}
