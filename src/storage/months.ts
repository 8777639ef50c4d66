/** Which packs are merged, and into how many. */
import { type Day, monthOf } from '../base/clock.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import type { PackRow } from './schema.ts';

/** A pack that one day's events may still join, and a month's packs, hold at most this many. */
export const PACK_EVENTS = 65_536;
/**
 * So many packs of single days are looked at one by one before they are merged, while their month is not over, and afterwards when it is
 * merged already: a tab that stays open, or another device, adds to it, and all of the month is written anew for it.
 */
const PENDING = 8;
/** So many more packs of a month than need be. */
const PARTS = 3;

/** Days in groups that one pack holds each; oldest first. A day is never split. `sizes`: events of each day. */
function groupDays(sizes: ReadonlyMap<Day, number>): Day[][] {
  const groups: Day[][] = [];
  let room = 0;
  for (const [day, size] of [...sizes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (size > room) {
      groups.push([]);
      room = PACK_EVENTS;
    }
    groups.at(-1)?.push(day);
    room -= size;
  }
  return groups;
}

/** Days of a month, for one pack each. */
export function monthGroups(
  days: ReadonlyMap<Day, readonly InteractionEvent[]>,
): Map<Day, readonly InteractionEvent[]>[] {
  const sizes = new Map([...days].map(([day, events]) => [day, events.length]));
  return groupDays(sizes).map((group) => new Map(group.map((day) => [day, days.get(day) ?? []])));
}

/** How many packs are left of these when they are merged. */
function packsLeft(packs: readonly PackRow[]): number {
  const sizes = new Map<Day, number>();
  for (const { days } of packs)
    for (const { day, events } of days) sizes.set(day, (sizes.get(day) ?? 0) + events);
  return groupDays(sizes).length;
}

/** Packs that are due to be merged, by month. `eager`: whatever would be fewer afterwards. */
export function dueMonths(packs: readonly PackRow[], today: Day, eager = false): Map<Day, PackRow[]> {
  const months = new Map<Day, PackRow[]>();
  for (const pack of packs) {
    if (pack.date >= today) continue;
    const month = monthOf(pack.date);
    months.set(month, [...(months.get(month) ?? []), pack]);
  }
  for (const [month, own] of months) {
    const pending = own.filter(({ key }) => key === 'day').length;
    const parts = own.length - pending - packsLeft(own);
    const isDue = eager
      ? pending >= 1 || parts >= 1
      : pending >= (month === monthOf(today) || own.length > pending ? PENDING : 1) || parts >= PARTS;
    if (!isDue) months.delete(month);
  }
  return months;
}
