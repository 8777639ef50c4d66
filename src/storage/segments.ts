/** Packed events: a segment holds events of one day and type, compressed and sealed. */
import type { Day } from '../base/clock.ts';
import { open, seal } from '../crypto/envelope.ts';
import { type InteractionEvent, STORE_TYPES, type StoreType, storeTypeOf } from '../model/interaction.ts';
import { decodeEvents, encodeEvents } from './codec.ts';
import { DamagedError, type Database } from './database.ts';
import { openJournalRow } from './journal.ts';
import type { JournalRow, SegmentRow } from './schema.ts';
import { type PeriodKey, rowAad, type Vault } from './vault.ts';

/** More journal rows of one day than this are packed even while the browser is busy. */
export const PACK_ROWS = 256;

const dayRange = (userId: string, day: Day): IDBKeyRange =>
  IDBKeyRange.bound([userId, day], [userId, day, []]);

export const segmentsOfDay = (db: Database, userId: string, day: Day): Promise<SegmentRow[]> =>
  db.getAll('interactions', dayRange(userId, day));

export const countRecords = (events: readonly InteractionEvent[]): number =>
  events.filter((event) => event.kind !== 'visit-update').length;

/** @throws DamagedError */
export async function openSegment(vault: Vault, row: SegmentRow): Promise<InteractionEvent[]> {
  const key = await vault.key(row.date, row.generation);
  const opened = await open(
    key.aead,
    row.box,
    rowAad(vault.userId, 'interactions', row.date, row.type, row.seq),
  );
  if (!opened.ok) throw new DamagedError('A part of the stored data is damaged and was left out.');
  return decodeEvents(opened.plaintext);
}

/** Segments for events of one day, one for each type among them, numbered after those that are there. */
export async function sealSegments(
  vault: Vault,
  day: Day,
  key: PeriodKey,
  events: readonly InteractionEvent[],
  existing: readonly SegmentRow[],
): Promise<SegmentRow[]> {
  const rows: SegmentRow[] = [];
  for (const type of STORE_TYPES) {
    const ofType = events.filter((event) => storeTypeOf(event) === type);
    if (ofType.length === 0) continue;
    rows.push(await sealSegment(vault, day, type, key, ofType, existing));
  }
  return rows;
}

async function sealSegment(
  vault: Vault,
  day: Day,
  type: StoreType,
  key: PeriodKey,
  events: InteractionEvent[],
  existing: readonly SegmentRow[],
): Promise<SegmentRow> {
  const seq = existing.reduce((max, row) => (row.type === type ? Math.max(max, row.seq) : max), 0) + 1;
  const box = await seal(
    key.aead,
    await encodeEvents(events),
    rowAad(vault.userId, 'interactions', day, type, seq),
  );
  return {
    userId: vault.userId,
    date: day,
    type,
    seq,
    records: countRecords(events),
    generation: key.generation,
    box,
  };
}

/**
 * Moves the journal rows of a day into segments, in one transaction: a worker that is stopped before it leaves the
 * journal as it was, one that is stopped after it has moved all of them. Rows that do not open stay where they are.
 */
export async function packDay(db: Database, vault: Vault, day: Day): Promise<number> {
  const rows = await db.getAllFromIndex('journal', 'day', day);
  const readable: { row: JournalRow; event: InteractionEvent }[] = [];
  for (const row of rows) {
    try {
      readable.push({ row, event: await openJournalRow(vault, row) });
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  if (readable.length === 0) return 0;
  const existing = await segmentsOfDay(db, vault.userId, day);
  const segments = await sealSegments(
    vault,
    day,
    await vault.currentKey(day),
    readable.map(({ event }) => event),
    existing,
  );
  const tx = db.transaction(['journal', 'interactions'], 'readwrite', { durability: 'strict' });
  for (const { row } of readable) tx.objectStore('journal').delete(row.n);
  // `add`: if something else packed this day meanwhile, this transaction fails as a whole.
  for (const segment of segments) tx.objectStore('interactions').add(segment);
  await tx.done;
  return readable.length;
}

/** Days that have rows in the journal, with how many. */
export async function journalDays(db: Database): Promise<Map<Day, number>> {
  const days = new Map<Day, number>();
  for (
    let cursor = await db.transaction('journal').store.index('day').openKeyCursor();
    cursor;
    cursor = await cursor.continue()
  ) {
    days.set(cursor.key, (days.get(cursor.key) ?? 0) + 1);
  }
  return days;
}
