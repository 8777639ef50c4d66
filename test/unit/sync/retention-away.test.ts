/** How long records stay holds for days that are at the sync service only, too. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

let world: SyncWorld;
afterEach(() => {
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

it('of a day that has something that stays, what is past its time goes, and the day is not fetched again', async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  const [a, b] = world.devices as [WholeDevice, WholeDevice];
  const days = [0, 1].map((n) => dayOf(a.clock.nowMs() + n * DAY_MS));
  for (const host of ['old.example', 'kept.example']) await a.visit(host, '/');
  await b.visit('theirs.example', '/');
  world.pass(DAY_MS);
  for (const host of ['old.example', 'kept.example']) await a.visit(host, '/later');
  await world.settle();
  await a.run(() => a.store.pack(true));
  world.pass(40 * DAY_MS);
  await a.visit('now.example', '/');
  await world.settle();
  await a.run(() => a.sync.days.dropSent(days, []));
  const gone = () => a.run(async () => Object.keys(await a.store.awayDays()));
  expect((await gone()).sort()).toEqual(days);
  const { retention } = a.services;
  const sites = [{ host: 'kept.example', keep: 'forever' as const }];
  await a.run(() => retention.set({ levels: { private: 30 }, sites }));
  await world.settle();
  await a.run(() => retention.tick());
  await world.settle();
  expect(await gone()).toEqual([]);
  const left = ['https://kept.example/', 'https://kept.example/later', 'https://now.example/'];
  expect((await a.urls()).sort()).toEqual(left);
  await a.run(() => a.sync.days.dropSent(days, []));
  expect((await gone()).sort()).toEqual(days);
  for (let n = 0; n < 3; n++) {
    await a.run(() => retention.tick());
    await world.settle();
  }
  expect((await gone()).sort()).toEqual(days);
  const c = (await world.device('d2')) as WholeDevice;
  await world.join(a, c);
  await world.settle();
  // The service has no more from this device than that.
  expect((await c.urls()).filter((url) => url.includes('old.'))).toEqual([]);
});
