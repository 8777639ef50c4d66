/**
 * What is about to be erased and can still be brought back: nothing that reads the store shows it, while it lies there as before.
 * Days with some of it are read whole and what is hidden is left out, so no index has to know.
 */
import type { Day } from '../base/clock.ts';
import type { InteractionEvent, InteractionRecord } from '../model/interaction.ts';
import { type MeantAs, pageLinked, withoutLink } from '../model/links.ts';
import { isEverything, meantBy, type Purge } from '../model/purge.ts';
import { type Summary, totalOf } from '../model/summary.ts';
import { keptOf, linesOf, type Meant } from './erase.ts';

export interface Hidden {
  readonly purge: Purge;
  readonly means: (record: InteractionRecord, as?: MeantAs) => boolean;
  /** Days that may have some of it; `all`: every one, and only what came after it is shown. */
  readonly days: ReadonlySet<Day> | 'all';
  /** Records in the store that are hidden. */
  readonly stored: number;
  /** Lines of saved contexts that are hidden; `all` of them. */
  readonly lines: ReadonlySet<string> | 'all';
}

/** `found`: where and how much of it there is. */
export const hiddenBy = (purge: Purge, found: Meant): Hidden => ({
  purge,
  means: meantBy(purge),
  days: isEverything(purge) ? 'all' : new Set(found.days),
  stored: found.stored,
  lines: isEverything(purge) ? 'all' : found.lines,
});

/** With what comes and is meant, day by day. `lines`: those of saved contexts. */
export function withComing(
  hidden: Hidden,
  coming: ReadonlyMap<Day, readonly InteractionRecord[]>,
  lines: ReadonlySet<string>,
): Hidden {
  const records = [...coming.values()].flat();
  const theirs = records.flatMap(linesOf).filter((line) => lines.has(line));
  return {
    ...hidden,
    days: hidden.days === 'all' ? 'all' : new Set([...hidden.days, ...coming.keys()]),
    stored: hidden.stored + records.length,
    lines: hidden.lines === 'all' ? 'all' : new Set([...hidden.lines, ...theirs]),
  };
}

export const hidesOf = ({ days }: Hidden, day: Day): boolean => days === 'all' || days.has(day);

/** What is shown of a day's events. */
export const shownOf = (
  hidden: Hidden | undefined,
  day: Day,
  events: InteractionEvent[],
): InteractionEvent[] =>
  hidden && hidesOf(hidden, day) ? keptOf(events, (record) => !hidden.means(record)) : events;

/** The same of records that are told to somebody, on whatever day: without links to what is hidden. */
export function toldOf(hidden: Hidden, records: readonly InteractionRecord[]): InteractionRecord[] {
  const isLinked = (record: InteractionRecord) => {
    const page = pageLinked(record);
    return page !== undefined && hidden.means(page, 'link');
  };
  return records
    .filter((record) => !hidden.means(record))
    .map((record) => (isLinked(record) ? withoutLink(record) : record));
}

/** Which days to read whole, of those that have rows in the journal. */
export const wholeDays = (hidden: Hidden | undefined, journal: Iterable<Day>): Set<Day> =>
  new Set([...journal, ...(hidden === undefined || hidden.days === 'all' ? [] : hidden.days)]);

export const isEmpty = ({ hours }: Summary): boolean => hours.every((counts) => totalOf(counts) === 0);
