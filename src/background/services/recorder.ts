/**
 * Turns what the browser reports into stored events. Each handler is done when the event is durable.
 * Over 300 lines, because what a tab showed before decides what its next event is, and one class holds its turns.
 */
import { Mutex } from '../../base/mutex.ts';
import {
  captureClick,
  captureNavigation,
  captureTitle,
  keptNow,
  storesInFull,
} from '../../capture/capture.ts';
import { NOT_KEPT } from '../../capture/decide.ts';
import { searchOf } from '../../capture/search-engines.ts';
import type { FoundPiece } from '../../capture/sensitive-data.ts';
import { transitionOf } from '../../capture/transition.ts';
import type { InteractionEvent, NewEvent } from '../../model/interaction.ts';
import type { Settings } from '../../model/settings.ts';
import { type CommittedFact, type TabFact, tabById } from '../../platform/tabs.ts';
import type { TabRow } from '../../storage/schema.ts';
import { countDropped } from './drops.ts';
import type { Ephemeral } from './ephemeral.ts';
import { PageRate } from './page-rate.ts';
import type { RecordingProfile } from './recording-profile.ts';
import { documentOf, erased, inMemory, keptOf, notKept, type TabState, type TabStates } from './tab-state.ts';

const OWN_REPORT_MS = 250;

/** Whether the store takes more. */
export interface Room {
  isFull(): boolean;
  /** So many records were not stored. */
  refused(records: number): void;
}

export class Recorder {
  readonly #turns = new Map<number, Mutex>();
  /** What waits for no turn, or for something else before its turn comes. */
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #rate = new PageRate(() => this.profile.clock.nowMs());
  /** Tabs that are not private, so that a page counts also when its tab was closed at once. */
  readonly #ordinary = new Set<number>();

  constructor(
    private readonly profile: RecordingProfile,
    private readonly ephemeral: Ephemeral,
    private readonly tabs: TabStates,
    private readonly onRecorded: () => void,
    /** Time in front of a tab that was not credited yet, in ms. */
    private readonly takeDwell: (tabId: number) => Promise<number>,
    private readonly room: Room,
  ) {}

  /** One tab's events one after another: a title never overtakes its visit. */
  #inTab<T>(tabId: number, task: () => Promise<T>): Promise<T> {
    let mutex = this.#turns.get(tabId);
    if (!mutex) {
      mutex = new Mutex();
      this.#turns.set(tabId, mutex);
    }
    return mutex.run(task);
  }

  /** Resolves when every event that came up to now was dealt with. */
  async settled(): Promise<void> {
    await Promise.all([...this.#turns.values()].map((turn) => turn.run(async () => {})));
    await Promise.allSettled(this.#underWay);
  }

  /** From now until it is done, `settled` waits for it. */
  async #noted(task: Promise<void>): Promise<void> {
    this.#underWay.add(task);
    await task.finally(() => this.#underWay.delete(task));
  }

  /** The settings at the moment of the event decide, not those when its turn comes. `undefined` = nothing may be kept. */
  #policyNow(): Settings | undefined {
    return this.profile.recording() ? this.profile.settings : undefined;
  }

  navigated(fact: CommittedFact): Promise<void> {
    const policy = this.#policyNow();
    if (policy && fact.sameDocument && !this.#rate.view(fact.tabId)) return this.#dropped();
    return this.#inTab(fact.tabId, async () => {
      const known = this.#known(nonceOf(fact));
      const [found, dwellMs, before] = await Promise.all([
        tabById(fact.tabId),
        this.takeDwell(fact.tabId),
        this.#shown(fact.tabId),
      ]);
      const tab = found ?? this.#closedTab(fact);
      if (tab?.incognito !== false) return;
      // Queued before the visit, which takes the page's place in the tab; durable with it or before it.
      const credited = this.#credit(fact.tabId, before.state, dwellMs);
      const recorded = policy ? this.#visit(fact, tab, policy, before, known) : this.#unkept(fact);
      await Promise.all([credited, recorded]);
    });
  }

  /** What was too much is told on the health page. */
  async #dropped(): Promise<void> {
    await countDropped();
    this.profile.changed();
  }

  /** A page that was opened while paused stays unknown also when recording goes on. Before consent there is nothing to remember. */
  async #unkept({ tabId, atMs, documentId }: CommittedFact): Promise<void> {
    await this.#forget(tabId);
    if (this.profile.settings.consent === 'accepted') await this.tabs.write(tabId, notKept(atMs, documentId));
  }

  /** What would be stored and finds no room is counted. What lives in memory only needs none. */
  #isRefused(events: readonly NewEvent[]): boolean {
    const [event] = events;
    if (!event || (event.kind !== 'visit-update' && event.level === 'ephemeral')) return false;
    if (!this.room.isFull()) return false;
    this.room.refused(events.filter(({ kind }) => kind !== 'visit-update').length);
    return true;
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
  pageAppeared(tab: TabFact, url: string, page: AppearedPage): Promise<void> {
    return this.#noted(this.#pageAppeared(tab, url, page));
  }

  async #pageAppeared(tab: TabFact, url: string, page: AppearedPage): Promise<void> {
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
        if ((await this.tabs.committedMs(tab.id, row?.visit)) >= page.startedMs || !(await tabById(tab.id)))
          return;
      } else if ((await this.tabs.read(tab.id))?.document === documentId) return;
      // The tab may be gone by now. What it showed still counts, once: its document's id tells a repeat.
      const plain = { tabId: tab.id, url, atMs, transition: 'other', qualifiers: [], sameDocument: false };
      const fact = documentId === undefined ? plain : { ...plain, documentId };
      const nonce = `page:${page.nonce}`;
      await this.#visit(
        fact,
        tab,
        policy,
        await this.#shown(tab.id),
        this.#known(nonceOf(fact, nonce)),
        true,
      );
    });
  }

  /** What a tab shows, in memory and in the store. */
  async #shown(tabId: number): Promise<ShownBefore> {
    const [state, row] = await Promise.all([this.tabs.read(tabId), this.profile.store.tab(tabId)]);
    return { state, row };
  }

  /** `before`: what the tab showed. `fromPage`: the page told it, not the browser. */
  async #visit(
    fact: CommittedFact,
    tab: TabFact,
    policy: Settings,
    { state: before, row }: ShownBefore,
    known: Known,
    fromPage = false,
  ): Promise<void> {
    if (fact.sameDocument && before?.url === inMemory(fact.url)) return;
    // The page was quicker than the browser's report of it.
    if (fact.documentId === undefined && before?.fromPage && before.atMs >= fact.atMs && !fromPage) return;
    // Only where documents have no ids (Firefox) the page's own report has to be told from the browser's by its time.
    const marked =
      fact.documentId === undefined
        ? this.tabs.committing(fact.tabId, fact.atMs, row?.visit)
        : Promise.resolve();
    const isBack = fact.qualifiers.includes('forward_back');
    const cameFromPage =
      fact.sameDocument || ['link', 'form_submit', 'manual_subframe'].includes(fact.transition);
    // A title that is still the one of the page before is not this page's; a single-page app may keep one for all its views.
    const { sensitive } = this.profile;
    const isOld = before?.title !== undefined && (await sensitive.title(tab.title)) === before.title;
    const title = isOld || tab.title === '' || fact.url.includes(tab.title) ? '' : tab.title;
    const search = searchOf(fact.url);
    const asked = search ? `${search.engine}\n${search.query}` : undefined;
    const searchTag = asked === undefined ? undefined : await sensitive.tag(`search ${asked}`);
    const events = captureNavigation(
      {
        url: fact.url,
        title: fact.sameDocument ? tab.title : title,
        atMs: fact.atMs,
        transition: fact.sameDocument && !isBack ? 'script' : transitionOf(fact.transition, fact.qualifiers),
        ...(cameFromPage ? await this.#referrer(tab, before, row) : {}),
        ...(asked === undefined || before?.search !== searchTag ? {} : { lastSearch: asked }),
      },
      policy,
    );
    if (this.#isRefused(events)) return this.#unkept(fact);
    const visit = await this.#store(events, known, { tabId: fact.tabId, marked });
    // A repeat.
    if (events.length > 0 && visit === null) return;
    await this.tabs.write(fact.tabId, {
      url: inMemory(fact.url),
      atMs: fact.atMs,
      kept: events.length > 0 ? keptNow(fact.url, policy) : NOT_KEPT,
      ...(fromPage ? { fromPage: true } : {}),
      ...(visit?.kind === 'visit'
        ? { visit: visit.id, memory: visit.level === 'ephemeral', title: visit.title }
        : {}),
      ...(searchTag === undefined ? {} : { search: searchTag }),
      ...(fact.documentId === undefined ? {} : { document: fact.documentId }),
      ...(before ? { last: { url: before.url, kept: before.kept, ...documentOf(before) } } : {}),
    });
    if (visit) this.onRecorded();
    // The title may have come while the visit was stored.
    const now = await tabById(fact.tabId);
    if (now) await this.#title(now, policy);
  }

  /** The page that the tab showed, or that its opener shows, where it was stored under its name and was not erased. */
  async #referrer(tab: TabFact, before: TabState | undefined, row: TabRow | undefined) {
    const { openerTabId } = tab;
    const isOpener = before === undefined && openerTabId !== undefined;
    const state = isOpener ? await this.tabs.read(openerTabId) : before;
    if (state?.visit === undefined || state.memory) return {};
    const shown = isOpener ? await this.profile.store.tab(openerTabId) : row;
    return shown?.visit === state.visit ? { referrer: state.url, referrerKept: state.kept } : {};
  }

  titled(tab: TabFact): Promise<void> {
    const policy = this.#policyNow();
    return policy && !tab.incognito ? this.#inTab(tab.id, () => this.#title(tab, policy)) : Promise.resolve();
  }

  async #title(tab: TabFact, policy: Settings): Promise<void> {
    const state = await this.tabs.read(tab.id);
    const row = await this.profile.store.tab(tab.id);
    const visit = state ? state.visit : row?.keepsTitle ? row.visit : undefined;
    if (visit === undefined || tab.title === '') return;
    if (state && inMemory(tab.url) !== state.url) return;
    const title = captureTitle(tab.url, tab.title, policy);
    // Until a page has a title the browser shows its address.
    if (
      title === null ||
      title === '' ||
      tab.url.endsWith(tab.title) ||
      tab.url.replace(/^https?:\/\/(www\.)?/, '').startsWith(tab.title)
    )
      return;
    const seen = await this.profile.sensitive.title(tab.title);
    if (seen === state?.title || !this.#rate.title(visit)) return;
    await this.#update(tab.id, { visit, url: tab.url, memory: state?.memory }, { title }, policy);
    if (state) await this.tabs.write(tab.id, { ...state, title: seen });
    this.onRecorded();
  }

  /** Adds active time to the visit that a tab shows. */
  spent(tabId: number, dwellMs: number): Promise<void> {
    return this.#inTab(tabId, async () => this.#credit(tabId, await this.tabs.read(tabId), dwellMs));
  }

  /** `state`: what the tab shows. What is written is queued when this returns. */
  async #credit(tabId: number, state: TabState | undefined, dwellMs: number): Promise<void> {
    const policy = this.#policyNow();
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
    const update: NewEvent = { kind: 'visit-update', visit, atMs: this.profile.clock.nowMs(), ...what };
    if (!memory && this.room.isFull()) return;
    const { sensitive, store } = this.profile;
    // Time alone has no words and is queued at once.
    const { events, pieces } =
      what.title === undefined ? { events: [update], pieces: [] } : await sensitive.redact([update]);
    const [event = update] = events;
    const stored = await this.profile.storing<unknown>(() =>
      memory
        ? this.ephemeral.append([event])
        : store.append({ event, shownIn: tabId, redacted: kindsOf(pieces) }),
    );
    if (stored !== null && !memory) await sensitive.count(pieces);
  }

  clicked(tab: TabFact, pageUrl: string, click: ClickFact, documentId?: string): Promise<void> {
    return this.#noted(this.#clicked(tab, pageUrl, click, documentId));
  }

  async #clicked(tab: TabFact, pageUrl: string, click: ClickFact, documentId?: string): Promise<void> {
    const policy = this.#policyNow();
    if (!policy || tab.incognito) return;
    const { target, role, text } = click;
    const known = this.#known(click.nonce);
    const pageKept = keptOf(await this.tabs.read(tab.id), pageUrl, documentId);
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
    if (events.length === 0 || this.#isRefused(events)) return;
    await this.#store(events, known);
    this.onRecorded();
  }

  /** Something was erased: tabs that show a page that is gone forget it. */
  async erased(): Promise<void> {
    for (const tabId of await this.tabs.known())
      await this.#inTab(tabId, async () => {
        const state = await this.tabs.read(tabId);
        if (state?.visit === undefined) return;
        const isThere = state.memory
          ? await this.ephemeral.holds(state.visit)
          : (await this.profile.store.tab(tabId))?.visit === state.visit;
        if (!isThere) await this.tabs.write(tabId, erased(state));
      });
  }

  async tabGone(tabId: number): Promise<void> {
    await this.#inTab(tabId, () => this.#forget(tabId));
    this.#turns.delete(tabId);
    this.#ordinary.delete(tabId);
  }

  async #forget(tabId: number): Promise<void> {
    await this.tabs.forget(tabId);
    await this.profile.store.forgetTab(tabId);
  }

  /** Whether a message was acted on while the level was `ephemeral`: asked for early, because the answer takes a while. */
  #known(nonce: string | undefined): Known {
    const inMemory = nonce === undefined ? Promise.resolve(false) : this.ephemeral.saw(nonce);
    // Whoever waits for it is told; nobody may.
    inMemory.catch(() => {});
    return { nonce, inMemory };
  }

  /**
   * Redacts, then stores all or none; `null` when nothing was. A repeat is known also when the level was another the first time. `marked`
   * comes before.
   */
  async #store(
    captured: readonly NewEvent[],
    { nonce, inMemory }: Known,
    { tabId, marked }: { readonly tabId?: number; readonly marked?: Promise<void> } = {},
  ): Promise<InteractionEvent | null> {
    const { store, sensitive } = this.profile;
    const { events, pieces } = await sensitive.redact(captured);
    const [event, ...also] = events;
    if (event === undefined || event.kind === 'visit-update') {
      await marked;
      return null;
    }
    const stored = await this.profile.storing(async () => {
      if (event.level === 'ephemeral') {
        await marked;
        return nonce !== undefined && (await store.saw(nonce))
          ? null
          : this.ephemeral.append([event, ...also], nonce);
      }
      const [isKnown] = await Promise.all([inMemory, marked]);
      if (isKnown) return null;
      const tab = tabId === undefined ? {} : { tab: { tabId, keepsTitle: event.kind === 'visit' } };
      const redacted = kindsOf(pieces);
      return store.append({ event, also, redacted, ...tab, ...(nonce === undefined ? {} : { nonce }) });
    });
    if (stored !== null && event.level !== 'ephemeral') await sensitive.count(pieces);
    return stored;
  }
}

interface AppearedPage {
  readonly startedMs: number;
  readonly nonce: string;
  readonly documentId: string | undefined;
}

interface ClickFact {
  readonly role: string;
  readonly text: string;
  readonly target?: string | undefined;
  readonly nonce: string;
}

interface ShownBefore {
  readonly state: TabState | undefined;
  readonly row: TabRow | undefined;
}

/** By which a repeat of a navigation is known: its document, or the page's own message. */
const nonceOf = ({ sameDocument, documentId }: CommittedFact, pageNonce?: string): string | undefined =>
  sameDocument || documentId === undefined ? pageNonce : `document:${documentId}`;

const kindsOf = (pieces: readonly FoundPiece[]) => pieces.map(({ kind }) => kind);

/** A message that may be a repeat. */
interface Known {
  readonly nonce: string | undefined;
  readonly inMemory: Promise<boolean>;
}
