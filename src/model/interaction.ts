/**
 * What is recorded. An *event* is what is appended; a *record* is what a person sees: a visit and its updates folded into
 * one. Times are ms since 1970 in UTC.
 */
import type { PrivacyLevel } from './privacy.ts';

export const RECORD_KINDS = ['visit', 'search', 'click'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** How the person came to a page: the browser's own transition types, shortened to those both browsers report. */
export const TRANSITIONS = [
  'link',
  'typed',
  'bookmark',
  'form',
  'reload',
  'history',
  'script',
  'other',
] as const;
export type Transition = (typeof TRANSITIONS)[number];

/** `<device>.<incarnation>.<counter>`: unique over all devices for ever (a dot: who, and the how-manieth). */
export type EventId = string;

/**
 * Only where the clock of the device said no later time: when it was recorded, the deletions that were given up to this time (ms since
 * 1970) were known. So what they mean does not depend on clocks that were set (docs/decisions/0016).
 */
interface Stamped {
  readonly afterMs?: number;
}

interface EventBase extends Stamped {
  readonly id: EventId;
  readonly atMs: number;
  readonly level: PrivacyLevel;
  /**
   * Only where rules that were applied to what is stored took something of the address: a page with the address that is left was never
   * opened, so who deletes that one means this only where it was seen (docs/decisions/0013).
   */
  readonly shortened?: true;
}

/** A navigation that committed. */
export interface VisitEvent extends EventBase {
  readonly kind: 'visit';
  readonly url: string;
  readonly title: string;
  readonly transition: Transition;
  /** The page that the person came from, in this tab or in the tab that opened it. */
  readonly referrer?: string;
}

/** What became known of a visit later. Carries the day of its visit in the store, so that they are erased together. */
export interface VisitUpdate {
  readonly kind: 'visit-update';
  readonly id: EventId;
  readonly visit: EventId;
  readonly atMs: number;
  readonly title?: string;
  /** Active time to add, in ms. */
  readonly dwellMs?: number;
}

export interface SearchEvent extends EventBase {
  readonly kind: 'search';
  readonly engine: string;
  readonly query: string;
  /** The page with the results. */
  readonly url: string;
}

export interface ClickEvent extends EventBase {
  readonly kind: 'click';
  /** The page that was clicked on. */
  readonly url: string;
  readonly title: string;
  /** ARIA role, e.g. `link`, `button`. */
  readonly role: string;
  /** Visible text, at most 80 characters. */
  readonly text: string;
  /** Where a link leads. */
  readonly target?: string;
}

/**
 * All that level `anonymous` keeps of any of them: what kind, in which hour, on what sort of site. `atMs` is the full
 * hour. No URL, title, query or click target ever gets this far.
 */
export interface ReducedEvent extends Stamped {
  readonly kind: 'reduced';
  readonly id: EventId;
  readonly atMs: number;
  readonly level: 'anonymous';
  readonly of: RecordKind;
  readonly category: string;
}

export type InteractionEvent = VisitEvent | VisitUpdate | SearchEvent | ClickEvent | ReducedEvent;

/** An event before the journal gave it its id. */
export type Unidentified<E> = E extends InteractionEvent ? Omit<E, 'id'> : never;
export type NewEvent = Unidentified<InteractionEvent>;

/** The time that deletions compare with theirs: a hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014), in ms. */
export const countsAtMs = ({ atMs, afterMs }: Pick<EventBase, 'atMs' | 'afterMs'>): number =>
  afterMs === undefined ? atMs : Math.max(atMs, afterMs + 1);

/** For another event that stands for the same. */
export const stampOf = ({ afterMs }: Stamped): Stamped => (afterMs === undefined ? {} : { afterMs });

/** The record that an event is of. */
export const recordOf = (event: InteractionEvent): EventId =>
  event.kind === 'visit-update' ? event.visit : event.id;

/** A visit as a person sees it: the latest title, the sum of the active time. */
export interface VisitRecord extends VisitEvent {
  readonly dwellMs: number;
}
export type InteractionRecord = VisitRecord | SearchEvent | ClickEvent | ReducedEvent;

export const recordKind = (record: InteractionRecord): RecordKind =>
  record.kind === 'reduced' ? record.of : record.kind;

/** The seed's three types of raw interactions, which name the store's keys. */
export const STORE_TYPES = ['navigation', 'searches', 'clicks'] as const;
export type StoreType = (typeof STORE_TYPES)[number];

export function storeTypeOf(event: NewEvent | InteractionEvent): StoreType {
  const kind = event.kind === 'reduced' ? event.of : event.kind;
  return kind === 'search' ? 'searches' : kind === 'click' ? 'clicks' : 'navigation';
}

/** In the place of the incarnation, and longer than any of those: no event that was recorded is called so. */
export const IMPORTED = 'imported';
const IMPORTED_PART = `.${IMPORTED}.`;

/**
 * An update that says how much time a record had in all when it was exported. The visit's own updates, of which that is the
 * sum, may be there too or come later: it does not add to them, it says how much they come to at least.
 */
const isSum = (update: VisitUpdate): boolean => update.id.includes(IMPORTED_PART);

/**
 * Folds events into records, sorted by time, then id. Updates without their visit are dropped (the visit was erased);
 * duplicates count once. The result does not depend on the order of the input.
 */
export function foldEvents(events: Iterable<InteractionEvent>): InteractionRecord[] {
  const records = new Map<EventId, InteractionRecord>();
  const updates = new Map<EventId, VisitUpdate>();
  for (const event of events) {
    if (event.kind === 'visit-update') updates.set(event.id, event);
    else if (event.kind === 'visit') records.set(event.id, { ...event, dwellMs: 0 });
    else records.set(event.id, event);
  }
  const sums: VisitUpdate[] = [];
  const inOrder = [...updates.values()].sort(compareEvents);
  for (const update of inOrder) {
    const record = records.get(update.visit);
    if (record?.kind !== 'visit') continue;
    // Made above, and nobody else's yet.
    const visit = record as { -readonly [K in keyof VisitRecord]: VisitRecord[K] };
    if (update.title !== undefined) visit.title = update.title;
    if (update.dwellMs === undefined) continue;
    if (isSum(update)) sums.push(update);
    else visit.dwellMs += update.dwellMs;
  }
  for (const { visit: id, dwellMs = 0 } of sums) {
    const visit = records.get(id) as VisitRecord;
    if (visit.dwellMs < dwellMs) records.set(id, { ...visit, dwellMs });
  }
  return [...records.values()].sort(compareEvents);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Oldest first. Of one device, ids of equal time sort by their counter, which goes on from one run of the browser to the next. */
export function compareEvents(
  a: Pick<InteractionEvent, 'id' | 'atMs'>,
  b: Pick<InteractionEvent, 'id' | 'atMs'>,
): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  const [deviceA = '', incarnationA = '', counterA = ''] = a.id.split('.');
  const [deviceB = '', incarnationB = '', counterB = ''] = b.id.split('.');
  return (
    compareText(deviceA, deviceB) ||
    counterA.length - counterB.length ||
    compareText(counterA, counterB) ||
    compareText(incarnationA, incarnationB)
  );
}
