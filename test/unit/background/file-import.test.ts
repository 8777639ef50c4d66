/**
 * The import of our own export: ids stay, so each record is there once; a file that goes wrong changes nothing.
 *
 * Over 300 lines, because one file is read in each way.
 */

// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { servePort } from '../../../src/background/ports.ts';
import type { Erased } from '../../../src/background/services/history-import.ts';
import { dayOf } from '../../../src/base/clock.ts';
import { exportWriter } from '../../../src/lifecycle/export-format.ts';
import type { ImportAnswer } from '../../../src/messaging/answers.ts';
import { foldEvents, type InteractionEvent } from '../../../src/model/interaction.ts';
import { batchesOf } from '../../../src/options/export-file.ts';
import { plainExport } from '../../../src/options/open-export.ts';
import type { PagePort } from '../../../src/platform/runtime.ts';
import { fake } from '../../support/fake-browser.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
let drops = 0;
beforeEach(async () => {
  worker = await Worker.start();
  drops = 0;
});
afterEach(() => worker.end());

const SENDER = { id: 'test', url: 'chrome-extension://test/x.html', origin: 'chrome-extension://test' };

/** A page's end of an import. */
function connect(erased: () => Erased | null = () => null) {
  let hear: (message: unknown) => void = () => {};
  let leave = () => {};
  let answered: (answer: ImportAnswer) => void = () => {};
  servePort(
    {
      name: 'import',
      sender: SENDER,
      post: (message) => answered(message as ImportAnswer),
      onMessage: (handler) => {
        hear = handler;
      },
      onDisconnect: (handler) => {
        leave = handler;
      },
      disconnect() {},
    } as PagePort,
    {
      exporting: async () => worker.services,
      importing: async () => ({
        profile: worker.services.profile,
        erased: async () => erased(),
        erasures: () => worker.services.history.erasures,
        async onAdded() {},
      }),
      budget: async () => worker.services.budget,
      watch: () => () => {},
      onDrop: () => {
        drops += 1;
      },
    },
  );
  return {
    leave: () => leave(),
    send: (message: unknown) =>
      new Promise<ImportAnswer>((resolve) => {
        answered = resolve;
        hear(message);
      }),
  };
}

async function importText(text: string, erased: Erased | null = null): Promise<ImportAnswer> {
  const port = connect(() => erased);
  for await (const records of batchesOf(plainExport(new Blob([text])), () => {})) {
    const answer = await port.send({ kind: 'records', records });
    if (answer.kind === 'failed') return answer;
  }
  return port.send({ kind: 'end' });
}

async function exported(): Promise<string> {
  const writer = exportWriter('json');
  let text = writer.start(new Date(0));
  for await (const { records } of worker.store.recordsByDay('oldest')) text += writer.records(records);
  return text + writer.end();
}

/** A few days with everything that is recorded. */
async function live(): Promise<void> {
  for (let day = 0; day < 4; day++) {
    await worker.set({ level: day === 2 ? 'anonymous' : 'private' });
    await worker.visit(day, `https://site${day}.example/a?b=1`);
    await worker.services.recorder.spent(day, 1_000 + day / 3);
    await worker.services.recorder.spent(day, 50.5);
    await worker.click(day, undefined, `${day}`.repeat(22));
    await worker.visit(day, 'https://www.google.com/search?q=blue+whales');
    worker.pass(86_400_000);
  }
  await worker.set({ level: 'private' });
}

/** As it is in a file: visit `n` of another device, `n` days ago. */
const visitOf = (n: number, dwellMs: number) => ({
  kind: 'visit',
  id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n.toString(36)}`,
  at: new Date(START_MS - (100 - n) * 86_400_000).toISOString(),
  level: 'private',
  url: `https://a.example/${n}`,
  title: 'A',
  transition: 'link',
  dwellMs,
});

/** Another browser, in which nothing was recorded. */
async function anotherBrowser(): Promise<void> {
  worker.end();
  worker = await Worker.start();
}

describe('an export', () => {
  it('is the same after it was imported elsewhere and exported again', async () => {
    await live();
    const text = await exported();
    await anotherBrowser();
    expect(await importText(text)).toMatchObject({ kind: 'done', added: 16, there: 0, leftOut: 0 });
    expect(JSON.parse(await exported())).toEqual(JSON.parse(text));
    const { hits } = (await worker.handlers['records.search'](
      { text: 'whales', limit: 10 } as never,
      {} as never,
    ).then((answer) => (answer.ok ? answer.value : { hits: [] }))) as { hits: readonly unknown[] };
    expect(hits.length).toBeGreaterThan(0);
  });

  it('of a version that kept everything is redacted and counted, and stays what it is when it comes again', async () => {
    await worker.visit(1, 'https://a.example/x', { title: 'Secret title' });
    const text = (await exported()).replaceAll('Secret title', 'card 4111 1111 1111 1111, mail jo@b.com');
    await anotherBrowser();
    expect(await importText(text)).toMatchObject({ kind: 'done', added: 1 });
    const once = await exported();
    expect(once).toMatch(/card \[card number\], mail \[e-mail [0-9a-f]{12}\]/);
    const counts = { card: 1, email: 1 };
    expect(await worker.send('sensitive.get', {})).toMatchObject({ counts });
    expect(await importText(text)).toMatchObject({ added: 0, there: 1 });
    expect(await exported()).toBe(once);
    expect(await worker.send('sensitive.get', {})).toMatchObject({ counts });
  });

  it('stays once when it is imported twice, and in the browser that it came from', async () => {
    await live();
    const text = await exported();
    expect(await importText(text)).toMatchObject({ added: 0, there: 16 });
    expect(await exported()).toBe(text);
    await worker.store.pack(true);
    expect(await importText(text)).toMatchObject({ added: 0, there: 16 });
    expect(JSON.parse(await exported())).toEqual(JSON.parse(text));
    await anotherBrowser();
    await importText(text);
    expect(await importText(text)).toMatchObject({ added: 0, there: 16 });
    expect(JSON.parse(await exported())).toEqual(JSON.parse(text));
    expect(await worker.store.recordCount()).toBe(16);
  });

  it('goes on where it was, when the page left half-way', async () => {
    await live();
    const text = await exported();
    const records = JSON.parse(text).interactions as unknown[];
    await anotherBrowser();
    for (let n = 0; n < records.length; n++) {
      const port = connect();
      await port.send({ kind: 'records', records: records.slice(0, n) });
      port.leave();
    }
    await importText(text);
    expect(JSON.parse(await exported())).toEqual(JSON.parse(text));
  });

  it('brings back what was erased here, but not what was deleted in the account', async () => {
    await live();
    const text = await exported();
    await worker.erase({ what: 'all' });
    const deleted: Erased = async (record) => record.kind === 'search';
    expect(await importText(text, deleted)).toMatchObject({ added: 13, leftOut: 3 });
    expect(await worker.ofKind('search')).toEqual([]);
  });

  it('does not bring back links to what was deleted in the account', async () => {
    const link = 'https://deleted.example/page';
    const text = JSON.stringify({
      format: 'arq-context/export/1',
      exportedAt: new Date(START_MS).toISOString(),
      interactions: [
        { ...visitOf(1, 0), referrer: link },
        { ...visitOf(2, 0), referrer: 'https://kept.example/' },
      ],
    });
    const deleted: Erased = async (record) => 'url' in record && record.url === link;
    expect(await importText(text, deleted)).toMatchObject({ added: 2 });
    expect(
      (await worker.ofKind('visit')).map((one) => ('referrer' in one ? one.referrer : undefined)),
    ).toEqual([undefined, 'https://kept.example/']);
  });

  it('does not bring back what was deleted in the account as it would be kept now, and says what is shortened', async () => {
    await live();
    const text = await exported();
    await anotherBrowser();
    await worker.send('rules.set', { host: 'site0.example', capture: 'domain' });
    await worker.send('rules.set', { host: 'site1.example', capture: 'domain' });
    const deleted: Erased = async (record) => 'url' in record && record.url === 'https://site0.example/';
    await importText(text, deleted);
    const visits = await worker.ofKind('visit');
    const of = (host: string) => visits.filter((one) => 'url' in one && one.url.includes(host));
    expect(of('site0.example')).toEqual([]);
    expect(of('site1.example')).toMatchObject([{ url: 'https://site1.example/', shortened: true }]);
    expect(of('site3.example')[0]).not.toHaveProperty('shortened');
  });

  it('ends when something is erased meanwhile: the rest would bring it back', async () => {
    await live();
    const records = JSON.parse(await exported()).interactions as unknown[];
    const port = connect();
    await port.send({ kind: 'records', records: records.slice(0, 2) });
    await worker.erase({ what: 'all' });
    expect(await port.send({ kind: 'records', records })).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('deleted'),
    });
    expect(await worker.events()).toEqual([]);
  });

  it('ends also when it waits to add the next days while something is erased', async () => {
    // More days than are added in one step, in one message.
    const records = Array.from({ length: 100 }, (_, i) => visitOf(i, 0));
    const port = connect();
    let release = () => {};
    const busy = worker.store.exclusive(() => new Promise<void>((resolve) => (release = resolve)));
    const answer = port.send({ kind: 'records', records });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const erasing = worker.erase({ what: 'all' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    await Promise.all([busy, erasing]);
    expect(await answer).toMatchObject({ kind: 'failed', message: expect.stringContaining('deleted') });
    expect(await worker.events()).toEqual([]);
    expect((await worker.services.status()).health.code).toBe('ok');
  });

  it('leaves out what was deleted in the account while it was imported', async () => {
    let deleted: Erased | null = null;
    const port = connect(() => deleted);
    await port.send({ kind: 'records', records: [visitOf(0, 0)] });
    deleted = async (record) => 'url' in record && record.url.endsWith('/1');
    await port.send({ kind: 'records', records: [visitOf(1, 0), visitOf(2, 0)] });
    expect(await port.send({ kind: 'end' })).toMatchObject({ added: 2, leftOut: 1 });
    expect((await worker.ofKind('visit')).map(({ url }) => url)).toEqual([
      'https://a.example/0',
      'https://a.example/2',
    ]);
  });

  it('of a visit that is there tells of more time, where it knows of more', async () => {
    for (const dwellMs of [300, 100, 500, 200]) {
      const port = connect();
      await port.send({ kind: 'records', records: [visitOf(1, dwellMs)] });
      await port.send({ kind: 'end' });
    }
    expect(await worker.ofKind('visit')).toMatchObject([{ dwellMs: 500 }]);
  });

  it('is queued for sync by day', async () => {
    await live();
    const text = await exported();
    await anotherBrowser();
    worker.store.syncing = true;
    await importText(text);
    expect((await worker.store.db.getAll('outbox')).map(({ what }) => what)).toEqual(Array(4).fill('day'));
  });
});

describe('level and rules of now hold for a file', () => {
  it('what they exclude is left out, in whichever browser it was allowed', async () => {
    await worker.send('rules.set', { host: 'www.paypal.com', capture: 'full' });
    for (const host of ['excluded.example', 'www.paypal.com', 'a.example'])
      await worker.visit(1, `https://${host}/page?query=1`, { title: `On ${host}` });
    await worker.visit(2, 'https://shortened.example/page?query=1', { title: 'On query=1' });
    await worker.click(2);
    const text = await exported();
    await anotherBrowser();
    await worker.send('rules.set', { host: 'excluded.example', capture: 'skip' });
    await worker.send('rules.set', { host: 'shortened.example', capture: 'domain' });
    expect(await importText(text)).toMatchObject({ kind: 'done', added: 2, leftOut: 3 });
    expect((await worker.ofKind('visit')).map(({ url }) => url)).toEqual([
      'https://a.example/page?query=1',
      'https://shortened.example/',
    ]);
    expect(await worker.ofKind('click')).toEqual([]);
    expect(await importText(text)).toMatchObject({ added: 0, there: 2, leftOut: 3 });
  });

  it('what is there already stays, and no time is added to what they exclude now', async () => {
    await worker.visit(1, 'https://excluded.example/');
    const text = (await exported()).replace('"dwellMs":0', '"dwellMs":7000');
    await worker.send('rules.set', { host: 'excluded.example', capture: 'skip' });
    expect(await importText(text)).toMatchObject({ added: 0, there: 1, leftOut: 0 });
    expect(await worker.ofKind('visit')).toMatchObject([{ dwellMs: 0 }]);
  });

  it('at level anonymous only counts come in, without a time within their hour', async () => {
    await worker.visit(1, 'https://a.example/secret', { title: 'secret' });
    await worker.services.recorder.spent(1, 5_000);
    await worker.visit(1, 'https://www.google.com/search?q=secret');
    const text = await exported();
    await anotherBrowser();
    await worker.set({ level: 'anonymous' });
    expect(await importText(text)).toMatchObject({ added: 3 });
    expect((await worker.records()).map(({ kind }) => kind)).toEqual(Array(3).fill('reduced'));
    const events = await worker.events();
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(events.filter(({ atMs }) => atMs % 3_600_000 !== 0)).toEqual([]);
    expect(await importText(text)).toMatchObject({ added: 0, there: 3 });
    await worker.set({ level: 'private' });
    expect(await importText(text)).toMatchObject({ added: 0, there: 3 });
    expect(await worker.events()).toEqual(events);
  });

  it.each([
    ['public', 'private', 'private'],
    ['private', 'public', 'private'],
    ['public', 'public', 'public'],
  ] as const)('what was recorded at level %s is at level %s: %s', async (told, now, level) => {
    await worker.set({ level: told });
    await worker.visit(1, 'https://a.example/');
    const text = await exported();
    await anotherBrowser();
    await worker.set({ level: now });
    await importText(text);
    expect(await worker.ofKind('visit')).toMatchObject([{ level }]);
  });

  it('a count stays a count, and deletions of the account are kept to at every level', async () => {
    await worker.set({ level: 'anonymous' });
    await worker.visit(1, 'https://a.example/');
    await worker.set({ level: 'private' });
    await worker.visit(1, 'https://deleted.example/');
    const text = await exported();
    await anotherBrowser();
    const deleted: Erased = async (record) => 'url' in record && record.url.includes('deleted');
    await worker.set({ level: 'public' });
    expect(await importText(text, deleted)).toMatchObject({ added: 1, leftOut: 1 });
    expect(await worker.records()).toMatchObject([{ kind: 'reduced', level: 'anonymous' }]);
    await worker.set({ level: 'anonymous' });
    expect(await importText(text, deleted)).toMatchObject({ added: 0, there: 1, leftOut: 1 });
  });
});

describe('of what the browser’s history gave already', () => {
  const fromHistory = async () => {
    await worker.handlers['import.history']({}, {} as never);
    await worker.services.history.wake();
  };
  const PAGE = 'https://a.example/x';
  const SEARCH = 'https://www.google.com/search?q=blue+whales';
  /** Two visits and a search, as the browser remembers them, and as they are in a file. */
  async function recorded(): Promise<string> {
    await worker.visit(1, PAGE, { title: 'X' });
    await worker.services.recorder.spent(1, 4_000);
    worker.pass(400);
    await worker.visit(2, SEARCH, { title: 'whales' });
    worker.pass(200);
    await worker.visit(3, PAGE, { title: 'X' });
    const text = await exported();
    const visits = await worker.ofKind('visit');
    await anotherBrowser();
    // The browser's time of a visit is a little another one.
    fake.history = visits.map(({ url, title, atMs }) => ({
      url,
      title,
      atMs: atMs + 90,
      transition: 'link',
    }));
    worker.pass(60_000);
    return text;
  }
  const urls = async () => (await worker.records()).flatMap((one) => ('url' in one ? [one.url] : []));

  it('a file brings nothing a second time, but how much time was spent', async () => {
    const text = await recorded();
    await fromHistory();
    const before = await urls();
    expect(before).toHaveLength(4);
    for (const _ of [1, 2]) {
      expect(await importText(text)).toMatchObject({ kind: 'done', added: 0, there: 4 });
      expect(await urls()).toEqual(before);
      await worker.store.pack(true);
    }
    expect((await worker.ofKind('visit')).map(({ dwellMs }) => dwellMs)).toEqual([4_000, 0, 0]);
  });

  it('and a file with what came from a history brings it to nobody who recorded it', async () => {
    const live = await recorded();
    await fromHistory();
    const text = await exported();
    await anotherBrowser();
    await importText(live);
    expect(await importText(text)).toMatchObject({ added: 0, there: 4 });
    await anotherBrowser();
    expect(await importText(text)).toMatchObject({ added: 4, there: 0 });
    expect(await importText(live)).toMatchObject({ added: 0, there: 4 });
    expect(await worker.records()).toHaveLength(4);
  });

  it('each stands for one: a second visit of that moment is another', async () => {
    const text = await recorded();
    fake.history = fake.history.slice(0, 2);
    await fromHistory();
    for (const added of [1, 0]) expect(await importText(text)).toMatchObject({ added, there: 4 - added });
    expect((await urls()).sort()).toEqual([PAGE, PAGE, SEARCH, SEARCH]);
  });

  it('over midnight, and over the steps in which a file is added', async () => {
    const midnight = Date.UTC(2026, 10, 24);
    const visit = (n: number, id: string, atMs: number) => ({
      ...visitOf(n, 0),
      id: `AAAAAAAAAAAAAAAAAAAAAA.${id}.${n.toString(36)}`,
      at: new Date(atMs).toISOString(),
      url: 'https://a.example/',
    });
    const two = [visit(1, 'imported', midnight - 100), visit(2, 'imported', midnight - 90)];
    // More days than are added in one step.
    const others = Array.from({ length: 33 }, (_, n) => visitOf(n, 0));
    const port = connect();
    await port.send({ kind: 'records', records: [two[0], ...others, two[1]] });
    expect(await port.send({ kind: 'end' })).toMatchObject({ added: 35, there: 0 });
    const other = connect();
    await other.send({ kind: 'records', records: [visit(3, '1', midnight + 100)] });
    expect(await other.send({ kind: 'end' })).toMatchObject({ added: 0, there: 1 });
  });
});

describe('records that come from files and from their own device', () => {
  const event = (n: number, more: object): InteractionEvent =>
    ({
      id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n.toString(36)}`,
      atMs: START_MS - 86_400_000 * (n % 2) + n,
      ...more,
    }) as InteractionEvent;
  const visit = (n: number) =>
    event(n, {
      kind: 'visit',
      level: 'private',
      url: `https://${n}.example/`,
      title: '',
      transition: 'link',
    });
  const update = (n: number, of: number, more: object) =>
    event(n, { kind: 'visit-update', visit: visit(of).id, ...more });
  // In the order in which they were recorded.
  const recorded = [
    visit(1),
    update(3, 1, { title: 'First' }),
    update(5, 1, { dwellMs: 1_000.25 }),
    visit(2),
    update(4, 2, { title: 'Second' }),
    update(6, 2, { dwellMs: 20 }),
    update(7, 1, { dwellMs: 300 }),
    update(9, 1, { title: 'First, later', dwellMs: 4 }),
    update(8, 2, { dwellMs: 0.5 }),
  ];
  /** What an export has, that was made when so many were recorded. */
  const file = (count: number) =>
    `${exportWriter('json').start(new Date(0))}${exportWriter('json').records(foldEvents(recorded.slice(0, count)))}${exportWriter('json').end()}`;
  const arrive = (events: readonly InteractionEvent[]) =>
    worker.store.addDays(
      new Map(
        [0, 1].map((day) => [
          dayOf(START_MS - 86_400_000 * day),
          events.filter(({ atMs }) => dayOf(atMs) === dayOf(START_MS - 86_400_000 * day)),
        ]),
      ),
    );

  it('are as if they had been recorded here once, whatever came when and how often', async () => {
    const steps = fc
      .tuple(
        fc.array(fc.integer({ min: 1, max: recorded.length }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: recorded.length }),
      )
      .chain(([files, cut]) =>
        fc.shuffledSubarray<number | readonly InteractionEvent[]>(
          [...files, recorded.slice(0, cut), recorded.slice(cut)],
          { minLength: files.length + 2 },
        ),
      );
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (all, packed) => {
        await anotherBrowser();
        for (const step of all) {
          if (typeof step === 'number') await importText(file(step));
          else await arrive(step);
          if (packed) await worker.store.pack(true);
        }
        expect(await worker.records()).toEqual(foldEvents(recorded));
      }),
      { numRuns: 40 },
    );
  });

  it('and only from files, have the most time that any of them knows of, in whichever order', async () => {
    for (const order of [
      [5, 9, 7],
      [9, 5],
      [7, 5, 9, 9],
    ]) {
      await anotherBrowser();
      for (const count of order) await importText(file(count));
      const times = (records: readonly { readonly id: string; readonly kind: string }[]) =>
        records.map((record) => [record.id, 'dwellMs' in record ? record.dwellMs : 0]);
      expect(times(await worker.records())).toEqual(times(foldEvents(recorded)));
    }
  });
});

describe('refused is', () => {
  it('a file at level ephemeral, and before consent', async () => {
    await live();
    const text = await exported();
    await anotherBrowser();
    await worker.set({ level: 'ephemeral' });
    expect(await importText(text)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('level'),
    });
    await worker.set({ level: 'private', consent: 'declined' });
    expect(await importText(text)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('agree'),
    });
    expect(await worker.events()).toEqual([]);
  });

  it.each([
    ['a record that is none', { kind: 'records', records: [{ kind: 'visit' }] }],
    ['too many at once', { kind: 'records', records: Array(501).fill({}) }],
    ['another message', { kind: 'erase' }],
    ['nothing', null],
  ])('%s, from a page that is not ours, and counted', async (_what, message) => {
    const port = connect();
    expect(await port.send(message)).toMatchObject({ kind: 'failed' });
    expect(drops).toBe(1);
    expect(await worker.events()).toEqual([]);
  });
});
