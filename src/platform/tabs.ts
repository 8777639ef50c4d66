/** Tabs and navigation as plain facts. Every `on…` registers a listener and must be called while the worker starts. */
import browser, { type Tabs } from 'webextension-polyfill';
import { extensionRoot } from './runtime.ts';

export interface TabFact {
  readonly id: number;
  readonly url: string;
  readonly title: string;
  readonly incognito: boolean;
  readonly openerTabId?: number;
  readonly lastAccessed: number;
}

const fact = (tab: Tabs.Tab): TabFact | undefined =>
  tab.id === undefined
    ? undefined
    : {
        id: tab.id,
        url: tab.url ?? '',
        title: tab.title ?? '',
        incognito: tab.incognito,
        ...(tab.openerTabId === undefined ? {} : { openerTabId: tab.openerTabId }),
        lastAccessed: tab.lastAccessed ?? 0,
      };

/** `undefined` when the tab is gone. */
export async function tabById(id: number): Promise<TabFact | undefined> {
  try {
    return fact(await browser.tabs.get(id));
  } catch {
    return undefined;
  }
}

export async function allTabs(): Promise<TabFact[]> {
  return (await browser.tabs.query({})).flatMap((tab) => fact(tab) ?? []);
}

/** The web page in front: the active tab, or, when that is a page of ours, the web page that was in front last. */
export async function currentWebTab(): Promise<TabFact | undefined> {
  const [active] = (await browser.tabs.query({ active: true, lastFocusedWindow: true })).flatMap(
    (tab) => fact(tab) ?? [],
  );
  if (active && !active.url.startsWith(extensionRoot())) return active;
  return (await allTabs())
    .filter((tab) => /^https?:/.test(tab.url))
    .sort((a, b) => b.lastAccessed - a.lastAccessed)[0];
}

export const openTab = async (url: string): Promise<void> => void (await browser.tabs.create({ url }));

export interface CommittedFact {
  readonly tabId: number;
  readonly url: string;
  readonly atMs: number;
  readonly transition: string;
  readonly qualifiers: readonly string[];
  readonly sameDocument: boolean;
  /** Chromium, and newer Firefox. */
  readonly documentId?: string;
}

interface Details {
  readonly tabId: number;
  readonly frameId: number;
  readonly url: string;
  readonly timeStamp: number;
  readonly transitionType?: string;
  readonly transitionQualifiers?: readonly string[];
  readonly documentId?: string;
  /** Chromium: `prerender` pages were not seen by anybody yet. */
  readonly documentLifecycle?: string;
}

function committed(details: Details, sameDocument: boolean): CommittedFact | undefined {
  if (details.frameId !== 0 || details.documentLifecycle === 'prerender') return undefined;
  return {
    tabId: details.tabId,
    url: details.url,
    atMs: Math.floor(details.timeStamp),
    transition: details.transitionType ?? 'link',
    qualifiers: details.transitionQualifiers ?? [],
    sameDocument,
    ...(details.documentId === undefined ? {} : { documentId: details.documentId }),
  };
}

/** A top-level page was committed, or a single-page app changed its address. The handler's promise holds the worker. */
export function onNavigation(handler: (fact: CommittedFact) => Promise<void>): void {
  const web = { url: [{ schemes: ['http', 'https'] }] };
  const listen = (sameDocument: boolean) => (details: unknown) => {
    const known = committed(details as Details, sameDocument);
    return known && handler(known);
  };
  browser.webNavigation.onCommitted.addListener(listen(false), web);
  browser.webNavigation.onHistoryStateUpdated.addListener(listen(true), web);
}

export const onTitle = (handler: (tab: TabFact) => Promise<void>): void =>
  browser.tabs.onUpdated.addListener((_id, change, tab) => {
    const known = fact(tab);
    return change.title !== undefined && known ? handler(known) : undefined;
  });

export const onTabCreated = (handler: (tab: TabFact) => Promise<void>): void =>
  browser.tabs.onCreated.addListener((tab) => {
    const known = fact(tab);
    return known && handler(known);
  });

export const onTabRemoved = (handler: (tabId: number) => Promise<void>): void =>
  browser.tabs.onRemoved.addListener((id) => handler(id));

/** The tab in front changed, or no tab is in front any more (`undefined`). */
export function onFocus(handler: (tabId: number | undefined) => Promise<void>): void {
  browser.tabs.onActivated.addListener(async ({ tabId, windowId }) => {
    const window = await browser.windows.get(windowId).catch(() => undefined);
    if (window?.focused !== false) await handler(tabId);
  });
  browser.windows.onFocusChanged.addListener(async (windowId) => {
    if (windowId === browser.windows.WINDOW_ID_NONE) return handler(undefined);
    const [active] = await browser.tabs.query({ active: true, windowId });
    return handler(active?.id);
  });
}

/** After so many seconds without the person the browser says that they are away. */
const IDLE_S = 60;

/** True when the person is there; otherwise for how long they are not. */
export function onPresence(handler: (present: boolean, forMs: number) => Promise<void>): void {
  browser.idle.setDetectionInterval(IDLE_S);
  // A screen that is locked is told at once.
  browser.idle.onStateChanged.addListener((state) =>
    handler(state === 'active', state === 'idle' ? IDLE_S * 1_000 : 0),
  );
}

/** Starts our content script in a tab that was open before it could start by itself. */
export async function injectContentScript(tabId: number): Promise<void> {
  const scripts = browser.runtime.getManifest().content_scripts?.[0]?.js ?? [];
  await browser.scripting.executeScript({ target: { tabId }, files: scripts }).catch(() => {
    // Pages of the browser, of stores and of other extensions refuse scripts.
  });
}
