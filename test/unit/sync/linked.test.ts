/** Links to what was erased on one device go on all of them, and do not come back with what was recorded elsewhere. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import { addCommands, commandOf } from '../../../src/sync/erasures.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

const SECRET = 'https://secret.example/ring';
const follow = (device: TestDevice) =>
  device.append({
    kind: 'visit',
    atMs: device.clock.nowMs(),
    level: 'private',
    url: `https://next.example/${device.name}`,
    title: '',
    transition: 'link',
    referrer: SECRET,
  });
const referrers = async (device: TestDevice) =>
  (await device.records()).flatMap((record) => ('referrer' in record ? [record.referrer] : []));

it('also what a device recorded while it was away', async () => {
  await a.visit('secret.example', '/ring');
  await follow(a);
  await world.settle();
  expect(await referrers(b)).toEqual([SECRET]);
  b.network.down();
  await follow(b);
  world.pass(1);
  await a.erase({ what: 'site', host: 'secret.example' });
  await a.round();
  expect(await referrers(a)).toEqual([]);
  b.network.up();
  world.pass();
  await world.settle();
  expect(await a.urls()).toEqual(['https://next.example/d0', 'https://next.example/d1']);
  expect(await b.urls()).toEqual(await a.urls());
  expect([await referrers(a), await referrers(b)]).toEqual([[], []]);
  // A newcomer gets none either.
  const c = await world.device('d2');
  await world.join(a, c);
  await world.settle();
  expect(await referrers(c)).toEqual([]);
});

it.each([
  ['here', () => a],
  ['on another device', () => b],
])(
  'also on a day that is at the service only and has nothing else of the site, deleted %s',
  async (_, by) => {
    const day = dayOf(a.clock.nowMs());
    await follow(a);
    await a.visit('other.example', '/');
    await world.settle();
    world.pass(2 * DAY_MS);
    expect(await a.run(() => a.sync.days.dropSent([day], []))).toEqual([day]);
    await by().erase({ what: 'site', host: 'secret.example' });
    await world.settle();
    // It came home for that and was sent anew.
    expect(await a.run(() => a.store.awayDays())).toEqual({});
    const c = await world.device('d2');
    await world.join(b, c);
    await world.settle();
    for (const device of [a, b, c]) {
      expect(await referrers(device)).toEqual([]);
      expect(await device.urls()).toEqual(['https://next.example/d0', 'https://other.example/']);
    }
  },
);

it('a day whose sites an older version noted is looked through whatever is deleted, as long as it is away', async () => {
  const day = dayOf(a.clock.nowMs());
  await follow(a);
  await world.settle();
  world.pass(2 * DAY_MS);
  await a.run(() => a.sync.days.dropSent([day], []));
  await a.run(async () => {
    const { db, vault } = a.store;
    await db.delete('metadata', 'away-hosts');
    await db.put('metadata', await vault.sealNamed('away-sites', { [day]: [] }), 'away-sites');
  });
  await b.erase({ what: 'site', host: 'secret.example' });
  await world.settle();
  expect(await a.run(() => a.store.awayDays())).toEqual({});
  for (const device of [a, b]) expect(await referrers(device)).toEqual([]);
});

it('a day that comes back with a link to what was deleted meanwhile is sent anew, though nobody asked for that', async () => {
  const day = dayOf(a.clock.nowMs());
  await follow(a);
  await world.settle();
  world.pass(2 * DAY_MS);
  await a.run(() => a.sync.days.dropSent([day], []));
  await a.run(async () => {
    const { keys } = await scopeOf(a.store, await world.accountId());
    const command = await commandOf({ what: 'site', host: 'secret.example' }, keys.naming, a.clock.nowMs());
    await addCommands(a.store, [command]);
  });
  expect(await a.run(() => a.sync.days.fetchBack([day]))).toEqual({ ok: true, value: null });
  expect(await referrers(a)).toEqual([]);
  expect(await a.run(() => a.store.db.getAll('outbox'))).toMatchObject([{ what: 'day', day }]);
});

it('also a link to a record that was deleted alone, where both come with the deletion', async () => {
  const c = await world.device('d2');
  await world.join(a, c);
  await world.settle();
  const visit = await a.visit('secret.example', '/ring');
  await follow(a);
  for (const device of [a, b]) await device.round();
  await b.erase({ what: 'record', id: visit.id, day: dayOf(visit.atMs), url: SECRET });
  await b.round();
  // What `a` sent before is still at the service.
  await c.round();
  expect(await c.urls()).toEqual(['https://next.example/d0']);
  expect(await referrers(c)).toEqual([]);
});

describe('what links to a page', () => {
  let visit: InteractionEvent;
  beforeEach(async () => {
    visit = await b.visit('secret.example', '/ring');
    await world.settle();
    world.pass(60_000);
    a.network.down();
  });
  const link = (atMs = b.clock.nowMs()) =>
    b.append({
      kind: 'visit',
      atMs,
      level: 'private',
      url: 'https://next.example/',
      title: '',
      transition: 'link',
      referrer: SECRET,
    });
  const everywhere = async (expected: readonly string[]) => {
    await b.round();
    a.network.up();
    await world.settle();
    const third = await world.device('d2');
    await world.join(a, third);
    await world.settle();
    for (const device of world.devices) expect(await referrers(device), device.name).toEqual(expected);
  };

  it.each<[string, () => EraseTarget]>([
    ['the page', () => ({ what: 'page', url: SECRET })],
    ['the site', () => ({ what: 'site', host: 'secret.example' })],
    ['the visit', () => ({ what: 'record', id: visit.id, day: dayOf(visit.atMs), url: SECRET })],
  ])('goes with %s, also where the page itself is not any more', async (_, target) => {
    const atMs = b.clock.nowMs();
    world.pass(1);
    await a.erase(target());
    await link(atMs);
    await everywhere([]);
  });

  it.each<[string, () => EraseTarget]>([
    ['the page', () => ({ what: 'page', url: SECRET })],
    ['the visit', () => ({ what: 'record', id: visit.id, day: dayOf(visit.atMs), url: SECRET })],
  ])('stays when it was followed after %s was deleted, on all devices', async (_, target) => {
    await a.erase(target());
    world.pass(60_000);
    await link();
    await everywhere([SECRET]);
  });
});
