/** Happenings that are in the store already under another id, because one of the two came from the browser's history. Pure. */
import { type EventId, IMPORTED, type InteractionEvent } from '../model/interaction.ts';
import { captureAddress } from './capture.ts';
import { SAME_VISIT_MS } from './from-history.ts';

type Policy = Parameters<typeof captureAddress>[1];

const isFromHistory = (id: EventId): boolean => id.split('.')[1] === IMPORTED;

/** What is the same of two events that are one happening, beside about when it was. Clicks are in no history. */
function namesOf(event: InteractionEvent, policy: Policy): ReadonlySet<string> {
  switch (event.kind) {
    case 'visit':
      // A rule may have changed since: the address that it would have today is the same page's too.
      return new Set([event.url, captureAddress(event.url, policy)].map((url) => `visit ${url}`));
    case 'search':
      return new Set([`search ${event.engine} ${event.query}`]);
    case 'reduced':
      return new Set([`reduced ${event.of} ${event.category}`]);
    default:
      return new Set();
  }
}

export class SameHappenings {
  readonly #known = new Map<string, InteractionEvent[]>();
  readonly #taken = new Set<EventId>();

  constructor(
    known: Iterable<InteractionEvent>,
    private readonly policy: Policy,
  ) {
    for (const event of known)
      for (const name of namesOf(event, policy))
        this.#known.set(name, [...(this.#known.get(name) ?? []), event]);
  }

  /** The known event, with another id, that stands for this one. Each stands for one. */
  take(event: InteractionEvent): InteractionEvent | undefined {
    const apart = ({ atMs }: InteractionEvent) => Math.abs(atMs - event.atMs);
    const [nearest] = [...namesOf(event, this.policy)]
      .flatMap((name) => this.#known.get(name) ?? [])
      .filter(({ id }) => !this.#taken.has(id) && (isFromHistory(id) || isFromHistory(event.id)))
      .filter((known) => apart(known) <= SAME_VISIT_MS)
      .sort((a, b) => apart(a) - apart(b));
    if (nearest) this.#taken.add(nearest.id);
    return nearest;
  }
}
