/** Compacting: on request and weekly, once at a time, with an honest end. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { START_MS, Worker } from '../../support/worker.ts';

const MINUTE_MS = 60_000;
let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

describe('compacting', () => {
  const upkeep = async () => worker.services.compaction.tick(await worker.services.contexts.tick());
  const doneMs = () => worker.services.compaction.doneMs;
  const state = async () => (await worker.send('status.get', {})).compaction;

  it('on request tells how large the store was and is, and when it was', async () => {
    for (let i = 0; i < 20; i++) await worker.visit(1, `https://a.example/${i}`);
    const before = await worker.services.profile.context.estimateSize();
    expect(await state()).toBeUndefined();
    const { profile, compaction } = worker.services;
    const told: unknown[] = [];
    profile.onChange(() => told.push(compaction.state()?.phase));
    const ended = await worker.send('compact.run', {});
    expect(told).toEqual(['running', 'done']);
    // When it was is noted afterwards, and takes some bytes itself.
    const now = await worker.services.profile.context.estimateSize();
    const { compaction: end } = ended;
    expect(end).toEqual({ phase: 'done', beforeBytes: before, afterBytes: expect.any(Number) });
    const note = now - (end?.phase === 'done' ? (end.afterBytes ?? 0) : 0);
    expect(note).toBeGreaterThan(0);
    expect(note).toBeLessThan(200);
    expect(await worker.store.db.count('journal')).toBe(0);
    await worker.restart();
    expect((await worker.send('health.get', {})).compactedMs).toBe(START_MS);
    expect(await worker.records()).toHaveLength(20);
  });

  it('is one however often it is asked for', async () => {
    const compact = vi.spyOn(worker.store, 'compact');
    await Promise.all([worker.send('compact.run', {}), worker.send('compact.run', {})]);
    expect(compact).toHaveBeenCalledTimes(1);
    await worker.send('compact.run', {});
    expect(compact).toHaveBeenCalledTimes(2);
  });

  it('stops when it is cancelled, says so, and does not count as done', async () => {
    await worker.visit(1, 'https://a.example/');
    const running = worker.send('compact.run', {});
    expect((await worker.send('compact.cancel', {})).compaction).toEqual({ phase: 'cancelled' });
    expect((await running).compaction).toEqual({ phase: 'cancelled' });
    expect(doneMs()).toBeUndefined();
    expect((await worker.send('compact.run', {})).compaction?.phase).toBe('done');
  });

  it('that fails says what to do, and does not count as done', async () => {
    vi.spyOn(console, 'error').mockImplementationOnce(() => {});
    vi.spyOn(worker.store, 'compact').mockRejectedValueOnce(new DOMException('', 'QuotaExceededError'));
    const { compaction } = await worker.send('compact.run', {});
    expect(compaction).toMatchObject({ phase: 'failed', message: expect.stringContaining('disk') });
    expect(doneMs()).toBeUndefined();
  });

  it('comes weekly, in a quiet moment, also when the browser was closed meanwhile', async () => {
    await worker.visit(1, 'https://a.example/');
    await upkeep();
    expect(doneMs()).toBeUndefined();
    worker.pass(7 * DAY_MS - MINUTE_MS);
    await upkeep();
    expect(doneMs()).toBeUndefined();
    worker.pass(MINUTE_MS);
    await worker.restartBrowser();
    await worker.visit(1, 'https://a.example/2');
    await upkeep();
    expect(doneMs()).toBeUndefined();
    worker.pass(5 * MINUTE_MS);
    await upkeep();
    expect(doneMs()).toBe(Date.now());
    const first = doneMs();
    await worker.restart();
    worker.pass(6 * DAY_MS);
    await upkeep();
    expect(doneMs()).toBe(first);
  });

  it('waits for no quiet moment for more than two weeks', async () => {
    await upkeep();
    worker.pass(14 * DAY_MS);
    await worker.visit(1, 'https://a.example/');
    await upkeep();
    expect(doneMs()).toBe(Date.now());
  });

  it('comes also when the clock was set back', async () => {
    await worker.send('compact.run', {});
    worker.pass(-100 * DAY_MS);
    await upkeep();
    worker.pass(7 * DAY_MS);
    await upkeep();
    expect(doneMs()).toBe(Date.now());
  });

  it('leaves its time sealed', async () => {
    await worker.send('compact.run', {});
    expect(await worker.store.db.get('metadata', 'compacted')).toBeInstanceOf(Uint8Array);
  });
});
