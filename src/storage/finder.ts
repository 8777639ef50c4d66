/**
 * Finding pages, newest first. A day that lies in one pack is answered by its digest, and only the pages that are shown are
 * opened; any other day (today, mostly) is read whole. So what is found does not depend on what is packed.
 */
import { DAY_MS, type Day, dayStartMs } from '../base/clock.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { kindTerm, siteTerm } from '../model/page.ts';
import {
  type FoundPage,
  foundPage,
  hasPhrases,
  newestFirst,
  type PageQuery,
  pagesFound,
} from '../model/page-query.ts';
import type { BlockCache } from './block-cache.ts';
import { DamagedError, type Database, decoding } from './database.ts';
import { type DigestSource, digestEntry } from './digests.ts';
import { type Digest, type DigestPack, PageMarks } from './format/digest.ts';
import type { PageBlock } from './format/page-block.ts';
import { packName } from './months.ts';
import { openPages } from './packs.ts';
import type { PackRow } from './schema.ts';
import type { Vault } from './vault.ts';

/** What the finder reads from. All of it belongs to one moment. */
export interface FinderSource extends DigestSource {
  readonly db: Database;
  readonly vault: Vault;
  readonly cache: BlockCache;
  packs(): Promise<readonly PackRow[]>;
  /** Days with rows in the journal. */
  journalDays(): Promise<ReadonlySet<Day>>;
  /** All events of a day, oldest first. */
  liveEvents(day: Day): Promise<readonly InteractionEvent[]>;
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
    for (const one of opened)
      yield* 'block' in one ? ofPack(one.block, one.places, query) : pagesFound(one.events, query);
  }
}

type Opened =
  | { readonly block: PageBlock; readonly places: readonly number[] }
  | { readonly events: readonly InteractionEvent[] };

async function open(source: FinderSource, candidate: Candidate): Promise<Opened> {
  if (candidate.whole) return { events: await source.liveEvents(candidate.day) };
  const { pack, places } = candidate;
  try {
    const block = await source.cache.get(`pages/${packName(pack)}`, async () => {
      const row = await source.db.get('interactions', [pack.userId, pack.date, 'pages', pack.seq]);
      // Not there any more: the day was packed anew since this search began.
      if (!row) throw new DamagedError();
      return { value: await openPages(source.vault, row), sizeBytes: row.box.length * 4 };
    });
    return { block, places };
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    // As it is now; what is really damaged is reported there.
    return { events: await source.liveEvents(candidate.day) };
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
  const marks = new Map<Digest, PageMarks>();
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
    const places = await placesOf(source, pack, query, marks);
    if (places === null) yield { day, whole: true };
    else if (places.length > 0) yield { day, whole: false, pack, places };
  }
}

/** Pages of a pack that match, newest first; `null` when its digest does not open. A month is searched once. */
async function placesOf(
  source: FinderSource,
  pack: PackRow,
  query: PageQuery,
  marks: Map<Digest, PageMarks>,
): Promise<number[] | null> {
  const entry = await digestEntry(source, pack);
  if (!entry) return null;
  const { digest, index } = entry;
  return decoding(() => {
    let found = marks.get(digest);
    if (!found) {
      found = matches(digest, query);
      marks.set(digest, found);
    }
    const from = digest.firstPages[index] as number;
    return found.placesIn(from, from + (digest.packs[index] as DigestPack).pages);
  });
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
  block: PageBlock,
  places: readonly number[],
  query: PageQuery,
): AsyncGenerator<FoundPage> {
  if (query.kind === undefined) {
    for (const place of places) {
      const page = await decoding(() => block.page(place));
      if (hasPhrases(page, query)) yield foundPage(page, query);
    }
    return;
  }
  // Their order is that of all kinds together.
  const all = await decoding(() => Promise.all(places.map((place) => block.page(place))));
  yield* newestFirst(all.filter((page) => hasPhrases(page, query)).map((page) => foundPage(page, query)));
}
