/** What statistics need of some records, so that they never have to open events: counts by kind, site and hour; time spent. */
import { HOUR_MS } from '../base/clock.ts';
import { type InteractionRecord, RECORD_KINDS, type RecordKind, recordKind } from './interaction.ts';
import { hostOf } from './page.ts';

/** A session ends after this long without activity. */
export const SESSION_GAP_MS = 30 * 60_000;

export type KindCounts = Readonly<Record<RecordKind, number>>;

export interface SiteSummary extends KindCounts {
  readonly dwellMs: number;
}

/** From the first record to the end of the time spent on the last one, in ms. */
export interface ActiveSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Summary {
  /** By hour of the UTC day, 0 to 23. */
  readonly hours: readonly KindCounts[];
  readonly sites: ReadonlyMap<string, SiteSummary>;
  readonly dwellMs: number;
  /** Without gaps of more than `SESSION_GAP_MS`, in order. */
  readonly spans: readonly ActiveSpan[];
}

const noCounts = (): Record<RecordKind, number> => ({ visit: 0, search: 0, click: 0 });

export const totalOf = (counts: KindCounts): number => counts.visit + counts.search + counts.click;

export const countsOfHours = (hours: readonly KindCounts[]): KindCounts => {
  const sum = noCounts();
  for (const hour of hours) for (const kind of RECORD_KINDS) sum[kind] += hour[kind];
  return sum;
};

/** Pages are visited again and again; taking their address apart once is enough. */
function rememberingHosts(): (url: string) => string {
  const known = new Map<string, string>();
  return (url) => {
    let host = known.get(url);
    if (host === undefined) {
      host = hostOf(url);
      known.set(url, host);
    }
    return host;
  };
}

/** `records`: of one UTC day, oldest first. `host`: of an address, by whoever knows them already. */
export function summaryOf(
  records: readonly InteractionRecord[],
  host: (url: string) => string = rememberingHosts(),
): Summary {
  const hours = Array.from({ length: 24 }, noCounts);
  const sites = new Map<string, Record<RecordKind, number> & { dwellMs: number }>();
  const spans: { fromMs: number; toMs: number }[] = [];
  let total = 0;
  for (const record of records) {
    const kind = recordKind(record);
    const dwellMs = record.kind === 'visit' ? record.dwellMs : 0;
    const hour = hours[Math.floor(record.atMs / HOUR_MS) % 24];
    if (hour) hour[kind] += 1;
    total += dwellMs;
    const ofHost = record.kind === 'reduced' ? '' : host(record.url);
    if (ofHost !== '') {
      let site = sites.get(ofHost);
      if (!site) {
        site = { ...noCounts(), dwellMs: 0 };
        sites.set(ofHost, site);
      }
      site[kind] += 1;
      site.dwellMs += dwellMs;
    }
    addSpan(spans, { fromMs: record.atMs, toMs: record.atMs + dwellMs });
  }
  return { hours, sites, dwellMs: total, spans };
}

/** Joins a span to the last one unless a session ended between them. */
export function addSpan(spans: { fromMs: number; toMs: number }[], span: ActiveSpan): void {
  const last = spans.at(-1);
  if (last && span.fromMs - last.toMs <= SESSION_GAP_MS) last.toMs = Math.max(last.toMs, span.toMs);
  else spans.push({ ...span });
}
