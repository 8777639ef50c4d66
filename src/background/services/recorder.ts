/** Turns what the browser reports into stored events. Each handler is done when the event is durable. */
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
import type { Settings } from '../../model/settings.ts';
import { type CommittedFact, type TabFact, tabById } from '../../platform/tabs.ts';
import type { TabRow } from '../../storage/schema.ts';
import type { Ephemeral } from './ephemeral.ts';
import { Keeping, type Update } from './keeping.ts';
import type { Profile } from './profile.ts';
import {
  documentOf,
  erased,
  keptOf,
  notKept,
  referrerOf,
  type TabState,
  TabStates,
  withoutFragment,
} from './tab-state.ts';
import { Turns } from './turns.ts';

const OWN_REPORT_MS = 250;

export class Recorder {
  readonly #turns = new Turns();
  readonly #tabs = new TabStates();
  readonly #keeping: Keeping;
  /** Tabs that are not private, so that a page counts also when its tab was closed at once. */
  readonly #ordinary = new Set<number>();

  constructor(
    private readonly profile: Profile,
    private readonly ephemeral: Ephemeral,
    private readonly onRecorded: () => void,
    /** Time in front of a tab that was not credited yet, in ms. */
    private readonly takeDwell: (tabId: number) => Promise<number>,
  ) {
    this.#keeping = new Keeping(profile, ephemeral);
  }

  /** The settings at the moment of the event decide, not those when its turn comes. `undefined` = nothing may be kept. */
  #policyNow(): Settings | undefined {
    return this.profile.recording() ? this.profile.settings : undefined;
  }

  navigated(fact: CommittedFact): Promise<void> {
    const policy = this.#policyNow();
    return this.#turns.run(fact.tabId, async (durable) => {
      const [found, before, row] = await Promise.all([
        tabById(fact.tabId),
        this.#tabs.read(fact.tabId),
        this.profile.store.tab(fact.tabId),
      ]);
      const tab = found ?? this.#closedTab(fact);
      if (tab?.incognito !== false) return;
      const spent = this.#timeSpent(before, await this.takeDwell(fact.tabId));
      if (!policy) {
        await this.#keeping.update(fact.tabId, spent);
        return this.#unkept(fact);
      }
      await this.#visit({ fact, tab, policy, before, row, spent, durable });
    });
  }

  /** A page that was opened while paused stays unknown also when recording goes on. Before consent there is nothing to remember. */
  async #unkept({ tabId, atMs, documentId }: CommittedFact): Promise<void> {
    await this.#forget(tabId);
    if (this.profile.settings.consent === 'accepted')
      await this.#tabs.write(tabId, notKept(atMs, documentId));
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
    await this.#turns.run(tab.id, async (durable) => {
      const { documentId } = page;
      const [before, row] = await Promise.all([this.#tabs.read(tab.id), this.profile.store.tab(tab.id)]);
      if (documentId === undefined) {
        // Without ids of documents (Firefox): whatever the tab committed since this document began is this document.
        const committedMs = await this.#tabs.committedMs(tab.id, row?.visit);
        if (committedMs >= page.startedMs || !(await tabById(tab.id))) return;
      } else if (before?.document === documentId) return;
      // The tab may be gone by now. What it showed still counts, once: its document's id tells a repeat.
      const seen = { tabId: tab.id, url, atMs, transition: 'other', qualifiers: [], sameDocument: false };
      const fact = documentId === undefined ? seen : { ...seen, documentId };
      await this.#visit({ fact, tab, policy, before, row, durable, pageNonce: `page:${page.nonce}` });
    });
  }

  async #visit({ fact, tab, policy, before, row, spent, durable, pageNonce }: Visit): Promise<void> {
    const isRepeated =
      (fact.sameDocument && before?.url === withoutFragment(fact.url)) ||
      // The page was quicker than the browser's report of it.
      (fact.documentId === undefined && before?.fromPage && before.atMs >= fact.atMs && !pageNonce);
    if (isRepeated) return this.#keeping.update(fact.tabId, spent);
    const isBack = fact.qualifiers.includes('forward_back');
    const cameFromPage =
      fact.sameDocument || ['link', 'form_submit', 'manual_subframe'].includes(fact.transition);
    // A title that is still the one of the page before is not this page's; a single-page app may keep one for all its views.
    const title =
      tab.title === before?.title || tab.title === '' || fact.url.includes(tab.title) ? '' : tab.title;
    const [referrer] = await Promise.all([
      !cameFromPage ? {} : before ? referrerOf(before, row) : this.#referrer(tab.openerTabId),
      // Where the browser names documents (here and in messages alike), the name tells a repeat.
      fact.documentId === undefined && this.#tabs.committing(fact.tabId, fact.atMs, row?.visit),
    ]);
    const events = captureNavigation(
      {
        url: fact.url,
        title: fact.sameDocument ? tab.title : title,
        atMs: fact.atMs,
        transition: fact.sameDocument && !isBack ? 'script' : transitionOf(fact.transition, fact.qualifiers),
        ...referrer,
        ...(before?.search === undefined ? {} : { lastSearch: before.search }),
      },
      policy,
    );
    const nonce =
      fact.sameDocument || fact.documentId === undefined ? pageNonce : `document:${fact.documentId}`;
    const visit = await this.#keeping.store(events, { tabId: fact.tabId, nonce, spent });
    // A repeat.
    if (events.length > 0 && visit === null) return;
    const search = searchOf(fact.url);
    const written = this.#tabs.write(fact.tabId, {
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
    // A worker that is stopped before that is written knows of the visit by its nonce, or by the mark and the tab's row; of a
    // page that nothing was kept of it knows only from here.
    if (visit) durable();
    if (visit) this.onRecorded();
    // The title may have come while the visit was stored.
    const [now] = await Promise.all([tabById(fact.tabId), written]);
    if (now) await this.#title(now, policy);
  }

  async #referrer(tabId: number | undefined) {
    if (tabId === undefined) return {};
    const [state, row] = await Promise.all([this.#tabs.read(tabId), this.profile.store.tab(tabId)]);
    return referrerOf(state, row);
  }

  titled(tab: TabFact): Promise<void> {
    const policy = this.#policyNow();
    return policy && !tab.incognito
      ? this.#turns.run(tab.id, () => this.#title(tab, policy))
      : Promise.resolve();
  }

  async #title(tab: TabFact, policy: Settings): Promise<void> {
    const state = await this.#tabs.read(tab.id);
    const row = state ? undefined : await this.profile.store.tab(tab.id);
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
    const shown = { visit, url: tab.url, memory: state?.memory };
    await this.#keeping.update(tab.id, this.#updateOf(shown, { title }, policy));
    if (state) await this.#tabs.write(tab.id, { ...state, title: tab.title });
    this.onRecorded();
  }

  /** Adds active time to the visit that a tab shows. */
  spent(tabId: number, dwellMs: number): Promise<void> {
    return this.#turns.run(tabId, () => this.#credit(tabId, dwellMs));
  }

  async #credit(tabId: number, dwellMs: number): Promise<void> {
    await this.#keeping.update(tabId, this.#timeSpent(await this.#tabs.read(tabId), dwellMs));
  }

  #timeSpent(state: TabState | undefined, dwellMs: number): Update | undefined {
    const policy = this.#policyNow();
    if (dwellMs <= 0 || !policy || state?.visit === undefined) return undefined;
    const { visit, url, memory } = state;
    return this.#updateOf({ visit, url, memory }, { dwellMs }, policy);
  }

  /** What to add to a visit; `undefined` when nothing of its page may be kept any more. */
  #updateOf(
    { visit, url, memory = false }: { visit: string; url: string; memory: boolean | undefined },
    what: { readonly title?: string; readonly dwellMs?: number },
    policy: Settings,
  ): Update | undefined {
    const now = keptNow(url, policy);
    if (now.capture === 'skip' || !(memory || storesInFull(now))) return undefined;
    return { memory, event: { kind: 'visit-update', visit, atMs: this.profile.clock.nowMs(), ...what } };
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
    const pageKept = keptOf(await this.#tabs.read(tab.id), pageUrl, documentId);
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
    if (events.length === 0) return;
    await this.#keeping.store(events, { nonce: click.nonce });
    this.onRecorded();
  }

  /** Something was erased: tabs that show a page that is gone forget it. */
  async erased(): Promise<void> {
    for (const tabId of await this.#tabs.known())
      await this.#turns.run(tabId, async () => {
        const state = await this.#tabs.read(tabId);
        if (state?.visit === undefined) return;
        const isThere = state.memory
          ? await this.ephemeral.holds(state.visit)
          : (await this.profile.store.tab(tabId))?.visit === state.visit;
        if (!isThere) await this.#tabs.write(tabId, erased(state));
      });
  }

  async tabGone(tabId: number): Promise<void> {
    await this.#turns.run(tabId, () => this.#forget(tabId));
    this.#turns.forget(tabId);
    this.#ordinary.delete(tabId);
  }

  async #forget(tabId: number): Promise<void> {
    await Promise.all([this.#tabs.forget(tabId), this.profile.store.forgetTab(tabId)]);
  }
}

/** A page that a tab shows from now on. */
interface Visit {
  readonly fact: CommittedFact;
  readonly tab: TabFact;
  readonly policy: Settings;
  /** What the tab showed, and what its row says of that. */
  readonly before: TabState | undefined;
  readonly row: TabRow | undefined;
  /** Time on the page before that was not credited yet. */
  readonly spent?: Update | undefined;
  /** Of a page that told itself. */
  readonly pageNonce?: string;
  durable(): void;
}
