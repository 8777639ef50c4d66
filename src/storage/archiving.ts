/**
 * Moving days out of the store and bringing them back. All callers hold the write lock. Records of pinned sites stay where
 * they are; of what goes, a stub stays.
 */

import type { Bytes } from '../base/bytes.ts';
import { type Day, monthOf } from '../base/clock.ts';
import { foldEvents, type InteractionEvent, type InteractionRecord } from '../model/interaction.ts';
import { coversHost } from '../model/rules.ts';
import { recordHost } from '../model/selector.ts';
import { countsOfHours, type Summary, totalOf } from '../model/summary.ts';
import { openArchive, sealArchive } from './archive.ts';
import { daysWithData, eventsOfDay } from './days.ts';
import type { Derived } from './derived.ts';
import { erase } from './erase.ts';
import type { FinderSource } from './finder.ts';
import type { PackSource } from './packs.ts';
import { summariesByDay } from './statistics.ts';
import {
  archivedDays,
  erasedSince,
  noteDetails,
  readSealedStubs,
  readStubs,
  removeStubs,
  type StubDetails,
} from './stubs.ts';

/** What stays here of the sites that the person pinned. */
export type Pinned = readonly string[];

export const isPinnedHost = (pinned: Pinned, host: string): boolean =>
  pinned.some((one) => coversHost(one, host));

export function isPinned(pinned: Pinned, record: InteractionRecord): boolean {
  const host = recordHost(record);
  return host !== null && isPinnedHost(pinned, host);
}

/** Of a day: the events that go, and those records. Updates of visits that are not here go with nothing. */
export function leaving(pinned: Pinned, events: readonly InteractionEvent[]) {
  const records = foldEvents(events).filter((record) => !isPinned(pinned, record));
  const ids = new Set(records.map(({ id }) => id));
  const going = events.filter((event) => ids.has(event.kind === 'visit-update' ? event.visit : event.id));
  return { records, events: going };
}

export interface Candidate {
  readonly day: Day;
  /** Records that are not of pinned sites. */
  readonly records: number;
  /** About how many sealed bytes would be free without them. */
  readonly bytes: number;
}

/** Days before `before` that have something to archive, oldest first. Only outlines are opened. */
export async function* candidates(
  source: FinderSource,
  before: Day,
  pinned: Pinned,
): AsyncGenerator<Candidate> {
  const packs = await source.packs();
  for await (const { day, summary } of summariesByDay(source, '0000-01-01', before, { sites: true })) {
    if (day >= before) break;
    const total = totalOf(countsOfHours(summary.hours));
    const records = total - pinnedRecords(summary, pinned);
    if (records <= 0) continue;
    let bytes = 0;
    for (const pack of packs) {
      if (monthOf(pack.date) !== monthOf(day)) continue;
      const events = pack.days.reduce((sum, one) => sum + one.events, 0);
      const own = pack.days.find((one) => one.day === day)?.events ?? 0;
      bytes += (pack.sizeBytes * own) / events;
    }
    yield { day, records, bytes: (bytes * records) / total };
  }
}

function pinnedRecords({ sites }: Summary, pinned: Pinned): number {
  let sum = 0;
  for (const [host, counts] of sites) if (isPinnedHost(pinned, host)) sum += totalOf(counts);
  return sum;
}

/** A day on its way out: its records that go, and the hosts that they are of. */
export interface Leaving {
  readonly records: readonly InteractionRecord[];
  readonly where: StubDetails['where'];
  readonly file?: string;
}

const sitesOf = (records: readonly InteractionRecord[]): string[] =>
  [...new Set(records.flatMap((record) => recordHost(record) ?? []))].sort();

/** Removes what is kept elsewhere by now and leaves stubs. Resolves with how many records went. */
export async function removeMoved(
  source: PackSource,
  derived: Derived,
  pinned: Pinned,
  days: ReadonlyMap<Day, Leaving>,
): Promise<number> {
  if (days.size === 0) return 0;
  const before = await archivedDays(source.db);
  const details = new Map<Day, StubDetails>();
  const moving: Record<Day, number> = {};
  for (const [day, { records, where, file }] of days) {
    details.set(day, { where, ...(file === undefined ? {} : { file }), sites: sitesOf(records) });
    moving[day] = records.length;
  }
  await noteDetails(derived, details, (day) => day in before);
  return erase(source, (record) => !isPinned(pinned, record), {
    syncing: false,
    everything: false,
    moving,
    days: [...days.keys()],
  });
}

export interface ArchiveRequest {
  /** Only days before this one. */
  readonly before: Day;
  readonly pinned?: Pinned;
  /** Ends with the day that reaches about so many bytes here. Default: all days. */
  readonly bytes?: number;
  /** What the person knows the file as, by its first and last day. */
  name?(first: Day, last: Day): string;
  readonly signal?: AbortSignal | undefined;
}

export interface MadeArchive {
  readonly file: Bytes;
  readonly name?: string;
  readonly days: ReadonlyMap<Day, Leaving & { readonly ids: readonly string[] }>;
}

/** Days with damaged rows stay. `null` when there is nothing to archive. */
export async function makeArchive(
  source: FinderSource,
  { before, pinned = [], bytes = Number.POSITIVE_INFINITY, name, signal }: ArchiveRequest,
): Promise<MadeArchive | null> {
  const sizes = bytes === Number.POSITIVE_INFINITY ? undefined : new Map<Day, number>();
  if (sizes) for await (const one of candidates(source, before, pinned)) sizes.set(one.day, one.bytes);
  const made: [Day, InteractionEvent[]][] = [];
  const days = new Map<Day, Leaving & { readonly ids: readonly string[] }>();
  let sum = 0;
  for (const day of (await daysWithData(source)).reverse()) {
    signal?.throwIfAborted();
    if (day >= before || sum >= bytes) break;
    const found = await eventsOfDay(source, day, true);
    if (found.damaged > 0) continue;
    const { records, events } = leaving(pinned, found.events);
    // A day that has only updates of visits that are not here goes too.
    const going = pinned.length === 0 ? found.events : events;
    if (going.length === 0) continue;
    sum += sizes?.get(day) ?? 0;
    made.push([day, going]);
    const ids = going.map(({ id }) => id).sort();
    days.set(day, { records, where: 'file', ids });
  }
  const [first, last] = [made[0]?.[0], made.at(-1)?.[0]];
  if (first === undefined || last === undefined) return null;
  const named = name ? { name: name(first, last) } : {};
  return { file: await sealArchive(source.vault, made), days, ...named };
}

export interface RestoredDay {
  readonly day: Day;
  readonly events: readonly InteractionEvent[];
}

/** What an archive brings back: without what was erased since. @throws DamagedError */
export async function openForRestore(
  source: PackSource,
  derived: Derived,
  file: Bytes,
  alsoErased: (record: InteractionRecord) => Promise<boolean> = async () => false,
): Promise<{ readonly days: readonly RestoredDay[]; readonly all: readonly Day[] }> {
  const { days, erased } = await openArchive(source.vault, file);
  const { erasures } = await readSealedStubs(derived);
  const since = erasedSince(source.vault, erasures);
  const restored: RestoredDay[] = [];
  for (const [day, events] of days) {
    const gone = new Set<string>();
    for (const record of foldEvents(events))
      if ((await since(record)) || (await alsoErased(record))) gone.add(record.id);
    restored.push({
      day,
      events: events.filter((event) => !gone.has(event.kind === 'visit-update' ? event.visit : event.id)),
    });
  }
  return { days: restored, all: [...days.map(([day]) => day), ...erased] };
}

/** Days that came back with a file are archived no more, unless they are at the service too. */
export async function cameBack(source: PackSource, derived: Derived, days: readonly Day[]): Promise<void> {
  const stubs = await readStubs(source.db, derived);
  const files = new Set(stubs.filter(({ where }) => where === 'file').map(({ day }) => day));
  await removeStubs(
    source.db,
    derived,
    days.filter((day) => files.has(day)),
  );
}
