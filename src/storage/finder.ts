/**
 * Finding pages, newest first. The texts of a pack say which of its addresses may match, its outline on which days they were
 * visited; then the events of those addresses on the newest such day are opened, and judged by the rule that holds everywhere
 * (model/page-query.ts). A day that does not lie in one pack alone (today, mostly) is read whole. So what is found does not
 * depend on what is packed.
 */
import type { Day } from '../base/clock.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { type FoundPage, type PageQuery, pagesFound } from '../model/page-query.ts';
import { type Candidate, candidatesOf, type FinderSource } from './candidates.ts';
import { DamagedError } from './database.ts';
import type { SegmentRow } from './format/segment.ts';
import type { Matches } from './pack-search.ts';
import { type PackReader, readBlocks } from './packs.ts';
import type { ArqData, BlockRow } from './schema.ts';

/** So many addresses are read at once: as many as one answer shows. Later rounds double it: pages come again and again. */
const ADDRESSES_AT_ONCE = 24;
const MOST_DAYS_AT_ONCE = 32;
/** Days in one round that are opened only if a newer one did not have what they have. */
const MOST_SPARED = 62;

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
