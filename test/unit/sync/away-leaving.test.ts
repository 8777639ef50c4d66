/** Leaving the account, and coming back to it, while days are at the service only. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';

import { describe, expect, it } from 'vitest';
import { dayOf } from '../../../src/base/clock.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { allIsWell, away, back, day, dayKeys, drop, useSentDay } from '../../support/sent-day.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, oracle, world } from '../../support/two-devices.ts';

useSentDay();

describe('leaving the account', () => {
  it('brings what is away home first', async () => {
    await drop(a);
    expect(await a.run(() => a.sync.end('leave'))).toEqual({ ok: true, value: null });
    expect(await a.urls()).toEqual(oracle.urls());
    expect(await a.run(() => a.store.awayDays())).toEqual({});
  });

  it('is refused when that is impossible, and says how many days would be lost', async () => {
    await drop(a);
    a.network.down();
    for (const anyway of [false, true])
      expect(await a.run(() => a.sync.end('leave', anyway))).toMatchObject({
        ok: false,
        error: { code: 'days-away', message: expect.stringContaining('1 archived day is') },
      });
    expect(await away(a)).toEqual([day]);
    expect(await a.run(() => a.sync.end('delete'))).toMatchObject({ error: { code: 'days-away' } });
    a.network.up();
    world.pass();
    await allIsWell();
  });

  it('waits for what is being dropped right now', async () => {
    const dropping = drop(a);
    const ended = await a.run(() => a.sync.end('delete'));
    await dropping;
    expect(ended).toEqual({ ok: true, value: null });
    expect(await a.urls()).toEqual(oracle.urls());
    expect(await away(a)).toEqual([]);
  });

  it('loses them only when the person says so', async () => {
    await drop(a);
    a.network.down();
    expect(await a.run(() => a.sync.end('leave', true, true))).toEqual({ ok: true, value: null });
    expect(await a.run(() => a.store.awayDays())).toEqual({});
    expect(await b.urls()).toEqual(oracle.urls());
  });
});

describe('a device that left and comes back', () => {
  /** The day is moved into a file, which nobody brings back. */
  async function moveToFile(device: TestDevice): Promise<void> {
    const made = await device.run(() =>
      device.store.archives.make({ before: dayOf(device.clock.nowMs()) }, async () => {}),
    );
    if (!made) throw new Error('nothing was archived');
    await device.run(() => device.store.archives.confirm(made.id));
    expect(await device.records()).toEqual([]);
  }
  /** `b` leaves, does something alone and comes back, while `a` has the day at the service only. */
  async function whileOut(task: () => Promise<unknown>): Promise<void> {
    await drop(a);
    await b.run(() => b.sync.end('leave'));
    await task();
    await world.join(a, b);
    world.pass(1);
  }

  it('having moved the day into a file takes it from the service again, so that nobody loses it', async () => {
    await whileOut(() => moveToFile(b));
    await world.settle();
    expect(await b.urls()).toEqual(oracle.urls());
    await allIsWell();
  });

  /** `a` was not told, and has sent the day itself before it left there: it has all of it, `b` all but what it erased. */
  async function erasedByB(): Promise<void> {
    await world.settle();
    expect(await back(a)).toEqual({ ok: true, value: null });
    await world.settle();
    expect(await a.urls()).toEqual(oracle.urls());
    expect(await b.urls()).toEqual(oracle.urls().filter((url) => url !== 'https://secret.example/b'));
  }

  it('having erased some of it and moved the rest has the rest again, and nothing of what it erased', async () => {
    await whileOut(async () => {
      await b.erase({ what: 'page', url: 'https://secret.example/b' });
      await b.restart();
      await moveToFile(b);
    });
    await erasedByB();
  });

  it('does not get back what it erased before it left without the service knowing', async () => {
    await drop(a);
    await world.settle();
    b.network.down();
    await b.erase({ what: 'page', url: 'https://secret.example/b' });
    expect(await b.run(() => b.sync.end('leave', true))).toMatchObject({ ok: true });
    b.network.up();
    await a.run(() => a.sync.run());
    world.pass();
    await world.join(a, b);
    await erasedByB();
    // And once more: what it was is still known.
    await b.run(() => b.sync.end('leave'));
    await moveToFile(b);
    await world.join(a, b);
    await erasedByB();
  });

  it.each<[string, () => EraseTarget]>([
    ['a site', () => ({ what: 'site', host: 'secret.example' })],
    ['a span', () => ({ what: 'range', fromMs: 0, toMs: a.clock.nowMs() })],
    ['everything', () => ({ what: 'all' })],
  ])('that lost the day when it left does not get back what it erased since: %s', async (_, target) => {
    await drop(a);
    a.network.down();
    expect(await a.run(() => a.sync.end('leave', true, true))).toMatchObject({ ok: true });
    a.network.up();
    world.pass();
    await a.erase(target());
    world.pass();
    await world.join(b, a);
    await world.settle();
    const urls = await a.urls();
    expect(urls).not.toContain('https://secret.example/a');
    // The rest of it was lost here, and is what the account still has.
    if (target().what === 'site') expect(urls).toContain('https://one.example/a');
    for (const device of world.devices) expect(await device.outbox()).toBe(0);
  });

  it('keeps no key of what it left behind', async () => {
    await drop(a, ['secret.example', 'one.example']);
    a.network.down();
    await a.erase({ what: 'site', host: 'secret.example' });
    expect(await dayKeys(a)).toHaveLength(3);
    expect(await a.run(() => a.sync.end('leave', true, true))).toMatchObject({ ok: true });
    await a.restart();
    // Of what is pinned and here.
    expect(await dayKeys(a)).toHaveLength(1);
    expect(await a.urls()).toEqual(['https://one.example/a']);
  });

  it('sends itself from then on what another one had sent for it', async () => {
    await b.run(() => b.sync.end('leave'));
    await moveToFile(b);
    await a.run(() => a.sync.end('delete'));
    // A new account, to which only a brings the day, with what b recorded then.
    await world.create(a);
    await world.settle([a]);
    await world.join(a, b);
    await world.settle();
    expect(await b.urls()).toEqual(oracle.urls());
    // Sent anew, it is without what is b's: b is there to send that.
    await a.run(() => a.store.db.add('outbox', { what: 'day', day }));
    await world.settle();
    await world.join(b, await world.device('c'));
    await allIsWell();
  });

  it('in another account has nothing to do with what it erased before', async () => {
    await b.run(() => b.sync.end('leave'));
    await b.erase({ what: 'all' });
    await a.run(() => a.sync.end('delete'));
    await world.create(a);
    await world.settle([a]);
    await world.join(a, b);
    await world.settle();
    expect(await a.urls()).toEqual(oracle.urls());
    expect(await b.urls()).toEqual(await a.urls());
  });
});
