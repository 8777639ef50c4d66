/** What the health page is told: counted and measured, also over a stop of the worker; forgetting what is cached. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { servePort } from '../../../src/background/ports.ts';
import { countDropped } from '../../../src/background/services/drops.ts';
import { recordsOfPage, search } from '../../../src/background/services/search.ts';
import { DAY_MS } from '../../../src/base/clock.ts';
import type { QueryMetrics } from '../../../src/model/query.ts';
import { STORE_NAMES } from '../../../src/options/health-words.ts';
import type { PagePort } from '../../../src/platform/runtime.ts';
import { failWrites } from '../../support/fail-write.ts';
import { fake } from '../../support/fake-browser.ts';
import { waitFor } from '../../support/wait-for.ts';
import { START_MS, Worker } from '../../support/worker.ts';

const MINUTE_MS = 60_000;
let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  worker.end();
});

const report = () => worker.send('health.get', {});
const context = () => worker.services.profile.context;

describe('the figures', () => {
  it('of an empty store are all nothing, and nothing is claimed', async () => {
    const empty = await report();
    expect(empty).toMatchObject({
      madeMs: START_MS,
      records: 0,
      days: 0,
      contexts: 0,
      queries: { count: 0, p50Ms: 0, p95Ms: 0, rowsRead: 0, rowsReturned: 0 },
      person: { totalInteractions: 0, sessions: 0, averageSessionMs: 0, segment: 'unknown' },
      unreadable: [],
      damagedRows: 0,
      droppedMessages: 0,
    });
    for (const absent of ['firstDay', 'lastDay', 'latest', 'compactedMs', 'loss'])
      expect(empty).not.toHaveProperty(absent);
    expect(empty.person).not.toHaveProperty('lastActiveMs');
  });

  it('are told on a full disk, too', async () => {
    await worker.visit(1, 'https://a.example/1');
    failWrites();
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await report()).toMatchObject({ records: 1, person: { totalInteractions: 1 }, unreadable: [] });
    expect(logged).toHaveBeenCalled();
  });

  it('are those of what was recorded', async () => {
    await worker.send('device.seen', { width: 1280, height: 800, theme: 'system' });
    await worker.visit(1, 'https://a.example/1');
    worker.pass(3 * DAY_MS);
    await worker.visit(1, 'https://duckduckgo.com/?q=whales');
    worker.pass(4 * MINUTE_MS);
    await worker.visit(1, 'https://a.example/2');
    await worker.click(1);
    await worker.services.contexts.tick();
    const lastMs = Date.now();
    await worker.store.pack(true);
    await worker.visit(1, 'https://a.example/3');
    worker.pass(MINUTE_MS);
    const told = await report();
    expect(told).toMatchObject({
      records: 6,
      days: 2,
      firstDay: '2026-11-24',
      lastDay: '2026-11-27',
      contexts: 1,
      latest: {
        madeMs: lastMs,
        searches: 1,
        visits: 3,
        clicks: 1,
        device: 'unknown, unknown, screen 1280x800',
      },
      person: {
        totalInteractions: 6,
        sessions: 2,
        averageSessionMs: 2 * MINUTE_MS,
        lastActiveMs: lastMs,
        createdMs: START_MS + 3 * DAY_MS + 4 * MINUTE_MS,
        segmentRule: expect.stringContaining('Fewer than 50'),
      },
    });
    expect(told.sizes).toEqual({ ...(await worker.store.sizes()), profiles: expect.any(Number) });
    expect(Object.values(told.sizes).filter((bytes) => bytes > 0).length).toBeGreaterThanOrEqual(4);
    expect(told.memory.maxBytes).toBe(worker.store.cache.maxBytes);
  });

  it('have a name on the page for each store', async () => {
    expect(Object.keys(STORE_NAMES).sort()).toEqual(Object.keys((await report()).sizes).sort());
  });

  it('say what is damaged, lost and refused', async () => {
    await worker.visit(1, 'https://a.example/');
    await worker.services.contexts.tick();
    const { db, vault } = worker.store;
    const [row] = await db.getAll('journal');
    if (!row) throw new Error('nothing recorded');
    await db.put('journal', { ...row, box: new Uint8Array(row.box.length) });
    await countDropped();
    worker.store.loss = { what: 'some', beforeMs: 7 };
    for (const key of await db.getAllKeys('contexts')) {
      const one = await db.get('contexts', key);
      if (one && key[1] !== 'latest')
        await db.put('contexts', { ...one, box: new Uint8Array(one.box.length) });
    }
    await db.put('profiles', { userId: vault.userId, name: 'profile', box: new Uint8Array(64) });
    await worker.restart();
    worker.store.loss = { what: 'some', beforeMs: 7 };
    await worker.send('records.search', { text: '', limit: 10 });
    const told = await report();
    expect(told).toMatchObject({
      damagedRows: 1,
      droppedMessages: 1,
      loss: { what: 'some', beforeMs: 7 },
      unreadable: ['profile', 'context'],
    });
    expect(told).not.toHaveProperty('person');
    expect(told).not.toHaveProperty('latest');
  });
});

describe('queries', () => {
  const counted = async (ask: () => Promise<unknown>) => {
    const before = context().queryTotals();
    await ask();
    const after = context().queryTotals();
    return [
      after.count - before.count,
      after.rowsRead - before.rowsRead,
      after.rowsReturned - before.rowsReturned,
    ];
  };
  beforeEach(async () => {
    await worker.visit(1, 'https://a.example/1');
    await worker.visit(1, 'https://a.example/2');
    await worker.send('rules.set', { host: 'memory.example', capture: 'full', level: 'ephemeral' });
    await worker.visit(2, 'https://memory.example/');
  });

  it('of every sort are counted with what they read and gave', async () => {
    expect(await counted(() => worker.send('records.search', { text: '', limit: 2 }))).toEqual([1, 3, 2]);
    expect(await counted(() => worker.send('page.current', {}))).toEqual([1, 3, 1]);
    const site = { what: 'site', host: 'a.example' } as const;
    expect(await counted(() => worker.send('erase.count', { target: site }))).toEqual([1, 3, 2]);
    const page = { what: 'page', url: 'https://a.example/1' } as const;
    expect(await counted(() => worker.erase(page))).toEqual([1, 3, 1]);
  });

  it('that are exports, too', async () => {
    const said: { kind: string }[] = [];
    let hear: (message: unknown) => void = () => {};
    const port = {
      name: 'export',
      sender: { id: 'test', url: 'chrome-extension://test/x.html', origin: 'chrome-extension://test' },
      post: (message: { kind: string }) => {
        said.push(message);
        if (message.kind === 'chunk') queueMicrotask(() => hear({ next: true }));
      },
      onMessage: (handler: typeof hear) => {
        hear = handler;
      },
      onDisconnect() {},
      disconnect() {},
    };
    const rows = await counted(async () => {
      servePort(port as unknown as PagePort, {
        exporting: async () => worker.services,
        importing: async () => Promise.reject(new Error('no')),
        budget: async () => worker.services.budget,
        watch: () => () => {},
        onDrop() {},
      });
      hear({ format: 'json', site: 'a.example' });
      await waitFor('the end of the export', () => said.at(-1)?.kind === 'done');
    });
    expect(rows).toEqual([1, 2, 2]);
  });

  it('tell their metrics to who asked', async () => {
    const { profile, ephemeral } = worker.services;
    const told: QueryMetrics[] = [];
    const options = { metrics: (one: QueryMetrics) => void told.push(one) };
    await search(profile, ephemeral, { text: 'a', limit: 9 }, options);
    await recordsOfPage(profile, ephemeral, { url: 'https://a.example/1', limit: 9 }, options);
    expect(told).toMatchObject([{ rowsReturned: 2 }, { rowsReturned: 1 }]);
  });

  it('are counted on when the worker is stopped, and anew when the browser starts', async () => {
    await worker.send('records.search', { text: 'a', limit: 2 });
    await worker.send('records.search', { text: 'b', limit: 2 });
    const { queries } = await report();
    expect(queries).toMatchObject({ count: 2, rowsReturned: 2 });
    const asked = context().queryTotals().count;
    await waitFor(
      'the counts to be kept',
      () => (fake.session.values.get('queries') as { count?: number })?.count === asked,
    );
    await worker.restart();
    expect((await report()).queries).toMatchObject({ count: asked });
    await worker.restartBrowser();
    expect((await report()).queries.count).toBe(0);
  });

  it('that were just counted are not lost when the store is closed', async () => {
    await worker.send('records.search', { text: 'a', limit: 2 });
    await worker.restart();
    expect((await report()).queries).toMatchObject({ count: 1, rowsReturned: 2 });
  });

  it('fill the caches, whose hits outlive the browser; forgetting them empties both', async () => {
    await worker.store.pack(true);
    await worker.send('records.search', { text: 'a', limit: 9 });
    await worker.send('records.search', { text: 'a', limit: 9 });
    await report();
    const before = await report();
    expect(before.caches.l1.hits).toBeGreaterThan(0);
    expect(before.caches.l2.hits).toBeGreaterThan(0);
    expect(before.memory.bytes).toBeGreaterThan(0);
    await worker.restartBrowser();
    expect((await context().cacheStats()).l1.hits).toBeGreaterThanOrEqual(before.caches.l1.hits);
    await worker.send('records.search', { text: 'a', limit: 9 });
    const misses = (await report()).caches.l2.misses;
    const purged = await worker.send('caches.purge', {});
    // All that this report asked for had to be made again.
    expect(purged.caches.l2.misses).toBe(misses);
    expect((await report()).caches.l2.misses).toBeGreaterThan(misses);
  });
});

describe('the master key', () => {
  it('is to be renewed after a year, which is said until it was done, and nothing is lost by it', async () => {
    await worker.send('consent.set', { accepted: true });
    await worker.visit(1, 'https://a.example/1');
    const code = async () => (await worker.send('status.get', {})).health.code;
    expect(await code()).toBe('ok');
    worker.pass(364 * DAY_MS);
    expect(await code()).toBe('ok');
    worker.pass(2 * DAY_MS);
    expect(await code()).toBe('keys-old');
    const before = (await worker.send('status.get', {})).keysSinceMs ?? 0;
    const after = await worker.send('keys.renew', {});
    expect(after.health.code).toBe('ok');
    expect((after.keysSinceMs ?? 0) - before).toBeGreaterThan(365 * DAY_MS);
    await worker.restart();
    expect(await code()).toBe('ok');
    expect((await worker.send('records.search', { text: '', limit: 9 })).hits).toHaveLength(1);
  });
});
