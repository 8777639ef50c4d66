/** Turns what the browser reports into stored events. Each handler is done when the event is durable. */
import { Mutex } from '../../base/mutex.ts';
import {
  captureClick,
  captureNavigation,
  captureTitle,
  keptNow,
  NOT_KEPT,
  storesInFull,
} from '../../capture/capture.ts';
import { searchOf } from '../../capture/search-engines.ts';
import { transitionOf } from '../../capture/transition.ts';
import type { InteractionEvent, NewEvent } from '../../model/interaction.ts';
import type { Settings } from '../../model/settings.ts';
import { type CommittedFact, type TabFact, tabById } from '../../platform/tabs.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';
import {
  committedMs,
  committing,
  documentOf,
  erased,
  forgetTab,
  keptOf,
  knownTabs,
  notKept,
  readTab,
  withoutFragment,
  writeTab,
} from './tab-state.ts';

const OWN_REPORT_MS = 250;

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
    /** A record was not stored, because there is no room. */
    private readonly onRefused: () => Promise<void>,
  ) {}

  /** What is kept in memory only needs no room. */
  async #isRefused([event]: readonly NewEvent[]): Promise<boolean> {
    if (!this.profile.isFull || event === undefined || event.kind === 'visit-update') return false;
    if (event.level === 'ephemeral') return false;
    await this.onRefused();
    return true;
  }

  /** One tab's events one after another: a title never overtakes its visit. */
  #inTab<T>(tabId: number, task: () => Promise<T>): Promise<T> {
    let mutex = this.#tabs.get(tabId);
    if (!mutex) {
      mutex = new Mutex();
      this.#tabs.set(tabId, mutex);
    }
    return mutex.run(task);
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
      if (!policy) return this.#unkept(fact);
      await this.#visit(fact, tab, policy);
    });
  }

  /** A page that was opened while paused stays unknown also when recording goes on. Before consent there is nothing to remember. */
  async #unkept({ tabId, atMs, documentId }: CommittedFact): Promise<void> {
    await this.#forget(tabId);
    if (this.profile.settings.consent === 'accepted') await writeTab(tabId, notKept(atMs, documentId));
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
        if ((await committedMs(tab.id, row?.visit)) >= page.startedMs || !(await tabById(tab.id))) return;
      } else if ((await readTab(tab.id))?.document === documentId) return;
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
    const before = await readTab(fact.tabId);
    if (fact.sameDocument && before?.url === withoutFragment(fact.url)) return;
    // The page was quicker than the browser's report of it.
    if (fact.documentId === undefined && before?.fromPage && before.atMs >= fact.atMs && !pageNonce) return;
    const isBack = fact.qualifiers.includes('forward_back');
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
        transition: fact.sameDocument && !isBack ? 'script' : transitionOf(fact.transition, fact.qualifiers),
        ...(cameFromPage ? await this.#referrer(before ? fact.tabId : tab.openerTabId) : {}),
        ...(before?.search === undefined ? {} : { lastSearch: before.search }),
      },
      policy,
    );
    if (await this.#isRefused(events)) return this.#unkept(fact);
    const nonce =
      fact.sameDocument || fact.documentId === undefined ? pageNonce : `document:${fact.documentId}`;
    await committing(fact.tabId, fact.atMs, (await this.profile.store.tab(fact.tabId))?.visit);
    const visit = await this.#store(events, fact.tabId, nonce);
    // A repeat.
    if (events.length > 0 && visit === null) return;
    const search = searchOf(fact.url);
    await writeTab(fact.tabId, {
      url: withoutFragment(fact.url),
      atMs: fact.atMs,
      kept: events.length > 0 ? keptNow(fact.url, policy) : NOT_KEPT,
      ...(pageNonce === undefined ? {} : { fromPage: true }),
      ...(visit?.kind === 'visit'
        ? { visit: visit.id, memory: visit.level === 'ephemeral', title: visit.title }
        : {}),
      ...(search ? { search: `${search.engine}\n${search.query}` } : {}),
      ...(fact.documentId === undefined ? {} : { document: fact.documentId }),
      ...(before ? { last: { url: before.url, kept: before.kept, ...documentOf(before) } } : {}),
    });
    if (visit) this.onRecorded();
    // The title may have come while the visit was stored.
    const now = await tabById(fact.tabId);
    if (now) await this.#title(now, policy);
  }

  /** The page that a tab shows, where it was stored under its name and was not erased. */
  async #referrer(tabId: number | undefined) {
    const state = tabId === undefined ? undefined : await readTab(tabId);
    if (tabId === undefined || state?.visit === undefined || state.memory) return {};
    const row = await this.profile.store.tab(tabId);
    return row?.visit === state.visit ? { referrer: state.url, referrerKept: state.kept } : {};
  }

  titled(tab: TabFact): Promise<void> {
    const policy = this.#policyNow();
    return policy && !tab.incognito ? this.#inTab(tab.id, () => this.#title(tab, policy)) : Promise.resolve();
  }

  async #title(tab: TabFact, policy: Settings): Promise<void> {
    const state = await readTab(tab.id);
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
    await this.#update(tab.id, { visit, url: tab.url, memory: state?.memory }, { title }, policy);
    if (state) await writeTab(tab.id, { ...state, title: tab.title });
    this.onRecorded();
  }

  /** Adds active time to the visit that a tab shows. */
  spent(tabId: number, dwellMs: number): Promise<void> {
    return this.#inTab(tabId, () => this.#credit(tabId, dwellMs));
  }

  async #credit(tabId: number, dwellMs: number): Promise<void> {
    const [state, policy] = [await readTab(tabId), this.#policyNow()];
    if (dwellMs <= 0 || !policy || state?.visit === undefined) return;
    await this.#update(
      tabId,
      { visit: state.visit, url: state.url, memory: state.memory },
      { dwellMs },
      policy,
    );
  }

  /** Adds to a visit, unless nothing of its page may be kept any more or it was erased. */
  async #update(
    tabId: number,
    { visit, url, memory = false }: { visit: string; url: string; memory: boolean | undefined },
    what: { readonly title?: string; readonly dwellMs?: number },
    policy: Settings,
  ): Promise<void> {
    const now = keptNow(url, policy);
    if (now.capture === 'skip' || !(memory || storesInFull(now))) return;
    if (this.profile.isFull && !memory) return;
    const event: NewEvent = { kind: 'visit-update', visit, atMs: this.profile.clock.nowMs(), ...what };
    await this.profile.storing<unknown>(() =>
      memory ? this.ephemeral.append([event]) : this.profile.store.append({ event, shownIn: tabId }),
    );
  }

  async clicked(
    tab: TabFact,
    pageUrl: string,
    click: { role: string; text: string; target?: string | undefined; nonce: string },
    documentId?: string,
  ): Promise<void> {
    const policy = this.#policyNow();
    if (!policy || tab.incognito) return;
    const { target, role, text } = click;
    const pageKept = keptOf(await readTab(tab.id), pageUrl, documentId);
    const events = captureClick(
      {
        pageUrl,
        pageTitle: tab.title,
        atMs: this.profile.clock.nowMs(),
        role,
        text,
        ...(target === undefined ? {} : { target }),
        ...(pageKept === undefined ? {} : { pageKept }),
      },
      policy,
    );
    if (events.length === 0 || (await this.#isRefused(events))) return;
    await this.#store(events, undefined, click.nonce);
    this.onRecorded();
  }

  /** Something was erased: tabs that show a page that is gone forget it. */
  async erased(): Promise<void> {
    for (const tabId of await knownTabs())
      await this.#inTab(tabId, async () => {
        const state = await readTab(tabId);
        if (state?.visit === undefined) return;
        const isThere = state.memory
          ? await this.ephemeral.holds(state.visit)
          : (await this.profile.store.tab(tabId))?.visit === state.visit;
        if (!isThere) await writeTab(tabId, erased(state));
      });
  }

  async tabGone(tabId: number): Promise<void> {
    await this.#inTab(tabId, () => this.#forget(tabId));
    this.#tabs.delete(tabId);
    this.#ordinary.delete(tabId);
  }

  async #forget(tabId: number): Promise<void> {
    await forgetTab(tabId);
    await this.profile.store.forgetTab(tabId);
  }

  /** Stores all or none; `null` when nothing was. A repeat is known also when the level was another the first time. */
  async #store(
    [event, ...also]: readonly NewEvent[],
    tabId?: number,
    nonce?: string,
  ): Promise<InteractionEvent | null> {
    if (event === undefined || event.kind === 'visit-update') return null;
    const { store } = this.profile;
    const once = nonce === undefined ? {} : { nonce };
    return this.profile.storing(async () => {
      if (event.level === 'ephemeral')
        return nonce !== undefined && (await store.saw(nonce))
          ? null
          : this.ephemeral.append([event, ...also], nonce);
      if (nonce !== undefined && (await this.ephemeral.saw(nonce))) return null;
      const tab = tabId === undefined ? {} : { tab: { tabId, keepsTitle: event.kind === 'visit' } };
      return store.append({ event, also, ...tab, ...once });
    });
  }
}
