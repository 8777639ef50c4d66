/**
 * The background's own way of recording as a subject of which live events and counts are asked: an event goes
 * through the functions that the browser's report of a navigation and a page's message of a click go through (main.ts,
 * handlers.ts), from their start until its first write is durable. What they do afterwards (telling the popup, keeping in
 * memory what the tab shows) runs before the next event begins, and is not measured.
 */
import browser from 'webextension-polyfill';
import { createHandlers } from '../../src/background/handlers.ts';
import { opening } from '../../src/background/main.ts';
import { systemClock } from '../../src/base/clock.ts';
import { randomId, randomUuid } from '../../src/base/random.ts';
import type { InteractionEvent } from '../../src/model/interaction.ts';
import { countsByDay } from './arq.ts';
import type { Subject } from './subject.ts';

const unasked = () => Promise.reject(new Error('Only live events are asked of the background.'));

/** A tab that is there, as the recorder wants to see it. */
async function someTab(): Promise<number> {
  const [tab] = await browser.tabs.query({});
  if (tab?.id === undefined) throw new Error('The browser has no tab.');
  return tab.id;
}

class ArqLive implements Subject {
  readonly #handlers = createHandlers(opening);
  #unwrap: () => void = () => {};
  #tabId = 0;
  #page = { url: 'https://bench.example/', documentId: '' };
  #stored: () => void = () => {};
  #handled: Promise<void> = Promise.resolve();

  async open(): Promise<void> {
    const [{ profile }, tabId] = await Promise.all([opening.ready(), someTab()]);
    this.#tabId = tabId;
    const { store } = profile;
    const append = store.append.bind(store);
    store.append = async (what) => {
      const event = await append(what);
      this.#stored();
      return event;
    };
    this.#unwrap = () => {
      store.append = append;
    };
    if (!profile.recording()) await profile.change({ consent: 'accepted', pause: { kind: 'none' } });
  }

  append(event: InteractionEvent): Promise<void> {
    const durable = new Promise<void>((resolve) => {
      this.#stored = resolve;
    });
    this.#handled = this.#handle(event);
    // What is not kept is never durable.
    return Promise.race([durable, this.#handled]);
  }

  settled(): Promise<void> {
    return this.#handled;
  }

  async #handle(event: InteractionEvent): Promise<void> {
    if (event.kind === 'click') return this.#click(event.role, event.text, event.target);
    if (event.kind !== 'visit' && event.kind !== 'search') return unasked();
    this.#page = { url: event.url, documentId: randomUuid() };
    const { recorder } = await opening.ready();
    await recorder.navigated({
      ...this.#page,
      tabId: this.#tabId,
      atMs: systemClock.nowMs(),
      transition: event.kind === 'search' ? 'form_submit' : 'link',
      qualifiers: [],
      sameDocument: false,
    });
  }

  async #click(role: string, text: string, target: string | undefined): Promise<void> {
    const { url, documentId } = this.#page;
    const click = { role, text, nonce: randomId(), ...(target === undefined ? {} : { target }) };
    const tab = { id: this.#tabId, url, title: 'Bench', incognito: false };
    await this.#handlers['event.click'](click, { tab, url, documentId, frameId: 0 } as never);
  }

  async close(): Promise<void> {
    this.#unwrap();
  }

  async statsDays(firstDay: string, lastDay: string): Promise<ReadonlyMap<string, number>> {
    return countsByDay((await opening.ready()).profile.store, firstDay, lastDay);
  }

  ingest = unasked;
  finish = unasked;
  search = unasked;
  exportJson = unasked;
}

export const makeArqLive = (): Subject => new ArqLive();
