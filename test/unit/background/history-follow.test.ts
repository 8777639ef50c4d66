/** Deletions in the browser's own history: followed if the person says so, and only those that were the person's. */
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

it('does not take the seconds from a deletion that can be undone', async () => {
  await follow(true);
  await worker.send('erase.run', { target: { what: 'site', host: 'c.example' } });
  const { erasing } = await worker.send('status.get', {});
  const following = removed('https://a.example/?q=1');
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect((await worker.send('status.get', {})).erasing?.id).toBe(erasing?.id);
  expect(await left()).toContain('a.example');
  await worker.send('erase.undo', { id: erasing?.id ?? '' });
  worker.pass(11_000);
  await following;
  expect(await left()).toEqual(['b.example', 'c.example', 'old.example']);
  expect((await worker.send('status.get', {})).erasing).toMatchObject({ reason: 'browser-history' });
});

it('what the browser may have forgotten by itself stays', async () => {
  await follow(true);
  await removed('https://old.example/');
  expect(await left()).toEqual(ALL);
  expect((await worker.send('erase.log', {})).entries).toEqual([]);
});

it('what another device recorded does not say that this browser was there lately', async () => {
  const other = { kind: 'visit', level: 'private', title: '', transition: 'link' } as const;
  await worker.store.addEvents(dayOf(START_MS), [
    { ...other, id: 'AAAAAAAAAAAAAAAAAAAAAA.1.2', atMs: START_MS, url: 'https://phone.example/' },
  ]);
  await follow(true);
  const syncing = vi.spyOn(worker.store, 'syncing', 'get').mockReturnValue(true);
  await removed('https://phone.example/');
  expect(await left()).toContain('phone.example');
  // Without sync it came from a file, and is taken for this browser's own.
  syncing.mockRestore();
  await removed('https://phone.example/');
  expect(await left()).not.toContain('phone.example');
});

describe('of an address of which only a part is stored', () => {
  const PAGE = 'https://a.example/?q=1';
  const visited = (url: string, atMs = START_MS) => ({ url, title: '', atMs, transition: 'link' });

  it.each(['#part', '&token=abcdefgh'])('(%s) the page stays while the browser knows it', async (more) => {
    await follow(true);
    fake.history = [visited(PAGE, START_MS - DAY_MS)];
    await removed(`${PAGE}${more}`);
    expect(await left()).toEqual(ALL);
    // As long as another one is known of which the same is stored.
    fake.history = [visited(`${PAGE}#another`)];
    await removed(`${PAGE}${more}`);
    expect(await left()).toEqual(ALL);
    fake.history = [visited(PAGE, START_MS - 61 * DAY_MS), visited('https://a.example/')];
    await removed(`${PAGE}${more}`);
    expect(await left()).toEqual(ALL.slice(1));
  });

  it('the browser does not answer: it stays', async () => {
    await follow(true);
    fake.beforeHistory = async () => {
      throw new Error('no access');
    };
    vi.spyOn(console, 'error').mockImplementationOnce(() => {});
    await removed(`${PAGE}#part`, 'https://b.example/?q=1');
    expect(await left()).toEqual(['a.example', 'c.example', 'old.example']);
  });

  it('what was redacted, and what a rule left, goes', async () => {
    await follow(true);
    await worker.visit(1, 'https://d.example/?mail=ann.smith@mail.example', { title: 'D' });
    await worker.set({ rules: [{ id: 'r', host: 'e.example', capture: 'no-query' }] });
    await worker.visit(1, 'https://e.example/page?q=1', { title: 'E' });
    expect(JSON.stringify(await worker.records())).not.toMatch(/ann\.smith|page\?q/);
    expect(await left()).toHaveLength(ALL.length + 2);
    await removed('https://d.example/?mail=ann.smith@mail.example', 'https://e.example/page?q=1');
    expect(await left()).toEqual(ALL);
  });
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
