/** Deletions in the browser's own history: followed if the person says so, and only those that were the person's. */
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { fake } from '../../support/fake-browser.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
  for (const name of ['a', 'b', 'c']) await worker.visit(1, `https://${name}.example/?q=1`);
  await worker.store.addEvents(dayOf(START_MS - 61 * DAY_MS), [
    {
      kind: 'visit',
      id: 'AAAAAAAAAAAAAAAAAAAAAA.1.1',
      atMs: START_MS - 61 * DAY_MS,
      level: 'private',
      url: 'https://old.example/',
      title: '',
      transition: 'link',
    },
  ]);
});
afterEach(() => worker.end());

const removed = (...urls: string[]) => worker.services.following.removed({ all: false, urls });
const follow = (on: boolean) => worker.send('history.follow', { on });
const left = async () =>
  (await worker.records()).map((record) => ('url' in record ? new URL(record.url).hostname : '')).sort();
const ALL = ['a.example', 'b.example', 'c.example', 'old.example'];

it('nothing is followed unless the person says so, and not without access', async () => {
  await removed('https://a.example/?q=1');
  expect(await left()).toEqual(ALL);
  fake.historyAccess = false;
  await expect(follow(true)).rejects.toThrow(/no access/);
  expect((await worker.send('status.get', {})).following).toBeUndefined();
});

it('pages that are told one by one go together, and can be undone together', async () => {
  expect((await follow(true)).following).toEqual({ cleared: false });
  await Promise.all([
    removed('https://a.example/?q=1'),
    removed('https://b.example/?q=1#part', 'https://x.example/'),
  ]);
  expect(await left()).toEqual(['c.example', 'old.example']);
  const { erasing } = await worker.send('status.get', {});
  expect(erasing).toMatchObject({ count: 2, reason: 'browser-history' });
  await worker.send('erase.undo', { id: erasing?.id ?? '' });
  expect(await left()).toEqual(ALL);
});

it('what the browser may have forgotten by itself stays', async () => {
  await follow(true);
  await removed('https://old.example/');
  expect(await left()).toEqual(ALL);
  expect((await worker.send('erase.log', {})).entries).toEqual([]);
});

it('when all of it was cleared, the person is asked, also after a restart', async () => {
  await follow(true);
  await worker.services.following.removed({ all: true });
  await worker.restartBrowser();
  expect((await worker.send('status.get', {})).following).toEqual({ cleared: true });
  expect(await left()).toEqual(ALL);
  await worker.send('history.cleared', { erase: false });
  expect((await worker.send('status.get', {})).following).toEqual({ cleared: false });
  expect(await left()).toEqual(ALL);
  await worker.services.following.removed({ all: true });
  await worker.send('history.cleared', { erase: true });
  await worker.send('erase.finish', {});
  expect(await left()).toEqual([]);
});

it('switched off, it follows nothing and asks nothing', async () => {
  await follow(true);
  await worker.services.following.removed({ all: true });
  expect((await follow(false)).following).toBeUndefined();
  await removed('https://a.example/?q=1');
  await worker.send('history.cleared', { erase: true });
  expect(await left()).toEqual(ALL);
});

it('in an account that takes no more commands several pages stay, and the person is told; one goes', async () => {
  await follow(true);
  const takes = vi.spyOn(worker.services.sync.deleting, 'takes').mockResolvedValue(false);
  await removed('https://a.example/?q=1', 'https://b.example/?q=1');
  expect(takes).toHaveBeenCalledWith(2);
  expect(await left()).toEqual(ALL);
  const { erasing, health } = await worker.send('status.get', {});
  expect([erasing, health.code]).toEqual([undefined, 'left-over']);
  expect(health.message).toMatch(
    /^You deleted 2 pages in the browser's history\. They are still here: .*by site or by time/,
  );
  await removed('https://c.example/?q=1');
  expect(await left()).toEqual(['a.example', 'b.example', 'old.example']);
});
