/** The model of the store: plain arrays, and what can be compared with them. */

import type { Bytes } from '../../../src/base/bytes.ts';
import { DAY_MS, type Day, dayOf } from '../../../src/base/clock.ts';
import { foldEvents, type InteractionEvent, type InteractionRecord } from '../../../src/model/interaction.ts';
import type { LocalProfile } from '../store-profile.ts';

export const NOW = Date.UTC(2026, 10, 24, 12);
/** Over a change of month, so that there are several merged packs. */
export const DAYS = [0, 1, 2, 23, 24, 25].map((before) => NOW - before * DAY_MS);
export const startOf = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;

/** A file that was archived, and what of it comes back: nothing that was erased since. */
export interface Archived {
  readonly file: Bytes;
  events: readonly InteractionEvent[];
  /** Days whose keys are there. */
  readonly days: Set<Day>;
  /** Days that are in it only, with how many records they had. */
  readonly out: Map<Day, number>;
}

/** A file that was made and waits to be confirmed. */
export interface Waiting {
  readonly id: string;
  readonly archive: Archived;
  /** Sites that were left out of it. */
  readonly keep: readonly string[];
  /** The events of each of its days, as they were. */
  readonly content: ReadonlyMap<Day, string>;
}

export interface World {
  readonly profile: LocalProfile;
  events: InteractionEvent[];
  archives: Archived[];
  waiting?: Waiting | undefined;
}

export const newWorld = (profile: LocalProfile): World => ({
  profile,
  events: [],
  archives: [],
});

/** What the store tells of archived days. */
export function stubsOf({ archives }: World): Record<Day, number> {
  const stubs: Record<Day, number> = {};
  for (const { out } of archives) for (const [day, count] of out) stubs[day] = (stubs[day] ?? 0) + count;
  return stubs;
}

export const ofDay = (events: readonly InteractionEvent[], ms: number): InteractionEvent[] =>
  events.filter(({ atMs }) => startOf(atMs) === startOf(ms));

/** An update lies with its visit: of one that lies on another day it is an orphan. */
export const foldByDay = (events: readonly InteractionEvent[]): InteractionRecord[] =>
  [...DAYS].reverse().flatMap((day) => foldEvents(ofDay(events, day)));

/** Everything that is in the store, oldest first. */
export async function recordsIn({ store }: LocalProfile): Promise<InteractionRecord[]> {
  const all: InteractionRecord[] = [];
  for await (const { records } of store.recordsByDay('oldest')) all.push(...records);
  return all;
}

/** Each id once: of what is there already nothing changes. */
export function addNew(world: World, events: readonly InteractionEvent[]): number {
  const known = new Set(world.events.map(({ id }) => id));
  const fresh = events.filter(({ id }) => !known.has(id));
  world.events.push(...fresh);
  return fresh.length;
}

export const monthOfRecord = ({ atMs }: InteractionRecord): string => dayOf(atMs).slice(0, 7);
