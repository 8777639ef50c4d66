/** Our own engine as a subject: the store that the real background of the extension has open. */
import { opening } from '../../src/background/main.ts';
import { dayOf } from '../../src/base/clock.ts';
import type { InteractionEvent, NewEvent } from '../../src/model/interaction.ts';
import type { FoundPage } from '../../src/model/page-query.ts';
import { totalOf } from '../../src/model/summary.ts';
import type { LocalStore } from '../../src/storage/local-store.ts';
import type { Query } from './queries.ts';
import { type Exported, type Hits, JsonCounter, type Subject } from './subject.ts';

class Arq implements Subject {
  #opened: LocalStore | undefined;

  get #store() {
    if (!this.#opened) throw new Error('open it first');
    return this.#opened;
  }

  async open(): Promise<void> {
    this.#opened = (await opening.ready()).profile.store;
  }

  async ingest(batch: readonly InteractionEvent[]): Promise<void> {
    const days = new Map<string, InteractionEvent[]>();
    for (const event of batch) {
      const day = days.get(dayOf(event.atMs));
      if (day) day.push(event);
      else days.set(dayOf(event.atMs), [event]);
    }
    await this.#store.addDays(days);
  }

  async append({ id: _, ...event }: InteractionEvent): Promise<void> {
    await this.#store.append({ event: event as NewEvent });
  }

  finish(): Promise<void> {
    return this.#store.compact();
  }

  /** Pages, as people see them: the newest visit of each counts. A word finds what begins with it, also where others mean it whole. */
  async search({ words }: Query, limit: number): Promise<Hits> {
    const pages: FoundPage[] = [];
    for await (const found of this.#store.findPages({ words }, { once: true })) {
      pages.push(found);
      if (pages.length === limit) break;
    }
    return { count: pages.length, newestMs: pages[0]?.atMs ?? 0 };
  }

  statsDays(firstDay: string, lastDay: string): Promise<ReadonlyMap<string, number>> {
    return countsByDay(this.#store, firstDay, lastDay);
  }

  async exportJson(): Promise<Exported> {
    const counter = new JsonCounter();
    for await (const { records } of this.#store.recordsByDay('oldest')) counter.add(records);
    return counter.result();
  }

  /** The background keeps it open until the browser ends. */
  async close(): Promise<void> {
    this.#opened = undefined;
  }
}

/** By day, as the other subjects count; with sites, as the product's statistics of a period have them, it takes longer. */
export async function countsByDay(store: LocalStore, firstDay: string, lastDay: string) {
  const counts = new Map<string, number>();
  for await (const { day, summary } of store.summariesByDay(firstDay, lastDay, { sites: false }))
    counts.set(
      day,
      summary.hours.reduce((sum, hour) => sum + totalOf(hour), 0),
    );
  return counts;
}

export const makeArq: () => Subject = () => new Arq();
