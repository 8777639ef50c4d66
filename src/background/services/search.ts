/** Finding: newest first, page by page, stopping as soon as there is enough. */
import { type Day, dayOf } from '../../base/clock.ts';
import type { PageRecords, Place, RecordPlace, SearchAnswer } from '../../messaging/answers.ts';
import { compareEvents, foldEvents, type InteractionRecord } from '../../model/interaction.ts';
import { hostOf } from '../../model/page.ts';
import {
  type FoundPage,
  hitOf,
  type PageQuery,
  pagesFound,
  type SearchHit,
  typedQueries,
} from '../../model/page-query.ts';
import type { QueryOptions } from '../../model/query.ts';
import type { EraseTarget, Filter } from '../../model/selector.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';

export interface SearchRequest extends Filter {
  readonly text: string;
  readonly limit: number;
  /** Only pages that come after this one. */
  readonly after?: Place | undefined;
}

export function search(
  profile: Profile,
  ephemeral: Ephemeral,
  request: SearchRequest,
  options: QueryOptions = {},
): Promise<SearchAnswer> {
  return profile.context.queries.measure(options, async (tally) => {
    const answer = await find(profile, ephemeral, request, () => {
      tally.rowsRead += 1;
    });
    tally.rowsReturned = answer.hits.length;
    return answer;
  });
}

/** Newest first; of the same time by address, so that the order is always the same. */
const inOrder = (a: Place, b: Place): number =>
  b.atMs - a.atMs || (a.url < b.url ? -1 : a.url > b.url ? 1 : 0);

/** `onRead`: one more page of one day was looked at. */
async function find(
  profile: Profile,
  ephemeral: Ephemeral,
  { text, limit, after, ...filter }: SearchRequest,
  onRead: () => void,
): Promise<SearchAnswer> {
  const queries = typedQueries(text).map((typed): PageQuery => ({ ...filter, ...typed }));
  const words = queries.flatMap((query) => query.words);
  const hits = new Map<string, SearchHit>();
  // Pages of earlier answers.
  const shown = new Set<string>();
  const add = (found: FoundPage, inMemory: boolean) => {
    onRead();
    const { url } = found.page;
    if (after !== undefined && inOrder({ url, atMs: found.atMs }, after) <= 0) shown.add(url);
    if (shown.has(url)) return;
    const known = hits.get(url);
    if (!known || known.atMs < found.atMs) hits.set(url, hitOf(found, words, inMemory));
  };
  const events = await ephemeral.events();
  for (const query of queries) for (const found of pagesFound(events, query)) add(found, true);
  let [stored, lastMs] = [0, 0];
  for await (const found of merged(queries.map((one) => profile.store.findPages(one, { once: true })))) {
    const before = hits.size;
    add(found, false);
    if (hits.size === before) continue;
    stored += 1;
    // What is only in memory may be older than what is yet to come, and of the last one's time there may be others.
    if (stored <= limit) lastMs = found.atMs;
    else if (found.atMs < lastMs) break;
  }
  const sorted = [...hits.values()].sort(inOrder);
  const page = sorted.slice(0, limit);
  const last = page.at(-1);
  const next = last && sorted.length > limit ? { next: { atMs: last.atMs, url: last.url } } : {};
  return { hits: page, ...next };
}

/** What several answer newest first, newest first. */
async function* merged(answers: readonly AsyncGenerator<FoundPage>[]): AsyncGenerator<FoundPage> {
  try {
    const heads = await Promise.all(answers.map((answer) => answer.next()));
    for (;;) {
      let newest = -1;
      let found: FoundPage | undefined;
      for (const [index, head] of heads.entries()) {
        if (head.done || (found && head.value.atMs <= found.atMs)) continue;
        newest = index;
        found = head.value;
      }
      const answer = answers[newest];
      if (!found || !answer) return;
      yield found;
      heads[newest] = await answer.next();
    }
  } finally {
    for (const answer of answers) await answer.return(undefined);
  }
}

export interface PageRequest {
  readonly url: string;
  readonly limit: number;
  /** Only records that come after this one. */
  readonly after?: RecordPlace | undefined;
}

/** What was recorded on one page, newest first. No more days are opened than hold what is asked for. */
export function recordsOfPage(
  profile: Profile,
  ephemeral: Ephemeral,
  { url, limit, after }: PageRequest,
  options: QueryOptions = {},
): Promise<PageRecords> {
  return profile.context.queries.measure(options, async (tally) => {
    const ofPage = (record: InteractionRecord) => {
      tally.rowsRead += 1;
      const isOfPage = record.kind !== 'reduced' && record.url === url;
      return isOfPage && (after === undefined || compareEvents(record, after) < 0);
    };
    const inMemory = foldEvents(await ephemeral.events()).filter(ofPage);
    const stored: InteractionRecord[] = [];
    for await (const events of profile.store.eventsOfPage(url, after && after.atMs + 1)) {
      stored.push(...foldEvents(events).filter(ofPage));
      // One more, to know that there are more.
      if (stored.length > limit) break;
    }
    const found = [...inMemory, ...stored].sort((a, b) => compareEvents(b, a));
    const records = found.slice(0, limit);
    tally.rowsReturned = records.length;
    const last = records.at(-1);
    const next = last && found.length > limit ? { next: { atMs: last.atMs, id: last.id } } : {};
    return { records, ...next };
  });
}

/** Days that have something of a target, so that an erasure need not open the others; `undefined`: perhaps all of them. */
export async function daysOf(profile: Profile, target: EraseTarget): Promise<Day[] | undefined> {
  if (target.what === 'range') {
    const [first, last] = [dayOf(target.fromMs), dayOf(target.toMs)];
    return (await profile.store.days()).filter((day) => day >= first && day <= last);
  }
  if (target.what === 'record') return target.day === undefined ? undefined : [target.day];
  const query = queryOf(target);
  if (!query) return undefined;
  const days: Day[] = [];
  for await (const day of profile.store.candidateDays(query)) days.push(day);
  return days;
}

function queryOf(target: EraseTarget): PageQuery | undefined {
  switch (target.what) {
    // By its host alone: nothing may stay because words were cut in another way when it was packed.
    case 'page': {
      const host = hostOf(target.url);
      return host === '' ? undefined : { words: [], site: host };
    }
    case 'site':
      return { words: [], site: target.host };
    default:
      return undefined;
  }
}
