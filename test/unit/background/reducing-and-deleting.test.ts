/** Less is kept of records while a deletion waits: the deletion means what it meant, and what was applied is applied. */
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { START_MS, Worker } from '../../support/worker.ts';

let worker: Worker;
let rule: string;
/** Resolves when the deletion is asked for, in the middle of what is applied. */
let flagged: Promise<unknown>;
const PAGE = 'https://less.example/page?n=0';
const done = () => worker.services.storedRules.settled();
const urls = async () => (await worker.records()).map((record) => ('url' in record ? record.url : ''));
const erasing = async () => (await worker.send('status.get', {})).erasing;

beforeEach(async () => {
  worker = await Worker.start();
  for (const ago of [70, 40, 0]) {
    vi.setSystemTime(START_MS - ago * DAY_MS);
    await worker.visit(1, `https://less.example/page?n=${ago}`);
    await worker.visit(2, `https://kept.example/${ago}`);
  }
  vi.setSystemTime(START_MS + 1_000);
  rule = (await worker.send('rules.set', { host: 'less.example', capture: 'domain' })).set ?? '';
  const { store } = worker;
  const reduce = store.reduce.bind(store);
  vi.spyOn(store, 'reduce').mockImplementationOnce((...args) => {
    flagged = worker.send('erase.run', { target: { what: 'page', url: PAGE } });
    return reduce(...args);
  });
  await worker.send('stored.apply', { scope: { what: 'rule', id: rule } });
  await done();
  await flagged;
});
afterEach(() => {
  vi.restoreAllMocks();
  worker.end();
});

describe('a page that is deleted while a rule is applied', () => {
  it('is gone, and nothing of it is left under a shorter address', async () => {
    expect(await erasing()).toMatchObject({ count: 1, kind: 'page' });
    // The month that was under way is done, the others wait.
    expect((await urls()).filter((url) => url.startsWith('https://less.example/page'))).toHaveLength(1);
    await worker.send('erase.finish', {});
    await done();
    expect(await urls()).toEqual([
      'https://less.example/',
      'https://kept.example/70',
      'https://less.example/',
      'https://kept.example/40',
      'https://kept.example/0',
    ]);
    expect(worker.services.storedRules.state()).toMatchObject({ phase: 'done', reduced: 2, erased: 0 });
  });

  it('is reduced like the others when that is undone', async () => {
    await worker.send('erase.undo', { id: (await erasing())?.id ?? '' });
    await done();
    expect((await urls()).filter((url) => url === 'https://less.example/')).toHaveLength(3);
    expect(worker.services.storedRules.state()).toMatchObject({ phase: 'done', reduced: 3 });
  });

  it('waits for it also when the worker starts anew', async () => {
    await worker.restart();
    await done();
    expect((await urls()).filter((url) => url.startsWith('https://less.example/page'))).toHaveLength(1);
    worker.pass(60_000);
    await worker.services.erasures.tick();
    await done();
    expect((await urls()).filter((url) => url.includes('less.example'))).toEqual([
      'https://less.example/',
      'https://less.example/',
    ]);
  });
});
