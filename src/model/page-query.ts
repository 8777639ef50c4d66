/** Asking for pages: what matches, and what of it is shown. */
import type { InteractionEvent, RecordKind } from './interaction.ts';
import { newestOf, type Page, pagesOf, siteTerm, termsOf } from './page.ts';
import type { PrivacyLevel } from './privacy.ts';
import type { Filter } from './selector.ts';
import { addressText, foldText, queryPhrases, queryWords, withAsciiHosts } from './words.ts';

/** Each word, folded (words.ts), is the beginning of some word of the page on that day. */
export interface PageQuery extends Filter {
  readonly words: readonly string[];
  /** Only this address, whatever its words are. */
  readonly url?: string | undefined;
  /** Each, folded, stands as it is in the address or in some text of the page; its words are among `words`. */
  readonly phrases?: readonly string[];
}

/** The query for what a person typed. */
export const typedQuery = (text: string): Pick<PageQuery, 'words' | 'phrases'> => ({
  words: queryWords(text),
  phrases: queryPhrases(text),
});

/**
 * The queries for what a person typed, of which a page has to answer one: none where it is only signs that are no words, a
 * second one where it has a host that addresses spell otherwise.
 */
export function typedQueries(text: string): Pick<PageQuery, 'words' | 'phrases'>[] {
  const query = typedQuery(text);
  if (query.words.length === 0 && text.trim() !== '') return [];
  const other = withAsciiHosts(text);
  return other === null ? [query] : [query, typedQuery(other)];
}

/** A page on one day. */
export interface FoundPage {
  readonly page: Page;
  /** The page's time (`newestOf`), of the kind that was asked for, in ms. */
  readonly atMs: number;
  /** Records of the kind that was asked for, on that day. */
  readonly count: number;
}

/** What no index answers, for a page whose words match. */
export function hasPhrases({ url, titles, details }: Page, { phrases = [] }: PageQuery): boolean {
  if (phrases.length === 0) return true;
  const texts = [addressText(url), ...titles, ...details].map(foldText);
  return phrases.every((phrase) => texts.some((text) => text.includes(phrase)));
}

export function matchesPage(page: Page, query: PageQuery): boolean {
  const { words, site, kind, url } = query;
  if (kind !== undefined && !page.kinds[kind]) return false;
  if (url !== undefined && page.url !== url) return false;
  if (words.length === 0 && site === undefined) return true;
  const terms = [...termsOf(page)];
  const beginnings = site === undefined ? words : [...words, siteTerm(site)];
  return (
    beginnings.every((beginning) => terms.some((term) => term.startsWith(beginning))) &&
    hasPhrases(page, query)
  );
}

export function foundPage(page: Page, { kind }: PageQuery): FoundPage {
  const kinds = kind === undefined ? page.kinds : { [kind]: page.kinds[kind] };
  const count = Object.values(kinds).reduce((sum, one) => sum + (one?.count ?? 0), 0);
  return { page, atMs: newestOf({ kinds }), count };
}

export const newestFirst = (found: FoundPage[]): FoundPage[] => found.sort((a, b) => b.atMs - a.atMs);

/** The pages that events of one day, oldest first, make and that match; newest first. */
export function pagesFound(events: readonly InteractionEvent[], query: PageQuery): FoundPage[] {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = query;
  const inTime = events.filter(
    (event) => event.kind === 'visit-update' || (event.atMs >= fromMs && event.atMs < toMs),
  );
  const pages = pagesOf(inTime).filter((page) => matchesPage(page, query));
  return newestFirst(pages.map((page) => foundPage(page, query)));
}

/** One page that a search found. */
export interface SearchHit {
  readonly url: string;
  readonly title: string;
  /** Of its newest visit that was found, in ms. */
  readonly atMs: number;
  readonly level: PrivacyLevel;
  /** Records of this page on the day of that visit. */
  readonly count: number;
  readonly kinds: readonly RecordKind[];
  /** Queries and click texts that match, newest first, at most three. */
  readonly details: readonly string[];
  readonly ephemeral: boolean;
}

const MAX_DETAILS = 3;

export function hitOf(
  { page, atMs, count }: FoundPage,
  words: readonly string[],
  ephemeral: boolean,
): SearchHit {
  const matching = page.details.filter((detail) => {
    const folded = foldText(detail);
    return words.length === 0 || words.some((word) => folded.includes(word));
  });
  return {
    url: page.url,
    title: page.titles[0] ?? '',
    atMs,
    level: page.level,
    count,
    kinds: Object.keys(page.kinds) as RecordKind[],
    details: matching.slice(0, MAX_DETAILS),
    ephemeral,
  };
}
