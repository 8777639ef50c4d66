/** Turns what the browser reports into stored events. Each handler is done when the event is durable. */

import { dayOf } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { captureClick, captureNavigation, captureTitle } from '../../capture/capture.ts';
import { searchOf } from '../../capture/search-engines.ts';
import type { InteractionEvent, NewEvent, Transition } from '../../model/interaction.ts';
import type { Settings } from '../../model/settings.ts';
import { sessionArea } from '../../platform/areas.ts';
import { type CommittedFact, type TabFact, tabById } from '../../platform/tabs.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';

/** What a tab shows now, in the browser's memory. `visit` is absent where nothing was kept. */
interface TabState {
  readonly url: string;
  /** When it committed, in ms. */
  readonly atMs: number;
  /** The page reported itself; the browser's report may still come. */
  readonly fromPage?: boolean;
  readonly visit?: string;
  readonly memory?: boolean;
  readonly title?: string;
  readonly search?: string;
  /** The browser's id of the document, also where nothing of it was kept. */
  readonly document?: string;
}

const OWN_REPORT_MS = 250;

/** The browsers' transition types in our words (Chromium and Firefox share the names). */
function transitionOf(type: string, qualifiers: readonly string[]): Transition {
  if (qualifiers.includes('forward_back')) return 'history';
  switch (type) {
    case 'link':
    case 'manual_subframe':
      return 'link';
    case 'typed':
    case 'generated':
    case 'keyword':
      return 'typed';
    case 'auto_bookmark':
      return 'bookmark';
    case 'form_submit':
      return 'form';
    case 'reload':
      return 'reload';
    default:
      return 'other';
  }
}

export class Recorder {
  readonly #tabs = new Map<number, Mutex>();
  /** Tabs that are not private, so that a page counts also when its tab was closed at once. */
  readonly #ordinary = new Set<number>();

  constructor(
    private readonly profile: Profile,
    private readonly ephemeral: Ephemeral,
    private readonly onRecorded: () => void,
    /** Time in front of a tab that was not credited yet, in ms. */
    private readonly takeDwell: (tabId: number) => Promise<number>,
  ) {}

  /** One tab's events one after another: a title never overtakes its visit. */
  #inTab<T>(tabId: number, task: () => Promise<T>): Promise<T> {
    let mutex = this.#tabs.get(tabId);
    if (!mutex) {
      mutex = new Mutex();
      this.#tabs.set(tabId, mutex);
    }
    return mutex.run(task);
  }

  async #state(tabId: number): Promise<TabState | undefined> {
    return (await sessionArea.get(`tab:${tabId}`)) as TabState | undefined;
  }

  /** The settings at the moment of the event decide, not those when its turn comes. `undefined` = nothing may be kept. */
  #policyNow(): Settings | undefined {
    return this.profile.recording() ? this.profile.settings : undefined;
  }

  navigated(fact: CommittedFact): Promise<void> {
    const policy = this.#policyNow();
    return this.#inTab(fact.tabId, async () => {
      const tab = (await tabById(fact.tabId)) ?? this.#closedTab(fact);
      if (tab?.incognito !== false) return;
      await this.#credit(fact.tabId, await this.takeDwell(fact.tabId));
      if (!policy) return this.#forget(fact.tabId);
      await this.#visit(fact, tab, policy);
    });
  }

  tabCreated(tab: TabFact): void {
    if (!tab.incognito) this.#ordinary.add(tab.id);
  }

  #closedTab({ tabId, url }: CommittedFact): TabFact | undefined {
    return this.#ordinary.has(tabId)
      ? { id: tabId, url, title: '', incognito: false, lastAccessed: 0 }
      : undefined;
  }

  /** From the page itself: records the visit when the background was stopped while it committed. */
  async pageAppeared(
    tab: TabFact,
    url: string,
    page: { readonly startedMs: number; readonly nonce: string; readonly documentId: string | undefined },
  ): Promise<void> {
    const policy = this.#policyNow();
    if (!policy || tab.incognito) return;
    const atMs = this.profile.clock.nowMs();
    // The browser's own report knows more (transition, exact time): it goes first.
    await new Promise((resolve) => setTimeout(resolve, OWN_REPORT_MS));
    await this.#inTab(tab.id, async () => {
      const { documentId } = page;
      if (documentId === undefined) {
        // Without ids of documents (Firefox): whatever the tab committed since this document began is this document.
        const row = await this.profile.store.tab(tab.id);
        const committedMs = Math.max(row?.atMs ?? 0, (await this.#state(tab.id))?.atMs ?? 0);
        if (committedMs >= page.startedMs || !(await tabById(tab.id))) return;
      } else if ((await this.#state(tab.id))?.document === documentId) return;
      // The tab may be gone by now. What it showed still counts, once: its document's id tells a repeat.
      const fact = { tabId: tab.id, url, atMs, transition: 'other', qualifiers: [], sameDocument: false };
      await this.#visit(
        documentId === undefined ? fact : { ...fact, documentId },
        tab,
        policy,
        `page:${page.nonce}`,
      );
    });
  }

  async #visit(fact: CommittedFact, tab: TabFact, policy: Settings, pageNonce?: string): Promise<void> {
    const before = await this.#state(fact.tabId);
    if (fact.sameDocument && before?.url === withoutFragment(fact.url)) return;
    // The page was quicker than the browser's report of it.
    if (fact.documentId === undefined && before?.fromPage && before.atMs >= fact.atMs && !pageNonce) return;
    const referrer =
      before?.url ?? (tab.openerTabId === undefined ? undefined : (await this.#state(tab.openerTabId))?.url);
    const cameFromPage =
      fact.sameDocument || ['link', 'form_submit', 'manual_subframe'].includes(fact.transition);
    // A title that is still the one of the page before is not this page's; a single-page app may keep one for all its views.
    const title =
      tab.title === before?.title || tab.title === '' || fact.url.includes(tab.title) ? '' : tab.title;
    const events = captureNavigation(
      {
        url: fact.url,
        title: fact.sameDocument ? tab.title : title,
        atMs: fact.atMs,
        transition: fact.sameDocument ? 'script' : transitionOf(fact.transition, fact.qualifiers),
        ...(cameFromPage && referrer !== undefined ? { referrer } : {}),
        ...(before?.search === undefined ? {} : { lastSearch: before.search }),
      },
      policy,
    );
    const nonce =
      fact.sameDocument || fact.documentId === undefined ? pageNonce : `document:${fact.documentId}`;
    let visit: InteractionEvent | null = null;
    for (const [index, event] of events.entries()) {
      const tabRow =
        index === 0 ? { tabId: fact.tabId, atMs: fact.atMs, keepsTitle: event.kind === 'visit' } : undefined;
      const stored = await this.#store(event, tabRow, index === 0 ? nonce : undefined);
      if (index === 0 && stored === null) return;
      visit ??= stored;
    }
    const search = searchOf(fact.url);
    const state: TabState = {
      url: withoutFragment(fact.url),
      atMs: fact.atMs,
      ...(pageNonce === undefined ? {} : { fromPage: true }),
      ...(visit?.kind === 'visit'
        ? { visit: visit.id, memory: visit.level === 'ephemeral', title: visit.title }
        : {}),
      ...(search ? { search: `${search.engine}\n${search.query}` } : {}),
      ...(fact.documentId === undefined ? {} : { document: fact.documentId }),
    };
    await sessionArea.set(`tab:${fact.tabId}`, state);
    if (visit) this.onRecorded();
    // The title may have come while the visit was stored.
    const now = await tabById(fact.tabId);
    if (now) await this.#title(now, policy);
  }

  titled(tab: TabFact): Promise<void> {
    const policy = this.#policyNow();
    return policy && !tab.incognito ? this.#inTab(tab.id, () => this.#title(tab, policy)) : Promise.resolve();
  }

  async #title(tab: TabFact, policy: Settings): Promise<void> {
    const state = await this.#state(tab.id);
    const row = await this.profile.store.tab(tab.id);
    const visit = state ? state.visit : row?.keepsTitle ? row.visit : undefined;
    if (visit === undefined || tab.title === '' || tab.title === state?.title) return;
    if (state && withoutFragment(tab.url) !== state.url) return;
    const title = captureTitle(tab.url, tab.title, policy);
    // Until a page has a title the browser shows its address.
    if (
      title === null ||
      title === '' ||
      tab.url.endsWith(tab.title) ||
      tab.url.replace(/^https?:\/\/(www\.)?/, '').startsWith(tab.title)
    )
      return;
    const event: NewEvent = { kind: 'visit-update', visit, atMs: this.profile.clock.nowMs(), title };
    if (state?.memory) await this.ephemeral.append(event);
    else if (row?.visit === visit)
      await this.profile.storing(() => this.profile.store.append({ event, day: row.day }));
    if (state) await sessionArea.set(`tab:${tab.id}`, { ...state, title: tab.title });
    this.onRecorded();
  }

  /** Adds active time to the visit that a tab shows. */
  spent(tabId: number, dwellMs: number): Promise<void> {
    return this.#inTab(tabId, () => this.#credit(tabId, dwellMs));
  }

  async #credit(tabId: number, dwellMs: number): Promise<void> {
    const [state, row] = [await this.#state(tabId), await this.profile.store.tab(tabId)];
    if (dwellMs <= 0 || !this.profile.recording() || state?.visit === undefined) return;
    const event: NewEvent = {
      kind: 'visit-update',
      visit: state.visit,
      atMs: this.profile.clock.nowMs(),
      dwellMs,
    };
    if (state.memory) await this.ephemeral.append(event);
    else if (row?.visit === state.visit)
      await this.profile.storing(() => this.profile.store.append({ event, day: row.day }));
  }

  async clicked(
    tab: TabFact,
    pageUrl: string,
    click: { role: string; text: string; target?: string | undefined; nonce: string },
  ): Promise<void> {
    const policy = this.#policyNow();
    if (!policy || tab.incognito) return;
    const { target, role, text } = click;
    const fact = { pageUrl, pageTitle: tab.title, atMs: this.profile.clock.nowMs(), role, text };
    const [event] = captureClick(target === undefined ? fact : { ...fact, target }, policy);
    if (!event) return;
    await this.#store(event, undefined, click.nonce);
    this.onRecorded();
  }

  async tabGone(tabId: number): Promise<void> {
    await this.#inTab(tabId, () => this.#forget(tabId));
    this.#tabs.delete(tabId);
    this.#ordinary.delete(tabId);
  }

  async #forget(tabId: number): Promise<void> {
    await sessionArea.remove(`tab:${tabId}`);
    await this.profile.store.forgetTab(tabId);
  }

  async #store(
    event: NewEvent,
    tab?: { tabId: number; atMs: number; keepsTitle: boolean },
    nonce?: string,
  ): Promise<InteractionEvent | null> {
    if (event.kind !== 'visit-update' && event.level === 'ephemeral') return this.ephemeral.append(event);
    const day = dayOf(event.atMs);
    return this.profile.storing(() =>
      this.profile.store.append({
        event,
        day,
        ...(tab ? { tab } : {}),
        ...(nonce === undefined ? {} : { nonce }),
      }),
    );
  }
}

const withoutFragment = (url: string): string => url.split('#', 1)[0] ?? url;
