/** Reading by day: every event once, wherever it is. */
import type { Day } from '../base/clock.ts';
import {
  compareEvents,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
} from '../model/interaction.ts';
import { DamagedError, type Database } from './database.ts';
import { openJournalRows } from './packing.ts';
import { eventsOfPack, rangeOfDay } from './packs.ts';
import type { Vault } from './vault.ts';

export interface DayEvents {
  /** Oldest first. */
  readonly events: InteractionEvent[];
  /** Rows and packs that did not open; they are left alone and reported. */
  readonly damaged: number;
}

/** All events of a day. One transaction reads journal and packs together, so that packing cannot hide an event. */
export async function eventsOfDay(db: Database, vault: Vault, day: Day): Promise<DayEvents> {
  const tx = db.transaction(['journal', 'packs', 'interactions']);
  const range = rangeOfDay(vault.userId, day);
  const [journal, packs, blocks] = await Promise.all([
    tx.objectStore('journal').index('day').getAll(day),
    tx.objectStore('packs').getAll(range),
    tx.objectStore('interactions').getAll(range),
  ]);
  const rows = await openJournalRows(vault, journal);
  const events = new Map(rows.map(({ event }) => [event.id, event]));
  let damaged = journal.length - rows.length;
  const opened = await Promise.all(
    packs.map(async ({ seq }) => {
      try {
        return await eventsOfPack(
          vault,
          blocks.filter((block) => block.seq === seq),
        );
      } catch (error) {
        if (!(error instanceof DamagedError)) throw error;
        damaged += 1;
        return [];
      }
    }),
  );
  for (const event of opened.flat()) events.set(event.id, event);
  return { events: [...events.values()].sort(compareEvents), damaged };
}

/** Days with data, newest first. */
export async function daysWithData(db: Database, vault: Vault): Promise<Day[]> {
  const days = new Set<Day>();
  const tx = db.transaction(['journal', 'packs']);
  for (
    let cursor = await tx.objectStore('journal').index('day').openKeyCursor(null, 'nextunique');
    cursor;
    cursor = await cursor.continue()
  ) {
    days.add(cursor.key);
  }
  const range = IDBKeyRange.bound([vault.userId], [vault.userId, []]);
  for (const [, day] of await tx.objectStore('packs').getAllKeys(range)) days.add(day);
  return [...days].sort().reverse();
}

/** Records newest day first, within a day oldest first. Stops when the consumer does. */
export async function* recordsByDay(
  db: Database,
  vault: Vault,
  order: 'newest' | 'oldest' = 'newest',
): AsyncGenerator<{ day: Day; records: InteractionRecord[]; damaged: number }> {
  const days = await daysWithData(db, vault);
  if (order === 'oldest') days.reverse();
  for (const day of days) {
    const { events, damaged } = await eventsOfDay(db, vault, day);
    yield { day, records: foldEvents(events), damaged };
  }
}

/** How many records there are, without opening any. */
export async function recordCount(db: Database, vault: Vault): Promise<number> {
  let sum = 0;
  const tx = db.transaction(['journal', 'packs']);
  const range = IDBKeyRange.bound([vault.userId], [vault.userId, []]);
  const packs = tx.objectStore('packs').getAll(range);
  for (let cursor = await tx.objectStore('journal').openCursor(); cursor; cursor = await cursor.continue())
    sum += cursor.value.records;
  for (const { records } of await packs) for (const count of records) sum += count;
  return sum;
}
