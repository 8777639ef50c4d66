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

/** What the person, or the browser by itself, removed from the browser's history: pages that it has no visit of any more. */
export type RemovedFromHistory =
  | { readonly all: true }
  | { readonly all: false; readonly urls: readonly string[] };

/**
 * Calls back with it. To be asked for while the worker starts, and again when access was given: before that the browser has no
 * history to listen to. Asking twice listens once.
 */
export function onRemovedFromHistory(handler: (removed: RemovedFromHistory) => void): void {
  const listen = () => {
    const { history } = browser as { history?: typeof browser.history };
    if (!history?.onVisitRemoved || history.onVisitRemoved.hasListener(heard)) return;
    history.onVisitRemoved.addListener(heard);
  };
  const heard = ({ allHistory, urls }: { allHistory: boolean; urls?: string[] }) =>
    handler(allHistory ? { all: true } : { all: false, urls: urls ?? [] });
  listen();
  browser.permissions.onAdded.addListener(listen);
}
