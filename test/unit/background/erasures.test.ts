/** Deleting: hidden at once, undone within ten seconds, carried out after that whatever happens to the worker, and logged. */
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { UNDO_MS } from '../../../src/model/purge.ts';
import { PartlyErasedError } from '../../../src/storage/database.ts';
import { eventsOf } from '../../../src/storage/vault.ts';
import { fake } from '../../support/fake-browser.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { someContext } from '../../support/some-interactions.ts';
import { START_MS, Worker } from '../../support/worker.ts';

vi.setConfig({ testTimeout: 60_000 });
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
const CARRIED_OUT = ['flagged', 'overwritten', 'dequeued', 'archived', 'notified'];

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

it('a deletion that fails stays hidden, is told, and is tried again each minute', async () => {
  await record();
  await worker.send('erase.run', { target: site });
  const erase = vi.spyOn(worker.services.sync, 'erasing').mockRejectedValueOnce(new Error('no'));
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

it('cannot be undone once other devices may know of it, however often it fails', async () => {
  await record();
  await worker.send('erase.run', { target: site });
  const id = (await status()).erasing?.id ?? '';
  vi.spyOn(worker.store, 'purge').mockRejectedValue(new DOMException('no room', 'QuotaExceededError'));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  worker.pass(UNDO_MS);
  await worker.services.erasures.tick();
  await expect(worker.send('erase.undo', { id })).rejects.toThrow('too late');
  // Nor by a worker that finds it at its start.
  await worker.restart();
  vi.restoreAllMocks();
  vi.spyOn(console, 'error').mockImplementation(() => {});
  expect((await worker.send('records.search', { text: 'gone', limit: 5 })).hits).toEqual([]);
  vi.restoreAllMocks();
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
  const told = vi.spyOn(worker.services.sync, 'erasing');
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
  vi.spyOn(worker.store, 'hide').mockRejectedValue(full);
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
  await worker.send('loss.seen', {});
  expect((await status()).health.code).toBe('ok');
});
