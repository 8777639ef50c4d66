/** The storage budget: what is measured and said, what leaves and what never does, and when recording is refused. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { servePort } from '../../../src/background/ports.ts';
import { type Bytes, concat, fromBase64Url, toBase64Url } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { ArchiveMessage } from '../../../src/messaging/answers.ts';
import type { PagePort } from '../../../src/platform/runtime.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

const budget = () => worker.services.budget;
const used = async () => Object.values(await worker.store.sizes()).reduce((sum, bytes) => sum + bytes, 0);
const health = async () => (await worker.send('status.get', {})).health;
/** The limit at which what is used now is this share of it; also below what a person may choose. */
async function useShare(share: number): Promise<void> {
  // Settings are part of what is used.
  await worker.set({ budgetBytes: 1_000_000 });
  await worker.set({ budgetBytes: Math.round((await used()) / share) });
  await budget().tick();
}
/** Some days with pages of three sites each, oldest first. */
async function browse(days: number, sites = ['a.example', 'b.example', 'sub.a.example']): Promise<void> {
  for (let day = 0; day < days; day++) {
    for (const site of sites) {
      await worker.visit(1, `https://${site}/${day}`);
      worker.pass(60_000);
    }
    worker.pass(DAY_MS);
  }
  await worker.store.pack(true);
}
const firstDay = dayOf(START_MS);
const secondDay = dayOf(START_MS + DAY_MS);

/** A page at the other end of the archive port. */
async function talk(ask: (say: (request: object) => void, message: ArchiveMessage) => void, first: object) {
  return new Promise<ArchiveMessage>((resolve) => {
    let hear: (message: unknown) => void = () => {};
    const port = {
      name: 'archive',
      sender: { id: 'test', url: 'chrome-extension://test/', origin: 'chrome-extension://test' },
      post: (message: ArchiveMessage) => {
        if (message.kind === 'piece' || message.kind === 'next') ask(hear, message);
        else resolve(message);
      },
      onMessage: (handler: typeof hear) => {
        hear = handler;
      },
      onDisconnect() {},
      disconnect() {},
    } as unknown as PagePort;
    servePort(port, {
      profile: async () => worker.services.profile,
      importing: async () => {
        throw new Error('not asked for');
      },
      budget: async () => budget(),
      watch: () => () => {},
      onDrop() {},
    });
    hear(first);
  });
}
async function saveArchive(): Promise<{ file: Bytes; made: ArchiveMessage }> {
  const pieces: Bytes[] = [];
  const made = await talk(
    (say, message) => {
      if (message.kind === 'piece') pieces.push(fromBase64Url(message.data) as Bytes);
      say({ kind: 'next' });
    },
    { kind: 'save' },
  );
  return { file: concat(...pieces), made };
}
function fetchBack(file: Bytes): Promise<ArchiveMessage> {
  const half = Math.floor(file.length / 2);
  let sent = 1;
  return talk(
    (say) => say(sent++ === 1 ? { kind: 'piece', data: toBase64Url(file.subarray(half)) } : { kind: 'end' }),
    { kind: 'piece', data: toBase64Url(file.subarray(0, half)) },
  );
}

describe('what is measured', () => {
  it('is every sealed byte, packed or not, also of long queues about', async () => {
    await browse(2);
    await worker.visit(1, 'https://c.example/');
    expect(await worker.store.usedBytes()).toBe(await used());
    await budget().tick();
    expect(budget().state()).toMatchObject({ usedBytes: await used(), limitBytes: 5e9, phase: 'ok' });
    const [row] = await worker.store.db.getAll('journal');
    if (!row) throw new Error('nothing recorded');
    for (let n = 0; n < 700; n++) {
      const { day, generation, type, box } = row;
      await worker.store.db.add('outbox', { what: 'event', n, day, generation, type, box });
    }
    expect(await worker.store.usedBytes()).toBeGreaterThan(700 * row.box.length);
    expect(Math.abs((await worker.store.usedBytes()) - (await used()))).toBeLessThan(0.1 * (await used()));
  });

  it('is shared out to sites: about, and in all what packs and journal take', async () => {
    await browse(3);
    await worker.visit(1, 'https://a.example/today');
    const { sites } = await worker.send('budget.get', {});
    expect(sites.map(({ host }) => host).sort()).toEqual(['a.example', 'b.example', 'sub.a.example']);
    expect(sites[0]?.host).toBe('a.example');
    const { packs, journal } = await worker.store.sizes();
    const sum = sites.reduce((all, { bytes }) => all + bytes, 0);
    expect(Math.abs(sum - packs - journal)).toBeLessThan(0.02 * (packs + journal));
  });
});

describe('what is said', () => {
  it('nothing below 80 %, what to do from there on', async () => {
    await browse(3);
    await useShare(0.79);
    expect((await health()).code).toBe('ok');
    await useShare(0.81);
    expect(await health()).toMatchObject({
      code: 'budget-near',
      message: expect.stringMatching(/^Recording\. 8[01] % .*Save an archive/),
    });
    await useShare(1.01);
    expect(await health()).toMatchObject({ code: 'budget-over' });
    await useShare(1.2);
    expect(await health()).toMatchObject({
      code: 'budget-full',
      message: expect.stringContaining('Nothing'),
    });
  });

  it('that a budget or a site is none', async () => {
    for (const bytes of [0, -1, 9_999_999, 1e13 + 1])
      await expect(worker.send('budget.set', { bytes })).rejects.toThrow('at least 10 MB');
    for (const host of ['', 'two words', 'paypal.*'])
      await expect(worker.send('budget.pin', { host })).rejects.toThrow('not the name of a site');
    await worker.send('budget.pin', { host: 'https://www.A.example/x' });
    await worker.send('budget.set', { bytes: 20_000_000 });
    await worker.restart();
    expect(await worker.send('budget.get', {})).toMatchObject({
      limitBytes: 20_000_000,
      pinned: ['a.example'],
    });
    expect((await worker.send('budget.unpin', { host: 'a.example' })).pinned).toEqual([]);
  });
});

describe('recording', () => {
  const visits = async () => (await worker.ofKind('visit')).length;

  it('goes on beyond the limit while an archive could still be saved', async () => {
    await browse(3);
    await useShare(1.05);
    await worker.visit(1, 'https://a.example/more');
    expect(await visits()).toBe(10);
    expect(budget().state()).toMatchObject({ phase: 'over', refused: 0 });
  });

  it('is refused, said and counted at the very end, and goes on at once when there is room', async () => {
    await browse(3);
    await worker.visit(1, 'https://a.example/before');
    await useShare(1.2);
    const events = (await worker.events()).length;
    await worker.click(1);
    await worker.visit(1, 'https://a.example/refused');
    await worker.visit(2, 'https://b.example/refused');
    expect((await worker.events()).length).toBe(events);
    expect((await worker.send('status.get', {})).budget).toMatchObject({ phase: 'full', refused: 3 });
    await worker.restart();
    expect(budget().state()).toMatchObject({ phase: 'full', refused: 3 });
    // What is kept in memory only needs no room.
    await worker.set({ level: 'ephemeral' });
    await worker.visit(3, 'https://c.example/memory');
    expect((await worker.send('status.get', {})).ephemeralCount).toBe(1);
    await worker.set({ level: 'private' });
    await worker.send('budget.set', { bytes: 10_000_000 });
    await worker.visit(1, 'https://a.example/after');
    expect(await visits()).toBe(11);
    expect((await health()).code).toBe('ok');
  });

  it('goes on when records are deleted', async () => {
    await browse(4);
    await useShare(1.15);
    expect(worker.services.profile.isFull).toBe(true);
    await worker.send('erase.run', { target: { what: 'all' } });
    await budget().tick();
    await worker.visit(1, 'https://a.example/after');
    expect(await visits()).toBe(1);
  });

  it('is refused at the limit where nothing could be archived: today, and pinned sites', async () => {
    await worker.visit(1, 'https://a.example/today');
    await useShare(1.01);
    expect(budget().state()?.phase).toBe('full');
    await worker.set({ budgetBytes: 1e9 });
    await budget().tick();
    await browse(2);
    await useShare(1.01);
    expect(budget().state()?.phase).toBe('over');
    for (const host of ['a.example', 'b.example']) await worker.send('budget.pin', { host });
    await useShare(1.01);
    expect(budget().state()?.phase).toBe('full');
  });

  it('an import says that there is no room', async () => {
    await browse(2);
    await useShare(1.2);
    await expect(worker.send('import.history', {})).rejects.toThrow('The storage budget is full');
  });
});

describe('an archive in a file', () => {
  it('has the oldest days; they leave when the person says that it is saved, and come back', async () => {
    await browse(6);
    const before = await worker.records();
    await useShare(1);
    const { file, made } = await saveArchive();
    expect(made).toMatchObject({ kind: 'made', records: expect.any(Number) });
    const name = made.kind === 'made' ? made.name : '';
    expect(name).toMatch(new RegExp(`^arq-archive-${firstDay}-to-.*\\.arqa$`));
    // Not yet; also over a stop of the worker.
    await worker.restart();
    expect(await worker.records()).toEqual(before);
    expect((await worker.send('budget.get', {})).offered).toMatchObject({ name });
    const after = await worker.send('archive.confirm', {});
    expect(after.phase).toBe('ok');
    const left = await worker.records();
    expect(left.length).toBeLessThan(before.length);
    expect(left).toEqual(before.slice(before.length - left.length));
    expect(after.archived).toEqual([
      {
        month: '2026-11-01',
        where: 'file',
        days: expect.any(Number),
        records: before.length - left.length,
        files: [name],
      },
    ]);
    expect((await worker.send('records.search', { text: 'example', limit: 10 })).archivedDays).toBe(
      after.archived[0]?.days,
    );
    const since = { fromMs: START_MS + 5.5 * DAY_MS };
    expect((await worker.send('records.search', { text: '', limit: 10, ...since })).archivedDays).toBe(
      undefined,
    );
    expect(await fetchBack(file)).toEqual({ kind: 'restored', events: expect.any(Number) });
    expect(await worker.records()).toEqual(before);
    expect((await worker.send('budget.get', {})).archived).toEqual([]);
  });

  it('leaves what is pinned, and says when there is nothing else', async () => {
    await browse(2);
    await worker.send('budget.pin', { host: 'a.example' });
    await useShare(1.5);
    await saveArchive();
    await worker.send('archive.confirm', {});
    const hosts = new Set((await worker.records()).map((one) => 'url' in one && new URL(one.url).hostname));
    await useShare(1.5);
    await saveArchive();
    await worker.send('archive.confirm', {}).catch(() => {});
    expect([...hosts]).toEqual(expect.arrayContaining(['a.example', 'sub.a.example']));
    expect((await worker.records()).every((one) => 'url' in one && one.url.includes('a.example'))).toBe(true);
    expect(await saveArchive()).toMatchObject({
      made: { kind: 'failed', message: expect.stringContaining('nothing to archive') },
    });
  });

  it('that the person does not have opens nothing, and all stays', async () => {
    await browse(3);
    await useShare(1);
    const { file } = await saveArchive();
    const before = await worker.records();
    expect((await worker.send('archive.discard', {})).offered).toBeUndefined();
    expect(await worker.records()).toEqual(before);
    await expect(worker.send('archive.confirm', {})).rejects.toThrow('out of date');
    await worker.send('budget.set', { bytes: 10_000_000 });
    expect(await fetchBack(file)).toMatchObject({ kind: 'failed' });
    expect((await health()).code).toBe('ok');
  });

  it('keeps a day that changed since it was made, and is forgotten when something is erased', async () => {
    await browse(3);
    await useShare(1.5);
    await saveArchive();
    await worker.store.addEvents(firstDay, [
      {
        kind: 'visit',
        id: 'other.1.1',
        atMs: START_MS,
        level: 'private',
        url: 'https://late.example/',
        title: '',
        transition: 'link',
      },
    ]);
    await worker.send('archive.confirm', {});
    expect(await worker.store.days()).toContain(firstDay);
    await worker.set({ budgetBytes: 1e9 });
    await useShare(1.5);
    await saveArchive();
    await worker.send('erase.run', { target: { what: 'page', url: 'https://late.example/' } });
    await expect(worker.send('archive.confirm', {})).rejects.toThrow('deleted meanwhile');
  });

  it('brings nothing back that was deleted meanwhile', async () => {
    await browse(3);
    await useShare(2);
    const { file } = await saveArchive();
    await worker.send('archive.confirm', {});
    await worker.send('budget.set', { bytes: 10_000_000 });
    await worker.send('erase.run', { target: { what: 'site', host: 'a.example' } });
    await worker.send('erase.run', { target: { what: 'page', url: 'https://b.example/0' } });
    const day = Date.parse(secondDay);
    await worker.send('erase.run', { target: { what: 'range', fromMs: day, toMs: day + DAY_MS } });
    await worker.restart();
    const stubs = await worker.store.stubs();
    expect(stubs.map((stub) => stub.day)).not.toContain(secondDay);
    expect(stubs.flatMap(({ sites = [] }) => sites)).not.toContain('a.example');
    await fetchBack(file);
    const back = (await worker.records()).map((one) => ('url' in one ? one.url : ''));
    expect(back).toContain('https://b.example/2');
    expect(back.filter((url) => url.includes('a.example') || /b\.example\/[01]/.test(url))).toEqual([]);
  });

  it('is not made while sync is on, and is not confirmed then', async () => {
    await browse(2);
    await useShare(1.5);
    await saveArchive();
    worker.store.syncing = true;
    await expect(worker.store.confirmArchive()).rejects.toMatchObject({ name: 'InvalidStateError' });
    expect((await worker.records()).length).toBe(6);
  });
});

it('keys and what waits to be sent are never dropped', async () => {
  await browse(4);
  await worker.store.db.add('outbox', { what: 'day', day: firstDay });
  const keys = (await worker.store.keys.ring()).length;
  await useShare(3);
  await budget().tick();
  expect(await worker.store.db.count('outbox')).toBe(1);
  expect((await worker.store.keys.ring()).length).toBe(keys);
  expect((await worker.records()).length).toBe(12);
});
