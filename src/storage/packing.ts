/** Into packs: what the journal holds of a day, and what comes from elsewhere, joins what is packed of that day. */
import type { Day } from '../base/clock.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { DamagedError, type Database } from './database.ts';
import { openJournalRow } from './journal.ts';
import { eventsOfPack, type PackChange, rangeOfDay, sealPack, writeChange } from './packs.ts';
import type { JournalRow, PackRow } from './schema.ts';
import { eventsOf, type Vault } from './vault.ts';

/** More journal rows of one day than this are packed even while the browser is busy. */
export const PACK_ROWS = 256;
/** A day's further events begin another pack. Nobody browses that much; a day in one pack is found fastest. */
export const PACK_EVENTS = 16_384;

interface OpenedPack {
  readonly pack: PackRow;
  /** `null` when it does not open: it is left alone. */
  readonly events: InteractionEvent[] | null;
}

export async function openPacks(db: Database, vault: Vault, day: Day): Promise<OpenedPack[]> {
  const tx = db.transaction(['packs', 'interactions']);
  const range = rangeOfDay(vault.userId, day);
  const [packs, blocks] = await Promise.all([
    tx.objectStore('packs').getAll(range),
    tx.objectStore('interactions').getAll(range),
  ]);
  return Promise.all(
    packs.map(async (pack) => {
      try {
        return {
          pack,
          events: await eventsOfPack(
            vault,
            blocks.filter(({ seq }) => seq === pack.seq),
          ),
        };
      } catch (error) {
        if (!(error instanceof DamagedError)) throw error;
        return { pack, events: null };
      }
    }),
  );
}

/** The change that adds events to a day, and how many of them were not there yet. The caller holds the write lock. */
export async function planAddition(
  db: Database,
  vault: Vault,
  day: Day,
  events: readonly InteractionEvent[],
  journal: readonly number[],
): Promise<{ readonly change: PackChange; readonly added: number }> {
  const opened = await openPacks(db, vault, day);
  const known = new Set(opened.flatMap((pack) => pack.events?.map(({ id }) => id) ?? []));
  const fresh = [
    ...new Map(events.filter(({ id }) => !known.has(id)).map((event) => [event.id, event])).values(),
  ];
  if (fresh.length === 0) return { change: { remove: [], add: [], journal }, added: 0 };
  const last = opened.at(-1);
  const joined = last?.events && last.events.length + fresh.length <= PACK_EVENTS ? last.events : null;
  const key = await vault.currentKey(eventsOf(day));
  const sealed = await sealPack(vault, key, day, (last?.pack.seq ?? 0) + 1, [...(joined ?? []), ...fresh]);
  return {
    change: { remove: last && joined ? [last.pack] : [], add: [sealed], journal },
    added: fresh.length,
  };
}

/** Opens what can be opened; rows that do not stay where they are. */
export async function openJournalRows(
  vault: Vault,
  rows: readonly JournalRow[],
): Promise<{ readonly row: JournalRow; readonly event: InteractionEvent }[]> {
  const opened = await Promise.all(
    rows.map(async (row) => {
      try {
        return { row, event: await openJournalRow(vault, row) };
      } catch (error) {
        if (!(error instanceof DamagedError)) throw error;
        return null;
      }
    }),
  );
  return opened.filter((one) => one !== null);
}

/**
 * Moves the journal rows of a day into its pack, in one transaction: a worker that is stopped before it leaves the journal
 * as it was, one that is stopped after it has moved all of them.
 */
export async function packDay(db: Database, vault: Vault, day: Day): Promise<boolean> {
  const rows = await openJournalRows(vault, await db.getAllFromIndex('journal', 'day', day));
  if (rows.length === 0) return false;
  const events = rows.map(({ event }) => event);
  const { change } = await planAddition(
    db,
    vault,
    day,
    events,
    rows.map(({ row }) => row.n),
  );
  await writeChange(db, change);
  return true;
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
