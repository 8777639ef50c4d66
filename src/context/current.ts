/** The current context, made from what is in the store. */
import { DAY_MS, HOUR_MS } from '../base/clock.ts';
import { randomUuid } from '../base/random.ts';
import { type ARQContext, type ClickPattern, type DeviceInfo, MAX_RECENT } from '../model/context.ts';
import type { RecordKind } from '../model/interaction.ts';
import { regionOf } from '../model/region.ts';
import type { ContextStats } from '../model/stats.ts';
import type { UserInteraction } from '../model/user-interaction.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { findInteractions } from './interactions.ts';
import type { Tally } from './metrics.ts';
import { confidenceOf, segmentOf } from './segment.ts';

/** Four whole weeks: each weekday counts equally often. */
const CLICK_DAYS = 28;

export interface Surroundings {
  readonly userId: string;
  readonly nowMs: number;
  /** A name of the IANA time zone database. */
  readonly timeZone: string;
  readonly deviceInfo: DeviceInfo;
  /** Of the last 30 days. */
  readonly stats: ContextStats;
}

/** Topics, predictions and recommendations stay empty until there is something that learns them. */
export async function makeContext(
  store: LocalStore,
  { userId, nowMs, timeZone, deviceInfo, stats }: Surroundings,
  signal: AbortSignal | undefined,
  tally: Tally,
): Promise<ARQContext> {
  const recent = async (kind: RecordKind) => {
    const found: UserInteraction[] = [];
    for await (const one of newest(store, kind, signal, tally)) {
      // Reduced records have no query and no address.
      if (one.kind === kind) found.push(one);
      if (found.length === MAX_RECENT) break;
    }
    return found;
  };
  const searches = await recent('search');
  const visits = await recent('visit');
  return {
    id: randomUuid(),
    userId,
    timestamp: new Date(nowMs),
    recentSearches: searches.flatMap((one) => (one.kind === 'search' ? [one.query] : [])),
    recentVisits: visits.flatMap((one) => (one.kind === 'visit' ? [one.url] : [])),
    clickPatterns: await clickPatterns(store, nowMs, timeZone, signal, tally),
    userSegment: segmentOf(stats),
    interestTopics: [],
    confidenceScore: confidenceOf(stats),
    predictedNextActions: [],
    recommendedContent: [],
    deviceInfo,
    locationHint: regionOf(timeZone),
  };
}

/** Records of one kind that have content, newest first: only days whose index says that they have some are opened. */
async function* newest(
  store: LocalStore,
  kind: RecordKind,
  signal: AbortSignal | undefined,
  tally: Tally,
): AsyncGenerator<UserInteraction> {
  for await (const day of store.candidateDays({ words: [], kind })) {
    signal?.throwIfAborted();
    const filter = { words: [], kind, limit: Number.POSITIVE_INFINITY };
    yield* findInteractions(store, { ...filter, ...rangeOf(day) }, signal, tally);
  }
}

const rangeOf = (day: string) => {
  const fromMs = Date.parse(`${day}T00:00:00Z`);
  return { fromMs, toMs: fromMs + DAY_MS };
};

/** Counts of the last four weeks by weekday, hour and role; in that order. */
async function clickPatterns(
  store: LocalStore,
  nowMs: number,
  timeZone: string,
  signal: AbortSignal | undefined,
  tally: Tally,
): Promise<ClickPattern[]> {
  const counts = new Map<string, ClickPattern & { count: number }>();
  const place = weekPlaces(timeZone);
  const filter = {
    words: [],
    kind: 'click',
    fromMs: nowMs - CLICK_DAYS * DAY_MS,
    limit: Number.POSITIVE_INFINITY,
  } as const;
  for await (const click of findInteractions(store, filter, signal, tally)) {
    const { hour, weekday } = place(click.timestamp.getTime());
    const role = click.kind === 'click' ? click.role : 'unknown';
    const name = `${weekday}/${hour}/${role}`;
    const pattern = counts.get(name);
    if (pattern) pattern.count += 1;
    else counts.set(name, { hour, weekday, role, count: 1 });
  }
  return [...counts.values()].sort(
    (a, b) => a.weekday - b.weekday || a.hour - b.hour || (a.role < b.role ? -1 : 1),
  );
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** Every zone's offset of today is a multiple of this, so one answer holds for all of a quarter of an hour. */
const STEP_MS = HOUR_MS / 4;

/** Hour and weekday of a time in a zone. @throws RangeError when the zone is unknown. */
export function weekPlaces(
  timeZone: string,
): (atMs: number) => { readonly hour: number; readonly weekday: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: 'numeric',
    hourCycle: 'h23',
  });
  const known = new Map<number, { readonly hour: number; readonly weekday: number }>();
  return (atMs) => {
    const step = Math.floor(atMs / STEP_MS);
    let place = known.get(step);
    if (!place) {
      const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
      place = { hour: Number(parts.get('hour')), weekday: WEEKDAYS.indexOf(parts.get('weekday') ?? '') };
      known.set(step, place);
    }
    return place;
  };
}
