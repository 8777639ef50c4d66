/**
 * Finding pages, newest first. The texts of a pack say which of its addresses may match, its outline on which days they were
 * visited; then the events of those addresses on the newest such day are opened, and judged by the rule that holds everywhere
 * (model/page-query.ts). A day that does not lie in one pack alone (today, mostly) is read whole. So what is found does not
 * depend on what is packed.
 */
import { DAY_MS, type Day, dayStartMs } from '../base/clock.ts';
import { type InteractionEvent, type RecordKind, STORE_TYPES, type StoreType } from '../model/interaction.ts';
import { type FoundPage, type PageQuery, pagesFound } from '../model/page-query.ts';
import { DamagedError, decoding } from './database.ts';
import type { DayAddresses, Outline } from './format/outline.ts';
import type { SegmentRow } from './format/segment.ts';
import { type Matches, Searches } from './pack-search.ts';
import { type PackReader, type PackSource, readBlocks } from './packs.ts';
import type { ArqData, BlockRow, PackRow } from './schema.ts';

/** What the finder reads from. All of it belongs to one moment. */
export interface FinderSource extends PackSource {
  packs(): Promise<readonly PackRow[]>;
  /** Days with rows in the journal. */
  journalDays(): Promise<ReadonlySet<Day>>;
  /** All events of a day, oldest first. */
  liveEvents(day: Day): Promise<readonly InteractionEvent[]>;
}

/** So many addresses are read at once: as many as one answer shows. Later rounds double it: pages come again and again. */
const ADDRESSES_AT_ONCE = 24;
const MOST_DAYS_AT_ONCE = 32;
/** Days in one round that are opened only if a newer one did not have what they have. */
const MOST_SPARED = 62;

type Candidate =
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

/** A day of one round. */
interface Round {
  readonly candidate: Candidate;
  /** Of the addresses of a day with few: those that no newer day of the round has. */
  readonly fresh: readonly number[] | undefined;
}

/**
 * Pages that match, newest day first. `once`: each only on the newest day on which it matches; days that have nothing but pages
 * that were found already are not opened.
 */
export async function* findPages(
  source: FinderSource,
  query: PageQuery,
  once = false,
): AsyncGenerator<FoundPage> {
  const shown = new Set<string>();
  const candidates = candidatesOf(source, query, once ? shown : undefined);
  for (let wanted = ADDRESSES_AT_ONCE; ; wanted *= 2) {
    const round = await gather(candidates, wanted, once);
    if (round.length === 0) return;
    for (const pages of await openRound(source, round, query)) {
      for await (const { found, forget } of pages) {
        if (once && shown.has(found.page.url)) continue;
        yield found;
        if (!once) continue;
        shown.add(found.page.url);
        forget?.();
      }
    }
  }
}

async function gather(candidates: AsyncIterator<Candidate>, wanted: number, once: boolean): Promise<Round[]> {
  const round: Round[] = [];
  /** Addresses of packs that a day of this round is opened for. */
  const taken = new Map<Matches, Set<number>>();
  let [left, opened, spared] = [wanted, 0, 0];
  while (left > 0 && opened < MOST_DAYS_AT_ONCE && spared < MOST_SPARED) {
    const next = await candidates.next();
    if (next.done) break;
    const candidate = next.value;
    let fresh: readonly number[] | undefined;
    if (once && !candidate.whole && candidate.addresses) {
      const own = taken.get(candidate.matches) ?? new Set();
      fresh = candidate.addresses.filter((address) => !own.has(address));
      for (const address of fresh) own.add(address);
      taken.set(candidate.matches, own);
    }
    round.push({ candidate, fresh });
    if (fresh?.length === 0) spared += 1;
    else opened += 1;
    left -= fresh?.length ?? (candidate.whole ? ADDRESSES_AT_ONCE : candidate.count);
  }
  return round;
}

/** A page, and what to do when it need not be found again in its pack. */
interface Found {
  readonly found: FoundPage;
  readonly forget?: (() => void) | undefined;
}
type Pages = Iterable<Found> | AsyncIterable<Found>;

/** The pages of each day of a round, in its order. */
async function openRound(source: FinderSource, round: readonly Round[], query: PageQuery): Promise<Pages[]> {
  const first = round.filter(({ fresh }) => fresh?.length !== 0);
  const pages = await openDays(source, first, query);
  // A page may match on an older day only: then every day is opened that has it.
  const missing = new Map<Matches, Set<number>>();
  for (const { candidate, fresh } of first) {
    const own = pages.get(candidate);
    if (candidate.whole || !fresh) continue;
    const lacking = missing.get(candidate.matches) ?? new Set();
    for (const address of fresh) if (!own?.addresses?.has(address)) lacking.add(address);
    missing.set(candidate.matches, lacking);
  }
  const spared = round.filter(
    ({ candidate, fresh }) =>
      fresh?.length === 0 &&
      !candidate.whole &&
      candidate.addresses?.some((address) => missing.get(candidate.matches)?.has(address)),
  );
  const rest = await openDays(source, spared, query);
  return round.map(({ candidate }) => (pages.get(candidate) ?? rest.get(candidate))?.pages ?? []);
}

interface OpenedPages {
  readonly pages: Pages;
  /** Of all of these pages, where they are few and did open. */
  readonly addresses?: ReadonlySet<number>;
}

async function openDays(
  source: FinderSource,
  days: readonly Round[],
  query: PageQuery,
): Promise<Map<Candidate, OpenedPages>> {
  if (days.length === 0) return new Map();
  const blocks = await blocksOf(
    source,
    days.map(({ candidate }) => candidate),
  );
  return new Map(
    await Promise.all(
      days.map(async ({ candidate, fresh }): Promise<[Candidate, OpenedPages]> => {
        const opened = await open(source, candidate, query, blocks);
        const pages = pagesOfDay(source, opened, query);
        if (!fresh || candidate.whole || 'events' in opened) return [candidate, { pages }];
        const all: Found[] = [];
        const addresses = new Set<number>();
        for await (const { found, address } of pages) {
          if (address !== undefined) addresses.add(address);
          all.push({ found, forget: () => address !== undefined && candidate.matches.drop(address) });
        }
        return [candidate, { pages: all, addresses }];
      }),
    ),
  );
}

/** What a round reads, all in one step. */
function blocksOf({ db, vault }: FinderSource, batch: readonly Candidate[]): Promise<BlockRow[]> {
  const keys = batch.flatMap((one) =>
    one.whole
      ? []
      : one.types.map((type): ArqData['interactions']['key'] => [
          vault.userId,
          one.day,
          type,
          one.reader.pack.seq,
        ]),
  );
  return keys.length === 0 ? Promise.resolve([]) : readBlocks(db, keys);
}

/** What is known of a day: all its events, or rows in the order in which their pages are shown. */
type OpenedDay =
  | { readonly events: readonly InteractionEvent[] }
  | { readonly day: Day; readonly reader: PackReader; readonly groups: readonly (readonly SegmentRow[])[] };

async function* pagesOfDay(
  source: FinderSource,
  opened: OpenedDay,
  query: PageQuery,
): AsyncGenerator<{ readonly found: FoundPage; readonly address?: number }> {
  if ('events' in opened) {
    for (const found of pagesFound(opened.events, query)) yield { found };
    return;
  }
  const { day, reader, groups } = opened;
  const shown = new Set<string>();
  for (let next = 0; next < groups.length; next += ADDRESSES_AT_ONCE) {
    const rows = groups.slice(next, next + ADDRESSES_AT_ONCE).flat();
    let events: readonly InteractionEvent[];
    try {
      events = await reader.events(rows, { unlinked: true });
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      // As it is now; what is really damaged is reported there.
      for (const found of pagesFound(await source.liveEvents(day), query))
        if (!shown.has(found.page.url)) yield { found };
      return;
    }
    const addresses = new Map(rows.map(({ id, address }) => [id, address]));
    const places = new Map<string, number>();
    for (const event of events)
      if ('url' in event) places.set(event.url, addresses.get(event.id) ?? NO_ADDRESS);
    for (const found of pagesFound(events, query)) {
      const { url } = found.page;
      shown.add(url);
      const address = places.get(url) ?? NO_ADDRESS;
      yield address === NO_ADDRESS ? { found } : { found, address };
    }
  }
}
/** Of rows that columns could not hold. */
const NO_ADDRESS = -1;

async function open(
  source: FinderSource,
  candidate: Candidate,
  query: PageQuery,
  read: readonly BlockRow[],
): Promise<OpenedDay> {
  const { day } = candidate;
  if (candidate.whole) return { events: await source.liveEvents(day) };
  const { reader, types, matches } = candidate;
  const blocks = read.filter((block) => block.date === day);
  try {
    const rows = await reader.rows(day, { types, blocks, wanted: matches.has });
    return { day, reader, groups: groupsOf(rows, query) };
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return { events: await source.liveEvents(day) };
  }
}

/** The rows of each address, in the order in which its page is shown (`newestOf`). */
function groupsOf(rows: readonly SegmentRow[], { kind }: PageQuery): SegmentRow[][] {
  const groups = new Map<number, { rows: SegmentRow[]; visitMs: number; anyMs: number }>();
  const visited = new Map<string, number>();
  for (const row of rows) {
    // What columns could not hold may be of any address: then all are judged together.
    if (row.event) return [[...rows]];
    if (row.kind === 'visit-update') continue;
    if (row.kind === 'visit') visited.set(row.id, row.address);
    let group = groups.get(row.address);
    if (!group) {
      group = { rows: [], visitMs: Number.NEGATIVE_INFINITY, anyMs: Number.NEGATIVE_INFINITY };
      groups.set(row.address, group);
    }
    group.rows.push(row);
    if (row.kind === (kind ?? 'visit')) group.visitMs = Math.max(group.visitMs, row.atMs);
    group.anyMs = Math.max(group.anyMs, row.atMs);
  }
  for (const row of rows) {
    const address = row.kind === 'visit-update' ? visited.get(row.visit) : undefined;
    if (address !== undefined) groups.get(address)?.rows.push(row);
  }
  const shownMs = ({ visitMs, anyMs }: { visitMs: number; anyMs: number }) =>
    visitMs === Number.NEGATIVE_INFINITY && kind === undefined ? anyMs : visitMs;
  return [...groups.values()]
    .filter((group) => shownMs(group) !== Number.NEGATIVE_INFINITY)
    .sort((a, b) => shownMs(b) - shownMs(a))
    .map((group) => group.rows);
}

/** Days that may have pages that match, newest first. None with one that does is left out. */
export async function* candidateDays(source: FinderSource, query: PageQuery): AsyncGenerator<Day> {
  for await (const { day } of candidatesOf(source, query)) yield day;
}

/** `shown`: pages that need not be found again. */
async function* candidatesOf(
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
