/** Reading: every event once, wherever it is. */
import type { Day } from '../base/clock.ts';
import { foldEvents, type InteractionEvent, type InteractionRecord } from '../model/interaction.ts';
import { DamagedError, type Database } from './database.ts';
import { openJournalRow } from './journal.ts';
import { openSegment } from './segments.ts';
import type { Vault } from './vault.ts';

export interface DayEvents {
  readonly events: InteractionEvent[];
  /** Rows that did not open; they are left alone and reported. */
  readonly damaged: number;
}

/** All events of a day. One transaction reads journal and segments together, so that packing cannot hide an event. */
export async function eventsOfDay(db: Database, vault: Vault, day: Day): Promise<DayEvents> {
  const tx = db.transaction(['journal', 'interactions']);
  const [journal, segments] = await Promise.all([
    tx.objectStore('journal').index('day').getAll(day),
    tx.objectStore('interactions').getAll(IDBKeyRange.bound([vault.userId, day], [vault.userId, day, []])),
  ]);
  const events: InteractionEvent[] = [];
  let damaged = 0;
  const attempt = async (read: () => Promise<InteractionEvent[]>) => {
    try {
      events.push(...(await read()));
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      damaged += 1;
    }
  };
  for (const row of journal) await attempt(async () => [await openJournalRow(vault, row)]);
  for (const segment of segments) await attempt(() => openSegment(vault, segment));
  return { events, damaged };
}

/** Days with data, newest first. */
export async function daysWithData(db: Database, vault: Vault): Promise<Day[]> {
  const days = new Set<Day>();
  const tx = db.transaction(['journal', 'interactions']);
  for (
    let cursor = await tx.objectStore('journal').index('day').openKeyCursor(null, 'nextunique');
    cursor;
    cursor = await cursor.continue()
  ) {
    days.add(cursor.key);
  }
  const store = tx.objectStore('interactions');
  let cursor = await store.openKeyCursor(IDBKeyRange.bound([vault.userId], [vault.userId, []]));
  while (cursor) {
    const [, day] = cursor.key;
    days.add(day);
    // On to the first key after every key of this day.
    cursor = await cursor.continue([vault.userId, `${day}\u0000`, '', 0]);
  }
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
export async function recordCount(db: Database): Promise<number> {
  let sum = 0;
  const tx = db.transaction(['journal', 'interactions']);
  for (const store of ['journal', 'interactions'] as const) {
    for (let cursor = await tx.objectStore(store).openCursor(); cursor; cursor = await cursor.continue())
      sum += cursor.value.records;
  }
  return sum;
}
