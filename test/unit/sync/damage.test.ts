/** What damage on one device costs its sync: what it opens there, and nothing of the others. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, dayOf, dayStartMs } from '../../../src/base/clock.ts';
import { eventsOf } from '../../../src/storage/vault.ts';
import { damageDay, damageKeys, damageNamed, readable } from '../../support/damage.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

const today = () => dayOf(a.clock.nowMs());
const damageKey = async (device: TestDevice, day: string) => {
  await device.run(() => damageKeys(device.store, eventsOf(day)));
  await device.restart();
};
describe('a key of an old day that does not open', () => {
  it('does not stop sync, and others still get it: what was published stays published', async () => {
    const old = today();
    await a.visit('old.example', '/');
    await a.round();
    world.pass(3 * DAY_MS);
    await damageKey(a, old);
    await a.visit('new.example', '/');
    expect((await a.round()).phase).toBe('synced');
    // B asks for the ring now, and finds both keys in it.
    expect((await b.round()).phase).toBe('synced');
    expect(await b.urls()).toEqual(['https://new.example/', 'https://old.example/']);
    // Nothing is published again while nothing is new.
    const changes = (await world.changes()).length;
    await a.round();
    expect((await world.changes()).length).toBe(changes);
  });

  it('of which something is sent again takes nothing from what lies at the service', async () => {
    const old = today();
    await a.visit('old.example', '/');
    await a.round();
    await damageKey(a, old);
    await a.visit('more.example', '/');
    await a.run(async () => {
      const tx = a.store.db.transaction('outbox', 'readwrite');
      await tx.store.add({ what: 'day', day: old });
      await tx.done;
    });
    expect((await a.round()).phase).toBe('synced');
    await b.round();
    expect(await b.urls()).toEqual(['https://more.example/', 'https://old.example/']);
  });
});

describe('a list of deletions that does not open', () => {
  it('keeps nothing from being deleted, here and on the others', async () => {
    await a.visit('secret.example', '/');
    await a.visit('other.example', '/');
    await a.erase({ what: 'record', id: 'x' });
    await world.settle();
    await a.run(() => damageNamed(a.store, 'erasures'));
    await a.erase({ what: 'site', host: 'secret.example' });
    expect(await a.urls()).toEqual(['https://other.example/']);
    await world.settle();
    expect(await b.urls()).toEqual(['https://other.example/']);
    // It holds over a restart, for what is yet to come.
    await a.restart();
    await a.erase({ what: 'all' });
    await world.settle();
    expect([await a.urls(), await b.urls()]).toEqual([[], []]);
  });
});

describe('an account that does not open', () => {
  const leave = (loseAway = false) => a.run(() => a.sync.end('leave', false, loseAway));

  it('leaves recording on, says so, and what is recorded is sent when the device is back', async () => {
    await a.visit('old.example', '/');
    await world.settle();
    await a.run(() => damageNamed(a.store, 'sync-account'));
    await a.restart();
    const state = a.run(() => a.sync.state());
    expect(state).toEqual({
      phase: 'error',
      message: expect.stringMatching(/^What this device knew .*Leave/),
    });
    await a.visit('new.example', '/');
    expect(await a.outbox()).toBe(1);
    await a.erase({ what: 'site', host: 'old.example' });
    expect(await a.urls()).toEqual(['https://new.example/']);
    expect(await a.run(() => a.sync.end('delete'))).toMatchObject({ ok: false });
    expect(await leave()).toEqual({ ok: true, value: null });
    expect(a.run(() => a.sync.state())).toEqual({ phase: 'off' });
    await a.restart();
    await world.join(b, a);
    await world.settle();
    expect(await b.urls()).toContain('https://new.example/');
  });

  it('is told what was deleted meanwhile when the device is back, and nothing of it comes back', async () => {
    await a.visit('gone.example', '/own');
    await b.visit('gone.example', '/theirs');
    await b.visit('untold.example', '/');
    await world.settle();
    // Before the damage, and not sent.
    await a.erase({ what: 'site', host: 'untold.example' });
    await a.run(() => damageNamed(a.store, 'sync-account'));
    await a.restart();
    await a.erase({ what: 'site', host: 'gone.example' });
    expect(await a.urls()).toEqual([]);
    expect(await leave()).toEqual({ ok: true, value: null });
    await world.join(b, a);
    await world.settle();
    expect([await a.urls(), await b.urls()]).toEqual([[], []]);
    // Told once: the next time it is not said again.
    const changes = (await world.changes()).length;
    await a.restart();
    await world.settle();
    expect((await world.changes()).length).toBe(changes);
  });

  it('is told of it also when the device did not join at the first try', async () => {
    await b.visit('gone.example', '/theirs');
    await world.settle();
    await a.run(() => damageNamed(a.store, 'sync-account'));
    await a.restart();
    await a.erase({ what: 'site', host: 'gone.example' });
    expect(await leave()).toEqual({ ok: true, value: null });
    // What another device deletes meanwhile means something here: it asks.
    world.pass(1_000);
    await a.visit('mine.example', '/');
    world.pass(1_000);
    await b.erase({ what: 'site', host: 'mine.example' });
    await world.settle([b]);
    await world.join(b, a);
    expect((await a.round()).phase).toBe('asks');
    expect(await leave()).toEqual({ ok: true, value: null });
    await world.join(b, a);
    await a.round();
    expect(await a.run(() => a.sync.agree(a.sync.preview()?.deleted.of ?? ''))).toMatchObject({ ok: true });
    await world.settle();
    expect([await a.urls(), await b.urls()]).toEqual([[], []]);
  });

  it('is not left while days are at the service only, unless they may be lost', async () => {
    await a.run(async () => {
      await a.store.db.put('metadata', { [today()]: 1 }, 'away');
      await damageNamed(a.store, 'sync-account');
    });
    await a.restart();
    expect(await leave()).toMatchObject({ ok: false, error: { code: 'days-away' } });
    expect(await leave(true)).toMatchObject({ ok: true });
  });
});

it('shared settings that do not open do not keep the services from opening, and say what to do', async () => {
  await a.run(() => damageNamed(a.store, 'sync-settings'));
  await a.restart();
  await a.visit('new.example', '/');
  const state = await a.round();
  expect(state).toMatchObject({ phase: 'error', message: expect.stringContaining('Leave the account') });
  expect(await a.urls()).toEqual(['https://new.example/']);
});

it('a deletion that damage keeps waiting seals nothing anew in a round that erases nothing', async () => {
  const toMs = dayStartMs(today()) + DAY_MS;
  await a.visit('secret.example', '/');
  await world.settle();
  world.pass(DAY_MS);
  const broken = today();
  await a.visit('one.example', '/');
  await world.settle();
  world.pass(40 * DAY_MS);
  await b.run(async () => {
    await b.store.compact();
    await damageDay(b.store, broken);
  });
  // Nobody can say what of a part of this day is meant: then contexts go, once and not with each round.
  const hasAway = () => b.run(() => b.store.db.put('metadata', { '2020-01-01': 1 }, 'away'));
  const save = (name: string) =>
    b.run(() =>
      b.store.exclusive(() => b.store.derived.write('contexts', [{ name, value: { said: name } }])),
    );
  const saved = () => b.run(() => b.store.derived.names('contexts'));
  await save('before');
  await a.erase({ what: 'range', fromMs: dayStartMs('2020-01-01') + 1, toMs });
  await a.round();
  await hasAway();
  expect((await b.round()).phase).toBe('synced');
  expect(await readable(b)).toEqual(['https://secret.example/']);
  expect(await saved()).toEqual([]);
  await save('after');
  const ring = () => b.run(async () => [b.store.keys.generation(), await b.store.keys.ring()]);
  const before = await ring();
  for (let n = 0; n < 2; n++) {
    await hasAway();
    expect((await b.round()).phase).toBe('synced');
  }
  await b.restart();
  await hasAway();
  await b.round();
  expect(await readable(b)).toEqual(['https://secret.example/']);
  expect(await saved()).toEqual(['after']);
  expect(await ring()).toEqual(before);
});

it('a deletion that a damaged day keeps from one device stops nothing, and is done once that day is gone', async () => {
  const broken = today();
  await a.visit('one.example', '/');
  await world.settle();
  world.pass(DAY_MS);
  const other = today();
  await a.visit('secret.example', '/');
  await world.settle();
  world.pass(40 * DAY_MS);
  await b.run(async () => {
    await b.store.compact();
    await damageDay(b.store, broken);
  });
  const isDone = () =>
    b.run(async () => {
      const site = (await b.sync.deletions()).find(({ what }) => what === 'site');
      return site?.devices.find(({ thisDevice }) => thisDevice)?.erasedMs !== undefined;
    });
  await a.erase({ what: 'site', host: 'secret.example' });
  await a.round();
  expect((await b.round()).phase).toBe('synced');
  expect(await readable(b)).toEqual(['https://secret.example/']);
  expect(await isDone()).toBe(false);
  await b.restart();
  await b.erase({ what: 'range', fromMs: dayStartMs(broken), toMs: dayStartMs(other) });
  expect((await b.round()).phase).toBe('synced');
  expect(await readable(b)).toEqual([]);
  expect(await isDone()).toBe(true);
});
