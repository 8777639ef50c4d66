/** Level and rules, applied to what was stored before they were known or were what they are now. Pure. */
import {
  countsAtMs,
  type EventId,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
  type NewEvent,
  recordOf,
  stampOf,
  type VisitUpdate,
} from '../model/interaction.ts';
import { linkOf, withoutLink } from '../model/links.ts';
import { type PrivacyLevel, stricterLevel } from '../model/privacy.ts';
import type { Reduction } from '../model/reduction.ts';
import {
  captureClick,
  captureNavigation,
  captureSearch,
  captureTitle,
  keptNow,
  storesInFull,
} from './capture.ts';
import type { Policy } from './decide.ts';

/** The visit that an update is of: with the address that it was recorded with, or the one that was kept of it. */
interface Updated {
  readonly url: string;
  readonly isWhole: boolean;
}

/**
 * What `policy` keeps of an event: the same with less in it, a reduced one under the same id, or `null` for nothing. What is not
 * there does not come back. `visit`: that of an update, if it is kept; without it nothing is kept of the update.
 */
export function ruleLate(event: InteractionEvent, policy: Policy, visit?: Updated): InteractionEvent | null {
  if (event.kind === 'visit-update') return visit === undefined ? null : updated(event, policy, visit);
  const [kept] = captured(event, policy);
  if (kept === undefined || ('level' in kept && kept.level === 'ephemeral')) return null;
  return { ...kept, id: event.id, ...stampOf(event) } as InteractionEvent;
}

function captured(event: InteractionEvent, policy: Policy): readonly NewEvent[] {
  switch (event.kind) {
    case 'visit':
      return captureNavigation(event, policy);
    case 'search':
      return captureSearch(event, policy);
    case 'click':
      return captureClick({ ...event, pageUrl: event.url, pageTitle: event.title }, policy);
    default:
      return [event];
  }
}

function updated(update: VisitUpdate, policy: Policy, { url, isWhole }: Updated): VisitUpdate | null {
  const { title, ...rest } = update;
  if (title === undefined) return update;
  // Of an address that was shortened nobody can say what a title repeats of it.
  const kept = isWhole || keptNow(url, policy).capture === 'full' ? captureTitle(url, title, policy) : null;
  if (kept) return { ...rest, title: kept };
  return rest.dwellMs === undefined ? null : rest;
}

/** A reduction and until when it was recorded what it is about (ms). */
export interface DatedReduction extends Reduction {
  readonly atMs: number;
}

/**
 * What a reduction leaves of events of one day. `beside`: visits of that day that are stored, for updates whose visit is not
 * among the events; an update of a visit that is nowhere stays. What does not change is the same object.
 */
export function reduceEvents(
  events: readonly InteractionEvent[],
  reduction: DatedReduction,
  beside: ReadonlyMap<EventId, InteractionEvent> = new Map(),
): InteractionEvent[] {
  const kept = new Map<EventId, InteractionEvent | null>();
  const before = new Map<EventId, InteractionEvent>();
  for (const event of events) {
    if (event.kind === 'visit-update') continue;
    before.set(event.id, event);
    kept.set(event.id, countsAtMs(event) > reduction.atMs ? event : reduced(event, reduction));
  }
  return events.flatMap((event) => {
    if (event.kind !== 'visit-update') return kept.get(event.id) ?? [];
    const visit = before.get(event.visit);
    const left = visit ? kept.get(event.visit) : beside.get(event.visit);
    if (left === undefined) return event;
    // A count has no title and no time spent, and tells nothing of what it was.
    if (left?.kind !== 'visit') return [];
    const of = visit?.kind === 'visit' ? visit : left;
    if (countsAtMs(of) > reduction.atMs) return event;
    // What is stored was shortened by a rule that looked at its titles, or not at all. What comes later than its visit was not.
    const ruled = updated(event, reduction, { url: of.url, isWhole: visit !== undefined });
    return ruled === null ? [] : ruled.title === event.title ? event : ruled;
  });
}

function reduced(
  event: Exclude<InteractionEvent, VisitUpdate>,
  reduction: Reduction,
): InteractionEvent | null {
  if (event.kind === 'reduced')
    return reduction.level === 'ephemeral' && reduction.only?.what !== 'rule' ? null : event;
  const now = keptNow(event.url, reduction);
  const level = stricterLevel(event.level, now.level);
  const links = [
    event.kind === 'visit' ? event.referrer : undefined,
    event.kind === 'click' ? event.target : undefined,
  ];
  const isWhole = (link: string) => {
    const kept = keptNow(link, reduction);
    return storesInFull(kept) && kept.capture === 'full';
  };
  const stays = now.capture === 'full' && links.every((link) => link === undefined || isWhole(link));
  if (stays && level === event.level) return event;
  const [kept] = captured(event, reduction);
  if (kept === undefined || level === 'ephemeral') return null;
  const own = { id: event.id, ...stampOf(event), ...('url' in kept ? ownOf(event, kept, level) : {}) };
  const after = { ...kept, ...own } as InteractionEvent;
  if (isSame(after, event)) return event;
  // What would be left of a link names a page that was not opened: no deletion of the page that was could find it.
  return linkOf(after) === linkOf(event) ? after : withoutLink(after);
}

/** What is not for rules to say. */
function ownOf(
  before: { readonly url: string; readonly shortened?: true },
  after: { readonly url: string },
  level: PrivacyLevel,
) {
  return { level, ...(before.shortened || after.url !== before.url ? { shortened: true as const } : {}) };
}

/**
 * What is left of `before`, without what a deletion means as it is now: an hour, or an address, of which less is kept may be one that
 * was deleted. Whoever has the rules and the deletion ends with the same, whichever came first.
 */
export async function withoutMeant(
  before: readonly InteractionEvent[],
  after: readonly InteractionEvent[],
  isMeant: (record: InteractionRecord) => Promise<boolean>,
): Promise<readonly InteractionEvent[]> {
  const gone = new Set<EventId>();
  for (const { after: left } of changedRecords(before, after))
    if (left && (await isMeant(left))) gone.add(left.id);
  return gone.size === 0 ? after : after.filter((event) => !gone.has(recordOf(event)));
}

const inOrder = (value: object): string =>
  JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
const isSame = (a: object, b: object): boolean => inOrder(a) === inOrder(b);

/** Records of which something is not what it was, each with what is left of it. */
export function changedRecords(
  before: readonly InteractionEvent[],
  after: readonly InteractionEvent[],
): { readonly before: InteractionRecord; readonly after: InteractionRecord | null }[] {
  const stays = new Set(after);
  const changed = new Set(before.filter((event) => !stays.has(event)).map(recordOf));
  if (changed.size === 0) return [];
  const left = new Map(foldEvents(after).map((record) => [record.id, record]));
  return foldEvents(before)
    .filter(({ id }) => changed.has(id))
    .map((record) => ({ before: record, after: left.get(record.id) ?? null }));
}
