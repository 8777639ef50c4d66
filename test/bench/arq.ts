/** Our own engine as a subject. It lives in the background of the extension, where its users' one runs. */
import { Profile } from '../../src/background/services/profile.ts';
import { dayOf } from '../../src/base/clock.ts';
import type { InteractionEvent, NewEvent } from '../../src/model/interaction.ts';
import type { FoundPage } from '../../src/model/page-query.ts';
import { totalOf } from '../../src/model/summary.ts';
import type { LocalStore } from '../../src/storage/local-store.ts';
import type { Query } from './queries.ts';
import { type Exported, type Hits, JsonCounter, type Subject } from './subject.ts';

class Arq implements Subject {
  #profile: Profile | undefined;

  get #store() {
    if (!this.#profile) throw new Error('open it first');
    return this.#profile.store;
  }

  async open(): Promise<void> {
    this.#profile = await Profile.open({ onBlocked() {}, onClosed() {} });
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

  /** Compacting but for its last step: that replaces the key ring, which the background beside this has open. */
  async finish(): Promise<void> {
    await this.#store.pack(true);
    await this.#store.mergeAll();
  }

  /** Pages, as people see them: the newest visit of each counts. A word finds what begins with it, also where others mean it whole. */
  async search({ words }: Query, limit: number): Promise<Hits> {
    const pages = new Map<string, FoundPage>();
    for await (const found of this.#store.findPages({ words })) {
      if (!pages.has(found.page.url)) pages.set(found.page.url, found);
      if (pages.size === limit) break;
    }
    const [newest] = pages.values();
    return { count: pages.size, newestMs: newest?.atMs ?? 0 };
  }

  statsDays(firstDay: string, lastDay: string): Promise<ReadonlyMap<string, number>> {
    return countsByDay(this.#store, firstDay, lastDay);
  }

  async exportJson(): Promise<Exported> {
    const counter = new JsonCounter();
    for await (const { records } of this.#store.recordsByDay('oldest')) counter.add(records);
    return counter.result();
  }

  async close(): Promise<void> {
    this.#store.close();
    this.#profile = undefined;
  }
}

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
