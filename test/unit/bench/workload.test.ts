import { describe, expect, test } from 'vitest';
import { searchOf } from '../../../src/capture/search-engines.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { eventId } from '../../../src/storage/journal.ts';
import { parsePages } from '../../bench/page-pool.ts';
import { DAYS, DEVICE, days, LAST_DAY, type Workload } from '../../bench/workload.ts';
import { SAMPLE_PAGES } from './sample-pages.ts';

const EVENTS = 20_000;
const daysOf = (workload: Workload) => [...days(SAMPLE_PAGES, workload)];
const all = daysOf({ events: EVENTS });
const events = all.flatMap((day) => day.events);
const ofKind = <K extends InteractionEvent['kind']>(kind: K) =>
  events.filter((event): event is Extract<InteractionEvent, { kind: K }> => event.kind === kind);
const originOf = (url: string | undefined) => new URL(url ?? '').origin;

describe('the workload', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(daysOf({ events: 2_000, seed: 5 })).toEqual(daysOf({ events: 2_000, seed: 5 }));
    expect(daysOf({ events: 2_000, seed: 5 })).not.toEqual(daysOf({ events: 2_000, seed: 6 }));
  });

  test('has as many events as asked for, whatever their number', () => {
    for (const count of [1, 700, 1_461])
      expect(daysOf({ events: count }).flatMap((d) => d.events)).toHaveLength(count);
    expect(events).toHaveLength(EVENTS);
  });

  test('has all days in order, up to the last', () => {
    const names = all.map(({ day }) => day);
    expect(names).toHaveLength(DAYS);
    expect(names.at(-1)).toBe(LAST_DAY);
    expect(names[0]).toBe('2024-11-01');
    expect([...names].sort()).toEqual(names);
  });

  test('has events in order of time, in the waking hours of their day, with counters in that order', () => {
    // Collected and compared once: an assertion for each event takes seconds.
    const misplaced = all.flatMap(({ day, events: list }) =>
      list.filter(({ atMs }) => {
        const time = new Date(atMs).toISOString();
        return !time.startsWith(day) || time.slice(11, 13) < '07' || time.slice(11, 13) >= '23';
      }),
    );
    expect(misplaced).toEqual([]);
    const times = events.map(({ atMs }) => atMs);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => eventId(DEVICE, 1, i + 1)));
    expect(DEVICE).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  test('is 70 % visits, 10 % searches, 20 % clicks', () => {
    expect(ofKind('visit').length / EVENTS).toBeCloseTo(0.7, 3);
    expect(ofKind('search').length / EVENTS).toBeCloseTo(0.1, 3);
    expect(ofKind('click').length / EVENTS).toBeCloseTo(0.2, 3);
  });

  test('visits half of the time a page again, a recent one more often', () => {
    /** Which page in the order of their first visits. */
    const ranks = new Map<string, number>();
    const ages: number[] = [];
    const visits = ofKind('visit');
    for (const { url, title } of visits) {
      const page = `${url} ${title}`;
      const rank = ranks.get(page);
      if (rank === undefined) ranks.set(page, ranks.size);
      else ages.push((ranks.size - rank) / ranks.size);
    }
    expect(ages.length / visits.length).toBeGreaterThan(0.48);
    // Few pages of this small sample come out alike by chance.
    expect(ages.length / visits.length).toBeLessThan(0.56);
    const fromNewestFifth = ages.filter((age) => age < 0.2).length;
    expect(fromNewestFifth / ages.length).toBeGreaterThan(0.5);
  });

  test('clicks on pages that were visited earlier that day, towards the same host', () => {
    const clicks = { wrong: [] as InteractionEvent[], all: 0 };
    for (const { events: list } of all) {
      const visited = new Set<string>();
      for (const event of list) {
        if (event.kind === 'visit') visited.add(event.url);
        if (event.kind !== 'click') continue;
        clicks.all += 1;
        const { url, text, role, target } = event;
        const leads = role === 'link' ? originOf(target) === originOf(url) : target === undefined;
        if (!visited.has(url) || !leads || text === '' || text.length > 80) clicks.wrong.push(event);
      }
    }
    expect(clicks.all).toBe(ofKind('click').length);
    expect(clicks.wrong).toEqual([]);
  });

  test('searches as the extension would record them', () => {
    const searches = ofKind('search');
    expect(searches.map(({ url }) => searchOf(url))).toEqual(
      searches.map(({ engine, query }) => ({ engine, query })),
    );
  });

  test('stays on the hosts of the sample', () => {
    const origins = new Set(SAMPLE_PAGES.map(({ url }) => originOf(url)));
    const strangers = ofKind('visit').filter(({ url }) => !origins.has(originOf(url)));
    expect(strangers).toEqual([]);
  });
});

describe('the sample file', () => {
  test('is read without its head, and without lines that have no page', () => {
    const tsv = 'title\turl\nA page\thttps://a.example/x\nNo address\tnowhere\n\nOther\tftp://a.example/\n';
    expect(parsePages(tsv)).toEqual([{ title: 'A page', url: 'https://a.example/x' }]);
  });
});
