/**
 * What is about to be erased and can still be brought back: nothing that reads the store shows it, while it lies there as before.
 * Days with some of it are read whole and what is hidden is left out, so no index has to know.
 */
import type { Day } from '../base/clock.ts';
import type { InteractionEvent, InteractionRecord } from '../model/interaction.ts';
import { isEverything, meantBy, type Purge } from '../model/purge.ts';
import { type Summary, totalOf } from '../model/summary.ts';
import { keptOf } from './erase.ts';

export interface Hidden {
  readonly id: string;
  readonly means: (record: InteractionRecord) => boolean;
  /** Days that may have some of it; `all`: every one, and only what came after it is shown. */
  readonly days: ReadonlySet<Day> | 'all';
  /** Records in the store that are hidden. */
  readonly stored: number;
  /** Lines of saved contexts that are hidden; `all` of them. */
  readonly lines: ReadonlySet<string> | 'all';
}

/** `found`: where and how much of it there is. */
export const hiddenBy = (
  purge: Purge,
  found: { readonly days: readonly Day[]; readonly stored: number; readonly lines: ReadonlySet<string> },
): Hidden => ({
  id: purge.id,
  means: meantBy(purge),
  days: isEverything(purge) ? 'all' : new Set(found.days),
  stored: found.stored,
  lines: isEverything(purge) ? 'all' : found.lines,
});

export const hidesOf = ({ days }: Hidden, day: Day): boolean => days === 'all' || days.has(day);

/** What is shown of a day's events. */
export const shownOf = (
  hidden: Hidden | undefined,
  day: Day,
  events: InteractionEvent[],
): InteractionEvent[] =>
  hidden && hidesOf(hidden, day) ? keptOf(events, (record) => !hidden.means(record)) : events;

/** Which days to read whole, of those that have rows in the journal. */
export const wholeDays = (hidden: Hidden | undefined, journal: Iterable<Day>): Set<Day> =>
  new Set([...journal, ...(hidden === undefined || hidden.days === 'all' ? [] : hidden.days)]);

export const isEmpty = ({ hours }: Summary): boolean => hours.every((counts) => totalOf(counts) === 0);
