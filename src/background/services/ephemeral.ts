/**
 * Records of level `ephemeral`: in the browser's memory (`storage.session`) only, for 60 minutes at most, never synced. The minutes are those
 * that pass, whatever the clock says (session-time.ts).
 */

import { Mutex } from '../../base/mutex.ts';
import { randomId } from '../../base/random.ts';
import {
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
  type NewEvent,
} from '../../model/interaction.ts';
import { withoutLinks } from '../../model/links.ts';
import { EPHEMERAL_MS } from '../../model/privacy.ts';
import type { Area } from '../../platform/areas.ts';
import { MemoryFullError } from '../../storage/database.ts';
import { keptOf, type Targeted } from '../../storage/erase.ts';
import { stamped } from '../../storage/journal.ts';
import { SessionTime } from './session-time.ts';

const KEY = 'ephemeral';
const MAX_EVENTS = 5_000;
/** `storage.session` holds 10 MB for everything; the oldest go first. */
const MAX_CHARACTERS = 6_000_000;
/** Nonces of messages are remembered this long; a content script gives up sooner. */
const NONCE_MS = 10 * 60_000;

interface Memory {
  readonly events: readonly InteractionEvent[];
  /** When each was, by id, in the time of the session. */
  readonly since: Readonly<Record<string, number>>;
  readonly nonces: readonly { readonly nonce: string; readonly sinceMs: number }[];
}

const EMPTY: Memory = { events: [], since: {}, nonces: [] };

export class Ephemeral {
  readonly #mutex = new Mutex();
  /** Records that are about to be erased and are not shown. */
  hides: (record: InteractionRecord) => boolean = () => false;

  readonly #time: SessionTime;

  constructor(
    private readonly nowMs: () => number,
    private readonly session: Area,
    /** Up to when deletions were given that are known, in ms. */
    private readonly deletedUntilMs: () => Promise<number>,
  ) {
    this.#time = new SessionTime(nowMs, session, EPHEMERAL_MS);
  }

  /**
   * Keeps all or none. Resolves with the first, or with `null` when its nonce was seen before or its visit is gone.
   * @throws MemoryFullError when there is no room even without everything older.
   */
  append(added: readonly NewEvent[], nonce?: string): Promise<InteractionEvent | null> {
    return this.#mutex.run(async () => {
      const { events, since, nonces } = await this.#alive();
      if (nonces.some((seen) => seen.nonce === nonce)) return null;
      const passedMs = await this.#time.passedMs();
      const untilMs = await this.deletedUntilMs();
      const full = added.map(
        (event) => ({ ...stamped(event, untilMs), id: `memory.0.${randomId()}` }) as InteractionEvent,
      );
      const all = withoutOrphans([...events, ...full]);
      const [first] = full;
      if (first === undefined || all.at(-1) !== full.at(-1)) return null;
      // It may have waited until the worker had started.
      const agoMs = (event: InteractionEvent) => Math.max(0, this.nowMs() - event.atMs);
      const fresh = Object.fromEntries(full.map((event) => [event.id, passedMs - agoMs(event)]));
      await this.#write(
        {
          events: all,
          since: { ...since, ...fresh },
          nonces: nonce === undefined ? nonces : [...nonces, { nonce, sinceMs: passedMs }],
        },
        full.length,
      );
      await this.#time.remember();
      return first;
    });
  }

  async records(): Promise<InteractionRecord[]> {
    return foldEvents(await this.events());
  }

  /** What has not expired and is shown, oldest first. */
  async events(): Promise<readonly InteractionEvent[]> {
    return keptOf((await this.#alive()).events, (record) => !this.hides(record));
  }

  /** Whether this event is still there. */
  async holds(id: string): Promise<boolean> {
    return (await this.#alive()).events.some((event) => event.id === id);
  }

  /** Whether a message with this nonce was acted on. */
  async saw(nonce: string): Promise<boolean> {
    return (await this.#alive()).nonces.some((seen) => seen.nonce === nonce);
  }

  /** Removes what has expired; resolves with whether there was any. */
  purge(): Promise<boolean> {
    return this.#mutex.run(async () => {
      const [stored, alive] = [await this.#stored(), await this.#alive()];
      const expired =
        stored.events.length !== alive.events.length || stored.nonces.length !== alive.nonces.length;
      if (expired) await this.#set(alive);
      if (alive.events.length + alive.nonces.length > 0) await this.#time.remember();
      return expired;
    });
  }

  /** Removes what is targeted, links to it, and what has expired. Resolves with how many records were targeted. */
  erase(targeted: Targeted): Promise<number> {
    return this.#mutex.run(async () => {
      const { events, since, nonces } = await this.#alive();
      const gone = new Set<string>();
      const urls = new Set<string>();
      for (const record of foldEvents(events)) {
        if (!(await targeted(record))) continue;
        gone.add(record.id);
        if ('url' in record) urls.add(record.url);
      }
      const left = withoutOrphans(events.filter((event) => !gone.has(event.id)));
      const unlinked = await withoutLinks(
        left,
        (record) => ('url' in record && urls.has(record.url)) || targeted(record),
      );
      await this.#set({ events: unlinked, since, nonces });
      return gone.size;
    });
  }

  /** Drops the oldest until the browser takes it; the last `fresh` events are what it is about. */
  async #write({ events, since, nonces }: Memory, fresh: number): Promise<void> {
    let kept = events.slice(-MAX_EVENTS);
    for (;;) {
      try {
        if (kept.length === fresh || JSON.stringify(kept).length <= MAX_CHARACTERS)
          return await this.#set({ events: kept, since, nonces });
      } catch (error) {
        if (kept.length === fresh) throw new MemoryFullError(String(error));
      }
      const older = kept.length - fresh;
      kept = [...withoutOrphans(kept.slice(Math.ceil(older / 4)))];
      if (kept.length < fresh) throw new MemoryFullError('What it belongs to had to go.');
    }
  }

  #set({ events, since, nonces }: Memory): Promise<void> {
    const of = Object.fromEntries(events.map(({ id }) => [id, since[id] ?? 0]));
    return this.session.set(KEY, { events, since: of, nonces } satisfies Memory);
  }

  async #stored(): Promise<Memory> {
    return ((await this.session.get(KEY)) as Memory | undefined) ?? EMPTY;
  }

  async #alive(): Promise<Memory> {
    const { events, since, nonces } = await this.#stored();
    const passedMs = await this.#time.passedMs();
    return {
      events: withoutOrphans(events.filter(({ id }) => (since[id] ?? 0) > passedMs - EPHEMERAL_MS)),
      since,
      nonces: nonces.filter(({ sinceMs }) => sinceMs > passedMs - NONCE_MS),
    };
  }
}

/** An update says what its visit was: it goes with it. */
function withoutOrphans(events: readonly InteractionEvent[]): readonly InteractionEvent[] {
  const visits = new Set(events.map(({ id }) => id));
  return events.filter((event) => event.kind !== 'visit-update' || visits.has(event.visit));
}
