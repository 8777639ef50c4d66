/** Which visits of the browser's own history become records: level, rules and what is there already decide. Pure. */
import { HOUR_MS } from '../base/clock.ts';
import type { InteractionEvent, NewEvent, RecordKind } from '../model/interaction.ts';
import { captureAddress, captureNavigation } from './capture.ts';
import type { Policy } from './decide.ts';
import { searchOf } from './search-engines.ts';
import { categoryOf } from './site-category.ts';
import { transitionOf } from './transition.ts';

export interface HistoryVisit {
  readonly url: string;
  readonly title: string;
  readonly atMs: number;
  /** As the browser calls it. */
  readonly transition: string;
}

/** An event, not yet redacted, and a name that is the same whenever the same visit is read again. */
export interface NamedEvent {
  readonly name: string;
  readonly event: NewEvent;
}

export interface ChosenVisits {
  readonly chosen: readonly NamedEvent[];
  /** Visits that are in the store already. */
  readonly there: number;
  /** Visits that level, rules or the list of sensitive sites keep out. */
  readonly leftOut: number;
}

/** The browser's time of a visit and ours of the same one differ by less. */
export const SAME_VISIT_MS = 1_000;

/** Frames are no navigation of the person's; live capture does not see them either. */
const IN_FRAMES: readonly string[] = ['auto_subframe', 'manual_subframe'];

const countKey = (of: RecordKind, atMs: number, category: string): string =>
  `${of} ${Math.floor(atMs / HOUR_MS)} ${category}`;

/** What the store knows, as this policy would keep it. */
class Known {
  readonly #times = new Map<string, number[]>();
  /** Records of level `anonymous`, which stand for one visit (or search) each. */
  readonly #counts = new Map<string, number>();
  readonly #unmatched: Map<string, number>;

  constructor(events: Iterable<InteractionEvent>, policy: Policy) {
    for (const event of events) {
      if (event.kind === 'reduced') {
        const key = countKey(event.of, event.atMs, event.category);
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
      } else if (event.kind === 'visit') {
        // A rule may have changed since: the address that it would have today is the same page's too.
        for (const address of new Set([event.url, captureAddress(event.url, policy)]))
          if (address !== null) this.#times.set(address, [...(this.#times.get(address) ?? []), event.atMs]);
      }
    }
    this.#unmatched = new Map(this.#counts);
  }

  hasVisit(address: string | null, atMs: number): boolean {
    if (address === null) return false;
    return this.#times.get(address)?.some((time) => Math.abs(time - atMs) <= SAME_VISIT_MS) ?? false;
  }

  get hasCounts(): boolean {
    return this.#counts.size > 0;
  }

  /** Whether a count that no other visit was matched with stands for this one. */
  takeCount(key: string): boolean {
    const left = this.#unmatched.get(key) ?? 0;
    if (left > 0) this.#unmatched.set(key, left - 1);
    return left > 0;
  }

  /** How the next count of this hour is numbered. */
  nextCount(key: string): number {
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return count;
  }
}

/**
 * `visits` are all that the browser knows of one day, `known` all that the store has of it. A visit that was counted at level
 * `anonymous` stays a count, whatever the level is today.
 */
export function chooseVisits(
  visits: readonly HistoryVisit[],
  known: Iterable<InteractionEvent>,
  policy: Policy,
): ChosenVisits {
  const store = new Known(known, policy);
  const chosen: NamedEvent[] = [];
  let [there, leftOut] = [0, 0];
  let lastSearch: string | undefined;
  const inOrder = visits
    .filter(({ transition }) => !IN_FRAMES.includes(transition))
    .sort((a, b) => a.atMs - b.atMs || (a.url < b.url ? -1 : 1));
  for (const visit of inOrder) {
    const { url, atMs } = visit;
    const events = captureNavigation(
      {
        url,
        // Until a page has a title the browser shows its address.
        title: url.includes(visit.title) ? '' : visit.title,
        atMs,
        transition: transitionOf(visit.transition, []),
        ...(lastSearch === undefined ? {} : { lastSearch }),
      },
      policy,
    );
    const search = searchOf(url);
    lastSearch = search === null ? undefined : `${search.engine}\n${search.query}`;
    const [first] = events;
    if (!first || first.kind === 'visit-update' || first.level === 'ephemeral') leftOut += 1;
    else if (store.hasVisit(captureAddress(url, policy), atMs)) there += 1;
    else {
      // Without counts there and here nobody asks for it.
      const category =
        first.kind === 'reduced' ? first.category : store.hasCounts ? categoryOf(new URL(url).hostname) : '';
      const fresh = events.filter((event) => !store.takeCount(countKey(kindOf(event), atMs, category)));
      // What was counted without its address does not get one now; its search neither.
      if (fresh.length < events.length && first.kind !== 'reduced') fresh.length = 0;
      if (fresh.length === 0) there += 1;
      for (const event of fresh) {
        // The address and the exact time must not be told by the name of a count.
        const key = countKey(kindOf(event), atMs, category);
        const name =
          event.kind === 'reduced'
            ? `count ${key} ${store.nextCount(key)}`
            : `${event.kind} ${atMs} ${event.kind === 'search' ? event.query : ''} ${url}`;
        chosen.push({ name, event });
      }
    }
  }
  return { chosen, there, leftOut };
}

function kindOf(event: NewEvent): RecordKind {
  if (event.kind === 'reduced') return event.of;
  return event.kind === 'search' ? 'search' : 'visit';
}
