/** The profile is true whenever it is read; maintenance; what queries cost. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { percentile, QueryLog } from '../../../src/context/metrics.ts';
import type { PrivacyLevel } from '../../../src/model/privacy.ts';
import type { QueryMetrics } from '../../../src/model/query.ts';
import type { SealedRow } from '../../../src/storage/schema.ts';
import { eventsOf, tablesOf } from '../../../src/storage/vault.ts';
import { type ContextProfile, contextProfile, visitAt } from '../../support/context-profile.ts';

let both: ContextProfile;
let now: number;
let level: PrivacyLevel;
beforeEach(async () => {
  level = 'private';
  both = await contextProfile({ privacyLevel: () => level });
  now = both.profile.nowMs;
});

describe('the profile', () => {
  it('begins with defaults that share nothing', async () => {
    expect(await both.storage.profile()).toEqual({
      userId: both.storage.userId,
      createdAt: new Date(now),
      lastUpdated: new Date(now),
      privacyLevel: 'private',
      language: 'de',
      timezone: 'Europe/Berlin',
      theme: 'system',
      dataRetentionDays: 'forever',
      autoLearn: true,
      learningIntensity: 'medium',
      sharingLevel: 'none',
      totalInteractions: 0,
      averageSessionDuration: 0,
      lastActiveDate: new Date(now),
    });
  });

  it('follows what is saved, erased, chosen; it is updated only when something changed', async () => {
    await both.storage.profile();
    await both.storage.saveInteractions([
      visitAt(now - DAY_MS, 'https://a.example/', { dwellMs: 60_000 }),
      visitAt(now - 5 * DAY_MS, 'https://a.example/', { dwellMs: 20_000 }),
    ]);
    both.profile.nowMs += 1000;
    level = 'anonymous';
    const changed = await both.storage.profile();
    expect(changed).toMatchObject({
      createdAt: new Date(now),
      lastUpdated: new Date(now + 1000),
      privacyLevel: 'anonymous',
      totalInteractions: 2,
      averageSessionDuration: 40_000,
      lastActiveDate: new Date(now - DAY_MS + 60_000),
    });
    both.profile.nowMs += 1000;
    await both.reopen();
    expect(await both.storage.profile()).toEqual(changed);
    await both.storage.changePreferences({ theme: 'dark' });
    expect(await both.storage.profile()).toMatchObject({ theme: 'dark', lastUpdated: new Date(now + 2000) });
    await both.profile.store.erase(({ atMs }) => atMs < now - 2 * DAY_MS);
    expect(await both.storage.profile()).toMatchObject({
      totalInteractions: 1,
      averageSessionDuration: 60_000,
    });
  });

  it('lies sealed under the names of the seed, and is found by its index', async () => {
    await both.storage.changePreferences({ language: 'secretword' });
    await both.storage.profile();
    const rows = await both.profile.store.db.getAllFromIndex('profiles', 'userId', both.storage.userId);
    expect(rows.map(({ name }) => name)).toEqual(['preferences', 'profile']);
    expect(rows.map(({ box }) => Buffer.from(box).toString('latin1')).join()).not.toContain('secretword');
  });

  it('keeps choices over a restart and refuses what is none', async () => {
    await both.storage.changePreferences({ dataRetentionDays: 90 });
    await expect(both.storage.changePreferences({ dataRetentionDays: 91 as never })).rejects.toBeInstanceOf(
      TypeError,
    );
    await both.reopen();
    expect(await both.storage.preferences()).toMatchObject({ dataRetentionDays: 90, language: 'de' });
  });

  it('is made anew from a stored row that is none', async () => {
    await both.profile.store.writeNamed('profile', { userId: 1 });
    await both.profile.store.writeNamed('preferences', 'x');
    expect(await both.storage.profile()).toMatchObject({ totalInteractions: 0, theme: 'system' });
  });
});

describe('compacting', () => {
  it('packs today, merges every month that is over, loses nothing', async () => {
    const { store } = both.profile;
    await both.storage.saveInteractions([1, 2, 3, 40].map((back) => visitAt(now - back * DAY_MS)));
    await store.append({
      event: {
        kind: 'visit',
        atMs: now,
        level: 'private',
        url: 'https://t.example/',
        title: '',
        transition: 'link',
      },
    });
    const before = await both.storage.queryInteractions({});
    await both.storage.compactDatabase();
    expect(await store.db.count('journal')).toBe(0);
    const packs = await store.db.getAll('packs');
    expect(packs.filter(({ key }) => key === 'day').map(({ date }) => date)).toEqual([dayOf(now)]);
    expect(await both.storage.queryInteractions({})).toEqual(before);
    await both.storage.compactDatabase();
    await both.reopen();
    expect(await both.storage.queryInteractions({})).toEqual(before);
  });

  it('removes rows and keys that belong to nothing, and no others', async () => {
    const { store } = both.profile;
    await both.storage.saveInteractions([visitAt(now - 40 * DAY_MS)]);
    await both.storage.compactDatabase();
    const [block] = await store.db.getAll('interactions');
    const [table] = await store.db.getAll('tables');
    if (!block || !table) throw new Error('nothing there');
    await store.db.put('interactions', { ...block, seq: 77 });
    await store.db.put('tables', { ...table, date: '2001-02-01' });
    await store.vault.currentKey(tablesOf('2001-02-01'));
    await store.vault.currentKey(eventsOf('2001-02-03'));
    await both.storage.compactDatabase();
    expect(await store.db.get('interactions', [block.userId, block.date, block.type, 77])).toBeUndefined();
    expect(new Set((await store.db.getAll('tables')).map(({ date }) => date))).toEqual(new Set([table.date]));
    expect((await store.keys.ring()).filter(({ day }) => day.startsWith('2001'))).toEqual([]);
    await both.reopen();
    expect(await both.storage.queryInteractions({})).toHaveLength(1);
  });

  it('leaves no scratch behind and moves the key ring to another database', async () => {
    const names = async () => (await indexedDB.databases()).map(({ name }) => name).sort();
    expect(await names()).toEqual(['arq-beside-1', 'arq-data', 'arq-keys-1']);
    await both.storage.compactDatabase();
    expect(await names()).toEqual(['arq-beside-2', 'arq-data', 'arq-keys-2']);
  });
});

it('the size is that of everything sealed, and falls with what is erased', async () => {
  const { store } = both.profile;
  expect(await both.storage.estimateSize()).toBe(0);
  await both.storage.saveInteractions([visitAt(now)]);
  await both.storage.saveContext(await both.storage.currentContext());
  await both.storage.profile();
  await store.writeNote('note', 'of an import, or of archives');
  await store.db.put('sealed', { ...({} as SealedRow), n: 1, box: new Uint8Array(100) });
  let bytes = 0;
  for (const name of store.db.objectStoreNames)
    for (const row of await store.db.getAll(name as 'profiles' | 'metadata')) {
      const sealed = row instanceof Uint8Array ? row : Object(row).box;
      bytes += sealed?.length ?? 0;
    }
  expect(await both.storage.estimateSize()).toBe(bytes);
  await store.erase(() => true, true);
  expect(await both.storage.estimateSize()).toBeLessThan(bytes / 2);
});

describe('what queries cost', () => {
  it('is told for each and summed up over all, over the last 500 for times', async () => {
    let clockMs = 0;
    const log = new QueryLog(
      () => ({ hits: 0, misses: 0 }),
      () => clockMs,
    );
    const told: QueryMetrics[] = [];
    for (let ms = 0; ms <= 600; ms++)
      await log.measure({ metrics: (m) => told.push(m) }, async (tally) => {
        clockMs += ms;
        tally.rowsRead += 2;
        tally.rowsReturned += 1;
      });
    expect(told[600]).toEqual({
      executionTime: 600,
      rowsRead: 2,
      rowsReturned: 1,
      cacheHits: 0,
      cacheMisses: 0,
    });
    expect(log.totals()).toEqual({ count: 601, p50Ms: 350, p95Ms: 575, rowsRead: 1202, rowsReturned: 601 });
    await expect(log.measure({}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(log.totals().count).toBe(602);
  });
  it('go on from what an earlier log counted', async () => {
    const first = new QueryLog(() => ({ hits: 0, misses: 0 }));
    first.add({ count: 700, rowsRead: 70, rowsReturned: 7, timesMs: Array(500).fill(1000) });
    let told = 0;
    first.onQuery = () => {
      told += 1;
    };
    await first.measure({}, async () => {});
    const second = new QueryLog(() => ({ hits: 0, misses: 0 }));
    await second.measure({}, async () => {});
    second.add(JSON.parse(JSON.stringify(first.state())));
    expect(second.totals()).toMatchObject({ count: 702, p50Ms: 1000, rowsRead: 70, rowsReturned: 7 });
    expect([second.state().timesMs.length, told]).toEqual([500, 1]);
  });
  it('by nearest rank', () => {
    expect([percentile([], 0.5), percentile([7], 0.95), percentile([1, 2, 3, 4], 0.5)]).toEqual([0, 7, 2]);
  });
  it('is told for what is refused, and for what is nothing', async () => {
    const told: QueryMetrics[] = [];
    const metrics = (m: QueryMetrics) => void told.push(m);
    const { storage } = both;
    expect(await storage.listContexts(storage.userId, 0, { metrics })).toEqual([]);
    for (const refused of [
      () => storage.listContexts(storage.userId, -1, { metrics }),
      () => storage.queryInteractions({ limit: -1 }, { metrics }),
      () => storage.interactionsCursor({ site: '?' }, { metrics }).next(),
      () => storage.saveContext({} as never, { keep: 0, metrics }),
      () => storage.archiveOldData(new Date(Number.NaN), { metrics, sink: () => {} }),
      () => storage.archiveOldData(new Date(), { metrics }),
    ])
      await expect(refused()).rejects.toBeInstanceOf(TypeError);
    expect(told).toHaveLength(7);
    expect(told.every(({ rowsRead, rowsReturned }) => rowsRead === 0 && rowsReturned === 0)).toBe(true);
  });
  it('an archive as the seed asks for it, without a place to keep it, is refused in words', async () => {
    await expect(both.storage.archiveOldData(new Date(now))).rejects.toThrow('needs a sink');
  });
  it('tells of caches', async () => {
    const told: QueryMetrics[] = [];
    const metrics = (m: QueryMetrics) => void told.push(m);
    await both.storage.getContextStats('week', { metrics });
    await both.storage.getContextStats('week', { metrics });
    expect(told.map(({ cacheHits, cacheMisses }) => [cacheHits, cacheMisses])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(both.storage.queryTotals().count).toBe(2);
  });
  it('of caches are written once, and not again while nothing was counted', async () => {
    await both.storage.getContextStats('week');
    await both.storage.flush();
    const { db } = both.profile.store;
    const first = await db.get('metadata', 'cache_stats');
    expect(first).toEqual(await both.storage.cacheStats());
    await db.delete('metadata', 'cache_stats');
    await both.storage.flush();
    expect(await db.get('metadata', 'cache_stats')).toBeUndefined();
  });
});
