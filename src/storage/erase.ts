/**
 * Erasing. Month by month: the survivors of each touched day are sealed anew under a new key of that day, what the days of a
 * merged pack share under a new key of the month, and one transaction replaces the old by the new. Then the old keys are
 * destroyed, all in one rewrite of the key ring; `finishErasing` does that at the next start if it was interrupted.
 *
 * Over 300 lines, because what may go and what has to stay where something is damaged is decided on one page.
 */
import type { Bytes } from '../base/bytes.ts';
import { type Day, monthOf } from '../base/clock.ts';
import { randomId } from '../base/random.ts';
import {
  countsAtMs,
  type EventId,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
  recordOf,
} from '../model/interaction.ts';
import { type MeantAs, type Meant as Targeting, withoutLinks } from '../model/links.ts';
import { coversHost } from '../model/rules.ts';
import { type DayLinks, type DayRecords, type EraseTarget, recordHost } from '../model/selector.ts';
import { daysInPart, touchesDay } from './archive-list.ts';
import { forgetAway, shredBut } from './away.ts';
import { DamagedError, type Database, PartlyErasedError } from './database.ts';
import { daysWithData, eventsOfDay } from './days.ts';
import { contextLines, ERASING, ONLY_DERIVED, renewKey } from './derived.ts';
import { ERASURE } from './fingerprint.ts';
import { eventsOfPacks, joined, nextSeq, packsOfMonth, sealMonth } from './packing.ts';
import {
  type PackSource,
  rangeOfDay,
  rangeOfMonth,
  type SealedPack,
  sealPack,
  writeChange,
} from './packs.ts';
import type { PackRow } from './schema.ts';
import { forgetShown, forgetTraces } from './traces.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { eventsOf, type Shred, tablesOf, type Vault } from './vault.ts';

export type Targeted = Targeting;
/** Until when something is meant (ms); `undefined`: it is not. */
export type Until = (
  record: InteractionRecord,
  as?: MeantAs,
) => number | undefined | Promise<number | undefined>;

/** The events of records that are meant, with what belongs to those. */
export function keptOf(
  events: readonly InteractionEvent[],
  kept: (record: InteractionRecord) => boolean,
): InteractionEvent[] {
  const ids = new Set(
    foldEvents(events)
      .filter(kept)
      .map(({ id }) => id),
  );
  return events.filter((event) => ids.has(recordOf(event)));
}

/** Whether it is of one of these sites, or of a subdomain. */
export function isOfSites(record: InteractionRecord, sites: readonly string[]): boolean {
  const host = sites.length === 0 ? null : recordHost(record);
  return host !== null && sites.some((site) => coversHost(site, host));
}

/** What of a day leaves it: all but the records of sites that are kept, and what belongs to those. */
export function movedOf(events: readonly InteractionEvent[], keep: readonly string[]): InteractionEvent[] {
  const stays = new Set(keptOf(events, (record) => isOfSites(record, keep)));
  return events.filter((event) => !stays.has(event));
}

async function split(
  events: readonly InteractionEvent[],
  targeted: Targeted,
): Promise<{ gone: Set<string>; survivors: InteractionEvent[] }> {
  const gone = new Set<string>();
  for (const record of foldEvents(events)) if (await targeted(record)) gone.add(record.id);
  const survivors = events.filter((event) => !gone.has(recordOf(event)));
  return { gone, survivors };
}

export interface Meant {
  /** Records in the store. */
  readonly stored: number;
  readonly days: readonly Day[];
  /** Lines of saved contexts that are theirs. */
  readonly lines: ReadonlySet<string>;
  /** As `Asked` says. */
  readonly records: ReadonlyMap<EventId, { readonly day: Day; readonly url?: string }>;
  readonly linked: readonly DayLinks[];
  readonly named: readonly DayRecords[];
  /** Rules took something of the address of one of them (interaction.ts). */
  readonly shortened: boolean;
}

/** What else is to be found of a deletion, so that other devices can be told of it. */
export interface Asked {
  /** Where these records lie, and their addresses. */
  readonly records?: ReadonlySet<EventId>;
  /** Addresses of all that is meant on these days. */
  readonly linked?: ReadonlySet<Day>;
  /** Ids of all that is meant. */
  readonly named?: boolean;
}

/**
 * Of so many addresses of a day links are told to them; of more, all links of that day are meant. Of the two ends of a span, at 11 bytes
 * each, they fit into the smallest body that a service may allow (16 KiB, sync/limits.ts).
 */
export const MOST_LINKED = 500;

/** `days`: where targeted records can be; all days with data when absent. */
export async function findMeant(
  source: PackSource,
  targeted: Targeted,
  days?: readonly Day[],
  asked: Asked = {},
): Promise<Meant> {
  const known = await contextLines(source.db, source.vault);
  const lines = new Set<string>();
  const noting: Targeted = async (record) => {
    const hit = await targeted(record);
    if (hit) for (const line of linesOf(record)) if (known.has(line)) lines.add(line);
    shortened ||= hit && record.kind !== 'reduced' && record.shortened === true;
    if (hit && 'url' in record) urls.set(record.id, record.url);
    return hit;
  };
  const found: Day[] = [];
  const records = new Map<EventId, { readonly day: Day; readonly url?: string }>();
  const named: DayRecords[] = [];
  const urls = new Map<EventId, string>();
  const links: DayLinks[] = [];
  let stored = 0;
  let shortened = false;
  const list = [...(days ?? (await daysWithData(source)))].sort().reverse();
  for (const day of list) {
    const { events } = await eventsOfDay(source, day, list.length > FEW_DAYS);
    const { gone } = await split(events, noting);
    if (gone.size > 0) found.push(day);
    stored += gone.size;
    if (asked.linked?.has(day)) {
      const all = [...new Set([...gone].flatMap((id) => urls.get(id) ?? []))];
      if (all.length > 0) links.push(all.length > MOST_LINKED ? { day } : { day, urls: all });
    }
    if (asked.named && gone.size > 0) named.push({ day, ids: [...gone] });
    for (const id of gone) {
      if (!asked.records?.has(id)) continue;
      const url = urls.get(id);
      records.set(id, { day, ...(url === undefined ? {} : { url }) });
    }
    urls.clear();
  }
  return { stored, days: found, lines, records, linked: links, named, shortened };
}

/** What has to be asked of a deletion of these targets, so that `withLinks` can tell it. */
export const linksAsked = (targets: readonly EraseTarget[]): Asked => ({
  records: new Set(targets.flatMap((target) => (target.what === 'record' ? [target.id] : []))),
  linked: daysInPart(targets),
});

/** A target with what links to it: of one that is named by its id alone, and of a span that has a part of a day. */
export function withLinks(target: EraseTarget, { records, linked }: Meant): EraseTarget {
  if (target.what === 'range') {
    const links = linked.filter(({ day }) => touchesDay(target, day));
    return links.length > 0 ? { ...target, links } : target;
  }
  return target.what === 'record' ? { ...target, ...records.get(target.id) } : target;
}

/** What saved contexts list of a record. */
export const linesOf = (record: InteractionRecord): string[] =>
  record.kind === 'reduced' ? [] : record.kind === 'search' ? [record.query, record.url] : [record.url];

/** From so many days on it pays to open all texts of a pack at once. */
const FEW_DAYS = 3;

interface ErasedDay {
  readonly day: Day;
  /** Ids of the records that go. */
  readonly gone: ReadonlySet<string>;
  readonly survivors: readonly InteractionEvent[];
}

/** What becomes of a day when less is to be kept of some records: all of its events, but those of which nothing is. */
export interface Change {
  readonly left: readonly InteractionEvent[];
  /** Records that are not what they were, also those that are gone. */
  readonly changed: ReadonlySet<string>;
}

export interface EraseOptions {
  /** What is to be kept of a day instead; what is targeted is then what of it changes. */
  readonly change?: (day: Day, events: readonly InteractionEvent[]) => Promise<Change>;
  /** Links that were followed later than they are meant stay. Absent: all links to what goes go, of its day. */
  readonly until?: Until | undefined;
  /** A sealed note that is written in the step that replaces these days. */
  readonly note?: (days: readonly Day[]) => Promise<{ readonly name: string; readonly box: Bytes }>;
  /** Days that lost something are queued to be sent again. */
  readonly syncing: boolean;
  /** All of it goes, also what does not open, but records that are not targeted: they came after it was asked for. */
  readonly everything: boolean;
  readonly days?: readonly Day[] | undefined;
  /** Whether all of a day goes, so that what does not open goes too. */
  readonly isWhole?: (day: Day) => boolean;
  /** Days from which what does not open is taken out, and nothing else. */
  readonly drop?: ReadonlySet<Day>;
  /** They are kept elsewhere: what contexts repeat of them stays. */
  readonly moving?: boolean;
  /** Days that get a new key, or none when nothing is left of them, whatever goes; they are not away any more (away.ts). */
  readonly renew?: ReadonlySet<Day>;
  /** Of days that are archived: keys to destroy, and whether something that is only in files may be meant. */
  readonly archived?: { readonly shred: readonly Shred[]; readonly filed: boolean };
  /** Keys that go with it, though nothing in the store was sealed with them. */
  readonly used?: readonly Shred[];
}

/**
 * Erases and resolves with how many records went. Data that does not open is kept, except when everything goes, or all of its
 * day. The caller holds the write lock.
 * @throws PartlyErasedError when all that can be erased was, with its keys, but something stays because something is damaged.
 */
export async function erase(source: PackSource, targeted: Targeted, options: EraseOptions): Promise<number> {
  const { db, vault } = source;
  const days = [...new Set([...(options.days ?? (await daysWithData(source))), ...(options.renew ?? [])])];
  const months = new Map<Day, Day[]>();
  for (const day of days) months.set(monthOf(day), [...(months.get(monthOf(day)) ?? []), day]);
  let count = 0;
  const shred: Shred[] = [];
  let isReplaced = false;
  const lines = options.everything || options.moving ? new Set<string>() : await contextLines(db, vault);
  const gone = new Set<string>();
  const noting: Targeted = async (record, as) => {
    const hit = await targeted(record, as);
    if (hit) for (const line of linesOf(record)) if (lines.has(line)) gone.add(line);
    return hit;
  };
  const kept = new Set<Day>();
  const damaged = new Set<Day>();
  const stayed = new Set<string>();
  for (const [month, daysOfMonth] of months) {
    const meant: ErasedDay[] = [];
    for (const day of daysOfMonth) {
      const one = await splitDay(source, day, noting, options, days.length > FEW_DAYS);
      if (one === 'damaged') for (const list of [kept, damaged]) list.add(day);
      else if (one) meant.push(one);
      if (options.everything && one && one !== 'damaged') for (const { id } of one.survivors) stayed.add(id);
    }
    const packs = await packsOfMonth(source, month);
    const bound = await boundByDamage(source, packs, new Set(meant.map(({ day }) => day)));
    for (const day of bound.kept) kept.add(day);
    for (const day of bound.damaged) damaged.add(day);
    const erased = meant.filter(({ day }) => !bound.kept.has(day));
    if (erased.length === 0) continue;
    for (const one of erased) count += one.gone.size;
    isReplaced = true;
    shred.push(...(await eraseOfMonth(source, { month, packs, ...bound }, erased, options)));
  }
  const { archived, used = [] } = options;
  shred.push(...(archived?.shred ?? []));
  if (isReplaced || (archived && archived.shred.length > 0) || options.everything || archived?.filed) {
    // Nobody can say which lines of the contexts are of records that are in a file only: then all go.
    const all = options.everything || archived?.filed;
    shred.push(...(await renewKey(db, vault, all ? 'all' : options.moving ? 'none' : gone)));
    if (options.everything) {
      await forgetTraces(db, stayed);
      // Also keys that nothing was sealed with yet.
      const known = new Set(shred.map(({ store, day }) => `${store}/${day}`));
      for (const day of vault.periods('interactions'))
        if (!known.has(`interactions/${day}`)) shred.push({ ...eventsOf(day), what: 'all' });
      for (const month of vault.periods('months'))
        if (!known.has(`months/${month}`)) shred.push({ ...tablesOf(month), what: 'all' });
    }
    await destroy(db, vault, [...shred, ...used]);
  } else if (used.length > 0) await destroy(db, vault, used);
  if (kept.size > 0) throw new PartlyErasedError(count, [...kept].sort(), [...damaged].sort());
  return count;
}

async function splitDay(
  source: PackSource,
  day: Day,
  targeted: Targeted,
  { everything, moving = false, renew, isWhole, change, drop, until }: EraseOptions,
  whole: boolean,
): Promise<ErasedDay | 'damaged' | null> {
  const { events, damaged } = await eventsOfDay(source, day, whole);
  if (damaged > 0 && drop?.has(day)) return { day, gone: new Set(), survivors: events };
  const less = await change?.(day, events);
  const { gone, survivors } = await split(
    events,
    less ? async (record) => less.changed.has(record.id) && (await targeted(record)) : targeted,
  );
  // What links to what goes tells of it too. Rules decide about links themselves.
  const unlinked =
    less || moving || everything
      ? survivors
      : await withoutLinks(survivors, await linkedBy(events, gone, targeted, until));
  const others = less?.left ?? unlinked;
  // Updates of visits that are not here go with their day, or it would be archived again and again.
  const all = everything || (damaged > 0 && isWhole?.(day) === true);
  const stay = () => keptOf(events, ({ id }) => !gone.has(id));
  const left = all && !everything ? [] : moving || everything ? stay() : others;
  const empty = left.length === 0 && (damaged === 0 || all);
  const isSame = gone.size === 0 && unlinked.every((event, index) => event === survivors[index]);
  const stays = moving ? left.length === events.length : isSame && !(empty && all);
  if (stays && !everything && !renew?.has(day)) return null;
  // Rows that do not open cannot be sealed anew: such a day keeps its old key until they are repaired, or all of it goes.
  return damaged > 0 && !empty && !everything ? 'damaged' : { day, gone, survivors: left };
}

/** A test for "is meant, or is linked to what goes that day". What was followed after that was asked for stays. */
async function linkedBy(
  events: readonly InteractionEvent[],
  gone: ReadonlySet<string>,
  targeted: Targeted,
  until: Until = () => Number.POSITIVE_INFINITY,
): Promise<Targeted> {
  const urls = new Map<string, number>();
  for (const record of foldEvents(events)) {
    const untilMs = gone.has(record.id) && 'url' in record ? await until(record, 'linked') : undefined;
    if (untilMs !== undefined && 'url' in record)
      urls.set(record.url, Math.max(urls.get(record.url) ?? untilMs, untilMs));
  }
  const isOfDay = (record: InteractionRecord) =>
    'url' in record && countsAtMs(record) <= (urls.get(record.url) ?? Number.NEGATIVE_INFINITY);
  return async (record) => isOfDay(record) || targeted(record, 'link');
}

interface Bound {
  /** Of the days that are meant: those that cannot be erased without losing something that does not open now. */
  readonly kept: ReadonlySet<Day>;
  /** Days because of which they cannot. */
  readonly damaged: ReadonlySet<Day>;
  /** Of merged packs, when one of them is to be replaced: what they have of days that stay. */
  readonly rest: ReadonlyMap<PackRow, ReadonlyMap<Day, readonly InteractionEvent[]>>;
  /** Those that have nothing of what goes and do not open whole: they stay as they are, with their key. */
  readonly closed: ReadonlySet<PackRow>;
}

/**
 * A merged pack is replaced as a whole. Where another of its days does not open, replacing it would lose that day, and leaving
 * its tables would leave what is to be erased: then its days stay, until that day is erased too.
 */
async function boundByDamage(
  source: PackSource,
  packs: readonly PackRow[],
  meant: ReadonlySet<Day>,
): Promise<Bound> {
  const [kept, damaged] = [new Set<Day>(), new Set<Day>()];
  const goes = ({ day }: { readonly day: Day }) => meant.has(day) && !kept.has(day);
  for (;;) {
    const merged = packs.filter(({ key }) => key === 'month');
    const old = merged.filter(({ days }) => days.some(goes));
    if (old.length === 0) return { kept, damaged, rest: new Map(), closed: new Set() };
    const rest = new Map<PackRow, ReadonlyMap<Day, readonly InteractionEvent[]>>();
    for (const pack of merged) {
      const events = await unlessDamaged(source, { ...pack, days: pack.days.filter((one) => !goes(one)) });
      if (events) rest.set(pack, events);
    }
    const closed = new Set(merged.filter((pack) => !rest.has(pack)));
    // Under the key of one that has to stay nothing may lie that goes.
    const generations = new Set([...closed].map(({ generation }) => generation));
    const stay = old.filter(({ generation }) => generations.has(generation));
    if (stay.length === 0) return { kept, damaged, rest, closed };
    for (const pack of stay) for (const one of pack.days) if (goes(one)) kept.add(one.day);
    for (const pack of closed)
      for (const one of pack.days)
        if (!(await unlessDamaged(source, { ...pack, days: [one] }))) damaged.add(one.day);
  }
}

async function unlessDamaged(
  source: PackSource,
  pack: PackRow,
): Promise<Map<Day, InteractionEvent[]> | null> {
  try {
    return await eventsOfPacks(source, [pack]);
  } catch (error) {
    if (error instanceof DamagedError) return null;
    throw error;
  }
}

interface MonthPacks extends Pick<Bound, 'rest' | 'closed'> {
  readonly month: Day;
  readonly packs: readonly PackRow[];
}

/** Replaces every pack that has one of these days. Returns the keys to destroy. */
async function eraseOfMonth(
  source: PackSource,
  { month, packs, rest, closed }: MonthPacks,
  erased: readonly ErasedDay[],
  options: EraseOptions,
): Promise<Shred[]> {
  const { vault } = source;
  const touched = new Map(erased.map(({ day, survivors }) => [day, survivors]));
  const old = packs.filter(({ days }) => days.some(({ day }) => touched.has(day)));
  const merged = old.filter(({ key }) => key === 'month');
  const left: Map<Day, readonly InteractionEvent[]> = joined(
    merged.map((pack) => rest.get(pack) ?? new Map()),
  );
  const shred: Shred[] = [];
  let seq = nextSeq(packs);
  const add: SealedPack[] = [];
  for (const [day, survivors] of touched) {
    shred.push({ ...eventsOf(day), what: survivors.length === 0 ? 'all' : 'superseded' });
    if (survivors.length === 0) continue;
    await vault.newKey(eventsOf(day));
    if (left.size > 0) left.set(day, survivors);
    else add.push(await sealPack(vault, new Map([[day, survivors]]), { seq: seq++, key: 'day' }));
  }
  if (merged.length > 0) {
    // Packs of one month have one key: those that lost nothing are sealed anew with it.
    const others = packs.filter((pack) => pack.key === 'month' && !old.includes(pack) && !closed.has(pack));
    const stay = left.size > 0 || others.length > 0;
    const keep = new Set([...closed].map(({ generation }) => generation));
    shred.push({ ...tablesOf(month), what: stay ? 'superseded' : 'all', keep });
    if (stay) await vault.newKey(tablesOf(month));
    const whole = joined([left, ...others.map((pack) => rest.get(pack) ?? new Map())]);
    old.push(...others);
    add.push(...(await sealMonth(vault, whole, seq)));
  }
  await replace(source, erased, { old, add }, options);
  return shred;
}

async function replace(
  { db }: PackSource,
  erased: readonly ErasedDay[],
  { old, add }: { readonly old: readonly PackRow[]; readonly add: readonly SealedPack[] },
  { syncing, renew = new Set(), note }: EraseOptions,
): Promise<void> {
  const noted = await note?.(erased.map(({ day }) => day));
  const journal: number[] = [];
  for (const { day } of erased) journal.push(...(await db.getAllKeysFromIndex('journal', 'day', day)));
  const days = new Set(erased.map(({ day }) => day));
  let back: { readonly value: unknown; readonly key: string } | undefined;
  const returned = new Set([...days].filter((day) => renew.has(day)));
  await forgetAway(db, returned, (value, key) => (back = { value, key }));
  await writeChange(db, { remove: old, add, journal }, async (tx, ask) => {
    const metadata = tx.objectStore('metadata');
    ask(metadata.put(true, ERASING));
    ask(metadata.put(randomId(), ERASURE));
    if (noted) ask(metadata.put(noted.box, noted.name));
    if (back) ask(metadata.put(back.value, back.key));
    await forgetShown(tx.objectStore('tabs'), new Set(erased.flatMap(({ gone }) => [...gone])));
    const outbox = tx.objectStore('outbox');
    if (syncing) for (const day of days) ask(outbox.add({ what: 'day', day }));
    // Events of these days that wait to be sent are sealed with keys that go; the days are sent as a whole instead.
    for (let cursor = await outbox.openCursor(); cursor; cursor = await cursor.continue()) {
      if (cursor.value.what === 'event' && days.has(cursor.value.day)) ask(cursor.delete());
    }
  });
}

async function destroy(db: Database, vault: Vault, shred: readonly Shred[]): Promise<void> {
  await shredBut(db, vault, shred);
  await db.delete('metadata', ERASING);
}

/** Whether an erasure was interrupted before the old keys were destroyed. */
export const isErasing = async (db: Database): Promise<boolean> =>
  (await db.get('metadata', ERASING)) !== undefined;

export const noteErasing = async (db: Database): Promise<void> =>
  void (await db.put('metadata', true, ERASING));

/** Destroys keys that an interrupted erasure left. */
export async function finishErasing(db: Database, vault: Vault): Promise<void> {
  const what = await db.get('metadata', ERASING);
  if (what === undefined) return;
  if (what === ONLY_DERIVED) return destroy(db, vault, await renewKey(db, vault, 'none'));
  const shred: Shred[] = [];
  for (const store of ['interactions', 'months'] as const) {
    const newest = new Map<Day, number>();
    const stale = new Set<Day>();
    for (const { day, generation } of vault.names(store)) {
      const known = newest.get(day);
      if (known !== undefined && known !== generation) stale.add(day);
      newest.set(day, Math.max(generation, known ?? 0));
    }
    for (const day of newest.keys()) {
      const used = await generationsInUse(db, vault, store, day);
      if (used.length === 0) shred.push({ store, day, what: 'all' });
      // A new key that was made but never used supersedes nothing: data of the older generation is still there.
      else if (stale.has(day)) shred.push({ store, day, what: 'superseded', keep: new Set(used) });
    }
  }
  await sendAgain(db, shred);
  // What was erased is not known any more, so neither is which lines of the contexts it was: all go.
  shred.push(...(await renewKey(db, vault, 'all')));
  await destroy(db, vault, shred);
}

/**
 * Of a day that was not erased, parts at the sync service may be sealed with a key that goes, because it was retired or not shown to a
 * device that left: then it is sent anew.
 */
async function sendAgain(db: Database, shred: readonly Shred[]): Promise<void> {
  const days = new Set(shred.flatMap((one) => (one.what === 'superseded' ? [one.day] : [])));
  const sent = new Set<Day>();
  for (const { own, kind, day } of await db.getAll('peers'))
    if (own && kind === 'part' && day !== undefined && days.has(day)) sent.add(day);
  const waiting = await db.getAll('outbox');
  // What waits to be sent was sealed with the key that goes.
  for (const row of waiting) if (row.what === 'event' && days.has(row.day)) sent.add(row.day);
  for (const row of waiting) if (row.what === 'day') sent.delete(row.day);
  const tx = db.transaction('outbox', 'readwrite', STRICT);
  await inTransaction(tx, (_, ask) => {
    for (const day of sent) ask(tx.store.add({ what: 'day', day }));
  });
}

/** Of a period: those that something here was sealed with. */
export async function generationsInUse(
  db: Database,
  vault: Vault,
  store: 'interactions' | 'months',
  day: Day,
): Promise<number[]> {
  const packs = await db.getAll('packs', rangeOfMonth(vault.userId, monthOf(day)));
  const tables = (key: PackRow['key'], date?: Day) =>
    packs.filter((pack) => pack.key === key && (date ?? pack.date) === pack.date);
  if (store === 'months') return tables('month').map(({ generation }) => generation);
  const [journal, blocks] = await Promise.all([
    db.getAllFromIndex('journal', 'day', day),
    db.getAll('interactions', rangeOfDay(vault.userId, day)),
  ]);
  return [...journal, ...blocks, ...tables('day', day)].map(({ generation }) => generation);
}
