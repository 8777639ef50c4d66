/** Statistics of a period from the summaries of its days; no event is opened. */
import { RECORD_KINDS, type RecordKind } from '../model/interaction.ts';
import {
  type ContextStats,
  type DayRange,
  type DayStats,
  MAX_TOP_SITES,
  type SiteStats,
} from '../model/stats.ts';
import { type ActiveSpan, addSpan, countsOfHours, totalOf } from '../model/summary.ts';
import type { DaySummary } from '../storage/statistics.ts';

type Counts = Record<RecordKind, number>;
const noCounts = (): Counts => ({ visit: 0, search: 0, click: 0 });
function addCounts(sum: Counts, more: Readonly<Counts>): void {
  for (const kind of RECORD_KINDS) sum[kind] += more[kind];
}

/** Gathers days, oldest first. */
export class StatsBuilder {
  readonly #byDay: DayStats[] = [];
  readonly #byType = noCounts();
  readonly #byHour = Array.from({ length: 24 }, noCounts);
  readonly #sites = new Map<string, Counts & { dwellMs: number }>();
  readonly #spans: { fromMs: number; toMs: number }[] = [];
  #dwellMs = 0;

  add({ day, summary }: DaySummary): void {
    const counts = countsOfHours(summary.hours);
    // A day of which only updates are left.
    if (totalOf(counts) === 0) return;
    this.#byDay.push({ day, ...counts, dwellMs: summary.dwellMs });
    addCounts(this.#byType, counts);
    for (const [hour, sum] of this.#byHour.entries()) addCounts(sum, summary.hours[hour] ?? noCounts());
    this.#dwellMs += summary.dwellMs;
    for (const [host, site] of summary.sites) {
      const sum = this.#sites.get(host);
      if (!sum) this.#sites.set(host, { ...site });
      else {
        addCounts(sum, site);
        sum.dwellMs += site.dwellMs;
      }
    }
    for (const span of summary.spans) addSpan(this.#spans, span);
  }

  stats(asked: DayRange, all: boolean): ContextStats {
    const [first, last] = [this.#byDay[0], this.#byDay.at(-1)];
    const lastSpan = this.#spans.at(-1);
    return {
      period: all && first && last ? { firstDay: first.day, lastDay: last.day } : asked,
      totalInteractions: totalOf(this.#byType),
      byType: { ...this.#byType },
      byDay: this.#byDay,
      byHour: this.#byHour,
      topSites: topSites(this.#sites),
      dwellMs: this.#dwellMs,
      sessions: sessionsOf(this.#spans),
      lastActive: lastSpan ? new Date(lastSpan.toMs) : null,
    };
  }
}

/** Of equal counts the one with more time first, then by name, so that the same data give the same list. */
function topSites(sites: ReadonlyMap<string, Counts & { readonly dwellMs: number }>): SiteStats[] {
  const all = [...sites].map(([site, counts]): SiteStats => ({ site, ...counts }));
  all.sort((a, b) => totalOf(b) - totalOf(a) || b.dwellMs - a.dwellMs || (a.site < b.site ? -1 : 1));
  return all.slice(0, MAX_TOP_SITES);
}

function sessionsOf(spans: readonly ActiveSpan[]): ContextStats['sessions'] {
  const totalMs = spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return { count: spans.length, totalMs, averageMs: spans.length === 0 ? 0 : totalMs / spans.length };
}
