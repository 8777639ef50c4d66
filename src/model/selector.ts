/** Which records a search, an export or an erasure is about. */
import { type Day, HOUR_MS } from '../base/clock.ts';
import { type EventId, type InteractionRecord, type RecordKind, recordKind } from './interaction.ts';
import { hostOf } from './page.ts';
import { coversHost } from './rules.ts';

export interface Filter {
  /** A host name; its subdomains count too. */
  readonly site?: string | undefined;
  /** From this time on, in ms. */
  readonly fromMs?: number | undefined;
  /** Up to, not including, this time. */
  readonly toMs?: number | undefined;
  readonly kind?: RecordKind | undefined;
}

/**
 * What to erase. `page` = every record of one address; with `whole`, only those that have it as it was recorded. `range` is
 * [fromMs, toMs); counts of level anonymous, which say only their hour, are in it when a part of that hour is.
 */
export type EraseTarget =
  /** `day`: where it lies, where that is known; with `url`, its address, links to that of this day are meant as well, else none. */
  | { readonly what: 'record'; readonly id: EventId; readonly day?: Day | undefined; readonly url?: string }
  | { readonly what: 'page'; readonly url: string; readonly whole?: true }
  | { readonly what: 'site'; readonly host: string }
  /** `links`: of days that are in it with a part only, what else links to this is meant as well. */
  | { readonly what: 'range'; readonly fromMs: number; readonly toMs: number; readonly links?: DayLinks[] }
  | { readonly what: 'all' };

/** Links of one day to these addresses; without them, all of that day. */
export interface DayLinks {
  readonly day: Day;
  readonly urls?: string[];
}

/** Records of one day, by their ids. */
export interface DayRecords {
  readonly day: Day;
  readonly ids: EventId[];
}

/** What a person may point at: also the last hour, and all that a search finds. */
export type EraseQuestion =
  | EraseTarget
  | { readonly what: 'hour' }
  | ({ readonly what: 'found'; readonly text: string } & Filter);

/** What an erasure would take. */
export interface EraseCount {
  /** Records here, and in archives those of days that go as a whole. */
  readonly count: number;
  /** Archived days that may have more: those records do not come back when the file is fetched back. */
  readonly archivedDays?: number;
  /** Days at the sync service only that may have more of it. */
  readonly awayDays?: number;
}

/** The host that a record is about; `null` for reduced records, which have none. */
export function recordHost(record: InteractionRecord): string | null {
  if (record.kind === 'reduced') return null;
  return hostOf(record.url) || null;
}

export function matchesFilter(record: InteractionRecord, filter: Filter): boolean {
  if (filter.kind !== undefined && recordKind(record) !== filter.kind) return false;
  if (filter.fromMs !== undefined && record.atMs < filter.fromMs) return false;
  if (filter.toMs !== undefined && record.atMs >= filter.toMs) return false;
  if (filter.site === undefined) return true;
  const host = recordHost(record);
  return host !== null && coversHost(filter.site, host);
}

export function isTargeted(record: InteractionRecord, target: EraseTarget): boolean {
  switch (target.what) {
    case 'all':
      return true;
    case 'record':
      return record.id === target.id;
    case 'page':
      return (
        record.kind !== 'reduced' && record.url === target.url && !(target.whole && record.shortened === true)
      );
    case 'range':
      return isInRange(record, target);
    case 'site': {
      const host = recordHost(record);
      return host !== null && coversHost(target.host, host);
    }
  }
}

/** Whether a record may be of [fromMs, toMs): what says only its hour is, when a part of that hour is. */
export const isInRange = (
  { kind, atMs }: Pick<InteractionRecord, 'kind' | 'atMs'>,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): boolean => atMs < toMs && (kind === 'reduced' ? atMs + HOUR_MS > fromMs : atMs >= fromMs);

/** A test for "one of these is meant"; many addresses and ids cost no more than a few. */
export function targetedBy(targets: readonly EraseTarget[]): (record: InteractionRecord) => boolean {
  const pages = targets.filter((target) => target.what === 'page');
  const urls = new Set(pages.map(({ url }) => url));
  const shortened = new Set(pages.filter(({ whole }) => !whole).map(({ url }) => url));
  const ids = new Set(targets.flatMap((target) => (target.what === 'record' ? [target.id] : [])));
  const others = targets.filter(({ what }) => what !== 'page' && what !== 'record');
  return (record) =>
    ids.has(record.id) ||
    (record.kind !== 'reduced' && (record.shortened ? shortened : urls).has(record.url)) ||
    others.some((target) => isTargeted(record, target));
}
