/** The search of the options page: what it finds, page by page of results, and how little it reads for it. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { search } from '../../../src/background/services/search.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { MessageBody } from '../../../src/messaging/messages.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { PackReader } from '../../../src/storage/packs.ts';
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

describe('what was recorded on one page', () => {
  const url = 'https://x.example/';
  /** In all answers, one after the other. */
  const times = async (limit: number) => {
    const found: number[] = [];
    for (let after: MessageBody<'records.page'>['after']; ; ) {
      const answer = await worker.send('records.page', { url, limit, after });
      expect(answer.records.length).toBeLessThanOrEqual(limit);
      found.push(...answer.records.map(({ atMs }) => atMs));
      after = answer.next;
      if (!after) return found;
    }
  };

  it('comes once, newest first, however many at once, packed or not, and nothing of other pages', async () => {
    const midnight = START_MS - (START_MS % DAY_MS) - DAY_MS;
    // Of one day several, also of one time; of two months; on both sides of a midnight.
    const visits = [0, 5, 5, 5, 9, -1, -40 * DAY_MS].map((ms) => midnight + ms);
    await add(
      ...visits.map((atMs) => visit(url, atMs)),
      ...[
        'https://x.example/a',
        'https://x.example/?',
        'https://sub.x.example/',
        'https://a.example/',
      ].flatMap((other) => visits.map((atMs) => visit(other, atMs))),
    );
    const expected = visits.sort((a, b) => b - a);
    for (const limit of [1, 2, 3, 6, 7, 8]) expect(await times(limit), `${limit} new`).toEqual(expected);
    await worker.store.pack(true);
    for (const limit of [1, 2, 3, 6, 7, 8]) expect(await times(limit), `${limit} packed`).toEqual(expected);
    await worker.store.compact();
    for (const limit of [1, 2, 3, 6, 7, 8]) expect(await times(limit), `${limit} merged`).toEqual(expected);
  });

  it('has the title that each visit had then, and how long it was', async () => {
    await worker.visit(1, url, { title: 'then' });
    const { id } = (await worker.records())[0] ?? { id: '' };
    const event = { kind: 'visit-update', id: 'B'.repeat(22).concat('.1.1'), visit: id } as const;
    await add({ ...event, atMs: Date.now() + 1, dwellMs: 61_000 });
    await add(visit(url, START_MS - 2 * DAY_MS, 'long ago'));
    for (const state of ['new', 'packed']) {
      const { records } = await worker.send('records.page', { url, limit: 9 });
      expect(records, state).toMatchObject([
        { title: 'then', dwellMs: 61_000 },
        { title: 'long ago', dwellMs: 0 },
      ]);
      await worker.store.pack(true);
    }
  });

  it('with what is in memory only among it, by its time, on both sides of a midnight', async () => {
    await worker.send('rules.set', { host: 'x.example', capture: 'full', level: 'ephemeral' });
    const midnight = START_MS - (START_MS % DAY_MS) + DAY_MS;
    worker.pass(midnight - 2_500 - Date.now());
    for (let i = 0; i < 5; i++) {
      await worker.visit(1, url);
      worker.pass(1_000);
    }
    const seconds = [-2, -1, 0, 1, -DAY_MS / 1000];
    await add(...seconds.map((s) => visit(url, midnight + s * 1000)));
    const expected = [1.5, 1, 0.5, 0, -0.5, -1, -1.5, -2, -2.5, -DAY_MS / 1000];
    for (const limit of [1, 2, 3, 4, 9, 10])
      expect(await times(limit), String(limit)).toEqual(expected.map((s) => midnight + s * 1000));
  });

  it('that is not about to be deleted', async () => {
    await add(visit(url, START_MS - 1), visit(url, START_MS - DAY_MS), visit(url, START_MS - 2 * DAY_MS));
    await worker.store.pack(true);
    const { records } = await worker.send('records.page', { url, limit: 9 });
    const middle = records[1];
    if (!middle) throw new Error('no record');
    const target = { what: 'record', id: middle.id, day: dayOf(middle.atMs) } as const;
    expect(await worker.send('erase.count', { target })).toEqual({ count: 1 });
    await worker.send('erase.run', { target });
    expect(await times(9)).toEqual([START_MS - 1, START_MS - 2 * DAY_MS]);
    await worker.send('erase.finish', {});
    expect(await times(9)).toEqual([START_MS - 1, START_MS - 2 * DAY_MS]);
  });

  it('is read from the days that are shown alone, also of a site that was visited each day', async () => {
    const days = [0, 20, 35, 70].map((day) => START_MS - day * DAY_MS);
    await add(
      ...days.map((atMs) => visit(url, atMs - 1)),
      ...Array.from({ length: 90 }, (_, i) => visit(`https://x.example/${i % 7}`, START_MS - i * DAY_MS)),
    );
    await worker.store.pack(true);
    await worker.store.compact();
    const opened: string[] = [];
    const { rows } = PackReader.prototype;
    vi.spyOn(PackReader.prototype, 'rows').mockImplementation(function (this: PackReader, day, options) {
      opened.push(day);
      return rows.call(this, day, options);
    });
    expect(await times(200)).toEqual(days.map((atMs) => atMs - 1));
    expect(opened).toEqual(days.map((atMs) => dayOf(atMs - 1)));
    opened.length = 0;
    await worker.send('records.page', { url, limit: 1 });
    expect(opened).toEqual(days.slice(0, 2).map((atMs) => dayOf(atMs - 1)));
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

  it('what was recorded there is found', async () => {
    expect((await worker.send('records.page', { url, limit: 9 })).records).toMatchObject([{ url }]);
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
