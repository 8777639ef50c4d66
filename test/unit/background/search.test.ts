/** The search of the options page: what it finds, page by page of results, and how little it reads for it. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { search } from '../../../src/background/services/search.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { MessageBody } from '../../../src/messaging/messages.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
let counter = 0;
beforeEach(async () => {
  worker = await Worker.start();
  counter = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
  worker.end();
});

const visit = (url: string, atMs: number, title = 'hello'): InteractionEvent => ({
  kind: 'visit',
  id: `AAAAAAAAAAAAAAAAAAAAAA.1.${(++counter).toString(36)}`,
  atMs,
  level: 'private',
  url,
  title,
  transition: 'link',
});
const add = async (...events: InteractionEvent[]) => {
  const days = new Map<string, InteractionEvent[]>();
  for (const event of events) days.set(dayOf(event.atMs), [...(days.get(dayOf(event.atMs)) ?? []), event]);
  await worker.store.addDays(days);
};
type Asked = Partial<MessageBody<'records.search'>>;
const urls = async (text: string, more: Asked = {}) =>
  (await worker.send('records.search', { text, limit: 50, ...more })).hits.map(({ url }) => url);
/** All pages of results. */
const pages = async (limit: number, more: Asked = {}) => {
  const found: string[] = [];
  for (let after: Asked['after']; ; ) {
    const answer = await worker.send('records.search', { text: 'hello', limit, after, ...more });
    found.push(...answer.hits.map(({ url }) => url));
    after = answer.next;
    if (!after) return found;
  }
};

describe('page by page', () => {
  it('everything comes once, newest first, also pages of the same time', async () => {
    const atMs = START_MS - DAY_MS;
    const names = ['d', 'a', 'c', 'b', 'f', 'e', 'g'];
    await add(
      visit('https://x.example/new', atMs + 1),
      ...names.map((name) => visit(`https://x.example/${name}`, atMs)),
      visit('https://x.example/a', atMs - 5),
      visit('https://x.example/old', atMs - 1),
    );
    const expected = ['new', ...names.sort(), 'old'].map((name) => `https://x.example/${name}`);
    for (const limit of [1, 2, 3, 4, 9, 10]) expect(await pages(limit), `${limit} new`).toEqual(expected);
    await worker.store.compact();
    for (const limit of [1, 2, 3, 4, 9, 10]) expect(await pages(limit), `${limit} packed`).toEqual(expected);
  });

  it('with what is in memory only among it', async () => {
    await worker.send('rules.set', { host: 'memory.example', capture: 'full', level: 'ephemeral' });
    await worker.visit(1, 'https://memory.example/', { title: 'hello' });
    await add(...[0, 1, 2].map((n) => visit(`https://x.example/${n}`, START_MS)));
    await add(...[3, 4].map((n) => visit(`https://x.example/${n}`, START_MS - DAY_MS)));
    const all = ['memory.example/', ...[0, 1, 2, 3, 4].map((n) => `x.example/${n}`)];
    expect(await pages(2)).toEqual(all.map((one) => `https://${one}`));
  });

  it('within a time that ends in the middle of a day, by the visits in it', async () => {
    const atMs = START_MS - (START_MS % DAY_MS) - DAY_MS;
    // Those that were visited again later would come first by that.
    const many = Array.from({ length: 60 }, (_, i) => `https://x.example/${String(i).padStart(2, '0')}`);
    await add(
      ...many.map((url, i) => visit(url, atMs + 1_000 - i)),
      ...many.map((url, i) => visit(url, atMs + 50_000 + i)),
    );
    await worker.store.compact();
    expect(await pages(7, { fromMs: atMs, toMs: atMs + 40_000 })).toEqual(many);
  });
});

it('nothing older is read when there is enough', async () => {
  await add(...Array.from({ length: 40 }, (_, i) => visit(`https://x.example/${i}`, START_MS - i * DAY_MS)));
  await worker.store.compact();
  const { profile, ephemeral } = worker.services;
  const read: number[] = [];
  await search(
    profile,
    ephemeral,
    { text: 'hello', limit: 5 },
    { metrics: ({ rowsRead }) => read.push(rowsRead) },
  );
  // One more, to know that there are more.
  expect(read).toEqual([6]);
});

describe('what is typed', () => {
  it.each([
    ["don't", 'Don’t Starve'],
    ['don’t', "Don't Starve"],
    ["l'histoire", 'L’histoire de France'],
    ['release-notes', 'Release‑notes'],
    ['C++', 'Learn C++'],
    ['100%', '100% sure'],
  ])('as %s finds %s, packed or not', async (text, title) => {
    await add(visit('https://a.example/', START_MS - DAY_MS, title));
    expect(await urls(text)).toEqual(['https://a.example/']);
    await worker.store.compact();
    expect(await urls(text)).toEqual(['https://a.example/']);
  });

  it('with a host of other letters finds it as addresses have it, and texts that have it, newest first', async () => {
    const [ascii, text] = ['https://xn--mnchen-3ya.de/karte', 'https://a.example/'];
    await add(
      visit(ascii, START_MS - 3 * DAY_MS, 'Start'),
      visit(text, START_MS - 2 * DAY_MS, 'Fotos von münchen.de'),
      visit('https://xn--mnchen-3ya.de/', START_MS - DAY_MS, 'Auf münchen.de'),
    );
    const expected = ['https://xn--mnchen-3ya.de/', text, ascii];
    for (const _ of ['new', 'packed']) {
      expect(await urls('münchen.de')).toEqual(expected);
      expect(await urls('start MÜNCHEN.de')).toEqual([ascii]);
      expect(await urls('münchen.de/karte')).toEqual([ascii]);
      await worker.store.compact();
    }
    const first = await worker.send('records.search', { text: 'münchen.de', limit: 2 });
    expect(await urls('münchen.de', { after: first.next })).toEqual([ascii]);
  });

  it('as signs only finds nothing, and nothing typed finds everything', async () => {
    await add(visit('https://a.example/', START_MS));
    expect(await urls('???')).toEqual([]);
    expect(await urls(' ')).toEqual(['https://a.example/']);
  });
});

describe('after an update of the browser, whose dictionary cuts words otherwise', () => {
  const url = new URL('https://zh.example/wiki/北京大学图书馆').href;
  beforeEach(async () => {
    await add(visit(url, START_MS - 3 * DAY_MS), visit('https://zh.example/', START_MS - 3 * DAY_MS));
    await worker.store.pack(true);
    const { segment } = Intl.Segmenter.prototype;
    vi.spyOn(Intl.Segmenter.prototype, 'segment').mockImplementation(function (this: Intl.Segmenter, text) {
      return [...segment.call(this, text)].length > 1
        ? ([{ segment: text, index: 0, input: text }] as unknown as Intl.Segments)
        : segment.call(this, text);
    });
    expect(await urls('北京大学图书馆')).toEqual([]);
  });

  it('what was recorded on a page that is packed is counted and deleted', async () => {
    const target = { what: 'page', url } as const;
    expect(await worker.send('erase.count', { target })).toMatchObject({ count: 1 });
    expect(await worker.send('erase.run', { target })).toEqual({ count: 1 });
    expect(await urls('')).toEqual(['https://zh.example/']);
  });

  it('its newest record is found', async () => {
    const { target } = await worker.send('erase.count', { target: { what: 'newest', url } });
    expect(target).toMatchObject({ what: 'record', id: expect.stringMatching(/./) });
  });
});

it.each([
  ['https://gone.example./a', 'with a dot at its end'],
  ['https://stays.example:80@gone.example/', 'behind the name of a user'],
])('%s: a site is deleted however its host is written (%s)', async (url) => {
  await add(visit(url, START_MS - 3 * DAY_MS), visit('https://stays.example/', START_MS - 3 * DAY_MS));
  await worker.store.pack(true);
  const target = { what: 'site', host: 'gone.example' } as const;
  expect(await worker.send('erase.count', { target })).toMatchObject({ count: 1 });
  expect(await worker.send('erase.run', { target })).toEqual({ count: 1 });
  expect(await urls('')).toEqual(['https://stays.example/']);
});
