/** Finding: newest first, page by page, stopping as soon as there is enough. */

import { dayOf } from '../../base/clock.ts';
import type { SearchAnswer } from '../../messaging/answers.ts';
import type { InteractionRecord } from '../../model/interaction.ts';
import { collectHits, matchesWords, queryWords, type SearchHit } from '../../model/page-hits.ts';
import { type Filter, matchesFilter } from '../../model/selector.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';

export interface SearchRequest extends Filter {
  readonly text: string;
  readonly limit: number;
  /** Only pages whose newest match is older than this. */
  readonly before?: number | undefined;
}

export async function search(
  profile: Profile,
  ephemeral: Ephemeral,
  request: SearchRequest,
): Promise<SearchAnswer> {
  const words = queryWords(request.text);
  const wanted = (record: InteractionRecord) => matchesFilter(record, request) && matchesWords(record, words);
  const hits = new Map<string, SearchHit>();
  // Pages of earlier answers: their newest match is at or after `before`.
  const shown = new Set<string>();
  const add = (records: InteractionRecord[]) => {
    const newestFirst = records.reverse().filter(wanted);
    const { before } = request;
    if (before === undefined) return collectHits(hits, newestFirst, request.limit + 1);
    for (const record of newestFirst)
      if (record.atMs >= before && record.kind !== 'reduced') shown.add(record.url);
    collectHits(
      hits,
      newestFirst.filter(
        (record) => record.atMs < before && record.kind !== 'reduced' && !shown.has(record.url),
      ),
      request.limit + 1,
    );
  };
  add(await ephemeral.records());
  for await (const { day, records } of profile.store.recordsByDay()) {
    if (request.toMs !== undefined && day > dayOf(request.toMs)) continue;
    if (request.fromMs !== undefined && day < dayOf(request.fromMs)) break;
    add(records);
    if (hits.size > request.limit) break;
  }
  const sorted = [...hits.values()].sort((a, b) => b.atMs - a.atMs);
  const page = sorted.slice(0, request.limit);
  const last = page.at(-1);
  return { hits: page, ...(sorted.length > request.limit && last ? { next: last.atMs } : {}) };
}

/** What was recorded on one page, newest first. */
export async function recordsOfPage(
  profile: Profile,
  ephemeral: Ephemeral,
  url: string,
  limit: number,
): Promise<InteractionRecord[]> {
  const ofPage = (record: InteractionRecord) => record.kind !== 'reduced' && record.url === url;
  const found = (await ephemeral.records()).filter(ofPage).reverse();
  for await (const { records } of profile.store.recordsByDay()) {
    found.push(...records.filter(ofPage).reverse());
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}
