/** What nobody of ours would send, or too much of it: refused, counted, and not repeated. */

// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { servePort } from '../../../src/background/ports.ts';
import { countDropped, droppedMessages } from '../../../src/background/services/drops.ts';
import { EventRate } from '../../../src/background/services/event-rate.ts';
import { listen } from '../../../src/messaging/router.ts';
import type { PagePort } from '../../../src/platform/runtime.ts';
import { fake } from '../../support/fake-browser.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
let drops = 0;
const onDrop = () => {
  drops += 1;
};
beforeEach(async () => {
  worker = await Worker.start();
  drops = 0;
});
afterEach(() => worker.end());

const PAGE = { id: 'test', url: 'chrome-extension://test/x.html', origin: 'chrome-extension://test' };
const CONTENT = { id: 'test', url: 'https://a.example/', tab: { id: 7 } };

describe('messages of content scripts', () => {
  const start = (admit: (tabId: number) => boolean) =>
    listen({
      handlers: worker.handlers,
      admit,
      onDrop,
      failure: () => ({ code: 'x', message: 'X.' }),
    });
  const send = (message: unknown, sender: object = CONTENT) => fake.send(message, sender);
  const page = { type: 'event.page', body: { startedMs: 1, nonce: 'A'.repeat(22) } };

  it('are answered also when they are dropped, so that they are not repeated', async () => {
    start(() => true);
    expect(await send({ type: 'event.click', body: { role: 'x'.repeat(41) } })).toBe(true);
    expect(await send({ type: 'status.get', body: {} })).toBe(true);
    expect(drops).toBe(2);
  });

  it('of anybody else are not answered', () => {
    start(() => true);
    expect(send(page, { id: 'other' })).toBeUndefined();
    expect(drops).toBe(1);
  });

  it('beyond the rate are dropped, counted, and answered', async () => {
    const asked: number[] = [];
    start((tabId) => {
      asked.push(tabId);
      return false;
    });
    expect(await send(page)).toBe(true);
    expect(await send({ type: 'status.get', body: {} }, PAGE)).toMatchObject({ ok: true });
    expect([asked, drops]).toEqual([[7], 1]);
  });
});

describe('the rate', () => {
  let nowMs = 0;
  const admitted = (rate: EventRate, tabs: readonly number[]) => tabs.filter((tab) => rate.admit(tab)).length;
  const times = (count: number, tab: number) => Array.from({ length: count }, () => tab);

  it('is 50 a second for a tab, and 200 for all', () => {
    const rate = new EventRate(() => nowMs);
    expect(admitted(rate, times(500, 1))).toBe(50);
    expect(admitted(rate, times(50, 2))).toBe(50);
    nowMs += 500;
    expect(admitted(rate, times(500, 1))).toBe(25);
    nowMs += 10_000;
    expect(
      admitted(
        rate,
        [1, 2, 3, 4, 5].flatMap((tab) => times(50, tab)),
      ),
    ).toBe(200);
    nowMs -= 60_000;
    expect(admitted(rate, times(50, 1))).toBe(0);
  });

  it('holds no more than it needs, however many tabs speak', () => {
    const rate = new EventRate(() => nowMs);
    for (let tab = 0; tab < 5_000; tab++) {
      nowMs += 10;
      expect(rate.admit(tab)).toBe(true);
    }
  });
});

describe('connections', () => {
  const port = (name: string, sender: object | undefined) => {
    const said: unknown[] = [];
    let hear: (message: unknown) => void = () => {};
    const made = {
      name,
      sender,
      isOpen: true,
      said,
      hear: (message: unknown) => hear(message),
      post: (message: unknown) => said.push(message),
      onMessage: (handler: typeof hear) => {
        hear = handler;
      },
      onDisconnect() {},
      disconnect() {
        made.isOpen = false;
      },
    };
    servePort(made as unknown as PagePort, {
      exporting: async () => worker.services,
      importing: async () => ({
        profile: worker.services.profile,
        erased: async () => null,
        erasures: () => 0,
        async onAdded() {},
      }),
      budget: async () => worker.services.budget,
      watch: () => () => {},
      onDrop,
    });
    return made;
  };

  it.each([
    ['a content script', 'live', CONTENT],
    ['another extension', 'export', { ...PAGE, id: 'other' }],
    ['nobody', 'live', undefined],
    ['a page of ours that asks for what there is not', 'other', PAGE],
  ])('of %s are ended and counted', (_who, name, sender) => {
    expect(port(name, sender).isOpen).toBe(false);
    expect(drops).toBe(1);
  });

  it('that ask for an export in no way of ours are counted', () => {
    const wrong = port('export', PAGE);
    wrong.hear({ format: 'exe' });
    expect(wrong.said).toMatchObject([{ kind: 'failed' }]);
    expect(drops).toBe(1);
  });

  it('of ours are served', () => {
    expect(port('live', PAGE).isOpen).toBe(true);
    expect(drops).toBe(0);
  });
});

it('a flood is counted in full, with few writes', async () => {
  let writes = 0;
  fake.session.beforeSet = () => {
    writes += 1;
  };
  await Promise.all(Array.from({ length: 1_000 }, () => countDropped()));
  expect(await droppedMessages()).toBe(1_000);
  expect(writes).toBeLessThan(10);
});
