/**
 * Finding pages, newest first. The texts of a pack say which of its addresses may match, its outline on which days they were
 * visited; then the events of those addresses on the newest such day are opened, and judged by the rule that holds everywhere
 * (model/page-query.ts). A day that does not lie in one pack alone (today, mostly) is read whole. So what is found does not
 * depend on what is packed.
 */
import { DAY_MS, type Day, dayStartMs } from '../base/clock.ts';
import { type InteractionEvent, type RecordKind, STORE_TYPES, type StoreType } from '../model/interaction.ts';
import { siteTerm } from '../model/page.ts';
import { type FoundPage, type PageQuery, pagesFound } from '../model/page-query.ts';
import { DamagedError, decoding } from './database.ts';
import type { Outline } from './format/outline.ts';
import type { SegmentRow } from './format/segment.ts';
import { PackReader, type PackSource, packName, readBlocks } from './packs.ts';
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
    const addresses = await decoding(() => outline.addressesOf(day));
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

/** What a pack has for a query. */
interface Searched {
  readonly reader: PackReader;
  readonly matches: Matches;
  /** `null` when nothing matches. */
  readonly outline: Outline | null;
  /** That have events of them; absent when they are too many to ask for one by one. */
  readonly days: ReadonlySet<Day> | undefined;
}

/** Searches packs once each, newest first, and ahead of whoever asks: most of the time goes into waiting for the browser. */
class Searches {
  readonly #packs: readonly PackRow[];
  readonly #searched = new Map<string, Promise<Searched | null>>();
  #begun = 0;
  #ahead = 0;

  constructor(
    private readonly source: PackSource,
    packs: readonly PackRow[],
    private readonly query: PageQuery,
  ) {
    const { fromMs = Number.NEGATIVE_INFINITY } = query;
    this.#packs = packs
      .filter(({ days }) => days.some(({ day }) => dayStartMs(day) >= fromMs))
      .sort((a, b) => (a.date < b.date ? 1 : -1));
  }

  of(pack: PackRow): Promise<Searched | null> {
    const known = this.#searched.get(packName(pack));
    if (known) return known;
    const place = this.#packs.indexOf(pack);
    this.#begun = Math.max(this.#begun, place);
    const until = this.#begun + 1 + this.#ahead;
    for (; this.#begun < until && this.#begun < this.#packs.length; this.#begun++)
      this.#begin(this.#packs[this.#begun] as PackRow);
    this.#ahead = Math.min(MOST_AHEAD, this.#ahead * 2 + 1);
    return this.#searched.get(packName(pack)) ?? this.#begin(pack);
  }

  #begin(pack: PackRow): Promise<Searched | null> {
    const search = searchPack(new PackReader(this.source, pack), this.query);
    // Whoever asks for it is told; nobody may.
    search.catch(() => {});
    this.#searched.set(packName(pack), search);
    return search;
  }
}
const MOST_AHEAD = 8;

/** Addresses of a pack that may match. */
class Matches {
  count = 0;
  readonly #hits: Uint8Array;
  /** How many conditions an address met so far. */
  #met = 0;

  constructor(readonly addresses: number) {
    this.#hits = new Uint8Array(addresses);
    this.count = addresses;
  }

  /** Leaves those that `find` names, however often, and that met all conditions before. */
  keep(find: (found: (address: number) => void) => void): void {
    const before = this.#met;
    this.#met += 1;
    this.count = 0;
    find((address) => {
      if (this.#hits[address] !== before) return;
      this.#hits[address] = before + 1;
      this.count += 1;
    });
  }

  has = (address: number): boolean => this.#hits[address] === this.#met;

  /** In order. */
  list(): number[] {
    const list: number[] = [];
    for (let address = 0; address < this.addresses; address++) if (this.has(address)) list.push(address);
    return list;
  }

  /** How many of these there are. */
  among(addresses: Uint32Array): number {
    const [hits, met] = [this.#hits, this.#met];
    let count = 0;
    for (let i = 0; i < addresses.length; i++) if (hits[addresses[i] as number] === met) count += 1;
    return count;
  }
}

/** So many words narrow it down enough: a byte counts them. */
const MAX_WORDS = 200;

/** Of more addresses, days are looked through as they are asked for, newest first. */
const FEW_ADDRESSES = 256;

function daysOf(outline: Outline, matches: Matches): Set<Day> {
  const days = new Set<Day>();
  for (const address of matches.list()) for (const day of outline.daysOf(address)) days.add(day);
  return days;
}

/** `null` when the pack does not open. */
async function searchPack(reader: PackReader, query: PageQuery): Promise<Searched | null> {
  try {
    const words = query.words.slice(0, MAX_WORDS);
    const lexicon = words.length === 0 ? null : await reader.lexicon();
    const ranges = await decoding(() => words.map((word) => lexicon?.beginningWith(word) ?? []));
    if (ranges.some((own) => own.length === 0))
      return { reader, matches: new Matches(0), outline: null, days: undefined };
    const [postings, outline] = await Promise.all([
      ranges.length > 0 ? reader.postings() : null,
      reader.outline(),
    ]);
    const matches = new Matches(outline.addressCount);
    const { site } = query;
    if (site !== undefined) {
      const hosts = await decoding(() => outline.addressesOfHosts(siteTerm(site)));
      matches.keep((found) => {
        for (const [from, to] of hosts) for (let address = from; address < to; address++) found(address);
      });
    }
    if (postings) {
      const lists = await decoding(() => Promise.all(ranges.map((own) => postings.find(own))));
      const lengthOf = (own: readonly Uint32Array[]) => own.reduce((sum, { length }) => sum + length, 0);
      // What leaves fewest comes first.
      for (const own of lists.sort((a, b) => lengthOf(a) - lengthOf(b))) {
        if (matches.count === 0) break;
        matches.keep((found) => {
          for (const list of own) for (let i = 0; i < list.length; i++) found(list[i] as number);
        });
      }
    }
    const days = matches.count < FEW_ADDRESSES ? await decoding(() => daysOf(outline, matches)) : undefined;
    return { reader, matches, outline: matches.count > 0 ? outline : null, days };
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return null;
  }
}
