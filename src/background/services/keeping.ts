/** Where events go: into the store or, at level `ephemeral`, into the browser's memory. */
import type { InteractionEvent, NewEvent } from '../../model/interaction.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';

/** To be added to a visit. */
export interface Update {
  readonly event: NewEvent & { readonly kind: 'visit-update' };
  /** The visit is in memory only. */
  readonly memory: boolean;
}

interface Where {
  /** The tab shows this from now on. */
  readonly tabId?: number;
  /** A repeat of it is not stored again. */
  readonly nonce?: string | undefined;
  /** What was spent on the page before: stored with it, in front of it, and in any case. */
  readonly spent?: Update | undefined;
}

export class Keeping {
  constructor(
    private readonly profile: Profile,
    private readonly ephemeral: Ephemeral,
  ) {}

  /** Adds to the visit that a tab shows, unless it was erased. */
  async update(tabId: number, update: Update | undefined): Promise<void> {
    if (update) await this.profile.storing(() => this.#add(tabId, update));
  }

  #add(tabId: number, { memory, event }: Update): Promise<unknown> {
    return memory ? this.ephemeral.append([event]) : this.profile.store.append({ event, shownIn: tabId });
  }

  /** Stores all or none; `null` when nothing was. A repeat is known also when the level was another the first time. */
  async store(events: readonly NewEvent[], where: Where): Promise<InteractionEvent | null> {
    const { tabId, nonce, spent } = where;
    const [event, ...also] = events;
    if (event === undefined || event.kind === 'visit-update') {
      if (tabId !== undefined) await this.update(tabId, spent);
      return null;
    }
    const { store } = this.profile;
    const isInMemory = event.level === 'ephemeral';
    const once = nonce === undefined ? {} : { nonce };
    const tab = tabId === undefined ? {} : { tab: { tabId, keepsTitle: event.kind === 'visit' } };
    return this.profile.storing(async () => {
      const isRepeated =
        nonce !== undefined && (await (isInMemory ? store.saw(nonce) : this.ephemeral.saw(nonce)));
      // Asked for in one go, so that one write has both.
      const added = tabId === undefined ? undefined : this.update(tabId, spent);
      const storing = isRepeated
        ? null
        : isInMemory
          ? this.ephemeral.append(events, nonce)
          : store.append({ event, also, ...tab, ...once });
      const [stored, time] = await Promise.allSettled([storing, added]);
      if (stored.status === 'rejected') throw stored.reason;
      if (time.status === 'rejected') console.error('time on a page could not be stored', time.reason);
      return stored.value;
    });
  }
}
