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
    };

export async function* findPages(source: FinderSource, query: PageQuery): AsyncGenerator<FoundPage> {
  const candidates = candidatesOf(source, query);
  for (let wanted = ADDRESSES_AT_ONCE; ; wanted *= 2) {
    const batch: Candidate[] = [];
    for (let left = wanted; left > 0 && batch.length < MOST_DAYS_AT_ONCE; ) {
      const next = await candidates.next();
      if (next.done) break;
      batch.push(next.value);
      left -= next.value.whole ? ADDRESSES_AT_ONCE : next.value.count;
    }
    if (batch.length === 0) return;
    const blocks = await blocksOf(source, batch);
    const opened = await Promise.all(batch.map((candidate) => open(source, candidate, query, blocks)));
    for (const one of opened) yield* pagesOfDay(source, one, query);
  }
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
): AsyncGenerator<FoundPage> {
  if ('events' in opened) {
    yield* pagesFound(opened.events, query);
    return;
  }
  const { day, reader, groups } = opened;
  const shown = new Set<string>();
  for (let next = 0; next < groups.length; next += ADDRESSES_AT_ONCE) {
    let events: readonly InteractionEvent[];
    try {
      const rows = groups.slice(next, next + ADDRESSES_AT_ONCE).flat();
      events = await reader.events(rows, { unlinked: true });
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      // As it is now; what is really damaged is reported there.
      for (const found of pagesFound(await source.liveEvents(day), query))
        if (!shown.has(found.page.url)) yield found;
      return;
    }
    for (const found of pagesFound(events, query)) {
      shown.add(found.page.url);
      yield found;
    }
  }
}

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

async function* candidatesOf(source: FinderSource, query: PageQuery): AsyncGenerator<Candidate> {
  const [packs, journal] = await Promise.all([source.packs(), source.journalDays()]);
  const byDay = packsByDay(packs);
  const days = [...new Set([...byDay.keys(), ...journal])].sort().reverse();
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = query;
  const searches = new Searches(source, packs, query);
  for (const day of days) {
    const startMs = dayStartMs(day);
    if (startMs + DAY_MS <= fromMs) return;
    if (startMs >= toMs) continue;
    const own = byDay.get(day) ?? [];
    const [pack] = own;
    const cut = startMs < fromMs || startMs + DAY_MS > toMs;
    if (cut || journal.has(day) || own.length !== 1 || !pack) {
      yield { day, whole: true };
      continue;
    }
    const found = await searches.of(pack);
    if (found === null) {
      yield { day, whole: true };
      continue;
    }
    const { outline } = found;
    if (!outline || found.days?.has(day) === false) continue;
    const addresses = await addressesOn(outline, day);
    if (addresses === null) {
      yield { day, whole: true };
      continue;
    }
    const counts = STORE_TYPES.map((type) => found.matches.among(addresses[type]));
    const types = STORE_TYPES.filter((_, i) => (counts[i] as number) > 0);
    if (types.length === 0 || (query.kind !== undefined && !types.includes(TYPE_OF[query.kind]))) continue;
    yield {
      day,
      whole: false,
      reader: found.reader,
      types,
      count: Math.max(...counts),
      matches: found.matches,
    };
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
