/** Two things at the same moment, of which one is a deletion or a rule that is applied to what is stored. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { DAY_MS } from '../../../src/base/clock.ts';
import { LocalStore } from '../../../src/storage/local-store.ts';
import { fake } from '../../support/fake-browser.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  worker.end();
});
const urls = async () => (await worker.records()).map((record) => ('url' in record ? record.url : ''));

it('rules that are applied one after another are all applied', async () => {
  for (const ago of [190, 160, 130, 100, 70, 40, 0]) {
    vi.setSystemTime(START_MS - ago * DAY_MS);
    for (let n = 0; n < 6; n++) await worker.visit(n + 1, `https://s${n}.example/page?n=${ago}`);
  }
  vi.setSystemTime(START_MS + 1_000);
  const ids: string[] = [];
  for (let n = 0; n < 6; n++)
    ids.push((await worker.send('rules.set', { host: `s${n}.example`, capture: 'domain' })).set ?? '');
  // As a person does: the level or a second rule while the first is under way.
  for (const id of ids) await worker.send('stored.apply', { scope: { what: 'rule', id } });
  await worker.services.storedRules.settled();
  expect((await urls()).filter((url) => url.includes('?n='))).toEqual([]);
});

it('so is one that begins while another one does nothing in most months', async () => {
  for (const ago of [190, 160, 130, 100, 70, 40, 0]) {
    vi.setSystemTime(START_MS - ago * DAY_MS);
    await worker.visit(1, `https://b.example/page?n=${ago}`);
  }
  vi.setSystemTime(START_MS + 1_000);
  const a = (await worker.send('rules.set', { host: 'a.example', capture: 'domain' })).set ?? '';
  const b = (await worker.send('rules.set', { host: 'b.example', capture: 'domain' })).set ?? '';
  await worker.send('stored.apply', { scope: { what: 'rule', id: a } });
  await worker.send('stored.apply', { scope: { what: 'rule', id: b } });
  await worker.services.storedRules.settled();
  expect((await urls()).filter((url) => url.includes('?n='))).toEqual([]);
});

it('ten seconds are ten seconds, however long it took to find what is meant', async () => {
  await worker.visit(1, 'https://gone.example/');
  const { store } = worker;
  const hide = store.hide.bind(store);
  vi.spyOn(store, 'hide').mockImplementationOnce(async (...args) => {
    const found = await hide(...args);
    worker.pass(9_000);
    return found;
  });
  await worker.send('erase.run', { target: { what: 'site', host: 'gone.example' } });
  expect((await worker.send('status.get', {})).erasing?.leftMs).toBe(10_000);
});

it('everything cannot be undone while something is stuck that would be there again', async () => {
  await worker.visit(1, 'https://gone.example/');
  await worker.visit(2, 'https://kept.example/');
  const { store } = worker;
  vi.spyOn(store, 'purge')
    .mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'))
    .mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'));
  await worker.send('erase.run', { target: { what: 'site', host: 'gone.example' } });
  await worker.send('erase.finish', {}).catch(() => {});
  expect(await urls()).toEqual(['https://kept.example/']);
  await worker.send('erase.run', { target: { what: 'all' } });
  expect((await worker.send('status.get', {})).erasing).toBeUndefined();
  expect(await urls()).toEqual([]);
});

it('applying a rule leaves a deletion its ten seconds', async () => {
  await worker.visit(1, 'https://gone.example/');
  await worker.visit(2, 'https://kept.example/a?b');
  const id = (await worker.send('rules.set', { host: 'kept.example', capture: 'domain' })).set ?? '';
  await worker.send('erase.run', { target: { what: 'site', host: 'gone.example' } });
  await worker.send('stored.apply', { scope: { what: 'rule', id } });
  expect((await worker.send('status.get', {})).erasing).toBeDefined();
});

it('a request to delete everything works while a deletion cannot be carried out', async () => {
  await worker.visit(1, 'https://gone.example/');
  const { store } = worker;
  const purge = store.purge.bind(store);
  vi.spyOn(store, 'purge').mockImplementation((one, days) =>
    one.kind === 'everything'
      ? purge(one, days)
      : Promise.reject(new DOMException('full', 'QuotaExceededError')),
  );
  await worker.send('erase.run', { target: { what: 'site', host: 'gone.example' } });
  await worker.send('erase.finish', {}).catch(() => {});
  await worker.send('requests.delete', { account: false } as never);
  expect(await urls()).toEqual([]);
});

it('retention leaves a deletion that is asked for meanwhile its ten seconds', async () => {
  const atMs = START_MS - 40 * DAY_MS;
  await worker.store.addEvents('2026-10-15', [
    {
      kind: 'visit',
      id: 'AAAAAAAAAAAAAAAAAAAAAA.1.1',
      atMs,
      level: 'private',
      url: 'https://old.example/',
      title: '',
      transition: 'link',
    },
  ]);
  await worker.visit(1, 'https://gone.example/');
  const { store } = worker;
  const meant = store.meant.bind(store);
  vi.spyOn(store, 'meant').mockImplementationOnce(async (...args) => {
    await worker.send('erase.run', { target: { what: 'site', host: 'gone.example' } });
    return meant(...args);
  });
  await worker.send('retention.set', { retention: { levels: { private: 30 }, sites: [] } } as never);
  expect((await worker.send('status.get', {})).erasing?.kind).toBe('site');
});

it('a correction brings back nothing that was deleted while it looked', async () => {
  await worker.visit(1, 'https://gone.example/', { title: 'Wrong' });
  const [record] = await worker.records();
  const { store } = worker;
  const importDays = store.importDays.bind(store);
  vi.spyOn(store, 'importDays').mockImplementationOnce(async (...args) => {
    await worker.erase({ what: 'record', id: record?.id ?? '', day: '2026-11-24' });
    return importDays(...args);
  });
  await worker.send('requests.rectify', {
    correction: { what: 'title', url: 'https://gone.example/', from: 'Wrong', to: 'Right' },
  } as never);
  expect(await urls()).toEqual([]);
});

/** A page says that it is there, which waits for the browser's own report. */
function appears(url: string): Promise<unknown> {
  fake.tabs.set(7, { id: 7, url, title: 'Shown', incognito: false });
  const page = { startedMs: Date.now() - 5, nonce: 'P'.repeat(22) };
  return worker.handlers['event.page'](page, worker.sender(7, url, 'D'));
}

it('a deletion means a page that has just said that it is there', async () => {
  const told = appears('https://gone.example/');
  await worker.erase({ what: 'site', host: 'gone.example' });
  await told;
  expect(await urls()).toEqual([]);
});

it('so does a lock wait for it', async () => {
  const key = toBase64Url(new Uint8Array(32).fill(1));
  await worker.send('lock.set', { kdf: SOME_KDF, key });
  const told = appears('https://kept.example/');
  await worker.send('lock.now', {});
  expect(await told).toMatchObject({ ok: true });
  await worker.send('lock.unlock', { key });
  worker.services = await worker.opening.ready();
  expect(await urls()).toEqual(['https://kept.example/']);
});

it.each([
  ['fails', () => Promise.reject(new Error('not measured'))],
  ['never ends', () => new Promise<void>(() => {})],
])('a deletion is done also when measuring the store after it %s', async (_, check) => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await worker.visit(1, 'https://gone.example/');
  vi.spyOn(worker.services.budget, 'check').mockImplementation(check);
  await worker.erase({ what: 'site', host: 'gone.example' });
  const { entries } = await worker.store.deletions.read();
  expect(entries.map(({ step }) => step)).toContain('notified');
  expect((await worker.send('status.get', {})).erasing).toBeUndefined();
});

it.each([
  ['the rules would leave it', 'https://short.example/'],
  ['it was recorded', 'https://short.example/path'],
])('a deletion means what still waits sealed as %s', async (_, url) => {
  const key = toBase64Url(new Uint8Array(32).fill(1));
  await worker.send('rules.set', { host: 'short.example', capture: 'domain' });
  await worker.send('lock.set', { kdf: SOME_KDF, key });
  await worker.restartBrowser();
  await worker.visit(1, 'https://short.example/path');
  await worker.visit(2, 'https://kept.example/');
  // There is no room for it when it is opened, nor when it is deleted.
  const full = vi.spyOn(LocalStore.prototype, 'changing');
  for (let n = 0; n < 3; n++) full.mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await worker.send('lock.unlock', { key });
  worker.services = await worker.opening.ready();
  await worker.erase({ what: 'page', url });
  await worker.services.unsealing.settle();
  expect(await urls()).toEqual(['https://kept.example/']);
});

it('rules that are applied reach what still waits sealed, too', async () => {
  const key = toBase64Url(new Uint8Array(32).fill(1));
  await worker.send('lock.set', { kdf: SOME_KDF, key });
  await worker.send('lock.now', {});
  await worker.visit(1, 'https://short.example/path');
  // There is no room for it when it is opened.
  vi.spyOn(LocalStore.prototype, 'changing').mockRejectedValueOnce(
    new DOMException('full', 'QuotaExceededError'),
  );
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await worker.send('lock.unlock', { key });
  worker.services = await worker.opening.ready();
  expect(worker.services.unsealing.isDone).toBe(false);
  const set = (await worker.send('rules.set', { host: 'short.example', capture: 'domain' })).set ?? '';
  await worker.send('stored.apply', { scope: { what: 'rule', id: set } });
  await worker.services.storedRules.settled();
  await worker.services.unsealing.settle();
  expect(await urls()).toEqual(['https://short.example/']);
});
