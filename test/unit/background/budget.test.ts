/**
 * The byte budget: what is measured, when it is told, and that recording stops only when nothing else is left, and goes on.
 *
 * Over 300 lines, because the same full store is met in each way.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { servePort } from '../../../src/background/ports.ts';
import { importRefusal } from '../../../src/background/services/import-refusal.ts';
import { type Bytes, concat, fromBase64Url, toBase64Url } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { BUDGET, budgetState } from '../../../src/model/budget.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { DEFAULT_SETTINGS, parseSettings } from '../../../src/model/settings.ts';
import type { PagePort } from '../../../src/platform/runtime.ts';
import { wholeSource } from '../../../src/storage/format/byte-source.ts';
import { LocalStore } from '../../../src/storage/local-store.ts';
import { fake } from '../../support/fake-browser.ts';
import { waitFor } from '../../support/wait-for.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => {
  worker.end();
  vi.restoreAllMocks();
});

const budget = () => worker.services.budget;
const status = () => worker.send('status.get', {});
const health = async () => (await status()).health;
/** The limit at which the store as it is now uses this share of it, whatever the smallest limit is. */
const useShare = async (share: number) => {
  const used = await worker.store.usedBytes();
  await worker.set({ budgetBytes: Math.floor(used / share) });
  await budget().check();
};
const packedDays = async (count: number, perDay = 40) => {
  let id = 0;
  const days = new Map<string, InteractionEvent[]>();
  for (let back = 1; back <= count; back++) {
    const atMs = START_MS - back * DAY_MS;
    days.set(
      dayOf(atMs),
      Array.from({ length: perDay }, (_, i) => ({
        kind: 'visit' as const,
        id: `AAAAAAAAAAAAAAAAAAAAAA.1.${(++id).toString(36)}`,
        atMs: atMs + i,
        level: 'private' as const,
        url: `https://${i % 4 === 0 ? 'pinned' : 'other'}.example/${back}/${i}`,
        title: `Page ${id}`,
        transition: 'link' as const,
      })),
    );
  }
  await worker.store.addDays(days);
};
const archive = async () => {
  const parts: Bytes[] = [];
  const made = await budget().makeArchive(async (part) => void parts.push(part));
  if (!made.ok) throw new Error(made.error.message);
  return { made: made.value, file: concat(...parts) };
};

describe('the meter', () => {
  it('counts all sealed bytes, and the same whether it counts on or anew', async () => {
    const anew = async () => {
      const { db } = worker.store;
      let boxes = 0;
      const stores = [
        'interactions',
        'tables',
        'journal',
        'profiles',
        'outbox',
        'contexts',
        'models',
      ] as const;
      for (const name of stores)
        for (const row of await db.getAll(name)) if ('box' in row) boxes += row.box.length;
      return boxes;
    };
    worker.store.syncing = true;
    for (let i = 0; i < 5; i++) {
      await worker.visit(1, `https://a.example/${i}`);
      expect(await worker.store.usedBytes()).toBe(await anew());
    }
    const tx = worker.store.db.transaction('outbox', 'readwrite');
    const [, second] = await tx.store.getAllKeys();
    await tx.store.delete(second as number);
    await tx.done;
    await worker.visit(1, 'https://a.example/more');
    expect(await worker.store.usedBytes()).toBe(await anew());
    await worker.store.pack(true);
    await worker.visit(1, 'https://a.example/most');
    expect(await worker.store.usedBytes()).toBe(await anew());
    await worker.services.contexts.tick();
    await worker.send('health.get', {});
    expect(await worker.store.usedBytes()).toBe(await anew());
    await worker.erase({ what: 'page', url: 'https://a.example/most' });
    expect(await worker.store.usedBytes()).toBe(await anew());
  });

  it('reads only what came since', async () => {
    for (let i = 0; i < 5; i++) await worker.visit(1, `https://a.example/${i}`);
    await worker.store.usedBytes();
    const last = (await worker.store.db.getAllKeys('journal')).at(-1);
    await worker.visit(1, 'https://a.example/more', { title: '' });
    const read: (readonly unknown[])[] = [];
    const { getAll } = IDBObjectStore.prototype;
    vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementation(function (this: IDBObjectStore, ...args) {
      read.push([this.name, (args[0] as IDBKeyRange | undefined)?.lower]);
      return getAll.apply(this, args);
    });
    await worker.store.usedBytes();
    expect(read).toEqual(expect.arrayContaining([['journal', last]]));
    // Few rows, or none, in any case.
    const few = ['outbox', 'profiles', 'metadata', 'sealed'];
    expect(read.filter(([name]) => !few.includes(String(name)))).toEqual([['journal', last]]);
  });

  it('estimates what sites take, packed or not', async () => {
    await packedDays(2, 400);
    await worker.visit(1, 'https://today.example/');
    const sites = await worker.send('budget.sites', {});
    expect(sites.map(({ host }) => host)).toEqual(['other.example', 'pinned.example', 'today.example']);
    const [other, pinned] = sites;
    expect((other?.bytes ?? 0) / (pinned?.bytes ?? 1)).toBeCloseTo(3, 0);
    const sum = sites.reduce((all, { bytes }) => all + bytes, 0);
    const { packs, journal } = await worker.store.sizes();
    expect(sum).toBeGreaterThan((packs + journal) * 0.9);
    expect(sum).toBeLessThanOrEqual((packs + journal) * 1.01);
  });
});

describe('the limit', () => {
  it('is 5 GB at first, at least 10 MB, and kept', async () => {
    expect((await worker.send('budget.get', {})).limitBytes).toBe(5e9);
    await expect(worker.send('budget.set', { limitBytes: BUDGET.minBytes - 1 })).rejects.toThrow('10 MB');
    await worker.send('budget.set', { limitBytes: BUDGET.minBytes });
    await worker.restart();
    expect((await worker.send('budget.get', {})).limitBytes).toBe(BUDGET.minBytes);
  });

  it('is not needed by settings of before, which keep their consent', () => {
    const before = { consent: 'accepted', level: 'public', pause: { kind: 'none' }, rules: [] };
    expect(parseSettings(before)).toEqual({ ...DEFAULT_SETTINGS, ...before });
  });

  it('has its thresholds at 80 and 100 %', () => {
    expect([0, 79, 80, 99, 100, 101].map((used) => budgetState(used, 100))).toEqual([
      'ok',
      'ok',
      'near',
      'near',
      'full',
      'full',
    ]);
  });
});

describe('near the limit', () => {
  it('the person is told what to do, and recording goes on', async () => {
    await packedDays(3);
    await useShare(0.5);
    expect(await health()).toMatchObject({ code: 'ok' });
    await useShare(0.9);
    expect(await health()).toEqual({
      code: 'near-full',
      message: expect.stringContaining('Save an archive'),
    });
    expect((await status()).budget).toMatchObject({ state: 'near', notRecorded: 0 });
    await worker.visit(1, 'https://a.example/');
    expect(await worker.ofKind('visit')).toHaveLength(121);
    worker.store.syncing = true;
    expect((await health()).message).not.toContain('archive');
  });

  it('and at it that is told also where something is damaged, and pausing too', async () => {
    await packedDays(3);
    await useShare(0.9);
    worker.services.profile.damagedRows = 1;
    expect(await health()).toEqual({
      code: 'storage-damaged',
      message: expect.stringMatching(
        /damaged.*; everything else works\. \d\d % of your storage limit.*Save an archive/,
      ),
    });
    await worker.send('pause.set', { pause: 'resumed' });
    expect(await health()).toEqual({
      code: 'storage-damaged',
      message: expect.stringMatching(/damaged.*left alone\. Paused: nothing is recorded\.$/),
    });
    await worker.send('pause.end', {});
    vi.spyOn(worker.store, 'usedBytes').mockResolvedValue(1e12);
    await budget().check();
    expect(await health()).toEqual({
      code: 'full',
      message: expect.stringMatching(/nothing more is recorded.*damaged.*left alone\.$/),
    });
  });
});

describe('at the limit', () => {
  beforeEach(async () => {
    await packedDays(20);
    await worker.store.compact();
    await worker.send('compact.run', {});
    await useShare(1.02);
  });

  it('nothing is recorded, the reason is told, and what is left out is counted', async () => {
    expect(await health()).toEqual({
      code: 'full',
      message: expect.stringContaining('nothing more is recorded'),
    });
    const before = await worker.events();
    await worker.visit(1, 'https://a.example/');
    await worker.visit(2, 'https://duckduckgo.com/?q=whales');
    await worker.click(1);
    await worker.services.recorder.spent(1, 5_000);
    expect(await worker.events()).toEqual(before);
    // The search is a visit and a search; clicks on a page that is not kept are nothing.
    expect((await status()).budget).toMatchObject({ state: 'full', notRecorded: 3 });
    expect((await health()).message).toContain('3 records were left out');
  });

  it('it is known at once when the worker is started again, with the count', async () => {
    // A limit that settings can have.
    await worker.set({ budgetBytes: BUDGET.minBytes });
    vi.spyOn(LocalStore.prototype, 'usedBytes').mockResolvedValue(BUDGET.minBytes);
    await worker.visit(1, 'https://a.example/');
    const counted = () => (fake.session.values.get('budget') as { notRecorded: number }).notRecorded === 1;
    await waitFor('the count', counted);
    await worker.restart();
    const before = await worker.events();
    await worker.visit(1, 'https://a.example/2');
    expect(await worker.events()).toEqual(before);
    expect((await status()).budget).toMatchObject({ notRecorded: 2 });
    await worker.restartBrowser();
    await waitFor('a measurement', async () => (await status()).budget?.state === 'full');
    expect((await status()).budget).toMatchObject({ notRecorded: 0 });
  });

  it('what lives in memory only goes on', async () => {
    await worker.set({ level: 'ephemeral' });
    await worker.visit(1, 'https://a.example/');
    expect((await status()).ephemeralCount).toBe(1);
    expect((await status()).budget).toMatchObject({ notRecorded: 0 });
  });

  it('a page that was opened meanwhile stays unknown when recording goes on, by itself, as soon as there is room', async () => {
    await worker.visit(1, 'https://unknown.example/');
    const before = (await worker.events()).length;
    await worker.set({ budgetBytes: 5e9 });
    await budget().check();
    expect(await health()).toMatchObject({ code: 'ok' });
    await worker.title(1, 'Later');
    await worker.services.recorder.spent(1, 5_000);
    expect(await worker.events()).toHaveLength(before);
    await worker.visit(1, 'https://known.example/');
    expect((await worker.ofKind('visit')).map(({ url }) => url)).toContain('https://known.example/');
    expect((await worker.ofKind('visit')).map(({ url }) => url)).not.toContain('https://unknown.example/');
  });

  it('erasing makes room at once', async () => {
    const target = { what: 'range', fromMs: 0, toMs: START_MS - 5 * DAY_MS } as const;
    await worker.erase(target);
    // Nothing else measures it: no minute passes.
    await expect.poll(async () => (await status()).budget?.state, { timeout: 30_000 }).toBe('ok');
  });

  it('imports stop with a sentence', async () => {
    expect(importRefusal(worker.services.profile)).toMatchObject({
      error: { code: 'full', message: expect.stringContaining('Save an archive') },
    });
    worker.store.syncing = true;
    expect(importRefusal(worker.services.profile)?.error.message).not.toContain('archive');
    worker.store.syncing = false;
    fake.history = [{ url: 'https://a.example/', title: 'A', atMs: START_MS - DAY_MS, transition: 'link' }];
    await expect(worker.send('import.history', {})).rejects.toThrow('storage limit');
    await worker.set({ budgetBytes: 5e9 });
    await budget().check();
    expect(importRefusal(worker.services.profile)).toBeNull();
  });

  it('an import that fills the store stops by itself', async () => {
    await worker.set({ budgetBytes: 5e9 });
    await budget().check();
    fake.history = Array.from({ length: 150 }, (_, i) => ({
      url: `https://a.example/${i}`,
      title: `T ${i}`,
      atMs: START_MS - i * DAY_MS,
      transition: 'link',
    }));
    await worker.set({ budgetBytes: (await worker.store.usedBytes()) + 2_000 });
    await worker.send('import.history', {});
    await worker.services.history.wake();
    const { historyImport } = await status();
    expect(historyImport).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('storage limit'),
    });
    expect(historyImport?.added).toBeLessThan(150);
  });
});

describe('before anything is refused', () => {
  it('what can be made again goes, and the store is compacted; keys and what waits to be sent stay', async () => {
    for (let i = 0; i < 200; i++)
      await worker.store.append({
        event: {
          kind: 'visit',
          atMs: START_MS - DAY_MS + i,
          level: 'private',
          url: `https://a.example/${i % 9}`,
          title: 'The same title',
          transition: 'link',
        },
      });
    worker.store.syncing = true;
    await worker.visit(1, 'https://a.example/');
    worker.store.syncing = false;
    const outbox = await worker.store.db.getAll('outbox');
    const keys = await worker.store.keys.ring();
    expect(outbox.length).toBeGreaterThan(0);
    await useShare(1.02);
    expect((await status()).budget?.state).not.toBe('full');
    expect(worker.services.compaction.doneMs).toBe(START_MS);
    expect(await worker.store.db.getAll('outbox')).toEqual(outbox);
    const named = (rows: typeof keys) => rows.map(({ store, day }) => `${store}/${day}`);
    expect(named(await worker.store.keys.ring())).toEqual(expect.arrayContaining(named(keys)));
    const before = await worker.events();
    await worker.visit(1, 'https://a.example/more');
    expect((await worker.events()).length).toBeGreaterThan(before.length);
  });

  it('cached statistics go, and are made again when they are asked for', async () => {
    await packedDays(3);
    const stats = await worker.services.profile.context.getContextStats('all');
    const cached = () => worker.store.db.count('models');
    expect(await cached()).toBeGreaterThan(0);
    await useShare(0.9);
    expect(await cached()).toBeGreaterThan(0);
    await useShare(1.02);
    expect(await cached()).toBe(0);
    expect(await worker.services.profile.context.getContextStats('all')).toEqual(stats);
  });

  it('is not tried each minute', async () => {
    await packedDays(3);
    await useShare(1.5);
    const compact = vi.spyOn(worker.store, 'compact');
    await budget().check();
    expect(compact).not.toHaveBeenCalled();
    worker.pass(DAY_MS);
    await budget().check();
    expect(compact).toHaveBeenCalledTimes(1);
    expect((await status()).budget?.state).toBe('full');
  });
});

describe('an archive', () => {
  beforeEach(async () => {
    await packedDays(60);
    await worker.store.compact();
    await worker.send('compact.run', {});
    await useShare(1.02);
  });

  it('takes the oldest days, enough to be below 80 %, and recording goes on', async () => {
    const before = await worker.records();
    const { made, file } = await archive();
    expect(made.firstDay).toBe(dayOf(START_MS - 60 * DAY_MS));
    expect(made.days).toBeLessThan(40);
    expect(await worker.records()).toEqual(before);
    expect((await worker.send('budget.get', {})).waiting).toEqual(made);
    expect(await worker.send('archive.confirm', { id: made.id })).toEqual({ records: made.records });
    const now = (await status()).budget;
    expect(now).toMatchObject({ state: 'ok', archivedDays: made.days });
    expect(await health()).toMatchObject({ code: 'ok' });
    expect(await worker.records()).toEqual(before.slice(made.records));
    const report = await worker.send('budget.get', {});
    expect(report).not.toHaveProperty('waiting');
    expect(report.archived?.[made.lastDay]).toBe(40);
    await worker.set({ budgetBytes: 5e9 });
    expect(await budget().fetchBack(wholeSource(file))).toMatchObject({ ok: true });
    expect(await worker.records()).toEqual(before);
    expect((await status()).budget?.archivedDays).toBe(0);
  });

  it('leaves pinned sites here', async () => {
    await expect(worker.send('budget.pin', { host: 'not a site' })).rejects.toThrow('example.org');
    expect((await worker.send('budget.pin', { host: 'https://www.Pinned.example/x' })).pinned).toEqual([
      'pinned.example',
    ]);
    await worker.send('budget.pin', { host: 'b.example' });
    expect((await worker.send('budget.unpin', { host: 'b.example' })).pinned).toEqual(['pinned.example']);
    const { made } = await archive();
    await worker.send('archive.confirm', { id: made.id });
    const hosts = (await worker.records()).flatMap((record) =>
      'url' in record ? new URL(record.url).host : [],
    );
    expect(hosts.filter((host) => host === 'pinned.example')).toHaveLength(600);
  });

  it('leaves here what was pinned after the file was saved, too', async () => {
    const { made } = await archive();
    await worker.send('budget.pin', { host: 'pinned.example' });
    const { records } = await worker.send('archive.confirm', { id: made.id });
    expect(records).toBe((made.records * 3) / 4);
    const hosts = (await worker.records()).flatMap((record) =>
      'url' in record ? new URL(record.url).host : [],
    );
    expect(hosts.filter((host) => host === 'pinned.example')).toHaveLength(600);
    const { archived } = await worker.send('budget.get', {});
    expect(archived?.[made.firstDay]).toBe(30);
  });

  it('that is discarded leaves everything', async () => {
    const before = await worker.records();
    const { made } = await archive();
    expect(await worker.send('archive.discard', { id: made.id })).not.toHaveProperty('waiting');
    await expect(worker.send('archive.confirm', { id: made.id })).rejects.toThrow('Nothing was removed');
    expect(await worker.records()).toEqual(before);
  });

  it('is refused with a sentence where it cannot be, or need not be', async () => {
    worker.store.syncing = true;
    expect(await budget().makeArchive(async () => {})).toMatchObject({ error: { code: 'sync-on' } });
    worker.store.syncing = false;
    for (const host of ['pinned.example', 'other.example']) await worker.send('budget.pin', { host });
    expect(await budget().makeArchive(async () => {})).toMatchObject({ error: { code: 'nothing' } });
    await worker.set({ budgetBytes: 5e9 });
    expect(await budget().makeArchive(async () => {})).toMatchObject({ error: { code: 'not-needed' } });
  });

  it('comes back only where there is room, and whole', async () => {
    const { made, file } = await archive();
    expect(await budget().fetchBack(wholeSource(file))).toMatchObject({ error: { code: 'no-room' } });
    await worker.send('archive.confirm', { id: made.id });
    await worker.set({ budgetBytes: 5e9 });
    const changed = file.slice();
    changed[50] = (changed[50] as number) ^ 1;
    expect(await budget().fetchBack(wholeSource(changed))).toMatchObject({ error: { code: 'bad-archive' } });
    expect((await status()).budget?.archivedDays).toBe(made.days);
  });

  it('does not bring back what was deleted, also where all of it was in the file', async () => {
    await worker.set({ pinned: [] });
    const { made, file } = await archive();
    await worker.send('archive.confirm', { id: made.id });
    await worker.set({ budgetBytes: 5e9 });
    const site = { what: 'site', host: 'pinned.example' } as const;
    expect(await worker.send('erase.count', { target: site })).toMatchObject({ archivedDays: made.days });
    await worker.erase(site);
    expect(await worker.send('erase.count', { target: site })).toMatchObject({ count: 0 });
    const startMs = Date.parse(made.firstDay);
    const range = { what: 'range', fromMs: startMs, toMs: startMs + DAY_MS } as const;
    expect(await worker.send('erase.count', { target: range })).toEqual({ count: 40 });
    expect(await worker.erase(range)).toEqual({ count: 40 });
    expect(await budget().fetchBack(wholeSource(file))).toMatchObject({ value: { deletedDays: 1 } });
    const back = (await worker.records()).flatMap((record) => ('url' in record ? [record.url] : []));
    expect(back.filter((url) => url.includes('pinned.example'))).toEqual([]);
    expect(back).toHaveLength(59 * 30);
  });

  it('is not filled up again from the history of the browser', async () => {
    const { made } = await archive();
    await worker.send('archive.confirm', { id: made.id });
    await worker.set({ budgetBytes: 5e9 });
    await budget().check();
    fake.history = [
      { url: 'https://a.example/1', title: 'A', atMs: Date.parse(made.firstDay) + 5, transition: 'link' },
      { url: 'https://a.example/2', title: 'A', atMs: START_MS - DAY_MS, transition: 'link' },
    ];
    await worker.send('import.history', {});
    await worker.services.history.wake();
    expect((await status()).historyImport).toMatchObject({ phase: 'done', added: 1, there: 0, elsewhere: 1 });
  });
});

it('what a month at the sync service takes is reckoned by records alone, not by saved contexts', async () => {
  await worker.visit(1, 'https://a.example/');
  const { context } = worker.services.profile;
  const long = Array.from({ length: 100 }, (_, i) => `https://a.example/${'x'.repeat(300)}${i}`);
  await context.saveContext({ ...(await context.currentContext()), recentVisits: long });
  await worker.set({ budgetBytes: 1e8 });
  await worker.store.db.put('metadata', { '2025-02-03': 8_400 }, 'away');
  expect(await budget().fetchMonth('2025-02')).not.toMatchObject({ error: { code: 'no-room' } });
  await worker.store.db.put('metadata', { '2025-02-03': 8_400_000 }, 'away');
  expect(await budget().fetchMonth('2025-02')).toMatchObject({ error: { code: 'no-room' } });
});

describe('the connections', () => {
  const PAGE = { id: 'test', url: 'chrome-extension://test/x.html', origin: 'chrome-extension://test' };
  const connect = (name: string) => {
    const said: Record<string, unknown>[] = [];
    let hear: (message: unknown) => void = () => {};
    let leave: () => void = () => {};
    const port = {
      name,
      sender: PAGE,
      post: (message: Record<string, unknown>) => said.push(message),
      onMessage: (handler: typeof hear) => {
        hear = handler;
      },
      onDisconnect: (handler: typeof leave) => {
        leave = handler;
      },
      disconnect() {},
    };
    servePort(port as unknown as PagePort, {
      exporting: async () => worker.services,
      importing: async () => Promise.reject(new Error('no')),
      budget: async () => budget(),
      watch: () => () => {},
      onDrop: () => {
        drops += 1;
      },
    });
    return { said, hear: (message: unknown) => hear(message), leave: () => leave() };
  };
  let drops = 0;
  beforeEach(async () => {
    drops = 0;
    await packedDays(30);
    await worker.send('compact.run', {});
    await useShare(1.02);
  });
  const take = async () => {
    const port = connect('archive');
    const parts: Uint8Array[] = [];
    for (let next = 0; ; next++) {
      port.hear({ next: true });
      await waitFor('a piece', () => port.said.length > next);
      const message = port.said[next] as { kind: string; data: string; archive: { id: string } };
      if (message.kind !== 'piece') return { message, file: concat(...parts) };
      parts.push(fromBase64Url(message.data) as Bytes);
    }
  };

  it('carry a file out, and back', async () => {
    const before = await worker.records();
    const { message, file } = await take();
    expect(message.kind).toBe('done');
    await worker.send('archive.confirm', { id: message.archive.id });
    await worker.set({ budgetBytes: 5e9 });
    const port = connect('fetch');
    port.hear({ kind: 'file', size: file.length });
    for (let next = 0; ; next++) {
      await waitFor('a question', () => port.said.length > next);
      const asked = port.said[next] as { kind: string; from: number; to: number };
      if (asked.kind !== 'want') break;
      port.hear({ kind: 'piece', data: toBase64Url(file.subarray(asked.from, asked.to)) });
    }
    expect(port.said.at(-1)).toMatchObject({ kind: 'done', deletedDays: 0 });
    expect(await worker.records()).toEqual(before);
    expect(drops).toBe(0);
  });

  it('that end in the middle leave nothing to confirm, and the next one works', async () => {
    const port = connect('archive');
    port.hear({ next: true });
    await waitFor('a piece', () => port.said.length > 0);
    port.leave();
    await waitFor('the end', async () => (await budget().makeArchive(async () => {})).ok);
    expect((await take()).message.kind).toBe('done');
  });

  it('that say what no page of ours says are counted', async () => {
    const port = connect('fetch');
    port.hear({ kind: 'piece', data: 'x' });
    expect(port.said).toMatchObject([{ kind: 'failed' }]);
    expect(drops).toBe(1);
    const other = connect('fetch');
    other.hear({ kind: 'file', size: 100 });
    await waitFor('a question or an end', () => other.said.length > 0);
  });
});
