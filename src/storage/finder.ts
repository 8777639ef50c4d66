/**
 * Finding pages, newest first. A day that lies in one pack is answered by its digest, and only the pages that are shown are
 * opened; any other day (today, mostly) is read whole. So what is found does not depend on what is packed.
 */
import { DAY_MS, type Day, dayOfNumber, dayStartMs, monthOf } from '../base/clock.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { kindTerm, siteTerm } from '../model/page.ts';
import { type FoundPage, foundPage, newestFirst, type PageQuery, pagesFound } from '../model/page-query.ts';
import type { BlockCache } from './block-cache.ts';
import { DamagedError, type Database, decoding } from './database.ts';
import { type Digest, PageMarks } from './format/digest.ts';
import type { PageBlock } from './format/page-block.ts';
import { openMonth, ownDigest, packName } from './months.ts';
import { openPages } from './packs.ts';
import type { PackRow } from './schema.ts';
import type { Vault } from './vault.ts';

/** What the finder reads from. All of it belongs to one moment. */
export interface FinderSource {
  readonly db: Database;
  readonly vault: Vault;
  readonly cache: BlockCache;
  packs(): Promise<readonly PackRow[]>;
  /** Days with rows in the journal. */
  journalDays(): Promise<ReadonlySet<Day>>;
  /** All events of a day, oldest first. */
  liveEvents(day: Day): Promise<readonly InteractionEvent[]>;
  onDamaged(rows: number): void;
  /** It is made anew from the events when there is time. */
  onDamagedDigest(month: Day): void;
}

/** Packs that are opened at the same time: few at first, because most queries need no more. */
const AT_ONCE = [1, 2, 4, 8];

type Candidate =
  | { readonly day: Day; readonly whole: true }
  | { readonly day: Day; readonly whole: false; readonly pack: PackRow; readonly places: readonly number[] };

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
    const opened = await Promise.all(batch.map((candidate) => open(source, candidate)));
    for (const [index, candidate] of batch.entries()) {
      const pages = opened[index];
      if (!pages) continue;
      yield* candidate.whole
        ? pagesFound(pages as readonly InteractionEvent[], query)
        : ofPack(candidate, pages as PageBlock, query);
    }
  }
}

async function open(
  source: FinderSource,
  candidate: Candidate,
): Promise<PageBlock | readonly InteractionEvent[] | null> {
  if (candidate.whole) return source.liveEvents(candidate.day);
  const { pack } = candidate;
  try {
    return await source.cache.get(`pages/${packName(pack)}`, async () => {
      const row = await source.db.get('interactions', [pack.userId, pack.date, 'pages', pack.seq]);
      if (!row) throw new DamagedError();
      return { value: await openPages(source.vault, row), sizeBytes: row.box.length * 4 };
    });
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    source.onDamaged(1);
    return null;
  }
}

/** Days that may have pages that match, newest first. None with one that does is left out. */
export async function* candidateDays(source: FinderSource, query: PageQuery): AsyncGenerator<Day> {
  for await (const { day } of candidatesOf(source, query)) yield day;
}

async function* candidatesOf(source: FinderSource, query: PageQuery): AsyncGenerator<Candidate> {
  const [packs, journal] = await Promise.all([source.packs(), source.journalDays()]);
  const byDay = new Map<Day, PackRow[]>();
  for (const pack of packs) byDay.set(pack.date, [...(byDay.get(pack.date) ?? []), pack]);
  const days = [...new Set([...byDay.keys(), ...journal])].sort().reverse();
  const months = new Map<Day, Promise<MonthPlaces>>();
  for (const day of days) {
    const startMs = dayStartMs(day);
    if (query.fromMs !== undefined && startMs + DAY_MS <= query.fromMs) return;
    if (query.toMs !== undefined && startMs >= query.toMs) continue;
    const own = byDay.get(day) ?? [];
    const cut =
      (query.fromMs !== undefined && startMs < query.fromMs) ||
      (query.toMs !== undefined && startMs + DAY_MS > query.toMs);
    const [pack] = own;
    if (cut || journal.has(day) || own.length !== 1 || !pack) {
      yield { day, whole: true };
      continue;
    }
    const places =
      pack.digest === 'own'
        ? await placesInPack(source, pack, query)
        : await placesInMonth(source, pack, query, months);
    if (places === null) yield { day, whole: true };
    else if (places.length > 0) yield { day, whole: false, pack, places };
  }
}

/** `null` when its digest does not open. */
async function placesInPack(source: FinderSource, pack: PackRow, query: PageQuery): Promise<number[] | null> {
  try {
    const digest = await source.cache.get(`digest/${packName(pack)}`, async () => {
      const value = await ownDigest(source.db, source.vault, pack);
      return { value, sizeBytes: value.sizeBytes };
    });
    return await decoding(() => [...matches(digest, query).newestFirst()]);
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return null;
  }
}

/** Places that match, newest first, by pack; `null` when the month's digest does not open. */
type MonthPlaces = ReadonlyMap<string, readonly number[]> | null;

/** The days of a month are asked for one after another: it is searched once. */
async function placesInMonth(
  source: FinderSource,
  pack: PackRow,
  query: PageQuery,
  months: Map<Day, Promise<MonthPlaces>>,
): Promise<readonly number[] | null> {
  const month = monthOf(pack.date);
  let found = months.get(month);
  if (!found) {
    found = searchMonth(source, month, query);
    months.set(month, found);
  }
  const places = await found;
  return places && (places.get(packName(pack)) ?? []);
}

async function searchMonth(source: FinderSource, month: Day, query: PageQuery): Promise<MonthPlaces> {
  const { db, vault, cache } = source;
  try {
    const digest = await cache.get(`month/${month}`, async () => {
      const row = await db.get('digests', [vault.userId, month]);
      if (!row) throw new DamagedError();
      const value = await openMonth(vault, row);
      return { value, sizeBytes: value.sizeBytes };
    });
    return await decoding(() => {
      const found = new Map<string, number[]>();
      for (const page of matches(digest, query).newestFirst()) {
        const { pack, place } = digest.placeOf(page);
        const name = packName({ date: dayOfNumber(pack.day), seq: pack.seq });
        const places = found.get(name);
        if (places) places.push(place);
        else found.set(name, [place]);
      }
      return found;
    });
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    source.onDamagedDigest(month);
    return null;
  }
}

function matches(digest: Digest, query: PageQuery): PageMarks {
  const result = new PageMarks(digest.pages);
  result.addEvery();
  const terms = [...query.words];
  if (query.site !== undefined) terms.push(siteTerm(query.site));
  if (query.kind !== undefined) terms.push(kindTerm(query.kind));
  for (const term of terms) {
    const marks = new PageMarks(digest.pages);
    digest.markPages(term, marks);
    result.keepOnly(marks);
  }
  return result;
}

async function* ofPack(
  candidate: Extract<Candidate, { whole: false }>,
  block: PageBlock,
  query: PageQuery,
): AsyncGenerator<FoundPage> {
  const { places } = candidate;
  if (query.kind === undefined) {
    for (const place of places) yield foundPage(await decoding(() => block.page(place)), query);
    return;
  }
  // Their order is that of all kinds together.
  const all = await decoding(() => Promise.all(places.map((place) => block.page(place))));
  yield* newestFirst(all.map((page) => foundPage(page, query)));
}
