/** What each tab shows, in the browser's memory: it outlives the worker and ends with the browser. */
import { cleanAddress } from '../../capture/address.ts';
import { type Kept, NOT_KEPT } from '../../capture/decide.ts';
import { redactAddress } from '../../capture/redact-address.ts';
import type { Area } from '../../platform/areas.ts';

/** A page in a tab, and how it was treated when it was opened. */
export interface Shown {
  /** As `inMemory` has it; empty where not even memory may name it. */
  readonly url: string;
  /** The browser's id of the document, also where nothing of it was kept. */
  readonly document?: string;
  readonly kept: Kept;
}

/** `visit` is absent where nothing was kept. */
export interface TabState extends Shown {
  /** When it committed, in ms. */
  readonly atMs: number;
  /** The page reported itself; the browser's report may still come. */
  readonly fromPage?: boolean;
  readonly visit?: string;
  readonly memory?: boolean;
  /** Redacted, like the title of its visit. */
  readonly title?: string;
  /** A keyed hash of the engine and the query. */
  readonly search?: string;
  /** The page before: a click on it may be told after the tab went on. */
  readonly last?: Shown;
}

/** A navigation that is being stored: at this time, over this visit in the tab's row. */
interface Committing {
  readonly atMs: number;
  readonly over?: string;
}

const TAB = 'tab:';
const COMMITTING = 'committing:';

export class TabStates {
  constructor(private readonly session: Area) {}

  async read(tabId: number): Promise<TabState | undefined> {
    return (await this.session.get(`${TAB}${tabId}`)) as TabState | undefined;
  }

  async write(tabId: number, state: TabState): Promise<void> {
    await this.session.set(`${TAB}${tabId}`, state);
    await this.session.remove(`${COMMITTING}${tabId}`);
  }

  async forget(tabId: number): Promise<void> {
    await this.session.remove(`${TAB}${tabId}`);
    await this.session.remove(`${COMMITTING}${tabId}`);
  }

  /** Before a visit is stored. The time is kept here because the store keeps none in the clear. */
  committing(tabId: number, atMs: number, over: string | undefined): Promise<void> {
    const mark: Committing = over === undefined ? { atMs } : { atMs, over };
    return this.session.set(`${COMMITTING}${tabId}`, mark);
  }

  /**
   * When the tab last committed something that was dealt with, in ms; 0 = unknown. `visit` is what its row shows now: a row
   * that changed says that the worker was stopped after storing, one that did not that it was stopped before.
   */
  async committedMs(tabId: number, visit: string | undefined): Promise<number> {
    const mark = (await this.session.get(`${COMMITTING}${tabId}`)) as Committing | undefined;
    const marked = mark && mark.over !== visit ? mark.atMs : 0;
    return Math.max(marked, (await this.read(tabId))?.atMs ?? 0);
  }

  async known(): Promise<number[]> {
    const keys = await this.session.keys();
    return keys.filter((key) => key.startsWith(TAB)).map((key) => Number(key.slice(TAB.length)));
  }
}

/** Its visit was erased: the tab is known, what it shows is not. */
export const erased = (state: TabState): TabState => ({
  url: '',
  atMs: state.atMs,
  kept: state.kept,
  ...documentOf(state),
});

/**
 * How the page that a message came from was treated; `undefined` when it is not known. Where documents have no ids, a page is
 * known by its address.
 */
export function keptOf(
  state: TabState | undefined,
  url: string,
  document: string | undefined,
): Kept | undefined {
  const isIt = (shown: Shown) =>
    document !== undefined && shown.document !== undefined
      ? shown.document === document
      : shown.url === '' || shown.url === inMemory(url);
  return [state, state?.last].find((shown) => shown !== undefined && isIt(shown))?.kept;
}

export const notKept = (atMs: number, document: string | undefined): TabState => ({
  url: '',
  atMs,
  kept: NOT_KEPT,
  ...(document === undefined ? {} : { document }),
});

export const documentOf = ({ document }: Pick<Shown, 'document'>) =>
  document === undefined ? {} : { document };

/** An address as the browser's memory may hold it: no fragment, no secret, nothing sensitive. */
export function inMemory(url: string): string {
  const address = cleanAddress(url);
  return address === null ? (url.split('#', 1)[0] ?? url) : redactAddress(address).url;
}
