/** What is promised of statistics, the segment, the profile and what queries tell of their cost. */
import { DAY_MS, dayOf } from '../../src/base/clock.ts';
import type { QueryMetrics } from '../../src/model/query.ts';
import type { TimePeriod } from '../../src/model/stats.ts';
import { clickAt, reducedAt, searchAt, someContext, visitAt } from '../support/some-interactions.ts';
import { type Check, equal, isTypeError, rejects } from './check.ts';

export const STATISTICS_CHECKS: readonly Check[] = [
  {
    name: 'a period has so many UTC days with today in it, packed or not',
    async run({ storage, profile: { nowMs } }) {
      await storage.saveInteractions(
        [0, 6, 7, 29, 30, 364, 365].map((back) => visitAt(nowMs - back * DAY_MS)),
      );
      const free = { from: new Date(nowMs - 7 * DAY_MS), to: new Date(nowMs - 6 * DAY_MS) };
      for (const packed of [false, true]) {
        if (packed) await storage.compactDatabase();
        await storage.purgeCaches();
        const totals = [];
        for (const period of ['day', 'week', 'month', 'year', 'all', free] satisfies TimePeriod[])
          totals.push((await storage.getContextStats(period)).totalInteractions);
        equal(totals, [1, 2, 4, 6, 7, 2], `packed ${packed}`);
      }
      const { period } = await storage.getContextStats('all');
      equal(period, { firstDay: dayOf(nowMs - 365 * DAY_MS), lastDay: dayOf(nowMs) });
    },
  },
  {
    name: 'statistics count by type, day, hour and site, and add up time and sessions',
    async run({ storage, profile: { nowMs } }) {
      await storage.saveInteractions([
        visitAt(nowMs - DAY_MS, 'https://a.example/', { dwellMs: 60_000 }),
        searchAt(nowMs - DAY_MS + 60_000, 'x'),
        clickAt(nowMs),
        reducedAt(nowMs, 'search'),
      ]);
      for (const packed of [false, true]) {
        if (packed) await storage.compactDatabase();
        await storage.purgeCaches();
        const stats = await storage.getContextStats('all');
        equal(stats.byType, { visit: 1, search: 2, click: 1 });
        equal(
          stats.byDay.map(({ day, ...counts }) => [day, counts]),
          [
            [dayOf(nowMs - DAY_MS), { visit: 1, search: 1, click: 0, dwellMs: 60_000 }],
            [dayOf(nowMs), { visit: 0, search: 1, click: 1, dwellMs: 0 }],
          ],
        );
        equal(stats.byHour[12], { visit: 1, search: 2, click: 1 });
        equal(
          stats.topSites.map(({ site, visit, search, click }) => [site, visit, search, click]),
          [
            ['a.example', 1, 0, 1],
            ['duckduckgo.com', 0, 1, 0],
          ],
        );
        equal([stats.dwellMs, stats.sessions], [60_000, { count: 2, totalMs: 60_000, averageMs: 30_000 }]);
        equal(stats.lastActive, new Date(nowMs));
      }
    },
  },
  {
    name: 'statistics are true at once after something was saved, erased, or a day went by',
    async run({ storage, profile }) {
      const total = async () => (await storage.getContextStats('day')).totalInteractions;
      equal(await total(), 0);
      await storage.saveInteractions([visitAt(profile.nowMs), visitAt(profile.nowMs, 'https://b.example/')]);
      equal([await total(), await total()], [2, 2]);
      await profile.store.erase((record) => record.kind === 'visit' && record.url.includes('b.example'));
      equal(await total(), 1);
      profile.nowMs += DAY_MS;
      equal(await total(), 0);
    },
  },
  {
    name: 'what is no period is refused',
    async run({ storage }) {
      for (const wrong of ['century' as never, { from: new Date(2), to: new Date(1) }])
        await rejects(storage.getContextStats(wrong), isTypeError);
    },
  },
  {
    name: 'the segment is unknown while there is little, and then follows what is done',
    async run({ storage, profile: { nowMs } }) {
      equal(await storage.computeUserSegment(), 'unknown');
      await storage.saveInteractions(
        Array.from({ length: 60 }, (_, i) => searchAt(nowMs - (i % 5) * DAY_MS - i, `query ${i}`)),
      );
      equal(await storage.computeUserSegment(), 'researcher');
    },
  },
  {
    name: 'the profile has the totals of now and keeps what was chosen over a restart',
    async run(both) {
      const { nowMs } = both.profile;
      await both.storage.saveInteractions([
        visitAt(nowMs - DAY_MS, undefined, { dwellMs: 20_000 }),
        visitAt(nowMs),
      ]);
      await both.storage.changePreferences({ theme: 'dark', dataRetentionDays: 90 });
      await rejects(both.storage.changePreferences({ dataRetentionDays: 91 as never }), isTypeError);
      const { totalInteractions, theme, userId } = await both.storage.profile();
      equal([totalInteractions, theme, userId], [2, 'dark', both.storage.userId]);
      await both.reopen();
      equal((await both.storage.preferences()).dataRetentionDays, 90);
      equal((await both.storage.profile()).createdAt, new Date(nowMs));
    },
  },
  {
    name: 'every query tells what it cost, and statistics come out of the cache the second time',
    async run({ storage, profile: { nowMs } }) {
      await storage.saveInteractions([visitAt(nowMs)]);
      const told: QueryMetrics[] = [];
      const metrics = (cost: QueryMetrics) => void told.push(cost);
      await storage.getContextStats('week', { metrics });
      await storage.getContextStats('week', { metrics });
      equal(
        told.map(({ rowsRead, rowsReturned }) => [rowsRead, rowsReturned]),
        [
          [1, 1],
          [0, 1],
        ],
      );
      equal((told[1]?.cacheHits ?? 0) > 0, true, 'a hit of the cache');
      equal(storage.queryTotals().count, 3);
      await storage.saveContext(someContext(storage.userId, 1, nowMs));
      told.length = 0;
      await storage.loadContext(someContext(storage.userId, 1, nowMs).id, { metrics });
      await storage.loadContext(someContext(storage.userId, 2, nowMs).id, { metrics });
      await storage.latestContext(storage.userId, { metrics });
      await storage.contextCount({ metrics });
      await storage.profile({ metrics });
      equal(
        told.map(({ rowsRead, rowsReturned }) => [rowsRead, rowsReturned]),
        [
          [1, 1],
          [0, 0],
          [1, 1],
          [1, 1],
          [1, 1],
        ],
        'contexts, their number, and the profile, for which a day is read',
      );
    },
  },
];
