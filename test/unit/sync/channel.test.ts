import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../../src/protocol/limits.ts';
import { FakeSocket } from '../../support/device-context.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

beforeEach(async () => {
  FakeSocket.made.length = 0;
  keptBefore = 0;
});
afterEach(() => {
  FakeSocket.behaviour = 'opens';
});

const asked = (device: TestDevice, part: string) =>
  device.network.sent.filter(({ path }) => path.includes(part)).length;
const polls = (device: TestDevice) => asked(device, `&wait=${LIMITS.waitSeconds}`);
const rounds = (device: TestDevice) => asked(device, '/v1/devices');

/** B's worker starts anew; its first round opens the channel. Timers run from here on. */
async function listens(): Promise<void> {
  await b.restart();
  b.network.forget();
  keptBefore += kept();
  b.run(() => b.sync.changed());
  await pass(1);
  await until('the first round', () => b.sync.state().phase === 'synced');
}
const pass = async (ms: number) => {
  world.pass(ms);
  await b.run(() => vi.advanceTimersByTimeAsync(ms));
};
/** What takes no timer gets done. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 30_000; !(await holds()); ) {
    if (performance.now() > endMs) expect.fail(`never: ${what}; ${b.network.sent.map(({ path }) => path)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Requests that the service keeps waiting, or kept, since B's worker started. */
const kept = () => vi.mocked(world.service.deps.hub.listen).mock.calls.length - keptBefore;
let keptBefore = 0;

describe('the channel that tells of news', () => {
  it('is a socket: a byte starts a round, its end starts one more and not a storm', async () => {
    await listens();
    await until('a socket', () => FakeSocket.made.length === 1);
    expect(FakeSocket.made[0]?.url).toBe('wss://service.example/v1/ws');
    await a.visit('one.example', '/a');
    await a.round();
    const [socket] = FakeSocket.made;
    b.run(() => socket?.onmessage?.());
    await until('the record', async () => (await b.urls()).length === 1);
    expect(polls(b)).toBe(0);
    const before = rounds(b);
    b.run(() => socket?.onclose?.());
    await pass(1_500);
    await until('one more round', () => rounds(b) === before + 1);
    await pass(5_000);
    expect(rounds(b)).toBe(before + 1);
  });

  it.each(['throws', 'closes', 'never opens'] as const)(
    'is a long poll where the socket %s',
    async (behaviour) => {
      FakeSocket.behaviour = behaviour;
      await listens();
      await until('a ticket', () => asked(b, '/v1/ticket') === 1);
      if (behaviour === 'never opens') {
        await until('a socket', () => FakeSocket.made.length === 1);
        expect(polls(b)).toBe(0);
        await pass(10_000);
        expect(FakeSocket.made[0]?.readyState).toBe(3);
      }
      await until('a poll', () => polls(b) === 1);
      for (const path of ['/a', '/b']) {
        const before = polls(b);
        await a.visit('one.example', path);
        await a.round();
        await until('the record', async () => (await b.urls()).includes(`https://one.example${path}`));
        await until('the next poll', () => polls(b) === before + 1);
      }
      // Nothing happens for as long as the service waits: it is asked again, without a round.
      const before = rounds(b);
      const asks = polls(b);
      await until('the service waits', () => kept() === asks);
      await pass(LIMITS.waitSeconds * 1_000);
      await until('the next poll', () => polls(b) === asks + 1);
      expect(rounds(b)).toBe(before);
    },
  );

  it('that fails again and again is opened less and less often, not in a storm', async () => {
    FakeSocket.behaviour = 'throws';
    b.network.fate = (_, request) => (request.url.includes('&wait=') ? 'lost-request' : 'ok');
    await listens();
    await until('a poll', () => polls(b) === 1);
    const seconds = async (count: number) => {
      for (let second = 0; second < count; second++) {
        await pass(1_000);
        // Long enough for a request that was started to be on its way.
        for (const endMs = performance.now() + 5; performance.now() < endMs; )
          await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await seconds(20);
    const soon = polls(b);
    expect(soon).toBeGreaterThanOrEqual(2);
    expect(soon).toBeLessThanOrEqual(5);
    await seconds(130);
    expect(polls(b) - soon).toBeLessThanOrEqual(4);
    expect(rounds(b)).toBeLessThanOrEqual(2 * polls(b) + 1);
    expect(b.sync.state().phase).toBe('synced');
  });

  it('that could not be opened is asked for again, and what came meanwhile is found', async () => {
    let lost = 0;
    b.network.fate = (_, { url }) => (url.includes('/v1/ticket') && lost++ === 0 ? 'lost-request' : 'ok');
    await listens();
    await until('a ticket that is lost', () => lost === 1);
    await a.visit('one.example', '/a');
    await a.round();
    for (let second = 0; second < 6; second++) await pass(1_000);
    await until('a socket', () => FakeSocket.made.length === 1);
    expect(await b.urls()).toEqual(['https://one.example/a']);
  });

  it.each(Array.from({ length: 12 }, (_, n) => n))(
    'is not lost when it tells of news %i steps before a round is over',
    async (steps) => {
      await listens();
      await until('a socket', () => FakeSocket.made.length === 1);
      const before = rounds(b);
      let told: Promise<void> | undefined;
      const { sync } = b;
      vi.spyOn(sync, 'onChanged').mockImplementationOnce(async () => {
        told = (async () => {
          for (let step = 0; step < steps; step++) await null;
          b.run(() => sync.run());
        })();
      });
      await a.visit('one.example', '/a');
      await a.round();
      await b.run(() => sync.run());
      await told;
      await until('another round', () => rounds(b) >= before + 2);
    },
  );

  it('ends with the account', async () => {
    FakeSocket.behaviour = 'throws';
    await listens();
    await until('a poll', () => polls(b) === 1);
    await b.run(() => b.sync.end('leave'));
    b.network.forget();
    await pass(120_000);
    await b.run(() => b.sync.wake());
    expect(b.network.sent).toEqual([]);
  });

  it('is let go when the person is away, and the alarm does', async () => {
    await listens();
    await until('a socket', () => FakeSocket.made.length === 1);
    await pass(6 * 60_000);
    await a.visit('one.example', '/a');
    await a.round();
    await b.run(() => b.sync.wake());
    expect(FakeSocket.made[0]?.readyState).toBe(3);
    expect(await b.urls()).toEqual(['https://one.example/a']);
    expect(FakeSocket.made).toHaveLength(1);
  });
});
