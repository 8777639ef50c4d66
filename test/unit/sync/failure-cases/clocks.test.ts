/**
 * Failure case S8 of the design: clocks. It would clamp logical times that are far ahead; the product does not, because the service would have
 * a say in what a deletion means (docs/decisions/0016). What holds instead: nothing that devices decide between them asks a clock.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../../support/device-context.ts';
import { afterEach, expect, it } from 'vitest';
import { DAY_MS, dayOf, HOUR_MS } from '../../../../src/base/clock.ts';
import { Oracle } from '../../../support/sync-oracle.ts';
import { SyncWorld } from '../../../support/sync-world.ts';
import { WholeDevice } from '../../../support/whole-device.ts';

const YEAR_MS = 365 * DAY_MS;

let world: SyncWorld;
let oracle: Oracle;
afterEach(() => {
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});
async function pair(): Promise<[WholeDevice, WholeDevice]> {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  oracle = new Oracle(world);
  return world.devices as [WholeDevice, WholeDevice];
}

const OFF: readonly (readonly [string, readonly number[]])[] = [
  ['ten years ahead', [10 * YEAR_MS]],
  ['ten years back', [-10 * YEAR_MS]],
  ['that jumps to and fro', [10 * YEAR_MS, -10 * YEAR_MS, 3 * DAY_MS]],
];

it.each(OFF)('S8: with a clock %s no decision between devices is another one', async (_, skews) => {
  const [a, b] = await pair();
  await oracle.visit(a, 'gone.example', '/a');
  await oracle.visit(b, 'gone.example', '/b');
  await oracle.visit(a, 'one.example', '/a');
  await world.settle();
  for (const [n, skewMs] of skews.entries()) {
    world.pass(HOUR_MS);
    b.skewMs = skewMs;
    // Neither of them has heard of the other: the stricter one is in force, whoever's clock is ahead.
    await a.set({ level: 'anonymous' });
    await b.set({ level: 'public' });
    await b.visit('one.example', `/by the wrong clock ${n}`);
    await b.run(() => b.profile.store.pack());
    expect(await b.round()).toMatchObject({
      phase: 'error',
      message:
        'The date or time of this device is wrong by more than two days. Set it right, then sync goes on; nothing was lost.',
    });
    await b.restart();
  }
  // What its person sees goes, and no more, whatever its clock says.
  await b.erase({ what: 'site', host: 'gone.example' });
  b.skewMs = 0;
  await b.run(() => b.sync.wake());
  await world.settle();
  expect([a.settings().level, b.settings().level]).toEqual(['anonymous', 'anonymous']);
  world.pass(HOUR_MS);
  // Later than the deletion, also for a device that never saw that clock.
  for (const device of [a, b]) await device.visit('gone.example', `/later on ${device.name}`);
  await world.settle();
  const expected = [
    'https://gone.example/later on d0',
    'https://gone.example/later on d1',
    'https://one.example/a',
    ...skews.map((_skew, n) => `https://one.example/by the wrong clock ${n}`),
  ];
  for (const device of [a, b]) expect(await device.urls(), device.name).toEqual(expected.toSorted());
  // A later choice that knew of both is just that.
  await b.set({ level: 'private' });
  await world.settle();
  expect([a.settings().level, b.settings().level]).toEqual(['private', 'private']);
});

it.each([-47, -3, 3, 47])(
  'S8: with a clock that is %i hours off requests are signed by the time of the service',
  async (hours) => {
    const [, b] = await pair();
    b.skewMs = hours * HOUR_MS;
    await oracle.visit(b, 'one.example', '/b');
    b.network.forget();
    expect((await b.round()).phase).toBe('synced');
    // One refusal, and then none: the worker knows how far its clock is off.
    const first = b.network.sent.length;
    b.network.forget();
    expect((await b.round()).phase).toBe('synced');
    expect(b.network.sent.length).toBeLessThan(first);
    await world.settle();
    await oracle.check();
  },
);

it.each([
  ['ahead', 10 * YEAR_MS],
  ['ahead by three days', 3 * DAY_MS],
  ['back', -10 * YEAR_MS],
])('S8: a clock that jumped %s deletes nothing by its age, here or at the service', async (_, jumpMs) => {
  const [a, b] = await pair();
  const old = await oracle.visit(b, 'one.example', '/b');
  await world.settle();
  // One day is left until it is past its time.
  for (let day = 0; day < 89; day++) {
    world.pass(DAY_MS);
    await b.run(() => b.services.retention.tick());
  }
  await b.run(() => b.profile.change({ retention: { levels: { private: 90 }, sites: [] } }));
  await b.run(() => b.services.retention.tick());
  expect(await b.urls()).toHaveLength(1);
  const seq = (await world.changes()).length;
  b.skewMs = jumpMs;
  for (let minute = 0; minute < 10; minute++) {
    world.pass(60_000);
    await b.run(() => b.services.retention.tick());
  }
  await b.restart();
  await b.run(() => b.services.retention.tick());
  await b.round();
  expect(b.services.retention.waitsSinceMs()).toBeDefined();
  expect(await b.urls()).toHaveLength(1);
  b.skewMs = 0;
  await b.run(() => b.services.retention.tick());
  expect(b.services.retention.waitsSinceMs()).toBeUndefined();
  await world.settle();
  await oracle.check();
  expect(
    (await world.changes()).slice(seq).flatMap(({ ops }) => ops.filter(({ etag }) => etag === null)),
  ).toEqual([]);
  // By days that pass it goes, from this device: the others keep what they have (docs/decisions/0009).
  for (let day = 0; day < 3; day++) {
    world.pass(DAY_MS);
    await b.run(() => b.services.retention.tick());
  }
  await b.run(() => b.services.erasures.settle());
  expect(await b.urls()).toEqual([]);
  expect(dayOf(old.atMs) < dayOf(b.clock.nowMs())).toBe(true);
  expect(await a.urls()).toHaveLength(1);
});
