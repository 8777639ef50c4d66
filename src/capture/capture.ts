/**
 * From what the browser reports to what may be kept: level and rules act here, before anything is stored. What the words say is
 * looked at afterwards (`redact-events.ts`). Pure.
 */
import { HOUR_MS } from '../base/clock.ts';
import type { NewEvent, RecordKind, SearchEvent, Transition } from '../model/interaction.ts';
import type { Capture } from '../model/rules.ts';
import { cleanAddress, originOnly, withoutQuery } from './address.ts';
import { type Kept, NOT_KEPT, type Policy, stricter, treatmentOf } from './decide.ts';
import { redactAddress } from './redact-address.ts';
import { searchOf } from './search-engines.ts';
import { categoryOf } from './site-category.ts';

export const MAX_TITLE = 500;
export const MAX_CLICK_TEXT = 80;

/** How an address is treated that may be none. */
export function keptNow(url: string, policy: Policy): Kept {
  const address = cleanAddress(url);
  if (address === null) return NOT_KEPT;
  const { capture, level } = treatmentOf(address, policy);
  return { capture, level };
}

/** Levels whose records name pages and stay. */
export const storesInFull = ({ capture, level }: Kept): boolean =>
  capture !== 'skip' && level !== 'anonymous' && level !== 'ephemeral';

export interface NavigationFact {
  readonly url: string;
  readonly title: string;
  readonly atMs: number;
  readonly transition: Transition;
  readonly referrer?: string;
  /** How the referrer was kept when it was opened. */
  readonly referrerKept?: Kept;
  /** The search that the tab showed before: its next page of results is the same search. */
  readonly lastSearch?: string;
}

/** A visit, and a search where the address is one, not yet redacted. Empty when nothing may be kept. */
export function captureNavigation(fact: NavigationFact, policy: Policy): NewEvent[] {
  const address = cleanAddress(fact.url);
  if (address === null) return [];
  const { capture, level } = treatmentOf(address, policy);
  if (capture === 'skip') return [];
  // From the whole address: one that is too long to keep, or whose query is called like a secret, is a search all the same.
  const search = capture === 'full' ? searchOf(fact.url) : null;
  // Going back to a page of results is not asking again.
  const newSearch =
    search !== null &&
    fact.transition !== 'history' &&
    `${search.engine}\n${search.query}` !== fact.lastSearch
      ? search
      : null;
  if (level === 'anonymous') {
    const kinds: RecordKind[] = newSearch ? ['visit', 'search'] : ['visit'];
    return kinds.map((of) => reduced(of, fact.atMs, address));
  }
  const url = keptAddress(address, capture);
  const referrer =
    fact.referrer === undefined ? undefined : keptLink(fact.referrer, policy, fact.referrerKept);
  const visit: NewEvent = {
    kind: 'visit',
    atMs: fact.atMs,
    level,
    url,
    title: keptTitle(fact.url, fact.title, capture),
    transition: fact.transition,
    ...(referrer === undefined ? {} : { referrer }),
  };
  return newSearch ? [visit, { kind: 'search', atMs: fact.atMs, level, url, ...newSearch }] : [visit];
}

/** A search that was recognised before. */
export function captureSearch(
  fact: Pick<SearchEvent, 'atMs' | 'url' | 'engine' | 'query'>,
  policy: Policy,
): NewEvent[] {
  const address = cleanAddress(fact.url);
  if (address === null) return [];
  const { capture, level } = treatmentOf(address, policy);
  if (capture !== 'full') return [];
  const { atMs, engine, query } = fact;
  return level === 'anonymous'
    ? [reduced('search', atMs, address)]
    : [{ kind: 'search', atMs, level, url: address, engine, query }];
}

export interface ClickFact {
  readonly pageUrl: string;
  /** How the page was kept when it was opened. */
  readonly pageKept?: Kept;
  readonly pageTitle: string;
  readonly atMs: number;
  readonly role: string;
  readonly text: string;
  readonly target?: string;
}

export function captureClick(fact: ClickFact, policy: Policy): NewEvent[] {
  const address = cleanAddress(fact.pageUrl);
  if (address === null) return [];
  const { capture, level } = stricter(keptNow(address, policy), fact.pageKept);
  // With `domain` a click's words would tell what the address no longer does.
  if (capture === 'skip' || capture === 'domain') return [];
  if (level === 'anonymous') return [reduced('click', fact.atMs, address)];
  const target = fact.target === undefined ? undefined : keptLink(fact.target, policy);
  return [
    {
      kind: 'click',
      atMs: fact.atMs,
      level,
      url: keptAddress(address, capture),
      title: keptTitle(fact.pageUrl, fact.pageTitle, capture),
      role: cleanText(fact.role, 40),
      text: cleanText(fact.text, MAX_CLICK_TEXT),
      ...(target === undefined ? {} : { target }),
    },
  ];
}

/** A title that became known later, not yet redacted, or nothing when it may not be kept. */
export function captureTitle(url: string, title: string, policy: Policy): string | null {
  const address = cleanAddress(url);
  if (address === null) return null;
  const { capture } = treatmentOf(address, policy);
  const kept = keptTitle(url, title, capture);
  return kept === '' && capture !== 'full' ? null : kept;
}

/** The address as a visit of this page would keep it, redacted; `null` when it would not be kept. */
export function captureAddress(url: string, policy: Policy): string | null {
  const address = cleanAddress(url);
  if (address === null) return null;
  const { capture } = treatmentOf(address, policy);
  return capture === 'skip' ? null : redactAddress(keptAddress(address, capture)).url;
}

const reduced = (of: RecordKind, atMs: number, address: string): NewEvent => ({
  kind: 'reduced',
  of,
  atMs: Math.floor(atMs / HOUR_MS) * HOUR_MS,
  level: 'anonymous',
  category: categoryOf(new URL(address).hostname),
});

function keptAddress(address: string, capture: Capture): string {
  if (capture === 'domain') return originOnly(address);
  return capture === 'no-query' ? withoutQuery(address) : address;
}

/**
 * Where the query of the address is not kept, a title that repeats it (`blue whales - Some Engine`) would tell it: such a
 * title is dropped.
 */
function keptTitle(url: string, title: string, capture: Capture): string {
  const text = cleanTitle(title);
  if (capture === 'full') return text;
  return capture === 'no-query' && searchOf(url) === null && !repeatsQuery(url, text) ? text : '';
}

/** Shorter values are numbers of pages and the like, and are in titles by chance. */
const MIN_TOLD = 3;

function repeatsQuery(url: string, title: string): boolean {
  const plain = title.toLowerCase();
  return [...new URL(url).searchParams.values()]
    .map((value) => cleanText(value, MAX_TITLE).toLowerCase())
    .some((value) => value.length >= MIN_TOLD && plain.includes(value));
}

/** A link out of a page tells of its own site: that site's rule decides. Sites that keep nothing are not named. */
function keptLink(link: string, policy: Policy, then?: Kept): string | undefined {
  const address = cleanAddress(link);
  if (address === null) return undefined;
  const kept = stricter(keptNow(address, policy), then);
  return storesInFull(kept) ? keptAddress(address, kept.capture) : undefined;
}

export const cleanTitle = (title: string): string => cleanText(title, MAX_TITLE);

const cleanText = (text: string, max: number): string =>
  text.toWellFormed().replace(/\s+/g, ' ').trim().slice(0, max).toWellFormed();
