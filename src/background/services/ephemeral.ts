/** Records of level `ephemeral`: in the browser's memory (`storage.session`) only, for 60 minutes at most, never synced. */

import { Mutex } from '../../base/mutex.ts';
import { randomId } from '../../base/random.ts';
import {
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
  type NewEvent,
} from '../../model/interaction.ts';
import { EPHEMERAL_MS } from '../../model/privacy.ts';
import { sessionArea } from '../../platform/areas.ts';

const KEY = 'ephemeral';
/** `storage.session` holds 10 MB; the oldest go first. */
const MAX_EVENTS = 5_000;

export class Ephemeral {
  readonly #mutex = new Mutex();

  constructor(private readonly nowMs: () => number) {}

  append(event: NewEvent): Promise<InteractionEvent> {
    return this.#mutex.run(async () => {
      const full = { ...event, id: `memory.0.${randomId()}` } as InteractionEvent;
      await sessionArea.set(KEY, [...(await this.events()), full].slice(-MAX_EVENTS));
      return full;
    });
  }

  async records(): Promise<InteractionRecord[]> {
    return foldEvents(await this.events());
  }

  /** Removes what is targeted and what has expired. Resolves with how many records were targeted. */
  erase(targeted: (record: InteractionRecord) => boolean): Promise<number> {
    return this.#mutex.run(async () => {
      const events = await this.events();
      const gone = new Set(
        foldEvents(events)
          .filter(targeted)
          .map((record) => record.id),
      );
      await sessionArea.set(
        KEY,
        events.filter((event) => !gone.has(event.kind === 'visit-update' ? event.visit : event.id)),
      );
      return gone.size;
    });
  }

  /** What has not expired, oldest first. */
  async events(): Promise<InteractionEvent[]> {
    const stored = ((await sessionArea.get(KEY)) ?? []) as InteractionEvent[];
    return stored.filter((event) => event.atMs > this.nowMs() - EPHEMERAL_MS);
  }
}
