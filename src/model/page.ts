/**
 * A page as finding sees it: everything that was recorded at one address on one day. This is the unit of the search index;
 * events are gathered into it, and a page that was visited ten times that day is one.
 */
import type { EventId, InteractionEvent, RecordKind } from './interaction.ts';
import type { PrivacyLevel } from './privacy.ts';
import { addressText, eachWord } from './words.ts';

export interface PageKind {
  /** Records of this kind. */
  readonly count: number;
  /** Time of the newest of them, in ms. */
  readonly newestMs: number;
}

export interface Page {
  readonly url: string;
  /** The newest that is not empty, then every other that it had. */
  readonly titles: readonly string[];
  /** `engine: query`, and texts of clicks; newest first, each once. */
  readonly details: readonly string[];
  /** Of the newest record. */
  readonly level: PrivacyLevel;
  /** Kinds without records are absent. */
  readonly kinds: Readonly<Partial<Record<RecordKind, PageKind>>>;
}

/** The time of its newest visit, which is what results are sorted by; without one, of its newest record. In ms. */
export const newestOf = ({ kinds }: Pick<Page, 'kinds'>): number =>
  kinds.visit?.newestMs ?? Math.max(...Object.values(kinds).map(({ newestMs }) => newestMs));

/** What finding shows of a search. */
export const searchDetail = (engine: string, query: string): string => `${engine}: ${query}`;

/** A page has few: a set for each would cost more. */
function addOnce(texts: string[], text: string): void {
  if (!texts.includes(text)) texts.push(text);
}

interface Draft {
  readonly url: string;
  level: PrivacyLevel | undefined;
  readonly titles: string[];
  readonly details: string[];
  readonly kinds: Partial<Record<RecordKind, { count: number; newestMs: number }>>;
}

/**
 * The pages of events that are sorted oldest first; the page whose newest visit is oldest comes first. An update counts for
 * the page of its visit, if that is among the events. Reduced events have no page.
 */
export function pagesOf(events: readonly InteractionEvent[]): Page[] {
  const drafts = new Map<string, Draft>();
  const visited = new Map<EventId, string>();
  for (const event of events) if (event.kind === 'visit') visited.set(event.id, event.url);
  // Newest first: what is met first is what is shown.
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i];
    if (!event || event.kind === 'reduced') continue;
    const url = event.kind === 'visit-update' ? visited.get(event.visit) : event.url;
    if (url === undefined) continue;
    let draft = drafts.get(url);
    if (!draft) {
      draft = { url, level: undefined, titles: [], details: [], kinds: {} };
      drafts.set(url, draft);
    }
    if (event.kind !== 'search' && event.title !== undefined && event.title !== '')
      addOnce(draft.titles, event.title);
    if (event.kind === 'visit-update') continue;
    draft.level ??= event.level;
    const kind = draft.kinds[event.kind];
    if (kind) kind.count += 1;
    else draft.kinds[event.kind] = { count: 1, newestMs: event.atMs };
    if (event.kind === 'search') addOnce(draft.details, searchDetail(event.engine, event.query));
    else if (event.kind === 'click' && event.text !== '') addOnce(draft.details, event.text);
  }
  const pages: Page[] = [];
  for (const { url, titles, details, level, kinds } of drafts.values()) {
    // Only updates of a visit that is not there.
    if (level === undefined) continue;
    pages.push({ url, titles, details, level, kinds });
  }
  return pages.sort((a, b) => newestOf(a) - newestOf(b));
}

/**
 * A term that no word of a text can be: of the site that a page belongs to. A host is written from its end, so that the term of a
 * site is the beginning of those of its subdomains.
 */
const SITE = '\u0001';
export const siteTerm = (host: string): string => `${SITE}${host.split('.').reverse().join('.')}.`;
export const hostOfTerm = (term: string): string => term.slice(1, -1).split('.').reverse().join('.');

/**
 * The host of an `http(s)` address as the URL parser gives it, without a dot at its end (`site.example.` is the same site); empty
 * when it is none. By hand: the parser is ten times dearer. What ends in a number is left to it, because that may be an address in
 * another spelling, and so is what may have a user's name before the host.
 */
export function hostOf(url: string): string {
  const simple = /^https?:\/\/((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*)\.?(?::\d+)?(?:[/?#]|$)/.exec(url)?.[1];
  if (simple !== undefined) return simple;
  try {
    // Not `canParse` first: it parses once more, and Node, when it runs hot, refuses hosts with letters like ü.
    return new URL(url).hostname.replace(/\.$/, '');
  } catch {
    return '';
  }
}

/** What a page is found by: its words and its site. */
export function termsOf(page: Page): Set<string> {
  const terms = new Set<string>();
  const add = (term: string) => void terms.add(term);
  eachWord(addressText(page.url), add);
  for (const title of page.titles) eachWord(title, add);
  for (const detail of page.details) eachWord(detail, add);
  const host = hostOf(page.url);
  if (host !== '') terms.add(siteTerm(host));
  return terms;
}
