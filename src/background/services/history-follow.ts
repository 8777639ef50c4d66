/**
 * What the person deletes in the browser's own history is deleted here, if they say so: as pages, and it can be undone like any
 * deletion. Browsers also forget old pages by themselves and say the same of that: so a page that was not visited here for two months
 * stays. Of an address only a part may be stored; that goes when the browser has no other page of which the same would be. When all of
 * the history was cleared, the person is asked.
 */

import { DAY_MS, dayOf } from '../../base/clock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { cleanAddress } from '../../capture/address.ts';
import { captureAddress } from '../../capture/capture.ts';
import { redactAddress } from '../../capture/redact-address.ts';
import type { InteractionRecord } from '../../model/interaction.ts';
import { localArea } from '../../platform/areas.ts';
import { hasHistoryAccess, pagesInHistory, type RemovedFromHistory } from '../../platform/history.ts';
import type { Ephemeral } from './ephemeral.ts';
import { DELETE_BY_SITE, isTooMuch } from './erase.ts';
import type { Erasures } from './erasures.ts';
import type { Profile } from './profile.ts';
import type { Sync } from './sync.ts';

/** Firefox tells each page by itself: what comes within this time is one deletion. */
const GATHER_MS = 300;
/** Chromium forgets pages after 90 days; Firefox when it has too many, the oldest first. */
const RECENT_MS = 60 * DAY_MS;
/** More pages than a browser keeps. */
const ALL_PAGES = 1_000_000;
/** In `storage.local`: that all of it was cleared, until the person has answered. */
const CLEARED = 'history-cleared';

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const notFollowed = (pages: number): string =>
  `You deleted ${pages.toLocaleString()} pages in the browser's history. They are still here: so much was deleted page by page in your account that no more can be told to your other devices. ${DELETE_BY_SITE}`;

export class HistoryFollow {
  readonly #urls = new Set<string>();
  #gathering: Promise<void> | undefined;
  #isCleared = false;

  constructor(
    private readonly profile: Profile,
    private readonly ephemeral: Ephemeral,
    private readonly erasures: Erasures,
    private readonly sync: Pick<Sync, 'deleting'>,
  ) {}

  async open(): Promise<void> {
    this.#isCleared = (await localArea.get(CLEARED)) === true;
  }

  /** Resolves when it was acted on. */
  async removed(removed: RemovedFromHistory): Promise<void> {
    if (!this.profile.settings.followsHistory) return;
    if (removed.all) {
      await this.#ask(true);
      return;
    }
    for (const url of removed.urls) this.#urls.add(url);
    this.#gathering ??= pass(GATHER_MS).then(() => this.#delete());
    await this.#gathering;
  }

  async #delete(): Promise<void> {
    // It would take the seconds from what the person may still undo.
    for (let leftMs = this.#undoMs(); leftMs > 0; leftMs = this.#undoMs()) await pass(leftMs);
    this.#gathering = undefined;
    const removed = new Set(this.#urls);
    this.#urls.clear();
    const found = await this.#gone(removed);
    if (found.length === 0) return;
    if (await isTooMuch(this.sync, found.length)) {
      await this.erasures.tell(notFollowed(found.length));
      return;
    }
    const targets = found.map((url) => ({ what: 'page', url }) as const);
    await this.erasures.flag({ kind: 'page', reason: 'browser-history', targets });
  }

  #undoMs(): number {
    return this.erasures.state()?.leftMs ?? 0;
  }

  /** Addresses, as they are stored, of pages that were removed. */
  async #gone(removed: ReadonlySet<string>): Promise<string[]> {
    const forms = new Set([...removed].flatMap((url) => [url, ...this.#storedForms(url)]));
    const found = await this.#recent(forms);
    const shared = found.filter((url) => !removed.has(url));
    if (shared.length === 0) return found;
    const used = await this.#used().catch((error: unknown) => {
      console.error('what the browser still knows is not known', error);
      return new Set(shared);
    });
    return found.filter((url) => removed.has(url) || !used.has(url));
  }

  /** What may be stored of an address: cleaned, redacted, and what the level and rules of now leave. */
  #storedForms(url: string): string[] {
    const clean = cleanAddress(url);
    if (clean === null) return [];
    const kept = captureAddress(url, this.profile.settings);
    return [clean, redactAddress(clean).url, ...(kept === null ? [] : [kept])];
  }

  /** What may be stored of the pages that the browser still knows to have been visited lately. */
  async #used(): Promise<ReadonlySet<string>> {
    const nowMs = this.profile.clock.nowMs();
    const pages = await pagesInHistory(nowMs - RECENT_MS, nowMs, ALL_PAGES);
    return new Set(pages.flatMap(({ url }) => [url, ...this.#storedForms(url)]));
  }

  /** Those of which something was recorded here lately. */
  async #recent(urls: ReadonlySet<string>): Promise<string[]> {
    const { store, clock } = this.profile;
    const since = dayOf(clock.nowMs() - RECENT_MS);
    const found = new Set<string>();
    const look = (record: InteractionRecord) =>
      'url' in record && urls.has(record.url) && found.add(record.url);
    // What other devices recorded says nothing of when this browser was there. Without sync all of it is taken for this one's.
    const own = `${store.vault.deviceId}.`;
    const isOwn = ({ id }: InteractionRecord) => !store.syncing || id.startsWith(own);
    for (const record of await this.ephemeral.records()) look(record);
    for (const day of await store.days()) {
      if (day < since || found.size === urls.size) break;
      for (const record of await store.recordsOfDay(day)) if (isOwn(record)) look(record);
    }
    return [...found];
  }

  /** @returns a failure when the browser gives no access to its history. */
  async follow(on: boolean): Promise<Result<null>> {
    if (on && !(await hasHistoryAccess()))
      return fail(
        'no-history-access',
        'The browser gives no access to its history. Switch it on again to be asked.',
      );
    await this.profile.change({ followsHistory: on });
    if (!on) await this.#ask(false);
    return ok(null);
  }

  /** What the person answered. */
  async answer(erase: boolean): Promise<void> {
    if (this.#isCleared && erase)
      await this.erasures.flag({ kind: 'everything', reason: 'browser-history', targets: [{ what: 'all' }] });
    await this.#ask(false);
  }

  async #ask(isCleared: boolean): Promise<void> {
    this.#isCleared = isCleared;
    if (isCleared) await localArea.set(CLEARED, true);
    else await localArea.remove(CLEARED);
    this.profile.changed();
  }

  /** `undefined` while it does not follow. */
  state(): { readonly cleared: boolean } | undefined {
    return this.profile.settings.followsHistory ? { cleared: this.#isCleared } : undefined;
  }
}
