/** The browser's history by day, without knowing where it begins or where its gaps are. */
import { DAY_MS, type Day, dayNumber, dayOf, dayStartMs } from '../../base/clock.ts';
import type { HistoryVisit } from '../../capture/from-history.ts';
import { pagesInHistory, type VisitInHistory, visitsInHistory } from '../../platform/history.ts';

/** Pages of one day. Nobody visits that many; it only keeps a broken history from filling the memory. */
const PAGES_OF_DAY = 50_000;
/** Pages whose visits are asked for at once. */
const AT_ONCE = 32;
/** Visits that are kept in memory: what is visited every day is asked for once. */
const KEPT_VISITS = 200_000;

const hasAny = async (fromMs: number, toMs: number): Promise<boolean> =>
  (await pagesInHistory(fromMs, toMs, 1)).length > 0;

/** The first day that has a visit, of those up to `lastDay`; `null` when there is none. */
export async function firstDay(lastDay: Day): Promise<Day | null> {
  let [low, high] = [0, dayNumber(lastDay)];
  if (!(await hasAny(0, (high + 1) * DAY_MS))) return null;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await hasAny(0, (middle + 1) * DAY_MS)) high = middle;
    else low = middle + 1;
  }
  return dayOf(low * DAY_MS);
}

/**
 * The newest day before `day` that may have visits, not before `first`: gaps are crossed in growing steps. `null` when there
 * is none.
 */
export async function dayBefore(day: Day, first: Day): Promise<Day | null> {
  let end = dayNumber(day);
  const start = dayNumber(first);
  let step = 1;
  while (end > start) {
    const from = Math.max(start, end - step);
    if (!(await hasAny(from * DAY_MS, end * DAY_MS))) {
      end = from;
      step *= 2;
    } else if (end - from === 1) return dayOf(from * DAY_MS);
    // Its later half may be empty.
    else step = Math.floor((end - from) / 2);
  }
  return null;
}

export class HistoryDays {
  readonly #visits = new Map<string, readonly VisitInHistory[]>();
  #kept = 0;

  /** All visits of a day, up to `untilMs`. */
  async visitsOf(day: Day, untilMs: number): Promise<HistoryVisit[]> {
    const fromMs = dayStartMs(day);
    const pages = await pagesInHistory(fromMs, fromMs + DAY_MS, PAGES_OF_DAY);
    const found: HistoryVisit[] = [];
    for (let i = 0; i < pages.length; i += AT_ONCE) {
      const some = pages.slice(i, i + AT_ONCE).filter(({ url }) => /^https?:/.test(url));
      const visits = await Promise.all(some.map(({ url }) => this.#visitsOf(url)));
      for (const [index, { url, title }] of some.entries())
        for (const { atMs, transition } of visits[index] ?? [])
          if (atMs >= fromMs && atMs < fromMs + DAY_MS && atMs <= untilMs)
            found.push({ url, title, atMs, transition });
    }
    return found;
  }

  async #visitsOf(url: string): Promise<readonly VisitInHistory[]> {
    const kept = this.#visits.get(url);
    if (kept) return kept;
    const visits = await visitsInHistory(url);
    // What was visited once is not asked for again.
    if (visits.length > 1) {
      if (this.#kept + visits.length > KEPT_VISITS) this.#visits.clear();
      this.#kept = this.#visits.size === 0 ? visits.length : this.#kept + visits.length;
      this.#visits.set(url, visits);
    }
    return visits;
  }
}
