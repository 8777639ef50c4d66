/** Reading by day: every event once, wherever it is. */
import { type Day, monthOf } from '../base/clock.ts';
import {
  compareEvents,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
} from '../model/interaction.ts';
import { DamagedError } from './database.ts';
import { openJournalRows } from './packing.ts';
import { PackReader, type PackSource, rangeOfAll, rangeOfDay, rangeOfMonth } from './packs.ts';
import type { PackRow } from './schema.ts';
import { rowsAfter } from './transaction.ts';

export interface DayEvents {
  /** Oldest first. */
  readonly events: InteractionEvent[];
  /** Rows and packs that did not open; they are left alone and reported. */
  readonly damaged: number;
}

/** A pack that was there a moment ago may be merged into another one before its tables are read: then all is read again. */
const TRIES = 3;

/** All events of a day. One transaction reads journal and packs together, so that packing cannot hide an event. */
export async function eventsOfDay(source: PackSource, day: Day, whole = false): Promise<DayEvents> {
  const { db, vault } = source;
  for (let left = TRIES - 1; ; left--) {
    const tx = db.transaction(['journal', 'packs', 'interactions']);
    const [journal, ofMonth, blocks] = await Promise.all([
      tx.objectStore('journal').index('day').getAll(day),
      tx.objectStore('packs').getAll(rangeOfMonth(vault.userId, monthOf(day))),
      tx.objectStore('interactions').getAll(rangeOfDay(vault.userId, day)),
    ]);
    const packs = ofMonth.filter(({ days }) => days.some((one) => one.day === day));
    const rows = await openJournalRows(vault, journal);
    const events = new Map(rows.map(({ event }) => [event.id, event]));
    let damaged = journal.length - rows.length;
    const opened = await Promise.all(
      packs.map(async (pack) => {
        try {
          const reader = new PackReader(source, pack);
          return await reader.events(await reader.rows(day, { blocks }), { whole });
        } catch (error) {
          if (!(error instanceof DamagedError)) throw error;
          damaged += 1;
          return [];
        }
      }),
    );
    if (damaged > 0 && left > 0 && (await changed(source, packs))) continue;
    for (const event of opened.flat()) events.set(event.id, event);
    return { events: [...events.values()].sort(compareEvents), damaged };
  }
}

async function changed({ db }: PackSource, packs: readonly PackRow[]): Promise<boolean> {
  for (const { userId, date, seq } of packs)
    if ((await db.getKey('packs', [userId, date, seq])) === undefined) return true;
  return false;
}

/** Days with data, newest first. */
export async function daysWithData({ db, vault }: PackSource): Promise<Day[]> {
  const days = new Set<Day>();
  const tx = db.transaction(['journal', 'packs']);
  for (
    let cursor = await tx.objectStore('journal').index('day').openKeyCursor(null, 'nextunique');
    cursor;
    cursor = await cursor.continue()
  ) {
    days.add(cursor.key);
  }
  for (const pack of await tx.objectStore('packs').getAll(rangeOfAll(vault.userId)))
    for (const { day } of pack.days) days.add(day);
  return [...days].sort().reverse();
}

/** Records newest day first, within a day oldest first. Stops when the consumer does. */
export async function* recordsByDay(
  source: PackSource,
  order: 'newest' | 'oldest' = 'newest',
): AsyncGenerator<{ day: Day; records: InteractionRecord[]; damaged: number }> {
  const days = await daysWithData(source);
  if (order === 'oldest') days.reverse();
  for (const day of days) {
    const { events, damaged } = await eventsOfDay(source, day, true);
    yield { day, records: foldEvents(events), damaged };
  }
}

/** How many records there are, without opening any. */
export async function recordCount({ db, vault }: PackSource): Promise<number> {
  let sum = 0;
  const tx = db.transaction(['journal', 'packs']);
  const packs = tx.objectStore('packs').getAll(rangeOfAll(vault.userId));
  for await (const rows of rowsAfter(tx.objectStore('journal'), ({ n }) => n))
    for (const { records } of rows) sum += records;
  for (const { days } of await packs)
    for (const { records } of days) for (const count of records) sum += count;
  return sum;
}
