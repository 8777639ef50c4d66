/** What can be asked of the store, and what a question cost (the seed's §2.3, §6). */
import type { RecordKind } from './interaction.ts';
import { parseRuleHost } from './rules.ts';
import type { Filter } from './selector.ts';
import { queryWords } from './words.ts';

/** All that is given must hold. */
export interface InteractionFilter {
  /** From this time on. */
  readonly from?: Date | undefined;
  /** Up to, not including, this time. */
  readonly to?: Date | undefined;
  /** A host; its subdomains count too. */
  readonly site?: string | undefined;
  readonly type?: RecordKind | undefined;
  /** Each word is the beginning of some word of the record's own address, title, query or text (words.ts). */
  readonly text?: string | undefined;
  /** At most so many, the newest. All when absent. */
  readonly limit?: number | undefined;
}

/** The same with times in ms and text in words. */
export interface ParsedFilter extends Filter {
  readonly words: readonly string[];
  readonly limit: number;
}

function msOf(date: Date | undefined, name: string): number | undefined {
  if (date === undefined) return undefined;
  const ms = date instanceof Date ? date.getTime() : Number.NaN;
  if (Number.isNaN(ms)) throw new TypeError(`${name} is no date`);
  return ms;
}

/** @throws TypeError when it is no filter. */
export function parseFilter(filter: InteractionFilter): ParsedFilter {
  const { from, to, site, type, text, limit } = filter;
  const host = site === undefined ? undefined : parseRuleHost(site);
  if (host === null) throw new TypeError('site is no host name');
  if (type !== undefined && !['visit', 'search', 'click'].includes(type))
    throw new TypeError('type is not visit, search or click');
  if (limit !== undefined && !(limit >= 0)) throw new TypeError('limit is no number of records');
  const words = text === undefined ? [] : queryWords(text);
  // Only signs that are no words: nothing can match, which is not the same as no text.
  const nothing = text !== undefined && text.trim() !== '' && words.length === 0;
  return {
    fromMs: msOf(from, 'from'),
    toMs: msOf(to, 'to'),
    site: host,
    kind: type,
    words,
    limit: nothing ? 0 : (limit ?? Number.POSITIVE_INFINITY),
  };
}

/** The seed's read amplification of one query. */
export interface QueryMetrics {
  /** In ms. */
  readonly executionTime: number;
  /** Records, pages of a day, contexts, summaries of days, or events of an archive that were looked at. */
  readonly rowsRead: number;
  readonly rowsReturned: number;
  /** Of all caches, while the query ran; queries at the same time share them. */
  readonly cacheHits: number;
  readonly cacheMisses: number;
}

export interface QueryOptions {
  /** Stops the query: its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called once when the query has ended, also when it was stopped. */
  readonly metrics?: ((metrics: QueryMetrics) => void) | undefined;
}

/** All queries since the store was opened; times of the last 500, in ms. */
export interface QueryTotals {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly rowsRead: number;
  readonly rowsReturned: number;
}

export interface HitCounts {
  readonly hits: number;
  readonly misses: number;
}

/** `metadata.cache_stats` of the seed: since the profile was made. */
export interface StorageStats {
  /** Opened blocks in memory. */
  readonly l1: HitCounts;
  /** Sealed summaries in the database. */
  readonly l2: HitCounts;
}
