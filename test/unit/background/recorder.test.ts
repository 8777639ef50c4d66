// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Pause } from '../../../src/model/recording.ts';
import { fake } from '../../support/fake-browser.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  worker.end();
});

const RESULTS = 'https://www.baidu.com/s?wd=blue+whales';
const NONCE = 'P'.repeat(22);
const page = (tabId: number, documentId?: string, startedMs = Date.now() - 5) =>
  worker.handlers['event.page']({ startedMs, nonce: NONCE }, worker.sender(tabId, undefined, documentId));
const kinds = async () => (await worker.records()).map(({ kind }) => kind);
const visits = () => worker.ofKind('visit');

describe('one navigation', () => {
  it('is a visit and a search, or nothing that the page could not repeat', async () => {
    const { add } = IDBObjectStore.prototype;
    let calls = 0;
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore, ...args) {
      calls += 1;
      if (calls === 2) throw new DOMException('full', 'QuotaExceededError');
      return add.apply(this, args);
    });
    await expect(worker.visit(7, RESULTS, { documentId: 'D' })).rejects.toThrow('full');
    vi.restoreAllMocks();
    await worker.restart();
    await page(7, 'D');
    await page(7, 'D');
    expect(await kinds()).toEqual(['visit', 'search']);
  });

  it.each(['private', 'anonymous'] as const)(
    'is there once when the worker was stopped right after it was stored and documents have no ids (%s)',
    async (level) => {
      await worker.set({ level });
      const startedMs = Date.now() - 5;
      fake.session.beforeSet = (values) => {
        if ('tab:7' in values) throw new Error('stopped');
      };
      await expect(worker.visit(7, 'https://a.example/')).rejects.toThrow('stopped');
      fake.session.beforeSet = () => {};
      await worker.restart();
      await page(7, undefined, startedMs);
      expect(await worker.records()).toHaveLength(1);
    },
  );

  it('is there once when the worker was stopped right before it was stored', async () => {
    const startedMs = Date.now() - 5;
    const tab = 'https://a.example/';
    vi.spyOn(worker.store, 'append').mockRejectedValue(new Error('stopped'));
    await expect(worker.visit(7, tab)).rejects.toThrow('stopped');
    vi.restoreAllMocks();
    await worker.restart();
    await page(7, undefined, startedMs);
    await page(7, undefined, startedMs);
    expect(await worker.records()).toHaveLength(1);
  });

  it('back to a page of results is not another search', async () => {
    await worker.visit(7, RESULTS);
    await worker.visit(7, 'https://a.example/');
    await worker.visit(7, RESULTS, { qualifiers: ['forward_back'] });
    await worker.visit(7, 'https://www.baidu.com/');
    await worker.visit(7, RESULTS, { sameDocument: true, qualifiers: ['forward_back'] });
    expect((await kinds()).filter((kind) => kind === 'search')).toHaveLength(1);
    expect((await visits()).at(-1)?.transition).toBe('history');
  });
});

describe('a click', () => {
  it('is on the page that a single-page app shows', async () => {
    await worker.visit(7, 'https://app.example/first');
    await worker.visit(7, 'https://app.example/second', { sameDocument: true });
    await worker.click(7, 'https://app.example/first');
    expect((await worker.ofKind('click'))[0]?.url).toBe('https://app.example/second');
  });

  it('is never on a page of another site that the tab shows meanwhile', async () => {
    await worker.visit(7, 'https://a.example/');
    await worker.visit(7, 'https://b.example/');
    await worker.click(7, 'https://a.example/');
    expect((await worker.ofKind('click'))[0]?.url).toBe('https://a.example/');
  });
});

describe('after an erasure', () => {
  const erase = (target: never) => worker.erase(target);

  it.each([{ what: 'all' }, { what: 'site', host: 'a.example' }])(
    'an open page that was erased gains nothing and is named nowhere: %j',
    async (target) => {
      await worker.visit(7, 'https://a.example/secret');
      await worker.services.dwell.inFront(7);
      worker.pass(10_000);
      await erase(target as never);
      await worker.title(7, 'Secretword');
      worker.pass(10_000);
      await worker.services.dwell.tick();
      expect(await worker.events()).toEqual([]);
      expect(JSON.stringify([...fake.session.values])).not.toMatch(/secret/i);
      await worker.visit(7, 'https://b.example/');
      expect(await visits()).toMatchObject([{ url: 'https://b.example/' }]);
      expect((await visits())[0]).not.toHaveProperty('referrer');
    },
  );

  it('that another device asked for, the same', async () => {
    await worker.visit(7, 'https://a.example/secret');
    await worker.store.erase(() => true);
    await worker.title(7, 'Secretword');
    await worker.visit(7, 'https://b.example/');
    expect(await worker.events()).toMatchObject([{ kind: 'visit' }, { kind: 'visit-update' }]);
    expect((await visits())[0]).not.toHaveProperty('referrer');
  });

  it('in memory, the same', async () => {
    await worker.set({ level: 'ephemeral' });
    await worker.visit(7, 'https://a.example/secret');
    await erase({ what: 'all' } as never);
    await worker.title(7, 'Secretword');
    expect(await worker.services.ephemeral.records()).toEqual([]);
    expect(JSON.stringify([...fake.session.values])).not.toMatch(/secret/i);
  });

  it('other pages go on', async () => {
    await worker.visit(7, 'https://a.example/');
    await worker.visit(8, 'https://b.example/');
    await erase({ what: 'site', host: 'a.example' } as never);
    await worker.title(8, 'Later');
    expect(await visits()).toMatchObject([{ title: 'Later' }]);
  });
});

describe('a page that was not stored when it was opened', () => {
  it.each(['ephemeral', 'anonymous'] as const)('is not stored by what comes after it (%s)', async (level) => {
    await worker.set({ level });
    await worker.visit(7, 'https://secret.example/');
    await worker.set({ level: 'private' });
    await worker.click(7);
    await worker.title(7, 'Secretword');
    fake.tabs.set(8, { id: 8, url: '', title: '', incognito: false, openerTabId: 7 });
    await worker.visit(7, 'https://next.example/');
    expect(JSON.stringify(await worker.events())).not.toMatch(/secret/i);
    expect((await visits()).map(({ url }) => url)).toEqual(['https://next.example/']);
    expect((await worker.services.ephemeral.records()).map(({ kind }) => kind).sort()).toEqual(
      level === 'ephemeral' ? ['click', 'visit'] : [],
    );
  });

  it('nor because it was opened while paused', async () => {
    await worker.set({ pause: { kind: 'resumed' } });
    await worker.visit(7, 'https://secret.example/', { documentId: 'D' });
    await worker.set({ pause: { kind: 'none' } });
    await worker.click(7, undefined, 'a'.repeat(22), 'D');
    await worker.click(7, undefined, 'b'.repeat(22));
    await page(7, 'D');
    await worker.visit(7, 'https://next.example/', { documentId: 'E' });
    await worker.click(7, undefined, 'c'.repeat(22), 'E');
    expect(JSON.stringify([...fake.session.values])).not.toMatch(/secret/i);
    expect(JSON.stringify(await worker.events())).not.toMatch(/secret/i);
    expect(await kinds()).toEqual(['visit', 'click']);
  });

  it('nor because its site was excluded', async () => {
    await worker.set({ rules: [{ id: 'r', host: 'secret.example', capture: 'skip' }] });
    await worker.visit(7, 'https://secret.example/');
    await worker.set({ rules: [] });
    await worker.click(7);
    await worker.visit(7, 'https://next.example/');
    expect(JSON.stringify(await worker.events())).not.toMatch(/secret/i);
  });

  it('in full is named only as far as it was stored', async () => {
    await worker.set({ rules: [{ id: 'r', host: 'a.example', capture: 'no-query' }] });
    await worker.visit(7, 'https://a.example/path?q=1');
    await worker.set({ rules: [] });
    await worker.click(7);
    await worker.visit(7, 'https://next.example/');
    expect((await worker.ofKind('click'))[0]?.url).toBe('https://a.example/path');
    expect((await visits()).at(-1)?.referrer).toBe('https://a.example/path');
  });

  it('does not hold the page that came after it: a late click counts for the page it was on', async () => {
    await worker.visit(7, 'https://a.example/', { documentId: 'D' });
    await worker.set({ level: 'ephemeral' });
    await worker.visit(7, 'https://b.example/', { documentId: 'E' });
    await worker.set({ level: 'private' });
    await worker.click(7, 'https://a.example/', 'a'.repeat(22), 'D');
    await worker.click(7, 'https://b.example/', 'b'.repeat(22), 'E');
    expect((await worker.ofKind('click')).map(({ url }) => url)).toEqual(['https://a.example/']);
  });
});

it('a page that was stored is the referrer of the next, in its tab and in one that it opened', async () => {
  await worker.visit(7, 'https://a.example/');
  await worker.visit(7, 'https://b.example/');
  fake.tabs.set(8, { id: 8, url: 'https://c.example/', title: '', incognito: false, openerTabId: 7 });
  await worker.services.recorder.navigated({
    tabId: 8,
    url: 'https://c.example/',
    atMs: Date.now(),
    transition: 'link',
    qualifiers: [],
    sameDocument: false,
  });
  expect((await visits()).map(({ referrer }) => referrer)).toEqual([
    undefined,
    'https://a.example/',
    'https://b.example/',
  ]);
});

describe('time in front', () => {
  const reading = async () => {
    await worker.visit(7, 'https://a.example/');
    await worker.services.dwell.inFront(7);
  };
  const dwell = async () => (await visits())[0]?.dwellMs;
  const pause = (kind: Pause) => worker.handlers['pause.set']({ pause: kind }, {} as never);

  it('is added to the page', async () => {
    await reading();
    worker.pass(30_000);
    await worker.services.dwell.tick();
    worker.pass(20_000);
    await worker.visit(7, 'https://b.example/');
    expect(await dwell()).toBe(50_000);
  });

  it('is not added once its site is excluded, or nothing new is stored of it', async () => {
    await reading();
    for (const settings of [
      { rules: [{ id: 'r', host: 'a.example', capture: 'skip' as const }] },
      { rules: [], level: 'ephemeral' as const },
      { level: 'anonymous' as const },
    ]) {
      await worker.set(settings);
      worker.pass(30_000);
      await worker.services.dwell.tick();
      expect(await dwell()).toBe(0);
    }
  });

  it('is added up to a pause, and after it, but not for the pause', async () => {
    await reading();
    worker.pass(10_000);
    await pause('resumed');
    worker.pass(40_000);
    await worker.handlers['pause.end']({}, {} as never);
    worker.pass(5_000);
    await worker.services.dwell.tick();
    expect(await dwell()).toBe(15_000);
  });

  it('is counted anew from the moment that a timed pause is over', async () => {
    await reading();
    await pause('15m');
    worker.pass(14 * 60_000 + 30_000);
    await worker.services.dwell.tick();
    worker.pass(50_000);
    await worker.services.dwell.tick();
    expect(await dwell()).toBe(20_000);
  });
});
