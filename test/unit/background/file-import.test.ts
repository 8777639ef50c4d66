/** The import of our own export: ids stay, so each record is there once; a file that goes wrong changes nothing. */

// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { servePort } from '../../../src/background/ports.ts';
import type { Erased } from '../../../src/background/services/history-import.ts';
import { exportWriter } from '../../../src/lifecycle/export-format.ts';
import type { ImportAnswer } from '../../../src/messaging/answers.ts';
import { batchesOf } from '../../../src/options/export-file.ts';
import type { PagePort } from '../../../src/platform/runtime.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
let drops = 0;
beforeEach(async () => {
  worker = await Worker.start();
  drops = 0;
});
afterEach(() => worker.end());

const SENDER = { id: 'test', url: 'chrome-extension://test/x.html', origin: 'chrome-extension://test' };

/** A page's end of an import. */
function connect(erased: Erased | null = null) {
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
      profile: async () => worker.services.profile,
      importing: async () => ({
        profile: worker.services.profile,
        erased: async () => erased,
        erasures: () => worker.services.history.erasures,
        onAdded() {},
      }),
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
  const port = connect(erased);
  for await (const records of batchesOf(new Blob([text]), () => {})) {
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
    await worker.handlers['erase.run']({ target: { what: 'all' } }, {} as never);
    const deleted: Erased = async (record) => record.kind === 'search';
    expect(await importText(text, deleted)).toMatchObject({ added: 13, leftOut: 3 });
    expect(await worker.ofKind('search')).toEqual([]);
  });

  it('ends when something is erased meanwhile: the rest would bring it back', async () => {
    await live();
    const records = JSON.parse(await exported()).interactions as unknown[];
    const port = connect();
    await port.send({ kind: 'records', records: records.slice(0, 2) });
    await worker.handlers['erase.run']({ target: { what: 'all' } }, {} as never);
    expect(await port.send({ kind: 'records', records })).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('deleted'),
    });
    expect(await worker.events()).toEqual([]);
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
