/** The browser's own history, where the person gave access to it. */
import browser from 'webextension-polyfill';

const HISTORY = { permissions: ['history'] } as const;
type Wanted = Parameters<typeof browser.permissions.request>[0];
const wanted = (): Wanted => ({ permissions: [...HISTORY.permissions] });

export const hasHistoryAccess = (): Promise<boolean> => browser.permissions.contains(wanted());

/** Must be the first thing in a click handler, else the browser refuses to ask. */
export const requestHistoryAccess = (): Promise<boolean> => browser.permissions.request(wanted());

export interface PageInHistory {
  readonly url: string;
  readonly title: string;
}

/**
 * Pages that were visited from `fromMs` up to `toMs`, each once, at most `limit`. A page may also be there for a visit just
 * beside that span: the browsers disagree about its ends.
 */
export async function pagesInHistory(fromMs: number, toMs: number, limit: number): Promise<PageInHistory[]> {
  const found = await browser.history.search({
    text: '',
    startTime: fromMs,
    endTime: toMs,
    maxResults: limit,
  });
  return found.flatMap(({ url, title }) => (url === undefined ? [] : [{ url, title: title ?? '' }]));
}

export interface VisitInHistory {
  /** Whole milliseconds: the browsers' own fractions mean nothing to us. */
  readonly atMs: number;
  /** As the browser calls it (capture/transition.ts). */
  readonly transition: string;
}

/** All visits of one page that the browser still knows. */
export async function visitsInHistory(url: string): Promise<VisitInHistory[]> {
  const visits = await browser.history.getVisits({ url });
  return visits.flatMap(({ visitTime, transition }) =>
    visitTime === undefined ? [] : [{ atMs: Math.floor(visitTime), transition }],
  );
}
