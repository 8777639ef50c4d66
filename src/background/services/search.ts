/** Finding: newest first, page by page, stopping as soon as there is enough. */
import { type Day, dayOf } from '../../base/clock.ts';
import type { SearchAnswer } from '../../messaging/answers.ts';
import { foldEvents, type InteractionRecord } from '../../model/interaction.ts';
import {
  type FoundPage,
  hitOf,
  type PageQuery,
  pagesFound,
  type SearchHit,
  typedQuery,
} from '../../model/page-query.ts';
import type { QueryOptions } from '../../model/query.ts';
import type { EraseQuestion, EraseTarget, Filter } from '../../model/selector.ts';
import { queryWords } from '../../model/words.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';

export interface SearchRequest extends Filter {
  readonly text: string;
  readonly limit: number;
  /** Only pages whose newest visit that was found is older than this. */
  readonly before?: number | undefined;
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

/** `onRead`: one more page of one day was looked at. */
async function find(
  profile: Profile,
  ephemeral: Ephemeral,
  { text, limit, before, ...filter }: SearchRequest,
  onRead: () => void,
): Promise<SearchAnswer> {
  const query: PageQuery = { ...filter, ...typedQuery(text) };
  const hits = new Map<string, SearchHit>();
  // Pages of earlier answers: their newest visit is at or after `before`.
  const shown = new Set<string>();
  const add = (found: FoundPage, inMemory: boolean) => {
    onRead();
    const { url } = found.page;
    if (before !== undefined && found.atMs >= before) shown.add(url);
    if (shown.has(url)) return;
    const known = hits.get(url);
    if (!known || known.atMs < found.atMs) hits.set(url, hitOf(found, query.words, inMemory));
  };
  for (const found of pagesFound(await ephemeral.events(), query)) add(found, true);
  const memoryHits = hits.size;
  for await (const found of profile.store.findPages(query, { once: true })) {
    add(found, false);
    // What is only in memory may be older than what is yet to come.
    if (hits.size > limit + memoryHits) break;
  }
  const sorted = [...hits.values()].sort((a, b) => b.atMs - a.atMs);
  const page = sorted.slice(0, limit);
  const last = page.at(-1);
  return { hits: page, ...(sorted.length > limit && last ? { next: last.atMs } : {}) };
}

/** What was recorded on one page, newest first. */
export function recordsOfPage(
  profile: Profile,
  ephemeral: Ephemeral,
  url: string,
  limit: number,
  options: QueryOptions = {},
): Promise<InteractionRecord[]> {
  return profile.context.queries.measure(options, async (tally) => {
    const ofPage = (record: InteractionRecord) => {
      tally.rowsRead += 1;
      return record.kind !== 'reduced' && record.url === url;
    };
    const found = foldEvents(await ephemeral.events()).filter(ofPage);
    for await (const day of profile.store.candidateDays({ words: queryWords(url) })) {
      found.push(...(await profile.store.recordsOfDay(day)).filter(ofPage));
      if (found.length >= limit) break;
    }
    const newest = found.sort((a, b) => b.atMs - a.atMs).slice(0, limit);
    tally.rowsReturned = newest.length;
    return newest;
  });
}

/** What a question comes to now. */
export async function targetOf(
  profile: Profile,
  ephemeral: Ephemeral,
  question: EraseQuestion,
): Promise<EraseTarget> {
  if (question.what !== 'newest') return question;
  const [newest] = await recordsOfPage(profile, ephemeral, question.url, 1);
  return newest ? { what: 'record', id: newest.id, day: dayOf(newest.atMs) } : { what: 'record', id: '' };
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
    case 'page':
      return { words: queryWords(target.url) };
    case 'site':
      return { words: [], site: target.host };
    default:
      return undefined;
  }
}
