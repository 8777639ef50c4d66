/**
 * Days that are at the service only: nothing is lost on the way there and back, whatever is erased, sent or left meanwhile.
 * Over 300 lines, because every way of erasing is tried at each of three moments.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';

import { describe, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import type { DeviceId } from '../../../src/protocol/ids.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import { slotOf } from '../../../src/sync/objects.ts';
import { someContext } from '../../support/context-profile.ts';
import { objectsBecome } from '../../support/other-objects.ts';
import { allIsWell, away, back, day, dayKeys, drop, useSentDay } from '../../support/sent-day.ts';
import { a, b, oracle, world } from '../../support/two-devices.ts';

useSentDay();

/** The service says that it does not have what lies in this slot. */
const withoutSlot = (lost: string) =>
  objectsBecome(a, (found, bodies) => bodies.map((body, i) => (found[i]?.slot === lost ? null : body)));

describe('a day that is dropped', () => {
  it('leaves a stub, keeps the keys that open its parts, and comes back as it was', async () => {
    const before = await a.records();
    const keys = await dayKeys(a);
    expect(await drop(a)).toEqual([day]);
    expect(await a.records()).toEqual([]);
    expect(await a.run(() => a.store.awayDays())).toEqual({ [day]: 4 });
    await a.restart();
    await a.run(() => a.store.compact());
    expect(await dayKeys(a)).toEqual(keys);
    expect(await back(a)).toEqual({ ok: true, value: null });
    expect(await a.records()).toEqual(before);
    expect(await a.run(() => a.store.awayDays())).toEqual({});
    await allIsWell();
  });

  it('is still there for the others, also for one that comes later', async () => {
    await drop(a);
    await a.run(() => a.store.compact());
    const c = await world.device('c');
    await world.join(b, c);
    await world.settle();
    expect(await c.urls()).toEqual(oracle.urls());
    await allIsWell();
  });

  it('keeps the records of pinned sites, and is not dropped twice for them', async () => {
    expect(await drop(a, ['example'])).toEqual([]);
    expect(await drop(a, ['one.example'])).toEqual([day]);
    expect(await a.urls()).toEqual(['https://one.example/a']);
    expect(await drop(a, ['one.example'])).toEqual([]);
    await a.run(() => a.store.compact());
    await world.settle();
    await allIsWell();
  });

  it('has one key when it is back, though pinned records had one of their own meanwhile', async () => {
    expect(await drop(a, ['one.example'])).toEqual([day]);
    expect(await dayKeys(a)).toHaveLength(2);
    expect(await back(a)).toEqual({ ok: true, value: null });
    expect(await dayKeys(a)).toHaveLength(1);
    await allIsWell();
  });

  it('comes back though nothing opens any more what a device wrote that is not in the account now', async () => {
    const all = await a.urls();
    expect(await drop(a)).toEqual([day]);
    const scope = await a.run(async () => scopeOf(a.store, await world.accountId()));
    const author = b.store.vault.deviceId as DeviceId;
    const ring = await slotOf(scope, { kind: 'ring', author, incarnation: 0, counter: 0 });
    await a.rotate(b);
    world.devices.pop();
    await world.settle();
    await a.restart();
    await a.round();
    withoutSlot(ring);
    expect(await back(a)).toEqual({ ok: true, value: null });
    // It had sent all of the day itself before it dropped it.
    expect((await a.urls()).sort()).toEqual(all.sort());
    expect((await a.round()).phase).toBe('synced');
  });

  it('stays when another day of its month is damaged, and says so nowhere else', async () => {
    const other = dayOf(a.clock.nowMs() - 3 * DAY_MS);
    await a.visit('other.example', '/', a.clock.nowMs() - 3 * DAY_MS);
    await world.settle();
    await a.run(() => a.store.compact());
    const blocks = await a.run(() => a.store.db.getAll('interactions'));
    const block = blocks.find(({ date }) => date === other);
    const isMerged = blocks.some(({ date, seq }) => date === day && seq === block?.seq);
    if (!block || !isMerged) throw new Error('the days are not in one pack');
    await a.run(() => a.store.db.put('interactions', { ...block, box: block.box.slice(1) }));
    await a.run(() => a.store.forget());
    expect(await drop(a)).toEqual([]);
    expect(await away(a)).toEqual([]);
    await a.run(() => a.store.db.put('interactions', block));
    await a.run(() => a.store.forget());
    expect(await drop(a)).toEqual([day]);
  });

  it('stays when something of it waits to be sent, or is not at the service', async () => {
    const event = await a.run(() =>
      a.store.append({
        event: {
          kind: 'visit',
          atMs: a.clock.nowMs() - 2 * DAY_MS,
          level: 'private',
          url: 'https://late.example/',
          title: '',
          transition: 'link',
        },
      }),
    );
    expect(event).not.toBeNull();
    expect(await drop(a)).toEqual([]);
    // As if it had been sent, though it was not.
    await a.run(() => a.store.db.clear('outbox'));
    expect(await drop(a)).toEqual([]);
    a.network.down();
    expect(await drop(a)).toBeNull();
    expect(await a.urls()).toHaveLength(5);
  });

  it('stays while it waits to be sent again, though the service has all of it', async () => {
    await a.run(() => a.store.db.add('outbox', { what: 'day', day }));
    expect(await drop(a)).toEqual([]);
    expect(await a.outbox()).toBe(1);
  });

  it('was sent by this device as a whole, and stays while a part of that is not at the service', async () => {
    const parts = (own: boolean) =>
      a.run(async () =>
        (await a.store.db.getAll('peers')).filter((one) => one.own === own && one.kind === 'part'),
      );
    const slots = (await parts(false)).map(({ slot }) => slot);
    expect(slots).toHaveLength(1);
    withoutSlot((await parts(true))[0]?.slot ?? '');
    expect(await drop(a)).toEqual([]);
    a.network.up();
    // A new worker knows nobody else's records before its first round.
    await a.restart();
    expect(await drop(a)).toBeNull();
    await a.round();
    expect(await drop(a)).toEqual([day]);
    // And back: nothing is taken for erased that only could not be had.
    for (const slot of slots) {
      await a.restart();
      withoutSlot(slot);
      expect(await back(a)).toMatchObject({ ok: false, error: { code: 'unreadable' } });
      expect(await away(a)).toEqual([day]);
      a.network.up();
    }
    await allIsWell();
  });

  it('stays without being fetched when nothing of it could leave', async () => {
    a.network.forget();
    expect(await drop(a, ['example'])).toEqual([]);
    expect(a.network.sent).toEqual([]);
  });

  it('that is interrupted anywhere is here or there', { timeout: 60_000 }, async () => {
    const before = await a.records();
    for (let writes = 0; writes < 12; writes++) {
      a.context.writesLeft = writes;
      await drop(a).catch(() => {});
      await a.restart();
      await a.round();
      await a.run(() => a.store.compact());
      if ((await away(a)).length > 0) expect(await back(a)).toEqual({ ok: true, value: null });
      expect(await a.records()).toEqual(before);
    }
    await allIsWell();
  });
});

describe('days that are fetched back', () => {
  it('come back though one before them cannot', async () => {
    const next = dayOf(a.clock.nowMs());
    await oracle.visit(a, 'later.example', '/');
    await world.settle();
    world.pass(2 * DAY_MS);
    expect(await a.run(() => a.sync.days.dropSent([day, next], []))).toEqual([day, next]);
    const part = await a.run(async () =>
      (await a.store.db.getAll('peers')).find((one) => one.kind === 'part' && one.day === day),
    );
    withoutSlot(part?.slot ?? '');
    expect(await back(a, [day, next])).toMatchObject({ ok: false, error: { code: 'unreadable' } });
    expect(await away(a)).toEqual([day]);
    expect(await a.urls()).toEqual(['https://later.example/']);
    a.network.up();
    await allIsWell();
  });

  it('and sent again make room in between when they are many', { timeout: 60_000 }, async () => {
    const days = [day];
    // Each day is as one chunk of 8 days; after four chunks there has to be room again.
    for (let n = 0; n < 40; n++) {
      days.push(dayOf(a.clock.nowMs()));
      await oracle.visit(a, 'secret.example', `/${n}`);
      await oracle.visit(a, 'kept.example', `/${n}`);
      world.pass(DAY_MS);
    }
    await world.settle();
    await a.run(() => a.store.pack(true));
    expect(await a.run(() => a.sync.days.dropSent(days, []))).toHaveLength(41);
    const awayWhenRelieved: number[] = [];
    a.sync.relieve = async () => {
      awayWhenRelieved.push((await away(a)).length);
    };
    await oracle.erase(a, { what: 'site', host: 'secret.example' });
    await a.round();
    expect(awayWhenRelieved).toEqual([41 - 4 * 8]);
    expect(await a.outbox()).toBe(0);
    await allIsWell();
  });
});

describe('a day that is away and would be sent again', () => {
  it('is fetched back first: nothing of it is lost', async () => {
    await drop(a);
    await a.run(() => a.store.db.add('outbox', { what: 'day', day }));
    await a.round();
    expect(await away(a)).toEqual([]);
    await allIsWell();
  });

  it('waits while it cannot be fetched', async () => {
    await drop(a);
    await a.run(() => a.store.db.add('outbox', { what: 'day', day }));
    const lives = await world.liveSlots();
    a.network.fate = (_nth, { url }) => (url.endsWith('/get') ? 'lost-request' : 'ok');
    for (let i = 0; i < 3; i++) {
      expect((await a.round()).phase).not.toBe('synced');
      world.pass();
    }
    expect(await world.liveSlots()).toEqual(lives);
    a.network.up();
    await allIsWell();
  });

  it('is not sent while a part of it is spoiled at the service, and what else waits is', async () => {
    await drop(a);
    await a.run(() => a.store.db.add('outbox', { what: 'day', day }));
    const own = await a.run(async () => (await a.store.db.getAll('peers')).find((one) => one.own && one.day));
    if (!own) throw new Error('nothing was sent');
    await a.run(() => a.store.db.put('peers', { ...own, slot: 'A'.repeat(43) }));
    await oracle.visit(a, 'new.example', '/new');
    const state = await a.round();
    expect(state).toMatchObject({ phase: 'error', message: expect.stringContaining('cannot be opened') });
    expect(await a.outbox()).toBe(1);
    expect(await away(a)).toEqual([day]);
    await a.run(() => a.store.db.delete('peers', 'A'.repeat(43)));
    await allIsWell();
  });

  it('comes back when records of it are imported', async () => {
    await drop(a);
    await a.run(() =>
      a.store.importDay(day, async () => ({
        events: [
          {
            kind: 'visit',
            id: `${a.store.vault.deviceId}.i.1`,
            atMs: a.clock.nowMs() - 2 * DAY_MS,
            level: 'private',
            url: 'https://imported.example/',
            title: '',
            transition: 'link',
          },
        ],
      })),
    );
    await world.settle();
    expect(await a.urls()).toHaveLength(5);
    expect(await b.urls()).toEqual(await a.urls());
  });
});

describe('an erasure of something that is away', () => {
  const targets = {
    site: () => ({ what: 'site', host: 'secret.example' }) as const,
    page: () => ({ what: 'page', url: 'https://secret.example/a' }) as const,
    part: () => ({ what: 'range', fromMs: 0, toMs: a.clock.nowMs() - 2 * DAY_MS }) as const,
    day: () => ({ what: 'range', fromMs: 0, toMs: a.clock.nowMs() }) as const,
    all: () => ({ what: 'all' }) as const,
  };

  const ownParts = () =>
    a.run(async () =>
      (await a.store.db.getAll('peers'))
        .filter((peer) => peer.own && peer.kind === 'part' && peer.day === day)
        .map(({ slot }) => slot),
    );
  /** Without anybody asking for it, the service has only parts that open, and nothing of what is gone. */
  async function isSentAnew(): Promise<void> {
    expect(await away(a)).toEqual([]);
    const hasOwn = (await a.records()).some(({ id }) => id.startsWith(a.store.vault.deviceId));
    expect((await ownParts()).length > 0).toBe(hasOwn);
  }

  for (const [name, target] of Object.entries(targets)) {
    it(`here: ${name}`, async () => {
      await drop(a);
      const keys = await dayKeys(a);
      await oracle.erase(a, target());
      await world.settle();
      await isSentAnew();
      await allIsWell();
      // What opened the parts that are gone opens nothing any more.
      expect((await dayKeys(a)).some((generation) => keys.includes(generation) && name !== 'page')).toBe(
        false,
      );
    });

    it(`here, without a connection, over a restart: ${name}`, async () => {
      await drop(a);
      a.network.down();
      await oracle.erase(a, target());
      await a.round();
      await a.restart();
      await a.run(() => a.store.compact());
      world.pass();
      await a.round();
      a.network.up();
      world.pass();
      await world.settle();
      await isSentAnew();
      await allIsWell();
    });

    it(`on another device: ${name}`, async () => {
      await drop(a);
      const parts = await ownParts();
      await oracle.erase(b, target());
      await world.settle();
      await isSentAnew();
      expect((await ownParts()).some((slot) => parts.includes(slot))).toBe(false);
      await allIsWell();
    });
  }

  it('is queued with the command, so that a round that runs already does not miss it', async () => {
    await drop(a);
    await a.erase({ what: 'site', host: 'secret.example' });
    const rows = await a.run(() => a.store.db.getAll('outbox'));
    expect(rows.filter((row) => row.what === 'day')).toMatchObject([{ day }]);
  });

  it('takes its lines out of saved contexts too, though its records never come back here', async () => {
    const { context: storage } = a.profile;
    const saved = someContext(storage.userId, 1, a.clock.nowMs(), {
      recentVisits: ['https://secret.example/a'],
    });
    await a.run(() => storage.saveContext(saved));
    await drop(a);
    expect(await a.run(() => storage.contextCount())).toBe(1);
    await oracle.erase(b, { what: 'site', host: 'secret.example' });
    await world.settle();
    const left = await a.run(() => storage.loadContext(saved.id));
    expect(left?.recentVisits ?? []).not.toContain('https://secret.example/a');
  });

  it('of a record of another day leaves it alone', async () => {
    await drop(a);
    const visit = await oracle.visit(b, 'later.example', '/');
    await world.settle();
    await oracle.erase(b, { what: 'record', id: visit.id, day: dayOf(visit.atMs) });
    await world.settle();
    expect(await away(a)).toEqual([day]);
    await allIsWell();
  });

  it('of a record that somebody knows the day of, and of one that nobody does', async () => {
    const [first, second] = await a.records();
    if (!first || !second) throw new Error('no records');
    await drop(a);
    await oracle.erase(a, { what: 'record', id: first.id, day });
    await allIsWell();
    await drop(a);
    await oracle.erase(b, { what: 'record', id: second.id });
    await allIsWell();
  });

  it('is counted before it is done: whole days, and days that may have some', async () => {
    await drop(a);
    const meant = (target: EraseTarget) => a.run(() => a.sync.days.meant(target));
    expect(await meant({ what: 'all' })).toEqual({ records: 4, days: 0 });
    expect(await meant({ what: 'site', host: 'example' })).toEqual({ records: 0, days: 1 });
    expect(await meant({ what: 'site', host: 'other.example' })).toEqual({ records: 0, days: 0 });
    expect(await meant({ what: 'page', url: 'https://one.example/not-this' })).toEqual({
      records: 0,
      days: 1,
    });
    expect(await meant({ what: 'page', url: 'https://other.example/' })).toEqual({ records: 0, days: 0 });
    await back(a);
    expect(await meant({ what: 'all' })).toEqual({ records: 0, days: 0 });
  });

  it('that is about something else leaves it alone', async () => {
    await drop(a);
    await oracle.visit(a, 'other.example', '/');
    await world.settle();
    await oracle.erase(a, { what: 'site', host: 'other.example' });
    await world.settle();
    expect(await away(a)).toEqual([day]);
    await allIsWell();
  });

  it('of what is pinned and here does not take the keys of what is away', async () => {
    await drop(a, ['one.example']);
    a.network.down();
    await oracle.erase(a, { what: 'page', url: 'https://one.example/a' });
    await a.restart();
    await a.run(() => a.store.compact());
    a.network.up();
    world.pass();
    await allIsWell();
  });
});

describe('what others take back by themselves', () => {
  /** As retention does: the others are not told, because they keep their own time. */
  const shortened = (device: typeof a, isMeant: (url: string) => boolean) =>
    device.run(async () => {
      await device.store.erase((record) => 'url' in record && isMeant(record.url));
      device.sync.changed();
    });

  it('stays with a device that has the day at the service only', async () => {
    const before = await b.records();
    expect(await drop(b)).toEqual([day]);
    await world.settle();
    await shortened(a, () => true);
    await world.settle();
    expect(await back(b)).toEqual({ ok: true, value: null });
    expect(await b.records()).toEqual(before);
  });

  it('is not sent to and fro by two devices that have the day at the service only', async () => {
    const before = await b.records();
    for (const device of [a, b, a, b]) {
      await drop(device);
      await world.settle();
    }
    expect([await away(a), await away(b)]).toEqual([[day], [day]]);
    const changes = (await world.changes()).length;
    await world.settle();
    expect((await world.changes()).length).toBe(changes);
    await shortened(a, () => true);
    for (const device of [a, b]) {
      expect(await back(device)).toEqual({ ok: true, value: null });
      expect(await device.records()).toEqual(before);
    }
  });

  it('goes from there when it is deleted for all', async () => {
    expect(await drop(b)).toEqual([day]);
    await world.settle();
    await oracle.erase(a, { what: 'site', host: 'secret.example' });
    await allIsWell();
  });

  it('where the account has no room for all of it, the day stays, and sync goes on', async () => {
    Object.assign(world.service.deps.limits, { accountBytes: 1 });
    b.network.forget();
    const batches = () => b.network.sent.filter(({ path }) => path.includes('/v1/batch'));
    expect(await drop(b)).toEqual([]);
    expect(batches()).toHaveLength(1);
    expect(await b.outbox()).toBe(0);
    expect((await b.round()).phase).toBe('synced');
    // Not tried again and again.
    expect(await drop(b)).toEqual([]);
    expect(batches()).toHaveLength(1);
    Object.assign(world.service.deps.limits, { accountBytes: 1e9 });
    world.pass();
    expect(await drop(b)).toEqual([day]);
  });
});

it('a deletion of its whole day from before does not take what was recorded there later, by a clock that was set back', async () => {
  b.network.down();
  await b.erase({ what: 'range', fromMs: 0, toMs: b.clock.nowMs() });
  world.pass(1_000);
  await a.erase({ what: 'page', url: 'https://one.example/a' });
  a.skewMs = -2 * DAY_MS;
  await a.visit('late.example', '/');
  await a.round();
  a.skewMs = 0;
  expect(await drop(a)).toEqual([day]);
  b.network.up();
  await world.settle();
  for (const one of await away(a)) await back(a, [one]);
  await world.settle();
  for (const device of [a, b]) expect(await device.urls(), device.name).toEqual(['https://late.example/']);
});
