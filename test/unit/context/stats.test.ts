/**
 * Statistics from summaries are those of a plain recount; they are cached only while they are true.
 *
 * Over 300 lines, because each way of asking is compared with one recount.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, dayOf, HOUR_MS } from '../../../src/base/clock.ts';
import { foldEvents, type InteractionRecord, recordKind } from '../../../src/model/interaction.ts';
import { hostOf } from '../../../src/model/page.ts';
import { type ContextStats, daysOfPeriod } from '../../../src/model/stats.ts';
import { LocalStore } from '../../../src/storage/local-store.ts';
import {
  type ContextProfile,
  clickAt,
  contextProfile,
  searchAt,
  visitAt,
} from '../../support/context-profile.ts';
import { eventsOfOneDay } from '../../support/some-events.ts';

let both: ContextProfile;
let now: number;
beforeEach(async () => {
  both = await contextProfile();
  now = both.profile.nowMs;
});

const zero = () => ({ visit: 0, search: 0, click: 0 });

/** Record by record, in the plainest way. `records`: oldest first. */
function recount(records: readonly InteractionRecord[]) {
  const byType = zero();
  const byHour = Array.from({ length: 24 }, zero);
  const days = new Map<string, ReturnType<typeof zero>>();
  const sites = new Map<string, number>();
  let sessions = 0;
  let totalMs = 0;
  let endMs = Number.NEGATIVE_INFINITY;
  for (const record of records) {
    const kind = recordKind(record);
    byType[kind] += 1;
    const hour = byHour[new Date(record.atMs).getUTCHours()] as ReturnType<typeof zero>;
    hour[kind] += 1;
    const day = days.get(dayOf(record.atMs)) ?? zero();
    day[kind] += 1;
    days.set(dayOf(record.atMs), day);
    const host = record.kind === 'reduced' ? '' : hostOf(record.url);
    if (host !== '') sites.set(host, (sites.get(host) ?? 0) + 1);
    const untilMs = record.atMs + (record.kind === 'visit' ? Math.floor(record.dwellMs) : 0);
    if (record.atMs - endMs > 30 * 60_000) {
      sessions += 1;
      totalMs += untilMs - record.atMs;
      endMs = untilMs;
    } else {
      totalMs += Math.max(0, untilMs - endMs);
      endMs = Math.max(endMs, untilMs);
    }
  }
  return { byType, byHour, days, sites, sessions, totalMs, endMs };
}

it('equal a plain recount, over a change of month and midnight, packed or not', {
  timeout: 120_000,
}, async () => {
  const starts = [0, 1, 2, 24, 25].map((back) => Math.floor(now / DAY_MS) * DAY_MS - back * DAY_MS);
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(...starts.map((start) => eventsOfOneDay(start, 15))),
      fc.subarray([...starts.keys()]),
      async (days, packed) => {
        both = await contextProfile();
        const { store } = both.profile;
        const records: InteractionRecord[] = [];
        for (const [index, events] of [...days.entries()].reverse()) {
          // Whole ms: summaries keep no fractions, and sums of what is cut differ.
          const whole = events
            .map((event) =>
              event.kind === 'visit-update' && event.dwellMs !== undefined
                ? { ...event, dwellMs: Math.floor(event.dwellMs) % DAY_MS }
                : event,
            )
            // The same id names one event, also over days.
            .map((event) => ({ ...event, id: event.id.replace('.', `.${index}`) }))
            .map((event) =>
              event.kind === 'visit-update'
                ? { ...event, visit: event.visit.replace('.', `.${index}`) }
                : event,
            );
          if (whole.length > 0) await store.addEvents(dayOf(starts[index] as number), whole);
          records.push(...foldEvents(whole));
          if (packed.includes(index)) await store.pack(true);
        }
        const plain = recount(records);
        const stats = await both.storage.getContextStats('all');
        expect(stats.totalInteractions).toBe(records.length);
        expect(stats.byType).toEqual(plain.byType);
        expect(stats.byHour).toEqual(plain.byHour);
        expect(stats.byDay.map(({ day, dwellMs: _, ...counts }) => [day, counts])).toEqual([...plain.days]);
        expect(new Map(stats.topSites.map((s) => [s.site, s.visit + s.search + s.click]))).toEqual(
          plain.sites,
        );
        const counts = stats.topSites.map((s) => s.visit + s.search + s.click);
        expect(counts).toEqual([...counts].sort((a, b) => b - a));
        expect(stats.sessions).toEqual({
          count: plain.sessions,
          totalMs: plain.totalMs,
          averageMs: plain.sessions === 0 ? 0 : plain.totalMs / plain.sessions,
        });
        expect(stats.lastActive?.getTime() ?? Number.NEGATIVE_INFINITY).toBe(plain.endMs);
        expect(await both.storage.getContextStats('all')).toEqual(stats);
        store.close();
      },
    ),
    { numRuns: 60 },
  );
});

describe('a period', () => {
  it('has so many UTC days with today in it', async () => {
    await both.storage.saveInteractions(
      [0, 6, 7, 29, 30, 364, 365].map((back) => visitAt(now - back * DAY_MS)),
    );
    const total = async (period: Parameters<typeof both.storage.getContextStats>[0]) =>
      (await both.storage.getContextStats(period)).totalInteractions;
    expect([await total('day'), await total('week'), await total('month'), await total('year')]).toEqual([
      1, 2, 4, 6,
    ]);
    expect(await total('all')).toBe(7);
    expect(await total({ from: new Date(now - 7 * DAY_MS), to: new Date(now - 6 * DAY_MS) })).toBe(2);
  });
  it('of everything begins and ends with data', async () => {
    expect((await both.storage.getContextStats('all')).lastActive).toBeNull();
    await both.storage.saveInteractions([visitAt(now - 9 * DAY_MS), visitAt(now - DAY_MS)]);
    const { period } = await both.storage.getContextStats('all');
    expect(period).toEqual({ firstDay: dayOf(now - 9 * DAY_MS), lastDay: dayOf(now - DAY_MS) });
  });
  it.each([
    'century' as never,
    { from: new Date(2), to: new Date(1) },
    { from: new Date(NaN), to: new Date(1) },
  ])('is not %j', async (period) => {
    expect(() => daysOfPeriod(period, now)).toThrow(TypeError);
    await expect(both.storage.getContextStats(period)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('the cache', () => {
  let last: { readonly hits: number; readonly misses: number };
  const rows = async () => (await both.profile.store.derived.names('models')).sort();
  /** Whether statistics came out of it. */
  async function cached(
    period: Parameters<typeof both.storage.getContextStats>[0] = 'month',
  ): Promise<boolean> {
    const before = (await both.storage.cacheStats()).l2;
    await both.storage.getContextStats(period);
    last = (await both.storage.cacheStats()).l2;
    return last.hits > before.hits;
  }
  beforeEach(async () => {
    await both.storage.saveInteractions([visitAt(now - 3 * DAY_MS), visitAt(now)]);
    expect(await cached()).toBe(false);
    expect(await cached()).toBe(true);
  });

  it('gives the same, also after a restart, and reads no day', async () => {
    const fresh = await both.storage.getContextStats('month');
    await both.reopen();
    let rowsRead = -1;
    expect(await both.storage.getContextStats('month', { metrics: (m) => (rowsRead = m.rowsRead) })).toEqual(
      fresh,
    );
    expect(rowsRead).toBe(0);
  });
  it('forgets after 24 hours, and when the clock was set back', async () => {
    both.profile.nowMs += 10 * 60_000;
    expect(await cached({ from: new Date(0), to: new Date(now) })).toBe(false);
    const sameDays = { from: new Date(0), to: new Date(now) };
    both.profile.nowMs += DAY_MS - 1;
    expect(await cached(sameDays)).toBe(true);
    both.profile.nowMs += 1;
    expect(await cached(sameDays)).toBe(false);
    both.profile.nowMs -= HOUR_MS;
    expect(await cached(sameDays)).toBe(false);
  });
  it('forgets at a change of its days, and only then', async () => {
    await both.storage.saveInteractions([visitAt(now - 90 * DAY_MS)]);
    expect(await cached()).toBe(true);
    await both.storage.saveInteractions([clickAt(now - 3 * DAY_MS)]);
    expect(await cached()).toBe(false);
    const event = {
      kind: 'visit',
      atMs: now,
      level: 'private',
      url: 'https://a.example/',
      title: '',
      transition: 'link',
    } as const;
    await both.profile.store.append({ event });
    expect(await cached()).toBe(false);
    expect((await both.storage.getContextStats('month')).totalInteractions).toBe(4);
  });
  it('forgets at an erasure, even when the day looks as before', async () => {
    const [before] = await both.profile.store.db.getAll('packs');
    const ofThatDay = () => both.profile.store.fingerprint(dayOf(now - 3 * DAY_MS), dayOf(now - 3 * DAY_MS));
    const fingerprint = await ofThatDay();
    expect(await ofThatDay()).toBe(fingerprint);
    await both.profile.store.erase(({ atMs }) => atMs < now - DAY_MS);
    await both.storage.saveInteractions([visitAt(now - 3 * DAY_MS, 'https://b.example/')]);
    const [after] = await both.profile.store.db.getAll('packs');
    expect(after?.days).toEqual(before?.days);
    expect(await ofThatDay()).not.toBe(fingerprint);
    expect(await cached()).toBe(false);
    const { topSites } = await both.storage.getContextStats('month');
    expect(topSites.map(({ site }) => site).sort()).toEqual(['a.example', 'b.example']);
  });
  it.each([
    ['one', {}],
    ['two at once', { also: [1] }],
  ])('is true to what was appended while it was made: %s', async (_, { also = [] }: { also?: number[] }) => {
    const event = (n: number) => ({
      kind: 'visit' as const,
      atMs: now + n,
      level: 'private' as const,
      url: `https://a.example/${n}`,
      title: '',
      transition: 'link' as const,
    });
    await both.reopen();
    const { store } = both.profile;
    const { transaction } = IDBDatabase.prototype;
    let reader: Promise<unknown[]> | undefined;
    // A reader begins when the event is being written.
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      const begun = transaction.apply(this, args);
      if (!reader && args[1] === 'readwrite' && [...args[0]].includes('journal'))
        reader = Promise.resolve().then(() =>
          Promise.all([both.storage.getContextStats('all'), store.recordCount()]),
        );
      return begun;
    });
    await store.append({ event: event(10), also: also.map(event) });
    vi.restoreAllMocks();
    await reader;
    const total = async () => (await both.storage.getContextStats('all')).totalInteractions;
    const { store: before } = both.profile;
    const truth = async () => {
      before.forget();
      return before.recordCount();
    };
    const shown = [await total(), await store.recordCount()];
    expect(shown).toEqual(Array(2).fill(await truth()));
    await both.reopen();
    await both.profile.store.append({ event: event(20) });
    expect(await total()).toBe(await both.profile.store.recordCount());
  });
  it('is emptied by hand, and by an erasure at once', async () => {
    expect(await rows()).toEqual(['stats/month']);
    await both.storage.purgeCaches();
    expect(await rows()).toEqual([]);
    expect(await cached()).toBe(false);
    await both.profile.store.erase(({ atMs }) => atMs === now);
    expect(await rows()).toEqual([]);
  });
  it('does not trust a row that does not open, or is not what was written', async () => {
    const { store } = both.profile;
    const row = await store.db.get('models', [both.storage.userId, 'stats/month']);
    if (!row) throw new Error('not cached');
    await both.storage.getContextStats('year');
    await store.db.put('models', { ...row, name: 'stats/year' });
    expect(await cached('year')).toBe(false);
    const read = (await store.derived.read('models', 'stats/month')) as { stats: ContextStats };
    const wrong = { ...read, stats: { ...read.stats, totalInteractions: 'many' } };
    await store.derived.write('models', [{ name: 'stats/month', value: wrong }]);
    expect(await cached()).toBe(false);
  });
  it('keeps few rows, however many periods are asked for', async () => {
    for (let back = 0; back < 40; back++)
      await both.storage.getContextStats({ from: new Date(now - back * DAY_MS), to: new Date(now) });
    expect((await rows()).length).toBe(32);
  });
  it('counts hits and misses of both levels over restarts', async () => {
    await both.storage.saveInteractions([searchAt(now - 40 * DAY_MS, 'x')]);
    await both.storage.compactDatabase();
    await both.storage.getContextStats('year');
    await both.storage.purgeCaches();
    await both.storage.getContextStats('year');
    const before = await both.storage.cacheStats();
    expect(before.l1.misses).toBeGreaterThan(0);
    expect(before.l2).toEqual({ hits: 1, misses: 3 });
    await both.storage.close();
    await both.reopen();
    expect(await both.storage.cacheStats()).toEqual(before);
    expect(await both.profile.store.db.get('metadata', 'cache_stats')).toEqual(before);
  });
});

it('open no event of days that lie in one pack', async () => {
  await both.storage.saveInteractions(
    [20, 19, 18, 0].flatMap((ago) => [visitAt(now - ago * DAY_MS), clickAt(now - ago * DAY_MS)]),
  );
  await both.profile.store.pack(true);
  await both.reopen();
  await both.profile.store.append({
    event: {
      kind: 'visit',
      atMs: now,
      level: 'private',
      url: 'https://later.example/',
      title: '',
      transition: 'link',
    },
  });
  const opened = vi.spyOn(LocalStore.prototype, 'eventsOfDay');
  const { byType } = await both.storage.getContextStats('month');
  expect(byType.visit).toBe(5);
  expect(new Set(opened.mock.calls.map(([day]) => day))).toEqual(new Set([dayOf(now)]));
});
