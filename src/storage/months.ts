/** Which packs are merged, and into how many. */
import { type Day, monthOf } from '../base/clock.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import type { PackRow } from './schema.ts';

/** A pack that one day's events may still join, and a month's packs, hold at most this many. */
export const PACK_EVENTS = 65_536;
/** So many packs of single days are looked at one by one before they are merged, while their month is not over. */
const PENDING = 8;

/** Days of a month in groups that one pack holds each; oldest first. A day is never split. */
export function monthGroups(
  days: ReadonlyMap<Day, readonly InteractionEvent[]>,
): Map<Day, readonly InteractionEvent[]>[] {
  const groups: Map<Day, readonly InteractionEvent[]>[] = [];
  let room = 0;
  for (const [day, events] of [...days].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (events.length > room) {
      groups.push(new Map());
      room = PACK_EVENTS;
    }
    groups.at(-1)?.set(day, events);
    room -= events.length;
  }
  return groups;
}

/** Packs that are due to be merged, by month. `eager`: also a single one of a month that is not over. */
export function dueMonths(packs: readonly PackRow[], today: Day, eager = false): Map<Day, PackRow[]> {
  const months = new Map<Day, PackRow[]>();
  for (const pack of packs) {
    if (pack.date >= today) continue;
    const month = monthOf(pack.date);
    months.set(month, [...(months.get(month) ?? []), pack]);
  }
  for (const [month, own] of months) {
    const pending = own.filter(({ key }) => key === 'day').length;
    const enough = month === monthOf(today) && !eager ? PENDING : 1;
    if (pending < enough) months.delete(month);
  }
  return months;
}
