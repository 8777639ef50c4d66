/**
 * Into packs: what the journal holds of a day, and what comes from elsewhere, joins what is packed. A day's events lie in a
 * pack of their own at first; packs of a month are merged, so that what they share is written once.
 */
import { type Day, monthOf } from '../base/clock.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { DamagedError, type Database } from './database.ts';
import { openJournalRow } from './journal.ts';
import { monthGroups, PACK_EVENTS } from './months.ts';
import {
  eventCount,
  joinChanges,
  type PackChange,
  PackReader,
  type PackSource,
  rangeOfMonth,
  type SealedPack,
  sealPack,
  writeChange,
} from './packs.ts';
import type { JournalRow, PackRow } from './schema.ts';
import { eventsOf, tablesOf, type Vault } from './vault.ts';

/** More journal rows of one day than this are packed even while the browser is busy. */
export const PACK_ROWS = 256;
/** So many new events of a month are a pack of its own at once. */
const BULK_EVENTS = 1024;

export const packsOfMonth = ({ db, vault }: PackSource, month: Day): Promise<PackRow[]> =>
  db.getAll('packs', rangeOfMonth(vault.userId, month));

export const nextSeq = (packs: readonly PackRow[]): number =>
  packs.reduce((most, { seq }) => Math.max(most, seq), 0) + 1;

/** All events of packs, by day, each once. @throws DamagedError */
export async function eventsOfPacks(
  source: PackSource,
  packs: readonly PackRow[],
): Promise<Map<Day, InteractionEvent[]>> {
  const days = new Map<Day, Map<string, InteractionEvent>>();
  for (const pack of packs) {
    const reader = new PackReader(source, pack);
    for (const { day } of pack.days) {
      const own = days.get(day) ?? new Map<string, InteractionEvent>();
      days.set(day, own);
      for (const event of await reader.events(await reader.rows(day), { whole: true }))
        own.set(event.id, event);
    }
  }
  return new Map([...days].map(([day, events]) => [day, [...events.values()]]));
}

/** Packs that open whole, and their events. What does not open is left alone. */
async function readable(source: PackSource, packs: readonly PackRow[]) {
  const opened: { readonly pack: PackRow; readonly days: Map<Day, InteractionEvent[]> }[] = [];
  for (const pack of packs) {
    try {
      opened.push({ pack, days: await eventsOfPacks(source, [pack]) });
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  return opened;
}

export const joined = (maps: readonly ReadonlyMap<Day, readonly InteractionEvent[]>[]) => {
  const days = new Map<Day, Map<string, InteractionEvent>>();
  for (const map of maps)
    for (const [day, events] of map) {
      const own = days.get(day) ?? new Map<string, InteractionEvent>();
      days.set(day, own);
      for (const event of events) own.set(event.id, event);
    }
  return new Map([...days].map(([day, events]) => [day, [...events.values()]]));
};

/** Packs of a month's days, as few as their size allows. */
export async function sealMonth(
  vault: Vault,
  days: ReadonlyMap<Day, readonly InteractionEvent[]>,
  seq: number,
): Promise<SealedPack[]> {
  const sealed: SealedPack[] = [];
  for (const group of monthGroups(days))
    sealed.push(await sealPack(vault, group, { seq: seq + sealed.length, key: 'month' }));
  return sealed;
}

/** Ids of what is packed of a day. @throws DamagedError */
async function knownIds(source: PackSource, packs: readonly PackRow[], day: Day): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const pack of packs) {
    if (!pack.days.some((one) => one.day === day)) continue;
    try {
      for (const { id } of await new PackReader(source, pack).rows(day)) ids.add(id);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  return ids;
}

/**
 * The change that adds events to days, and how many of each day were not there yet. `journal`: rows that the events came from.
 * `today`: its events never go into a merged pack, which would be written anew all day. The caller holds the write lock.
 */
export async function planAddition(
  source: PackSource,
  days: ReadonlyMap<Day, readonly InteractionEvent[]>,
  today: Day,
  journal: readonly number[] = [],
): Promise<{ readonly change: PackChange; readonly added: ReadonlyMap<Day, number> }> {
  const months = new Map<Day, Map<Day, readonly InteractionEvent[]>>();
  for (const [day, events] of days) {
    const month = monthOf(day);
    months.set(month, (months.get(month) ?? new Map()).set(day, events));
  }
  const changes: PackChange[] = [{ remove: [], add: [], journal }];
  const added = new Map<Day, number>();
  for (const [month, ofMonth] of months) {
    const packs = await packsOfMonth(source, month);
    const fresh = new Map<Day, InteractionEvent[]>();
    for (const [day, events] of ofMonth) {
      const known = await knownIds(source, packs, day);
      const own = new Map<string, InteractionEvent>();
      for (const event of events) if (!known.has(event.id)) own.set(event.id, event);
      if (own.size === 0) continue;
      fresh.set(day, [...own.values()]);
      added.set(day, own.size);
    }
    changes.push(await planMonth(source, packs, fresh, today));
  }
  return { change: joinChanges(changes), added };
}

async function planMonth(
  source: PackSource,
  packs: readonly PackRow[],
  fresh: ReadonlyMap<Day, readonly InteractionEvent[]>,
  today: Day,
): Promise<PackChange> {
  const { vault } = source;
  let seq = nextSeq(packs);
  const remove: PackRow[] = [];
  const add: SealedPack[] = [];
  const over = new Map([...fresh].filter(([day]) => day < today));
  const bulk = [...over.values()].reduce((sum, events) => sum + events.length, 0) >= BULK_EVENTS;
  if (bulk) {
    // Only packs that have one of these days are opened: others are merged with them in an idle moment.
    const touched = packs.filter(({ date, days }) => date < today && days.some(({ day }) => over.has(day)));
    const opened = await readable(source, touched);
    add.push(...(await sealMonth(vault, joined([...opened.map(({ days }) => days), over]), seq)));
    seq += add.length;
    remove.push(...opened.map(({ pack }) => pack));
  }
  for (const [day, events] of bulk ? [...fresh].filter(([one]) => one >= today) : fresh) {
    const own = packs.find((pack) => pack.key === 'day' && pack.date === day);
    const room = own && eventCount(own) + events.length <= PACK_EVENTS;
    const [opened] = room ? await readable(source, [own]) : [];
    const whole = joined([opened?.days ?? new Map(), new Map([[day, events]])]);
    add.push(await sealPack(vault, whole, { seq: seq++, key: 'day' }));
    if (opened) remove.push(opened.pack);
  }
  return { remove, add, journal: [] };
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
export async function packDay(source: PackSource, day: Day, today: Day): Promise<boolean> {
  const { db, vault } = source;
  const rows = await openJournalRows(vault, await db.getAllFromIndex('journal', 'day', day));
  if (rows.length === 0) return false;
  const events = rows.map(({ event }) => event);
  const journal = rows.map(({ row }) => row.n);
  const { change } = await planAddition(source, new Map([[day, events]]), today, journal);
  await writeChange(db, change);
  return true;
}

/** Merges packs, all of one month; those that do not open stay as they are. The caller holds the write lock. */
export async function mergePacks(source: PackSource, packs: readonly PackRow[]): Promise<void> {
  const [first] = packs;
  if (!first) return;
  const opened = await readable(source, packs);
  if (opened.length === 0) return;
  const { vault } = source;
  const period = tablesOf(monthOf(first.date));
  const { generation } = await vault.currentKey(period);
  // What shares a key with a pack that does not open cannot be erased before that one is.
  const merged = new Set(opened.map(({ pack }) => pack));
  const closed = packs.some(
    (pack) => pack.key === 'month' && !merged.has(pack) && pack.generation === generation,
  );
  if (closed) await vault.newKey(period);
  const seq = nextSeq(await packsOfMonth(source, monthOf(first.date)));
  const add = await sealMonth(vault, joined(opened.map(({ days }) => days)), seq);
  await writeChange(source.db, { remove: opened.map(({ pack }) => pack), add, journal: [] });
}

/** Makes the keys that adding to these days needs. */
export const ensureKeysOf = (vault: Vault, days: Iterable<Day>): Promise<void> => {
  const list = [...days];
  const months = new Set(list.map(monthOf));
  return vault.ensureKeys([...list.map(eventsOf), ...[...months].map(tablesOf)]);
};

/** Days that have rows in the journal, with how many. */
export async function journalDays(db: Database): Promise<Map<Day, number>> {
  const days = new Map<Day, number>();
  const index = db.transaction('journal').store.index('day');
  for (let cursor = await index.openKeyCursor(null, 'nextunique'); cursor; cursor = await cursor.continue()) {
    days.set(cursor.key, await index.count(cursor.key));
  }
  return days;
}
