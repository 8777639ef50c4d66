/** What was imported on one device reaches the others, from the device that imported it alone; what was deleted stays out. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dayOf } from '../../../src/base/clock.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { timeInAll } from '../../../src/storage/imported-time.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
let [first, second] = [] as unknown as [TestDevice, TestDevice];
beforeEach(async () => {
  world = await SyncWorld.paired(2);
  [first, second] = world.devices as [TestDevice, TestDevice];
});
afterEach(() => world.end());

const DAYS_AGO = 40;
const imported = (n: number): InteractionEvent => ({
  kind: 'visit',
  id: `${first.store.vault.deviceId}.imported.${n}`,
  atMs: first.clock.nowMs() - DAYS_AGO * 86_400_000,
  level: 'private',
  url: `https://a.example/${n}`,
  title: 'A',
  transition: 'link',
});
const importOn = (device: TestDevice, events: readonly InteractionEvent[]) =>
  device.run(() =>
    device.store.importDay(dayOf((events[0] as InteractionEvent).atMs), async () => ({ events })),
  );

it('reaches the other device, which does not send it again', async () => {
  await importOn(first, [imported(1), imported(2)]);
  await world.settle();
  expect(await second.urls()).toEqual(['https://a.example/1', 'https://a.example/2']);
  const before = (await world.liveSlots()).length;
  // The other device sends its own part of that day, and only that.
  await second.run(() =>
    second.store.importDay(dayOf(imported(1).atMs), async () => ({
      events: [{ ...imported(3), id: `${second.store.vault.deviceId}.imported.3` }],
    })),
  );
  await world.settle();
  expect(await first.urls()).toHaveLength(3);
  expect((await world.liveSlots()).length - before).toBeLessThanOrEqual(2);
  expect(await first.records()).toEqual(await second.records());
});

it('knows what was deleted in the account, by whichever device', async () => {
  expect(await first.run(() => first.sync.deleting.erased())).not.toBeNull();
  world.pass();
  await second.erase({ what: 'site', host: 'a.example' });
  await world.settle();
  const erased = await first.run(() => first.sync.deleting.erased());
  const record = { ...imported(1), dwellMs: 0 } as never;
  expect(await erased?.(record)).toBe(true);
  expect(await erased?.({ ...(record as object), url: 'https://b.example/' } as never)).toBe(false);
});

it('time that a file knows as a sum is not counted again when the visit itself comes, nor sent back', async () => {
  world.end();
  world = new SyncWorld();
  [first, second] = [await world.device('d0'), await world.device('d1')];
  const visit = await first.visit('a.example', '/x');
  for (const dwellMs of [2_000, 3_000])
    await first.append(
      { kind: 'visit-update', visit: visit.id, atMs: visit.atMs, dwellMs },
      dayOf(visit.atMs),
    );
  const recorded = await first.records();
  // As from a file of the first device, before the second one joins it.
  const sum = await second.run(() => timeInAll(visit, 5_000));
  await importOn(second, [visit, sum]);
  expect(await second.records()).toEqual(recorded);
  await world.create(first);
  await world.join(first, second);
  await world.settle();
  for (const device of [first, second]) expect(await device.records()).toEqual(recorded);
});
