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
import { weightOf } from './format/texts.ts';
import { PackReader, type PackSource, packName } from './packs.ts';
import type { PackRow } from './schema.ts';

/** What the finder reads from. All of it belongs to one moment. */
export interface FinderSource extends PackSource {
  packs(): Promise<readonly PackRow[]>;
  /** Days with rows in the journal. */
  journalDays(): Promise<ReadonlySet<Day>>;
  /** All events of a day, oldest first. */
  liveEvents(day: Day): Promise<readonly InteractionEvent[]>;
}

/** Days that are opened at the same time: few at first, because most queries need no more. */
const AT_ONCE = [1, 2, 4, 8, 16];

type Candidate =
  | { readonly day: Day; readonly whole: true }
  | {
      readonly day: Day;
      readonly whole: false;
      readonly reader: PackReader;
      /** Types that have events of them on this day. */
      readonly types: readonly StoreType[];
      readonly matches: Matches;
    };

export async function* findPages(source: FinderSource, query: PageQuery): AsyncGenerator<FoundPage> {
  const candidates = candidatesOf(source, query);
  for (let round = 0; ; round++) {
    const batch: Candidate[] = [];
    for (let left = AT_ONCE[Math.min(round, AT_ONCE.length - 1)] as number; left > 0; left--) {
      const next = await candidates.next();
      if (next.done) break;
      batch.push(next.value);
    }
    if (batch.length === 0) return;
    const opened = await Promise.all(batch.map((candidate) => open(source, candidate, query)));
    for (const one of opened) yield* pagesOfDay(source, one, query);
  }
}

/** What is known of a day: all its events, or rows in the order in which their pages are shown. */
type OpenedDay =
  | { readonly events: readonly InteractionEvent[] }
  | { readonly day: Day; readonly reader: PackReader; readonly groups: readonly (readonly SegmentRow[])[] };

/** So many addresses are read at once: as many as one answer shows. */
const ADDRESSES_AT_ONCE = 24;

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

async function open(source: FinderSource, candidate: Candidate, query: PageQuery): Promise<OpenedDay> {
  const { day } = candidate;
  if (candidate.whole) return { events: await source.liveEvents(day) };
  const { reader, types, matches } = candidate;
  try {
    return { day, reader, groups: groupsOf(await reader.rows(day, types), matches, query) };
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return { events: await source.liveEvents(day) };
  }
}

/** The rows of each address that matches, in the order in which its page is shown (`newestOf`). */
function groupsOf(rows: readonly SegmentRow[], matches: Matches, { kind }: PageQuery): SegmentRow[][] {
  const groups = new Map<number, { rows: SegmentRow[]; visitMs: number; anyMs: number }>();
  const visited = new Map<string, number>();
  for (const row of rows) {
    // What columns could not hold may be of any address: then all are judged together.
    if (row.event) return [wantedOf(rows, matches)];
    if (row.kind === 'visit-update' || row.address < 0 || !matches.has(row.address)) continue;
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

function wantedOf(rows: readonly SegmentRow[], matches: Matches): SegmentRow[] {
  const visits = new Set<string>();
  for (const { kind, id, address } of rows) if (kind === 'visit' && matches.has(address)) visits.add(id);
  return rows.filter(
    (row) =>
      row.event !== undefined ||
      (row.kind === 'visit-update' ? visits.has(row.visit) : row.address >= 0 && matches.has(row.address)),
  );
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
    if (!outline) continue;
    const addresses = await decoding(() => outline.addressesOf(day));
    const types = STORE_TYPES.filter((type) => found.matches.any(addresses[type]));
    if (types.length === 0 || (query.kind !== undefined && !types.includes(TYPE_OF[query.kind]))) continue;
    yield { day, whole: false, reader: found.reader, types, matches: found.matches };
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

  any(addresses: ArrayLike<number>): boolean {
    for (let i = 0; i < addresses.length; i++) if (this.has(addresses[i] as number)) return true;
    return false;
  }
}

/** From so many addresses on all are looked through. */
const FEW_ADDRESSES = 2000;
/** So many words narrow it down enough: a byte counts them. */
const MAX_WORDS = 200;

/** `null` when the pack does not open. */
async function searchPack(reader: PackReader, query: PageQuery): Promise<Searched | null> {
  try {
    const words = query.words.slice(0, MAX_WORDS);
    const lexicon = words.length === 0 ? null : await reader.lexicon();
    const ranges = await decoding(() => words.map((word) => lexicon?.beginningWith(word) ?? []));
    if (ranges.some((own) => own.length === 0)) return { reader, matches: new Matches(0), outline: null };
    const [texts, outline] = await Promise.all([ranges.length > 0 ? reader.words() : null, reader.outline()]);
    const matches = new Matches(outline.firstAddresses.at(-1) ?? 0);
    const { site } = query;
    if (site !== undefined)
      matches.keep((found) =>
        outline.eachHost(siteTerm(site), (from, to) => {
          for (let address = from; address < to; address++) found(address);
        }),
      );
    await decoding(() => {
      // What leaves fewest comes first; few are looked at one by one.
      for (const own of [...ranges].sort((a, b) => weightOf(a) - weightOf(b))) {
        if (matches.count === 0) return;
        const few = matches.count < FEW_ADDRESSES ? matches.list() : null;
        matches.keep((found) => (few ? texts?.findAmong(few, own, found) : texts?.find(own, found)));
      }
    });
    return { reader, matches, outline: matches.count > 0 ? outline : null };
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return null;
  }
}
