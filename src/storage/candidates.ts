/** Days that may have pages that match, newest first, with what of them matches: by postings and outlines, without opening events. */
import { DAY_MS, type Day, dayStartMs } from '../base/clock.ts';
import { type InteractionEvent, type RecordKind, STORE_TYPES, type StoreType } from '../model/interaction.ts';
import type { PageQuery } from '../model/page-query.ts';
import { DamagedError, decoding } from './database.ts';
import type { DayAddresses, Outline } from './format/outline.ts';
import { type Matches, Searches } from './pack-search.ts';
import type { PackReader, PackSource } from './packs.ts';
import type { PackRow } from './schema.ts';

/** What the finder reads from. All of it belongs to one moment. */
export interface FinderSource extends PackSource {
  packs(): Promise<readonly PackRow[]>;
  /** Days with rows in the journal. */
  journalDays(): Promise<ReadonlySet<Day>>;
  /** All events of a day, oldest first. */
  liveEvents(day: Day): Promise<readonly InteractionEvent[]>;
}

export type Candidate =
  | { readonly day: Day; readonly whole: true }
  | {
      readonly day: Day;
      readonly whole: false;
      readonly reader: PackReader;
      /** Types that have events of them on this day. */
      readonly types: readonly StoreType[];
      /** How many addresses match. */
      readonly count: number;
      readonly matches: Matches;
      /** Those that match, where these are few in all of the pack. */
      readonly addresses: readonly number[] | undefined;
    };

/** Days that may have pages that match, newest first. None with one that does is left out. */
export async function* candidateDays(source: FinderSource, query: PageQuery): AsyncGenerator<Day> {
  for await (const { day } of candidatesOf(source, query)) yield day;
}

/** `shown`: pages that need not be found again. */
export async function* candidatesOf(
  source: FinderSource,
  query: PageQuery,
  shown?: ReadonlySet<string>,
): AsyncGenerator<Candidate> {
  const [packs, journal] = await Promise.all([source.packs(), source.journalDays()]);
  const byDay = packsByDay(packs);
  const days = [...new Set([...byDay.keys(), ...journal])].sort().reverse();
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = query;
  const searches = new Searches(source, packs, query);
  const thinned = new Set<Matches>();
  const isAnyTime = query.fromMs === undefined && query.toMs === undefined;
  for (const day of days) {
    let cut = false;
    if (!isAnyTime) {
      const startMs = dayStartMs(day);
      if (startMs + DAY_MS <= fromMs) return;
      if (startMs >= toMs) continue;
      cut = startMs < fromMs || startMs + DAY_MS > toMs;
    }
    const own = byDay.get(day) ?? [];
    const [pack] = own;
    if (cut || journal.has(day) || own.length !== 1 || !pack) {
      yield { day, whole: true };
      continue;
    }
    const found = await searches.of(pack);
    if (found === null) {
      yield { day, whole: true };
      continue;
    }
    const { outline, matches } = found;
    if (!outline || found.days?.has(day) === false) continue;
    if (shown && shown.size > 0 && found.days && !thinned.has(matches)) {
      thinned.add(matches);
      await dropShown(found.reader, matches, shown);
    }
    if (matches.count === 0) continue;
    const addresses = await addressesOn(outline, day);
    if (addresses === null) {
      yield { day, whole: true };
      continue;
    }
    const counts = STORE_TYPES.map((type) => matches.among(addresses[type]));
    const types = STORE_TYPES.filter((_, i) => (counts[i] as number) > 0);
    if (types.length === 0 || (query.kind !== undefined && !types.includes(TYPE_OF[query.kind]))) continue;
    yield {
      day,
      whole: false,
      reader: found.reader,
      types,
      count: Math.max(...counts),
      matches,
      addresses: found.days && [
        ...new Set(types.flatMap((type) => [...addresses[type].filter(matches.has)])),
      ],
    };
  }
}

/** Where few match, reading their addresses takes less than opening the days that have them. */
async function dropShown(reader: PackReader, matches: Matches, shown: ReadonlySet<string>): Promise<void> {
  try {
    const addresses = matches.list();
    const urls = await reader.urls(addresses);
    for (const [index, address] of addresses.entries())
      if (shown.has(urls[index] as string)) matches.drop(address);
  } catch (error) {
    // Told when its days are opened.
    if (!(error instanceof DamagedError)) throw error;
  }
}

/** `null` when they do not open, or their pack was merged into another one meanwhile. */
async function addressesOn(outline: Outline, day: Day): Promise<DayAddresses | null> {
  try {
    return await decoding(() => outline.addressesOf(day));
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return null;
  }
}

const TYPE_OF: Readonly<Record<RecordKind, StoreType>> = {
  visit: 'navigation',
  search: 'searches',
  click: 'clicks',
};

export function packsByDay(packs: readonly PackRow[]): Map<Day, PackRow[]> {
  const byDay = new Map<Day, PackRow[]>();
  for (const pack of packs)
    for (const { day } of pack.days) {
      const own = byDay.get(day);
      if (own) own.push(pack);
      else byDay.set(day, [pack]);
    }
  return byDay;
}
