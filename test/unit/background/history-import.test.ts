/**
 * The import of the browser's own history: each visit once, as capture would have kept it, whatever interrupts it.
 *
 * Over 300 lines, because one import is stopped and goes on in each way.
 */

// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HistoryImport } from '../../../src/background/services/history-import.ts';
import { DAY_MS, HOUR_MS } from '../../../src/base/clock.ts';
import { parseEvent } from '../../../src/model/parse-event.ts';
import { type FakeVisit, fake } from '../../support/fake-browser.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

const past = (url: string, daysAgo: number, more: Partial<FakeVisit> = {}): FakeVisit => ({
  url,
  title: `Title of ${new URL(url).pathname}`,
  atMs: START_MS - daysAgo * DAY_MS,
  transition: 'link',
  ...more,
});
const done = () => worker.services.history.wake();
const run = async () => {
  const answer = await worker.handlers['import.history']({}, {} as never);
  await done();
  return answer;
};
const state = () => worker.services.history.state();
const urls = async () => (await worker.ofKind('visit')).map(({ url }) => url);
const everything = async () => JSON.stringify(await worker.events());

describe('what is taken over', () => {
  it('is every visit of every day with its title, across gaps of years', async () => {
    fake.history = [0.1, 0.2, 1, 2, 40, 41, 3000].map((days, i) => past(`https://a.example/${i}`, days));
    await run();
    expect(await urls()).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `https://a.example/${i}`));
    expect((await worker.ofKind('visit'))[0]).toMatchObject({
      title: 'Title of /6',
      level: 'private',
      atMs: START_MS - 3000 * DAY_MS,
    });
    expect(state()).toMatchObject({
      phase: 'done',
      added: 7,
      there: 0,
      leftOut: 0,
      days: 3001,
      daysRead: 3001,
    });
    expect(fake.alarms.has('import')).toBe(false);
  });

  it('is nothing sensitive, and what was recorded live is known by its redacted address', async () => {
    const url = 'https://www.google.com/search?q=jo%40b.com+4111111111111111';
    await worker.visit(1, url, { title: '' });
    fake.history = [past(url, 0), past(`${url}&p=2`, 1, { title: 'jo@b.com - Search' })];
    await run();
    expect(state()).toMatchObject({ added: 2, there: 1 });
    expect(decodeURIComponent(await everything())).not.toMatch(/jo@b|41111/);
    expect(await worker.send('sensitive.get', {})).toMatchObject({ counts: { email: 2, card: 2 } });
    await run();
    expect(await worker.send('sensitive.get', {})).toMatchObject({ counts: { email: 2, card: 2 } });
  });

  it('is each visit of a page that was visited often', async () => {
    fake.history = [1, 1.1, 2, 300].map((days) => past('https://often.example/', days));
    await run();
    expect(await urls()).toHaveLength(4);
  });

  it('is a search where the address is one, its next page of results not again', async () => {
    fake.history = [
      past('https://www.google.com/search?q=blue+whales', 1),
      past('https://www.google.com/search?q=blue+whales&start=10', 1, { atMs: START_MS - DAY_MS + 5_000 }),
    ];
    await run();
    expect(await worker.ofKind('search')).toMatchObject([{ query: 'blue whales' }]);
    expect(await urls()).toHaveLength(2);
  });

  it('is nothing of what rules and the list of sensitive sites keep out, and no frames', async () => {
    await worker.handlers['rules.set']({ host: 'out.example', capture: 'skip' }, {} as never);
    await worker.handlers['rules.set']({ host: 'short.example', capture: 'domain' }, {} as never);
    await worker.handlers['rules.set'](
      { host: 'memory.example', capture: 'full', level: 'ephemeral' },
      {} as never,
    );
    fake.history = [
      past('https://out.example/a', 1),
      past('https://www.paypal.com/pay', 1),
      past('http://192.168.0.1/router', 1),
      past('https://memory.example/', 1),
      past('file:///home/me/diary.txt', 1),
      past('https://frame.example/', 1, { transition: 'auto_subframe' }),
      past('https://short.example/deep?q=1', 1),
      past('https://a.example/?token=Secretword#part', 1),
    ];
    await run();
    expect((await urls()).sort()).toEqual(['https://a.example/', 'https://short.example/']);
    expect(await everything()).not.toMatch(/Secretword|deep|paypal|diary|frame|out\.ex|memory/);
    expect(state()).toMatchObject({ added: 2, leftOut: 4 });
  });

  it('is at level anonymous only counts, whose ids tell nothing of the page', async () => {
    await worker.set({ level: 'anonymous' });
    fake.history = [past('https://en.wikipedia.org/wiki/Secretword', 1), past('https://nytimes.com/x', 1)];
    await run();
    const events = await worker.events();
    expect(events).toMatchObject([
      { kind: 'reduced', of: 'visit' },
      { kind: 'reduced', of: 'visit' },
    ]);
    for (const { atMs } of events) expect(atMs % HOUR_MS).toBe(0);
    // Another page of the same sort in the same hour would have been called the same.
    const ids = events.map(({ id }) => id);
    await worker.erase({ what: 'all' });
    fake.history = [past('https://de.wikipedia.org/wiki/Other', 1), past('https://bbc.com/y', 1)];
    await run();
    expect((await worker.events()).map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  it('is nothing at level ephemeral and before consent, and it says so', async () => {
    fake.history = [past('https://a.example/', 1)];
    await worker.set({ level: 'ephemeral' });
    expect(await run()).toMatchObject({ ok: false, error: { code: 'ephemeral' } });
    await worker.set({ level: 'private', consent: 'declined' });
    expect(await run()).toMatchObject({ ok: false, error: { code: 'no-consent' } });
    expect(await worker.events()).toEqual([]);
  });

  it('has ids that other devices accept, of this device and of no event that was recorded', async () => {
    fake.history = Array.from({ length: 50 }, (_, i) => past(`https://a.example/${i}`, i / 7));
    await run();
    const events = await worker.events();
    expect(new Set(events.map(({ id }) => id)).size).toBe(50);
    for (const event of events) {
      expect(parseEvent(event)).toEqual(event);
      expect(event.id.startsWith(`${worker.store.vault.deviceId}.imported.`)).toBe(true);
    }
  });
});

describe('what is there already', () => {
  it('stays once, however often the history is imported', async () => {
    fake.history = [1, 2, 2.01, 30].map((days, i) => past(`https://a.example/${i}`, days));
    await run();
    const before = await everything();
    await run();
    expect(await everything()).toBe(before);
    expect(state()).toMatchObject({ added: 0, there: 4 });
  });

  it('is not doubled when it was recorded live, within a second, also across midnight and after a rule', async () => {
    await worker.visit(1, 'https://live.example/a?x=1#part');
    worker.pass(DAY_MS - (START_MS % DAY_MS));
    await worker.visit(1, 'https://live.example/midnight');
    fake.history = [
      past('https://live.example/a?x=1#part', 0, { atMs: START_MS - 900 }),
      past('https://live.example/a?x=1', 0, { atMs: START_MS - 1_500 }),
      past('https://live.example/midnight', 0, { atMs: Date.now() - 300 }),
    ];
    worker.pass(HOUR_MS);
    await worker.handlers['rules.set']({ host: 'live.example', capture: 'no-query' }, {} as never);
    await run();
    expect(state()).toMatchObject({ added: 1, there: 2 });
    expect(await urls()).toHaveLength(3);
  });

  it('stays a count when it was counted at level anonymous', async () => {
    await worker.set({ level: 'anonymous' });
    await worker.visit(1, 'https://en.wikipedia.org/wiki/Secretword');
    worker.pass(DAY_MS);
    fake.history = [past('https://en.wikipedia.org/wiki/Secretword', 0, { atMs: START_MS + 200 })];
    await run();
    expect(state()).toMatchObject({ added: 0, there: 1 });
    await worker.set({ level: 'private' });
    await run();
    expect(await everything()).not.toContain('Secretword');
  });

  it('is not taken in again after it was erased while the import went on: the import stops', async () => {
    fake.history = Array.from({ length: 20 }, (_, i) => past(`https://a.example/${i}`, i));
    await worker.handlers['import.history']({}, {} as never);
    await worker.erase({ what: 'site', host: 'a.example' });
    await done();
    expect(await urls()).toEqual([]);
    expect(state()).toMatchObject({ phase: 'cancelled', message: expect.stringContaining('deleted') });
  });

  it('nor at the next start, where the disk did not take that it stopped', async () => {
    fake.history = Array.from({ length: 20 }, (_, i) => past(`https://a.example/${i}`, i));
    await worker.handlers['import.history']({}, {} as never);
    vi.spyOn(worker.store, 'writeNote').mockRejectedValue(new DOMException('', 'QuotaExceededError'));
    await worker.erase({ what: 'site', host: 'a.example' });
    await done();
    await worker.restart();
    await done();
    expect(await urls()).toEqual([]);
    expect(state()).toBeUndefined();
  });
});

it('of two visits within a second, one on each side of midnight, one is taken over', async () => {
  const midnightMs = START_MS - (START_MS % DAY_MS);
  fake.history = [-400, 300].map((ms) => past('https://a.example/', 0, { atMs: midnightMs + ms }));
  await run();
  expect(state()).toMatchObject({ added: 1, there: 1 });
});

it('what is deleted in the account while the import goes on is not taken in by the rest of it', async () => {
  fake.history = Array.from({ length: 70 }, (_, i) => past(`https://a.example/${i}`, i));
  let deleted = false;
  const history = new HistoryImport(worker.services.profile, {
    erased: async () => (deleted ? async (record) => 'url' in record && /\/6\d$/.test(record.url) : null),
    onAdded: async () => {
      deleted = true;
    },
  });
  await history.start();
  await history.wake();
  expect(history.state()).toMatchObject({ phase: 'done', added: 60, leftOut: 10 });
  expect((await urls()).filter((url) => /\/6\d$/.test(url))).toEqual([]);
});

describe('an import that is interrupted', () => {
  const long = () => Array.from({ length: 12 }, (_, i) => past(`https://a.example/${i}`, i * 1.5));

  it('goes on where it was, at whichever question to the history the worker is stopped', async () => {
    fake.history = long();
    await run();
    const whole = await everything();
    const counted = state();
    for (let stopAt = 1; ; stopAt += 5) {
      await worker.erase({ what: 'all' });
      let [questions, stopped] = [0, false];
      fake.beforeHistory = async () => {
        questions += 1;
        if (questions !== stopAt) return;
        stopped = true;
        worker.services.close();
        throw new Error('stopped');
      };
      await worker.handlers['import.history']({}, {} as never).catch(() => {});
      await done();
      fake.beforeHistory = async () => {};
      if (!stopped) break;
      await worker.open();
      if (state() === undefined) continue;
      await done();
      expect(await everything()).toBe(whole);
      expect(state()).toEqual(counted);
    }
  });

  it('goes on where it was, at whichever write to the store the worker is stopped', async () => {
    // More days than are added in one step.
    fake.history = Array.from({ length: 70 }, (_, i) => past(`https://a.example/${i}`, i));
    await run();
    const whole = await everything();
    const counted = state();
    const plain = IDBDatabase.prototype.transaction;
    vi.spyOn(console, 'error').mockImplementation(() => {});
    // Each of the first; then steps of the import repeat, and every third is another one each time.
    for (let stopAt = 0; ; stopAt += stopAt < 20 ? 1 : 3) {
      await worker.erase({ what: 'all' });
      let [writes, stopped] = [0, false];
      IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
        if (args[1] === 'readwrite' && writes++ >= stopAt) {
          stopped = true;
          worker.services.history.close();
          throw new Error('stopped');
        }
        return plain.apply(this, args);
      };
      await worker.handlers['import.history']({}, {} as never).catch(() => {});
      await done();
      IDBDatabase.prototype.transaction = plain;
      if (!stopped) {
        expect(stopAt).toBeGreaterThan(4);
        break;
      }
      await worker.restart();
      if (state() === undefined) continue;
      await done();
      expect(await everything()).toBe(whole);
      expect(state()).toEqual(counted);
    }
    vi.restoreAllMocks();
  });

  it('goes on by itself when the worker starts anew', async () => {
    fake.history = long();
    await worker.handlers['import.history']({}, {} as never);
    await worker.restart();
    await vi.waitFor(() => expect(state()?.phase).toBe('done'), { timeout: 5_000 });
    expect(await urls()).toHaveLength(12);
  });

  it('is woken by an alarm', async () => {
    fake.history = long();
    let alarms = 0;
    fake.beforeHistory = async () => {
      alarms = Math.max(alarms, fake.alarms.get('import') ?? 0);
    };
    await run();
    expect(alarms).toBe(Date.now() + 30_000);
  });

  it('stops when it is cancelled, keeps what came, and begins anew when asked', async () => {
    fake.history = long();
    let reads = 0;
    let resume = () => {};
    const isReading = new Promise<void>((reached) => {
      // For the pages of the third day, not for whether there are any.
      fake.beforeHistory = async (pages = 0) => {
        if (pages > 1) reads += 1;
        if (reads !== 3) return;
        reached();
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      };
    });
    await worker.handlers['import.history']({}, {} as never);
    await isReading;
    const cancelling = worker.handlers['import.cancel']({}, {} as never);
    setTimeout(resume, 20);
    await cancelling;
    fake.beforeHistory = async () => {};
    expect(state()).toMatchObject({ phase: 'cancelled', message: expect.stringContaining('cancelled') });
    expect((await urls()).length).toBeLessThan(12);
    await worker.restart();
    await done();
    expect(state()).toMatchObject({ phase: 'cancelled' });
    await run();
    expect(await urls()).toHaveLength(12);
  });

  it('says what to do when access is taken away', async () => {
    fake.history = long();
    let questions = 0;
    fake.beforeHistory = async () => {
      questions += 1;
      if (questions < 30) return;
      fake.historyAccess = false;
      throw new TypeError("can't access property of undefined");
    };
    await run();
    expect(state()).toMatchObject({ phase: 'failed', message: expect.stringContaining('Press the button') });
    expect(await run()).toMatchObject({ ok: false, error: { code: 'no-access' } });
  });
});

it('the note of an import has no address in it and is sealed', async () => {
  fake.history = [past('https://noted.example/', 1)];
  await run();
  const note = await worker.store.db.get('metadata', 'import');
  expect(note).toBeInstanceOf(Uint8Array);
  expect(JSON.stringify(await worker.store.readNote('import'))).not.toContain('noted');
});

it('while sync is on, a day that gained something is queued to be sent', async () => {
  fake.history = [past('https://a.example/', 3)];
  worker.store.syncing = true;
  await run();
  expect(await worker.store.db.getAll('outbox')).toEqual([
    { key: 1, what: 'day', day: new Date(START_MS - 3 * DAY_MS).toISOString().slice(0, 10) },
  ]);
  await run();
  expect(await worker.store.db.count('outbox')).toBe(1);
});
