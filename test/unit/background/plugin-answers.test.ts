/** What an extension that is allowed is told: which records, which fields, how often, until when, and that it is logged. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/base/clock.ts';
import { ID, PluginAsker, senderOf } from '../../support/plugin-asker.ts';

let asker: PluginAsker;
beforeEach(async () => {
  asker = await PluginAsker.start();
});
afterEach(() => asker.worker.end());

describe('answers', () => {
  beforeEach(async () => {
    await asker.browse();
    await asker.turn(true);
  });

  it('have the chosen fields of public records, newest first', async () => {
    await asker.allow(['host', 'title']);
    expect(await asker.items({ kind: 'visits' })).toEqual([
      { host: 'two.example', title: 'Secondword' },
      { host: 'www.baidu.com' },
      { host: 'one.example', title: 'Firstword' },
    ]);
    expect(await asker.items({ kind: 'visits', limit: 1 })).toEqual([
      { host: 'two.example', title: 'Secondword' },
    ]);
    expect(await asker.items({ kind: 'searches' })).toEqual([{ host: 'www.baidu.com' }]);
    expect(await asker.items({ kind: 'visits', words: 'first' })).toHaveLength(1);
    for (const words of ['blue', 'private', 'anonymous', 'ephemeral', '!?'])
      expect(await asker.items({ kind: 'visits', words }), words).toEqual([]);
    await asker.allow(['searchQuery']);
    expect(await asker.items({ kind: 'searches', words: 'whale' })).toEqual([{ searchQuery: 'blue whales' }]);
  });

  it('are the same when days are packed', async () => {
    await asker.allow(['url', 'title', 'hour']);
    const before = await asker.items({ kind: 'visits' });
    expect(before).toHaveLength(3);
    await asker.worker.store.pack(true);
    expect(await asker.items({ kind: 'visits' })).toEqual(before);
  });

  it('are of 7 days, or of full hours up to 31 days, for who may know the hour', async () => {
    await asker.allow(['host', 'hour'], Date.now() + 300 * DAY_MS);
    const hours = (await asker.items({ kind: 'visits' })).map(({ hour }) => Number(hour));
    expect(hours).toHaveLength(3);
    const [newest = 0, , oldest = 0] = hours;
    const hosts = async (span: object) =>
      (await asker.items({ kind: 'visits', ...span })).map(({ host }) => host);
    expect(await hosts({ from: newest, to: newest + HOUR_MS })).toEqual(['two.example']);
    expect(await hosts({ from: oldest, to: newest })).toEqual(['www.baidu.com', 'one.example']);
    expect(await hosts({ from: newest + HOUR_MS, to: newest + 2 * HOUR_MS })).toEqual([]);
    for (const span of [
      { from: newest + 1 },
      { to: newest + 1 },
      { from: newest, to: newest },
      { from: 0, to: newest },
      { from: newest - 32 * DAY_MS, to: newest },
    ])
      expect(await asker.query({ kind: 'visits', ...span })).toMatchObject({ error: { code: 'bad-span' } });
    asker.worker.pass(8 * DAY_MS);
    expect(await hosts({})).toEqual([]);
    expect(await hosts({ from: oldest })).toHaveLength(3);
  });

  it('count by sort of site, for who may know counts', async () => {
    await asker.allow(['counts']);
    expect(await asker.query({ kind: 'counts' })).toEqual({
      arq: 1,
      ok: true,
      counts: [
        { category: 'search', visits: 1, searches: 1 },
        { category: 'web', visits: 2, searches: 0 },
      ],
    });
    for (const kind of ['visits', 'searches'])
      expect(await asker.query({ kind })).toMatchObject({ error: { code: 'not-allowed-field' } });
    await asker.allow(['host']);
    expect(await asker.query({ kind: 'counts' })).toMatchObject({ error: { code: 'not-allowed-field' } });
    expect(await asker.query({ kind: 'visits', from: 0 })).toMatchObject({
      error: { code: 'not-allowed-field' },
    });
  });

  it('follow level and rules at once, also for old records', async () => {
    await asker.allow(['host']);
    await asker.worker.send('rules.set', { host: 'one.example', capture: 'skip' });
    await asker.worker.send('rules.set', { host: 'two.example', capture: 'full', level: 'private' });
    expect(await asker.items({ kind: 'visits' })).toEqual([{ host: 'www.baidu.com' }]);
    await asker.worker.send('level.set', { level: 'private' });
    expect(await asker.items({ kind: 'visits' })).toEqual([]);
  });

  it('end with their time, to the millisecond', async () => {
    const untilMs = Date.now() + 10_000;
    await asker.allow(['host'], untilMs);
    asker.worker.pass(8_999);
    expect(await asker.query({ kind: 'access' })).toMatchObject({ ok: true, until: untilMs });
    asker.worker.pass(1);
    const asking = { arq: 1, query: { kind: 'access' } };
    expect(await asker.handler(asking, senderOf(ID))).toBeUndefined();
  });

  it('are not told when access was withdrawn, or levels changed, while they were read', async () => {
    const { store } = asker.worker;
    const read = store.recordsOfDay.bind(store);
    const meanwhile = (happens: () => Promise<unknown>) => {
      store.recordsOfDay = async (day) => {
        const records = await read(day);
        await happens();
        return records;
      };
    };
    await asker.allow(['host']);
    meanwhile(() => asker.worker.set({ level: 'private' }));
    expect(await asker.query({ kind: 'visits' })).toMatchObject({
      ok: false,
      error: { code: 'unavailable' },
    });
    meanwhile(() => asker.worker.set({ level: 'public' }));
    expect(await asker.query({ kind: 'visits' })).toMatchObject({ error: { code: 'unavailable' } });
    meanwhile(() => asker.allow(['hour']));
    expect(await asker.query({ kind: 'visits' })).toMatchObject({ error: { code: 'unavailable' } });
    meanwhile(() => asker.worker.send('plugins.withdraw', { id: ID }));
    expect(await asker.query({ kind: 'visits' })).toBeUndefined();
    // That it asked is written down, and that it was told nothing.
    expect((await asker.report()).log).toMatchObject([{ id: ID, times: 4, records: 0, fields: [] }]);
  });

  it.each([
    ['access', () => asker.worker.send('plugins.withdraw', { id: ID })],
    ['the switch', () => asker.turn(false)],
  ])('are not told when %s is taken away while they are written down', async (_what, end) => {
    await asker.allow(['host']);
    const { store } = asker.worker;
    const write = store.writeNamed.bind(store);
    let ending: Promise<unknown> | undefined;
    store.writeNamed = async (name, value) => {
      // Not waited for: it is durable only after this is.
      if (name === 'plugin-log') ending ??= end();
      await write(name, value);
    };
    expect(await asker.query({ kind: 'visits' })).toBeUndefined();
    expect(ending).toBeDefined();
    await ending;
    expect((await asker.report()).log).toMatchObject([{ id: ID, times: 1 }]);
    await asker.restartBrowser();
    expect((await asker.report()).log).toMatchObject([{ id: ID, times: 1 }]);
    expect(await asker.query({ kind: 'visits' })).toBeUndefined();
  });

  it('of one moment count each for itself, and are all in the log', async () => {
    const other = 'c'.repeat(32);
    await asker.allow(['host']);
    await asker.allow(['host'], Date.now() + DAY_MS, other);
    const asking = { arq: 1, query: { kind: 'visits' } };
    asker.worker.pass(1_000);
    const told = await Promise.all([ID, ID, other, ID].map((id) => asker.handler(asking, senderOf(id))));
    expect(told.map((one) => (one?.ok === false ? one.error.code : one?.ok))).toEqual([
      true,
      'rate-limited',
      true,
      'rate-limited',
    ]);
    const { log, totals } = await asker.report();
    expect(log.map(({ id, times }) => [id, times]).sort()).toEqual([
      [ID, 1],
      [other, 1],
    ]);
    const sums = totals.map(({ id, queries, refused }) => [id, queries, refused]);
    expect(sums.sort()).toEqual([
      [ID, 1, 2],
      [other, 1, 0],
    ]);
  });

  it('come once a second; what is refused counts, and is counted', async () => {
    await asker.allow(['host']);
    await asker.allow(['host'], Date.now() + DAY_MS, 'c'.repeat(32));
    expect(await asker.query({ kind: 'visits' })).toMatchObject({ ok: true });
    const again = () => asker.handler({ arq: 1, query: { kind: 'visits' } }, senderOf(ID));
    expect(await again()).toMatchObject({ ok: false, error: { code: 'rate-limited' } });
    // The other one has a second of its own.
    expect(
      await asker.handler({ arq: 1, query: { kind: 'visits' } }, senderOf('c'.repeat(32))),
    ).toMatchObject({
      ok: true,
    });
    asker.worker.pass(1_000);
    expect(await asker.handler({ arq: 1 }, senderOf(ID))).toMatchObject({ error: { code: 'bad-message' } });
    expect(await again()).toMatchObject({ error: { code: 'rate-limited' } });
    const { totals } = await asker.report();
    expect(totals.find(({ id }) => id === ID)).toMatchObject({ queries: 1, records: 3, refused: 3 });
  });

  it('are in the log before they are told, without contents, until the person clears it', async () => {
    await asker.allow(['host', 'title']);
    await asker.query({ kind: 'visits' });
    await asker.query({ kind: 'visits', words: 'firstword' });
    await asker.query({ kind: 'visits', words: 'secondword' });
    const { log } = await asker.report();
    const who = { id: ID, name: 'Sample', kind: 'visits', fields: ['host', 'title'] };
    expect(log).toMatchObject([
      { ...who, byWords: true, records: 2, times: 2 },
      { ...who, byWords: false, records: 3, times: 1 },
    ]);
    expect(JSON.stringify(await asker.worker.store.readNamed('plugin-log'))).not.toMatch(/word|example/);
    expect(await asker.worker.send('plugins.clear-log', {})).toMatchObject({ log: [], totals: [] });
    asker.worker.store.writeNamed = () => Promise.reject(new Error('the disk is full'));
    expect(await asker.query({ kind: 'visits' })).toMatchObject({ error: { code: 'unavailable' } });
  });
});
