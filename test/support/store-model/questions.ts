/** What is asked of the store and of the model: the same answers. */
import { expect } from 'vitest';
import { dayOf } from '../../../src/base/clock.ts';
import { foldEvents } from '../../../src/model/interaction.ts';
import { newestFirst, type PageQuery, pagesFound } from '../../../src/model/page-query.ts';
import { summaryOf } from '../../../src/model/summary.ts';
import type { DaySummary } from '../../../src/storage/statistics.ts';
import { DAYS, foldByDay, ofDay, recordsIn, startOf, stubsOf, type World } from './world.ts';

export interface Question {
  run(world: World): Promise<void>;
  toString(): string;
}

/** Of equal time the order is open. */
const comparable = (found: readonly { page: { url: string }; atMs: number; count: number }[]) =>
  found.map(({ page, atMs, count }) => `${atMs} ${page.url} ${count}`).sort();

export class Find implements Question {
  constructor(readonly query: PageQuery) {}
  async run({ profile, events }: World) {
    const expected = DAYS.flatMap((day) => {
      const sorted = ofDay(events, day).sort((a, b) => a.atMs - b.atMs);
      return pagesFound(sorted, this.query);
    });
    const found = [];
    for await (const one of profile.store.findPages(this.query)) found.push(one);
    expect(comparable(found)).toEqual(comparable(newestFirst(expected)));
    const days = found.map(({ atMs }) => startOf(atMs));
    expect(days).toEqual([...days].sort((a, b) => b - a));
    // Each page once is the newest of each.
    const newest = new Map<string, (typeof found)[number]>();
    for (const one of found) if (!newest.has(one.page.url)) newest.set(one.page.url, one);
    const once = [];
    for await (const one of profile.store.findPages(this.query, { once: true })) once.push(one);
    expect(comparable(once)).toEqual(comparable([...newest.values()]));
    const daysOnce = once.map(({ atMs }) => startOf(atMs));
    expect(daysOnce).toEqual([...daysOnce].sort((a, b) => b - a));
  }
  toString = () => `find ${JSON.stringify(this.query)}`;
}

export class ReadAll implements Question {
  async run(world: World) {
    const { profile, events } = world;
    const all = await recordsIn(profile);
    expect(all).toEqual(foldByDay(events));
    expect(await profile.store.recordCount()).toBe(all.length);
    expect(await profile.store.archivedDays()).toEqual(stubsOf(world));
  }
  toString = () => 'read all';
}

export class Summarise implements Question {
  async run({ profile, events }: World) {
    const days = [...DAYS].reverse();
    const expected = days.flatMap((day) => {
      const own = ofDay(events, day);
      return own.length === 0 ? [] : [{ day: dayOf(day), summary: summaryOf(foldEvents(own)) }];
    });
    const [first = 0, last = 0] = [days[0], days.at(-1)];
    const found = [];
    for await (const one of profile.store.summariesByDay(dayOf(first), dayOf(last), { sites: true }))
      found.push(one);
    expect(whole(found)).toEqual(whole(expected));
  }
  toString = () => 'summarise';
}

/** Digests keep whole ms; sites in one order. */
const whole = (summaries: readonly DaySummary[]) =>
  summaries.map(({ day, summary: { hours, spans, sites, dwellMs } }) => ({
    day,
    hours,
    dwellMs: Math.floor(dwellMs),
    spans: spans.map(({ fromMs, toMs }) => [fromMs, Math.floor(toMs)]),
    sites: [...sites]
      .map(([host, site]) => ({ host, ...site, dwellMs: Math.floor(site.dwellMs) }))
      .sort((a, b) => (a.host < b.host ? -1 : 1)),
  }));
