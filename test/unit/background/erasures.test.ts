/**
 * Deleting: hidden at once, undone within ten seconds, carried out after that whatever happens to the worker, and logged.
 *
 * Over 300 lines, because a deletion is followed from being asked for to its last trace.
 */
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { everyMinute } from '../../../src/background/minute.ts';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { CARRIED_OUT, UNDO_MS } from '../../../src/model/purge.ts';
import { PartlyErasedError } from '../../../src/storage/database.ts';
import { eventsOf } from '../../../src/storage/vault.ts';
import { fake } from '../../support/fake-browser.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { someContext } from '../../support/some-interactions.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

const site = { what: 'site', host: 'gone.example' } as const;
const shown = async (text: string) =>
  (await worker.send('records.search', { text, limit: 50 })).hits.map(({ url }) => url).sort();
const status = () => worker.send('status.get', {});
const generations = () => worker.store.vault.generations(eventsOf(dayOf(START_MS)));
const steps = async () =>
  (await worker.send('erase.log', {})).entries.map(({ step, kind }) => `${kind} ${step}`);

/** Two pages of the site and one of another. */
async function record(): Promise<void> {
  await worker.visit(1, 'https://gone.example/a', { title: 'hello gone' });
  await worker.visit(2, 'https://sub.gone.example/b', { title: 'hello gone too' });
  await worker.visit(3, 'https://kept.example/', { title: 'hello kept' });
}

/** What a page, another extension, a file or the service could get. */
async function everywhere(): Promise<unknown[]> {
  const { services } = worker;
  const { context, store } = services.profile;
  const seen: unknown[] = [
    await worker.send('records.search', { text: '', limit: 200 }),
    await worker.records(),
    await context.queryInteractions({}),
    { ...(await context.currentContext()), id: '', timestamp: '' },
    await context.getContextStats('all'),
    await store.eventsOfDay(dayOf(START_MS)),
    await services.ephemeral.records(),
  ];
  for await (const { summary } of store.summariesByDay('0000-01-01', '9999-12-31', { sites: true }))
    seen.push([...summary.sites.keys()]);
  return JSON.parse(JSON.stringify(seen)) as unknown[];
}

describe('what is deleted', () => {
  it('is hidden at once, everywhere, while its keys and rows are still there', async () => {
    await record();
    const known = generations();
    expect(await worker.send('erase.run', { target: site })).toEqual({ count: 2 });
    expect(await shown('hello')).toEqual(['https://kept.example/']);
    expect(JSON.stringify(await everywhere())).not.toContain('gone');
    expect((await status()).recordCount).toBe(1);
    expect((await status()).erasing).toMatchObject({ count: 2, kind: 'site', leftMs: UNDO_MS });
    expect(generations()).toBe(known);
    expect(await worker.store.days()).toEqual([dayOf(START_MS)]);
  });

  it('is no site of the list of sizes, and comes back there too', async () => {
    await record();
    await worker.store.pack(true);
    await worker.visit(3, 'https://gone.example/later', { title: 'not packed' });
    const hosts = async () => (await worker.send('budget.sites', {})).map(({ host }) => host).sort();
    const all = ['gone.example', 'kept.example', 'sub.gone.example'];
    expect(await hosts()).toEqual(all);
    const undo = async () => worker.send('erase.undo', { id: (await status()).erasing?.id ?? '' });
    await worker.send('erase.run', { target: site });
    expect(await hosts()).toEqual(['kept.example']);
    await undo();
    expect(await hosts()).toEqual(all);
    // Also what is not called a site; where something of it is shown it is there.
    await worker.send('erase.run', { target: { what: 'page', url: 'https://kept.example/' } });
    expect(await hosts()).toEqual(['gone.example', 'sub.gone.example']);
    await undo();
    await worker.send('erase.run', { target: { what: 'page', url: 'https://gone.example/a' } });
    expect(await hosts()).toEqual(all);
    await undo();
    await worker.send('erase.run', { target: { what: 'all' } });
    expect(await hosts()).toEqual([]);
  });

  it('is also what was reported before and is being stored just then', async () => {
    await record();
    // Nobody waits for it.
    const storing = worker.visit(4, 'https://gone.example/now', { title: '' });
    const erasing = worker.send('erase.run', { target: site });
    await Promise.all([storing, erasing]);
    expect(await shown('')).toEqual(['https://kept.example/']);
    await worker.send('erase.finish', {});
    await worker.restart();
    expect(await shown('')).toEqual(['https://kept.example/']);
  });

  it('leaves saved contexts too, and comes back in them', async () => {
    await record();
    const { context } = worker.services.profile;
    const line = 'https://gone.example/a';
    const saved = someContext(context.userId, 1, START_MS, { recentVisits: [line, 'https://kept.example/'] });
    await context.saveContext(saved);
    const lines = async () => (await context.loadContext(saved.id))?.recentVisits;
    await worker.send('erase.run', { target: site });
    expect(await lines()).toEqual(['https://kept.example/']);
    await worker.send('erase.undo', { id: (await status()).erasing?.id ?? '' });
    expect(await lines()).toEqual([line, 'https://kept.example/']);
    await worker.send('erase.run', { target: { what: 'all' } });
    expect([await lines(), await context.listContexts(context.userId, 9)]).toEqual([undefined, []]);
    await worker.send('erase.undo', { id: (await status()).erasing?.id ?? '' });
    expect(await lines()).toEqual([line, 'https://kept.example/']);
    await worker.erase(site);
    expect(await lines()).toEqual(['https://kept.example/']);
  });

  it('comes back as it was when it is undone, also from packs, and nothing is left of it', async () => {
    await record();
    await worker.store.compact();
    const before = await everywhere();
    await worker.send('erase.run', { target: site });
    const { erasing } = await status();
    await worker.send('erase.undo', { id: erasing?.id ?? '' });
    expect(await everywhere()).toEqual(before);
    expect((await status()).erasing).toBeUndefined();
    worker.pass(UNDO_MS * 10);
    await worker.services.erasures.tick();
    await worker.restart();
    expect(await everywhere()).toEqual(before);
    expect(await steps()).toEqual(['site flagged', 'site undone']);
  });

  it('is gone after ten seconds, and its keys with it', async () => {
    await record();
    const rows = await worker.store.db.getAll('journal');
    await worker.send('erase.run', { target: site });
    worker.pass(UNDO_MS - 1);
    await worker.services.erasures.tick();
    expect(await steps()).toEqual(['site flagged']);
    worker.pass(1);
    await worker.services.erasures.tick();
    expect(await steps()).toEqual(CARRIED_OUT.map((step) => `site ${step}`));
    expect(await worker.events()).not.toContainEqual(
      expect.objectContaining({ url: expect.stringContaining('gone') }),
    );
    // A copy of the rows from before opens nowhere.
    for (const row of rows) await worker.store.db.put('journal', row);
    await worker.restart();
    expect(await shown('gone')).toEqual([]);
  });

  it('cannot be undone any more then, nor by the id of another deletion', async () => {
    await record();
    await worker.send('erase.run', { target: site });
    const id = (await status()).erasing?.id ?? '';
    await expect(worker.send('erase.undo', { id: 'another' })).rejects.toThrow(/too late/);
    await worker.send('erase.finish', {});
    await expect(worker.send('erase.undo', { id })).rejects.toThrow(/too late/);
    expect(await shown('gone')).toEqual([]);
  });

  it('is settled by a second deletion, which can be undone alone', async () => {
    await record();
    await worker.send('erase.run', { target: site });
    await worker.send('erase.run', { target: { what: 'all' } });
    expect(await shown('')).toEqual([]);
    await worker.send('erase.undo', { id: (await status()).erasing?.id ?? '' });
    expect(await shown('')).toEqual(['https://kept.example/']);
  });
});

describe('a worker that is stopped meanwhile', () => {
  it('hides it again at its next start, and it can still be undone', async () => {
    await record();
    const before = await everywhere();
    await worker.send('erase.run', { target: site });
    await worker.restart();
    expect(JSON.stringify(await everywhere())).not.toContain('gone');
    await worker.send('erase.undo', { id: (await status()).erasing?.id ?? '' });
    expect(await everywhere()).toEqual(before);
  });

  it('carries it out at a start after the time is over, also when the clock was set back', async () => {
    for (const passed of [UNDO_MS, -60_000]) {
      await record();
      await worker.send('erase.run', { target: site });
      worker.pass(passed);
      await worker.restart();
      await worker.services.erasures.settle();
      expect(JSON.stringify(await everywhere())).not.toContain('gone');
      expect((await steps()).slice(-5)).toEqual(CARRIED_OUT.map((step) => `site ${step}`));
    }
  });

  it('is woken by an alarm for it', async () => {
    await record();
    await worker.send('erase.run', { target: site });
    expect(fake.alarms.has('erase')).toBe(true);
    await worker.send('erase.finish', {});
    expect(fake.alarms.has('erase')).toBe(false);
  });
});

describe('what comes while everything waits to be deleted', () => {
  it('is shown, and stays', async () => {
    await record();
    await worker.store.compact();
    await worker.send('erase.run', { target: { what: 'all' } });
    await worker.visit(4, 'https://new.example/', { title: 'hello new' });
    expect(await shown('hello')).toEqual(['https://new.example/']);
    expect((await status()).recordCount).toBe(1);
    await worker.send('erase.finish', {});
    await worker.title(4, 'hello newer');
    expect(await shown('newer')).toEqual(['https://new.example/']);
    await worker.restart();
    expect(await shown('')).toEqual(['https://new.example/']);
    expect((await status()).recordCount).toBe(1);
  });

  it('stays also when the clock stands still or goes back', async () => {
    await record();
    await worker.send('erase.run', { target: { what: 'all' } });
    worker.pass(-3_600_000);
    await worker.visit(4, 'https://new.example/');
    await worker.send('erase.finish', {});
    expect(await shown('')).toEqual(['https://new.example/']);
  });
});

describe('what lives in memory only', () => {
  it('is hidden, comes back, and goes', async () => {
    await worker.set({ level: 'ephemeral' });
    await worker.visit(1, 'https://gone.example/secret');
    await worker.send('erase.run', { target: site });
    expect(await worker.services.ephemeral.records()).toEqual([]);
    await worker.send('erase.undo', { id: (await status()).erasing?.id ?? '' });
    expect(await worker.services.ephemeral.records()).toHaveLength(1);
    await worker.erase(site);
    expect(await worker.services.ephemeral.records()).toEqual([]);
    expect(JSON.stringify([...fake.session.values])).not.toContain('secret');
  });
});

describe('everything a search finds', () => {
  const visit = (url: string, n: number, title = 'hello'): InteractionEvent => ({
    kind: 'visit',
    id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n}`,
    atMs: START_MS - n * 3_600_000,
    level: 'private',
    url,
    title,
    transition: 'link',
  });
  const add = async (...events: InteractionEvent[]) => {
    for (const event of events) await worker.store.addDays(new Map([[dayOf(event.atMs), [event]]]));
  };

  it('is deleted: pages wholly, however old; the others stay', async () => {
    await add(
      visit('https://a.example/', 1),
      visit('https://a.example/', 60, 'another title'),
      visit('https://b.example/', 30),
      visit('https://c.example/', 2, 'other'),
    );
    const target = { what: 'found', text: 'hello' } as const;
    expect((await worker.send('erase.count', { target })).count).toBe(3);
    expect(await worker.erase(target)).toEqual({ count: 3 });
    expect(await shown('')).toEqual(['https://c.example/']);
    expect((await steps())[0]).toBe('search flagged');
  });

  it('is deleted within its filters only', async () => {
    await add(
      visit('https://a.example/', 1),
      visit('https://a.example/', 60),
      visit('https://b.example/', 30),
    );
    const target = { what: 'found', text: 'hello', fromMs: START_MS - 40 * 3_600_000 } as const;
    expect(await worker.erase(target)).toEqual({ count: 2 });
    expect((await worker.records()).map(({ id }) => id)).toEqual(['AAAAAAAAAAAAAAAAAAAAAA.1.60']);
  });

  it('is refused when it is more than others can be told of, and nothing is deleted', async () => {
    const events = Array.from({ length: 2_001 }, (_, n) => visit(`https://many.example/${n}`, 1));
    await worker.store.addEvents(
      dayOf(START_MS - 3_600_000),
      events.map((event, n) => ({ ...event, id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n}` })),
    );
    const target = { what: 'found', text: '' } as const;
    await expect(worker.send('erase.run', { target })).rejects.toThrow(/more than 2,000 pages/);
    expect((await status()).recordCount).toBe(2_001);
  });
});

it('the last hour is what was recorded in it', async () => {
  await worker.visit(1, 'https://old.example/');
  worker.pass(3_600_001);
  await worker.visit(2, 'https://new.example/');
  expect(await worker.erase({ what: 'hour' })).toEqual({ count: 1 });
  expect(await shown('')).toEqual(['https://old.example/']);
  expect((await steps())[0]).toBe('hour flagged');
});

it('what says only its hour is of every span that has a part of it', async () => {
  await worker.set({ level: 'anonymous' });
  // At 12:34, which is noted as 12:00.
  await worker.visit(1, 'https://counted.example/');
  worker.pass(3_600_000);
  const at = (minutes: number) => Date.UTC(2026, 10, 24, 12, minutes);
  const range = (fromMs: number, toMs: number) => worker.erase({ what: 'range', fromMs, toMs });
  expect(await range(at(60), at(90))).toEqual({ count: 0 });
  expect(await range(at(-60), at(0))).toEqual({ count: 0 });
  expect(await worker.erase({ what: 'hour' })).toEqual({ count: 1 });
  await worker.visit(1, 'https://counted.example/');
  expect(await range(at(90), at(91))).toEqual({ count: 1 });
  expect(await worker.records()).toEqual([]);
});

it('a deletion that fails stays hidden, is told, and is tried again each minute', async () => {
  await record();
  await worker.send('erase.run', { target: site });
  const erase = vi.spyOn(worker.services.sync.deleting, 'erasing').mockRejectedValueOnce(new Error('no'));
  worker.pass(UNDO_MS);
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await worker.services.erasures.tick();
  vi.mocked(console.error).mockRestore();
  expect(JSON.stringify(await everywhere())).not.toContain('gone');
  expect((await status()).health.code).toBe('erasing-failed');
  erase.mockRestore();
  await worker.services.erasures.tick();
  expect((await status()).health.code).toBe('ok');
  expect((await steps()).at(-1)).toBe('site notified');
});

it('everything can be deleted while something waits that cannot be carried out', async () => {
  await record();
  await worker.send('erase.run', { target: site });
  const purge = vi.spyOn(worker.store, 'purge').mockRejectedValue(new Error('it cannot be'));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  worker.pass(UNDO_MS);
  await worker.services.erasures.tick();
  await expect(
    worker.send('erase.run', { target: { what: 'site', host: 'kept.example' } }),
  ).rejects.toThrow();
  purge.mockRejectedValueOnce(new Error('it cannot be'));
  purge.mockImplementation((wanted, days) => {
    purge.mockRestore();
    return worker.store.purge(wanted, days);
  });
  expect(await worker.send('erase.run', { target: { what: 'all' } })).toEqual({ count: 3 });
  await worker.send('erase.finish', {});
  vi.restoreAllMocks();
  expect(await worker.records()).toEqual([]);
  expect((await status()).health.code).toBe('ok');
});

it('how long records stay here is told to no other device', async () => {
  await record();
  const told = vi.spyOn(worker.services.sync.deleting, 'erasing');
  worker.pass(100 * 86_400_000);
  await worker.services.erasures.flag({
    targets: [{ what: 'range', fromMs: 0, toMs: Date.now() }],
    kind: 'retention',
    reason: 'retention',
    now: true,
  });
  expect(await worker.records()).toEqual([]);
  expect(told).not.toHaveBeenCalled();
});

it('on a full disk what is deleted goes at once, and without room for anything stays and is shown', async () => {
  await record();
  const full = new DOMException('no room', 'QuotaExceededError');
  vi.spyOn(worker.store, 'note').mockRejectedValue(full);
  const purge = vi.spyOn(worker.store, 'purge').mockRejectedValueOnce(full);
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await expect(worker.send('erase.run', { target: site })).rejects.toThrow();
  vi.mocked(console.error).mockRestore();
  expect(await shown('gone')).toHaveLength(2);
  expect((await status()).erasing).toBeUndefined();
  purge.mockRestore();
  expect(await worker.send('erase.run', { target: site })).toEqual({ count: 2 });
  expect((await status()).erasing).toBeUndefined();
  await worker.restart();
  expect(await shown('gone')).toEqual([]);
});

it('locking carries out what waits, and so does an import', async () => {
  await record();
  await worker.send('lock.set', { kdf: SOME_KDF, key: toBase64Url(new Uint8Array(32).fill(1)) });
  await worker.send('erase.run', { target: site });
  const { store } = worker;
  await worker.send('lock.now', {});
  expect((await worker.send('status.get', {})).lock?.state).toBe('locked');
  expect(store.isHiding()).toBe(false);
  await worker.send('lock.unlock', { key: toBase64Url(new Uint8Array(32).fill(1)) });
  worker.services = await worker.opening.ready();
  expect((await steps()).at(-1)).toBe('site notified');
  await worker.send('erase.run', { target: { what: 'all' } });
  await worker.send('import.history', {});
  expect((await steps()).at(-1)).toBe('everything notified');
});

it('a deletion that damage keeps from some of it says so until it was read', async () => {
  await record();
  await worker.send('erase.run', { target: site });
  const partly = new PartlyErasedError(1, ['2026-11-03'], ['2026-11-05']);
  vi.spyOn(worker.store, 'purge').mockRejectedValueOnce(partly);
  await worker.send('erase.finish', {});
  const { health } = await status();
  expect(health).toEqual({ code: 'left-over', message: partly.message });
  expect((await worker.send('erase.log', {})).entries.at(-1)).toMatchObject({
    step: 'notified',
    keptDays: 1,
  });
  await worker.restartBrowser();
  expect((await status()).health.code).toBe('left-over');
  await worker.send('loss.seen', { message: partly.message });
  expect((await status()).health.code).toBe('ok');
});

describe('a list of archives that is damaged', () => {
  let list: unknown;
  const AS_IT_WAS = 'The list of archives is damaged';
  beforeEach(async () => {
    worker.pass(-20 * 86_400_000);
    await worker.visit(1, 'https://old.example/');
    worker.pass(20 * 86_400_000);
    await worker.store.archive(dayOf(START_MS - 86_400_000), async () => {});
    await record();
  });
  const damage = async () => {
    list = await worker.store.db.get('metadata', 'archives');
    await worker.store.db.put('metadata', new Uint8Array(80), 'archives');
    await worker.restart();
  };
  const mend = async () => {
    await worker.store.db.put('metadata', list, 'archives');
    await worker.restart();
  };

  it('refuses a deletion before anything is hidden or told to others', async () => {
    await damage();
    const told = vi.spyOn(worker.services.sync.deleting, 'erasing');
    await expect(worker.send('erase.run', { target: site })).rejects.toThrow(AS_IT_WAS);
    expect(await shown('hello gone')).toHaveLength(2);
    expect((await status()).erasing).toBeUndefined();
    expect(told).not.toHaveBeenCalled();
    expect(await steps()).toEqual([]);
    await worker.services.erasures
      .flag({ targets: [site], kind: 'site', reason: 'browser-history' })
      .catch(() => {});
    expect((await status()).health.message).toContain(AS_IT_WAS);
    await mend();
    expect(await worker.erase(site)).toEqual({ count: 2 });
  });

  it('makes one that waits be given up: shown again, told, logged, and in the way of nothing', async () => {
    await worker.send('erase.run', { target: site });
    await damage();
    worker.pass(UNDO_MS);
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await worker.services.erasures.tick();
    vi.mocked(console.error).mockRestore();
    expect(await shown('hello gone')).toHaveLength(2);
    expect((await status()).erasing).toBeUndefined();
    expect(await steps()).toEqual(['site flagged', 'site failed']);
    const { health } = await status();
    expect(health.code).toBe('left-over');
    expect(health.message).toContain('shown again');
    expect(health.message).toContain(AS_IT_WAS);
    // What waits for deletions goes on, and the next ones work as far as they can.
    await worker.send('import.history', {});
    await worker.restart();
    expect(await steps()).toEqual(['site flagged', 'site failed']);
    expect(await worker.send('erase.run', { target: { what: 'all' } })).toEqual({ count: 3 });
    await worker.send('erase.finish', {});
    expect(await worker.records()).toEqual([]);
  });

  it('does not keep it from being asked for again once it is mended', async () => {
    await worker.send('erase.run', { target: site });
    await damage();
    await worker.send('erase.finish', {});
    expect(await shown('hello gone')).toHaveLength(2);
    await mend();
    expect(await worker.erase(site)).toEqual({ count: 2 });
    expect((await steps()).slice(-5)).toEqual(CARRIED_OUT.map((step) => `site ${step}`));
    expect((await worker.send('erase.log', {})).whole).toBe(true);
  });
});

describe('on a full disk, what came while it was locked and does not fit', () => {
  const key = toBase64Url(new Uint8Array(32).fill(1));
  const { add, put } = IDBObjectStore.prototype;
  /** Nothing more goes into the journal. */
  const full = (isFull: () => boolean) => {
    for (const [method, original] of [['add', add] as const, ['put', put] as const])
      vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (this: IDBObjectStore, ...args) {
        if (this.name !== 'journal' || !isFull()) return original.apply(this, args);
        this.transaction.abort();
        throw new DOMException('no room', 'QuotaExceededError');
      });
  };
  const sealed = () => worker.store.db.count('sealed');
  beforeEach(async () => {
    await record();
    await worker.send('lock.set', { kdf: SOME_KDF, key });
    await worker.send('lock.now', {});
    await worker.visit(4, 'https://gone.example/locked', { title: 'hello locked' });
    await worker.visit(5, 'https://kept.example/locked', { title: 'hello kept locked' });
    vi.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(() => void vi.restoreAllMocks());
  const unlock = async () => {
    await worker.send('lock.unlock', { key });
    worker.services = await worker.opening.ready();
    expect([worker.services.unsealing.isDone, await sealed()]).toEqual([false, 4]);
  };
  const KEPT = ['https://kept.example/', 'https://kept.example/locked'];

  it.each([
    ['a site', site, KEPT],
    ['everything', { what: 'all' }, []],
  ] as const)(
    'does not keep %s from being deleted, and what is meant of it never comes',
    async (_, target, left) => {
      full(() => true);
      await unlock();
      const { db } = worker.store;
      const rows = await db.getAll('sealed');
      await worker.erase(target);
      expect((await steps()).at(-1)).toContain('notified');
      const stay = new Set((await db.getAll('sealed')).map(({ n }) => n));
      // A visit and its title, or nothing.
      expect(stay.size).toBe(left.length);
      vi.restoreAllMocks();
      await worker.services.unsealing.settle();
      expect(await shown('')).toEqual(left);
      expect(JSON.stringify(await worker.events())).not.toMatch(/gone|hello locked/);
      expect((await status()).health.code).toBe('ok');
      // The keys that it was sealed for went with the rest.
      for (const row of rows) if (!stay.has(row.n)) await worker.store.db.put('sealed', row);
      await worker.restart();
      expect([await sealed(), await shown('')]).toEqual([0, left]);
    },
  );

  it('does not come in while it can be undone', async () => {
    let isFull = true;
    full(() => isFull);
    await unlock();
    await worker.send('erase.run', { target: site });
    isFull = false;
    await everyMinute(worker.services, async () => true);
    expect(await sealed()).toBe(4);
    expect(await shown('hello')).toEqual(['https://kept.example/']);
    await worker.send('erase.undo', { id: (await status()).erasing?.id ?? '' });
    await everyMinute(worker.services, async () => true);
    expect(await shown('hello')).toHaveLength(5);
  });

  it('comes in as soon as the deletion made room, without what it means', async () => {
    let isFull = true;
    full(() => isFull);
    await unlock();
    const { store } = worker;
    const purge = store.purge.bind(store);
    vi.spyOn(store, 'purge').mockImplementationOnce(async (...args) => {
      const count = await purge(...args);
      isFull = false;
      return count;
    });
    await worker.erase(site);
    expect([worker.services.unsealing.isDone, await sealed()]).toEqual([true, 0]);
    expect(await shown('')).toEqual(KEPT);
    expect(JSON.stringify(await worker.events())).not.toMatch(/gone|hello locked/);
  });
});

it('all that damage kept is told, one after another; a press dismisses only what it was pressed for', async () => {
  const sentences: string[] = [];
  for (const day of ['2026-11-03', '2026-11-04', '2026-11-03']) {
    await record();
    await worker.send('erase.run', { target: site });
    const partly = new PartlyErasedError(1, [day], ['2026-11-05']);
    sentences.push(partly.message);
    vi.spyOn(worker.store, 'purge').mockRejectedValueOnce(partly);
    await worker.send('erase.finish', {});
  }
  const [first = '', second = ''] = sentences;
  const said = async () => (await status()).health.message;
  const shownFirst = await said();
  const other = shownFirst === first ? second : first;
  await worker.send('loss.seen', { message: 'Something else.' });
  expect(await said()).toBe(shownFirst);
  await worker.send('loss.seen', { message: shownFirst });
  expect(await said()).toBe(other);
  await worker.send('loss.seen', { message: other });
  expect((await status()).health.code).toBe('ok');
});

it('what an older version told is told, and is not lost to what comes', async () => {
  await fake.local.set({ 'left-over': 'An older sentence.' });
  const partly = new PartlyErasedError(1, ['2026-11-03'], ['2026-11-05']);
  await record();
  await worker.send('erase.run', { target: site });
  vi.spyOn(worker.store, 'purge').mockRejectedValueOnce(partly);
  await worker.send('erase.finish', {});
  for (const message of ['An older sentence.', partly.message]) {
    expect((await status()).health).toEqual({ code: 'left-over', message });
    await worker.send('loss.seen', { message });
  }
  expect((await status()).health.code).toBe('ok');
});

describe('the log of a worker that was stopped', () => {
  const fact = { kind: 'site', atMs: START_MS, records: 1 } as const;
  const logged = async () =>
    (await worker.store.deletions.read()).entries.map(({ purge, step }) => `${purge} ${step}`);

  it('while it told of what another device deleted goes on with that, and never says that it was undone', async () => {
    for (const step of ['flagged', 'overwritten'] as const)
      await worker.store.deletions.append({ ...fact, purge: 'theirs', reason: 'other-device', step });
    for (let n = 0; n < 2; n++) await worker.restart();
    expect(await logged()).toEqual(CARRIED_OUT.map((step) => `theirs ${step}`));
  });

  it('says what was undone also where another device deleted something meanwhile', async () => {
    await worker.store.deletions.append({ ...fact, purge: 'own', reason: 'person', step: 'flagged' });
    for (const step of ['flagged', 'overwritten', 'dequeued', 'archived', 'notified'] as const)
      await worker.store.deletions.append({ ...fact, purge: 'theirs', reason: 'other-device', step });
    for (let n = 0; n < 2; n++) await worker.restart();
    expect(await logged()).toEqual([
      'own flagged',
      ...CARRIED_OUT.map((step) => `theirs ${step}`),
      'own undone',
    ]);
  });

  it('does not say so of what still waits', async () => {
    await record();
    await worker.send('erase.run', { target: site });
    for (const step of ['flagged', 'overwritten'] as const)
      await worker.store.deletions.append({ ...fact, purge: 'theirs', reason: 'other-device', step });
    await worker.restart();
    const steps = (await worker.store.deletions.read()).entries.map(
      ({ reason, step }) => `${reason} ${step}`,
    );
    expect(steps).toEqual(['person flagged', ...CARRIED_OUT.map((step) => `other-device ${step}`)]);
    expect((await status()).erasing).toMatchObject({ count: 2 });
  });
});
