import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR_MS } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { retryDelayMs } from '../../../src/sync/backoff.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

const always = (byte: number) => ({ bytes: (length: number) => new Uint8Array(length).fill(byte) });
const MINUTE_MS = 60_000;

describe('the time to the next try', () => {
  it('is anything up to 2 s · 2^n, and up to 15 minutes', () => {
    expect([1, 2, 3, 4].map((failures) => retryDelayMs(failures, always(255)))).toEqual([
      3999, 7999, 15999, 31999,
    ]);
    expect([9, 10, 30, 5_000].map((failures) => retryDelayMs(failures, always(255)))).toEqual(
      Array(4).fill(15 * MINUTE_MS - 1),
    );
    expect(retryDelayMs(20, always(0))).toBe(0);
  });

  it('is spread over all of it, so that devices do not come back together', () => {
    const delays = Array.from({ length: 4_000 }, () => retryDelayMs(5, systemRandom));
    const quarters = [0, 1, 2, 3].map((q) => delays.filter((ms) => Math.floor(ms / 16_000) === q).length);
    // 1000 are expected in each; 6 standard deviations are 164.
    for (const count of quarters) expect(Math.abs(count - 1_000)).toBeLessThan(170);
  });

  it('is never less than what the service asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(6 * HOUR_MS), (failures, askedMs) => {
        const delay = retryDelayMs(failures, systemRandom, askedMs);
        expect(delay).toBeGreaterThanOrEqual(askedMs);
        expect(delay).toBeLessThan(Math.max(askedMs + 1, 15 * MINUTE_MS));
      }),
    );
  });
});

describe('a device that failed', () => {
  let world: SyncWorld;
  let a: TestDevice;
  beforeEach(async () => {
    world = new SyncWorld();
    a = await world.device('a');
    await world.create(a);
    // No timer is left over from before.
    await a.run(() => vi.advanceTimersByTimeAsync(60_000));
    await a.round();
    a.network.forget();
  });
  afterEach(() => world.end());

  interface Retry {
    failures: number;
    nextAtMs: number;
  }
  const retry = async (device: TestDevice) =>
    (await device.run(() => device.store.db.get('metadata', 'retry'))) as Retry | undefined;
  const answers = (status: number, headers: Record<string, string> = {}) => {
    a.network.tamper = () =>
      new Response(JSON.stringify({ code: status === 429 ? 'TOO_MANY' : 'UNAVAILABLE' }), {
        status,
        headers,
      });
  };
  /** Long enough for a request that was started to be on its way. */
  const aMoment = async () => {
    for (const endMs = performance.now() + 25; performance.now() < endMs; )
      await new Promise((resolve) => setImmediate(resolve));
  };
  /** By itself, while nobody waits for its round. */
  const sendsSomething = async () => {
    for (const endMs = performance.now() + 10_000; a.network.sent.length === 0 && performance.now() < endMs; )
      await new Promise((resolve) => setImmediate(resolve));
    expect(a.network.sent.length).toBeGreaterThan(0);
  };
  const wait = async () => ((await retry(a))?.nextAtMs ?? 0) - a.clock.nowMs();

  it.each([
    ['429 with seconds', 429, '90', 90_000],
    ['503 with seconds', 503, '3600', HOUR_MS],
    ['503 with a date', 503, new Date(1_800_000_000_000 + 2 * HOUR_MS).toUTCString(), 2 * HOUR_MS],
    ['more than six hours', 503, String(7 * 24 * 3600), 6 * HOUR_MS],
  ])('waits as long as the service asked: %s', async (_, status, header, atLeastMs) => {
    answers(status, { 'retry-after': header });
    expect((await a.round()).phase).toBe('offline');
    expect(await wait()).toBe(atLeastMs);
    a.network.up();
    a.network.forget();
    // Neither an alarm, nor news, nor something recorded, nor a new worker asks before.
    await a.visit('one.example', '/a');
    world.pass(atLeastMs - 10_000);
    await a.run(() => a.sync.wake());
    await a.restart();
    await a.visit('one.example', '/b');
    await a.run(() => a.sync.wake());
    await a.run(() => vi.advanceTimersByTimeAsync(9_999));
    await aMoment();
    expect(a.network.sent).toEqual([]);
    world.pass(10_000);
    await a.run(() => a.sync.wake());
    expect(a.sync.state().phase).toBe('synced');
    expect(await a.outbox()).toBe(0);
    expect(await retry(a)).toBeUndefined();
  });

  it('does not ask early for what was recorded while the round failed', async () => {
    answers(503, { 'retry-after': '90' });
    const round = a.round();
    a.run(() => a.sync.changed());
    await round;
    a.network.forget();
    world.pass(2_000);
    await a.run(() => vi.advanceTimersByTimeAsync(2_000));
    await aMoment();
    expect(a.network.sent).toEqual([]);
  });

  it('is as quick as ever once an alarm brought it back', async () => {
    answers(503, { 'retry-after': '90' });
    await a.round();
    a.network.up();
    // The alarm comes first: the worker's own timer slept with the computer.
    world.pass(91_000);
    await a.run(() => a.sync.wake());
    expect(a.sync.state().phase).toBe('synced');
    await a.visit('one.example', '/after');
    world.pass(1_000);
    a.network.forget();
    await a.run(() => vi.advanceTimersByTimeAsync(1_000));
    await sendsSomething();
    await a.run(() => a.sync.run());
  });

  it('does not take nonsense for a time', async () => {
    for (const header of ['soon', '-5', '0', '']) {
      await a.run(() => a.store.db.delete('metadata', 'retry'));
      answers(503, { 'retry-after': header });
      await a.round();
      expect(await wait(), header).toBeLessThan(4_000);
    }
  });

  it('counts its failures through restarts, and starts anew after a success', async () => {
    a.network.down();
    for (let failures = 1; failures <= 6; failures++) {
      await a.round();
      const now = await retry(a);
      expect(now?.failures).toBe(failures);
      expect(await wait()).toBeLessThan(2_000 * 2 ** failures);
      await a.restart();
      expect(await retry(a)).toEqual(now);
    }
    a.network.up();
    await a.round();
    expect(await retry(a)).toBeUndefined();
    a.network.down();
    await a.round();
    expect((await retry(a))?.failures).toBe(1);
  });

  it('tries again by itself when the time has come, in the same worker and in the next', async () => {
    for (const next of ['same worker', 'next worker']) {
      answers(503, { 'retry-after': '30' });
      await a.round();
      a.network.up();
      if (next === 'next worker') await a.restart();
      a.network.forget();
      world.pass(30_000);
      await a.run(() => vi.advanceTimersByTimeAsync(30_000));
      // By itself: joined here, not started.
      await sendsSomething();
      await a.run(() => a.sync.run());
      expect(a.sync.state().phase).toBe('synced');
    }
  });

  it('does not wait for a time that only a wrong clock could have set', async () => {
    a.skewMs = 10 * 365 * 24 * HOUR_MS;
    a.network.down();
    await a.round();
    a.skewMs = 0;
    a.network.up();
    await a.run(() => a.sync.wake());
    expect(a.sync.state().phase).toBe('synced');
  });

  it('with a clock that is off corrects it by the service’s and goes on', async () => {
    for (const hours of [-20, 3, 20]) {
      a.skewMs = hours * HOUR_MS;
      await a.visit('one.example', `/${hours}`);
      expect((await a.round()).phase).toBe('synced');
      expect(await a.outbox()).toBe(0);
    }
    a.skewMs = 100 * HOUR_MS;
    await a.restart();
    expect((await a.round()).phase).not.toBe('synced');
  });
});
