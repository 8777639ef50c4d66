/** Two devices in one account, and a day before yesterday that both recorded, sent and packed. */
import { beforeEach, expect } from 'vitest';
import { DAY_MS, type Day, dayOf } from '../../src/base/clock.ts';
import type { TestDevice } from './sync-world.ts';
import { a, b, oracle, usePair, world } from './two-devices.ts';

export let day: Day;

export function useSentDay(): void {
  usePair();
  beforeEach(async () => {
    day = dayOf(a.clock.nowMs());
    await oracle.visit(a, 'one.example', '/a');
    await oracle.visit(a, 'secret.example', '/a');
    await oracle.visit(b, 'two.example', '/b');
    await oracle.visit(b, 'secret.example', '/b');
    await world.settle();
    await a.run(() => a.store.pack(true));
    world.pass(2 * DAY_MS);
  });
}

export const drop = (device: TestDevice, pinned: readonly string[] = []) =>
  device.run(() => device.sync.days.dropSent([day], pinned));
export const away = (device: TestDevice) =>
  device.run(async () => Object.keys(await device.store.awayDays()));
export const back = (device: TestDevice, days: readonly Day[] = [day]) =>
  device.run(() => device.sync.days.fetchBack(days));

/** Generations of the day's key. */
export const dayKeys = (device: TestDevice) =>
  device.run(async () =>
    (await device.store.keys.ring())
      .filter((row) => row.store === 'interactions' && row.day === day)
      .map(({ generation }) => generation),
  );

/** All that is away is brought back, and everybody has what the oracle says. */
export async function allIsWell(): Promise<void> {
  await world.settle();
  for (const device of world.devices) {
    const days = await away(device);
    if (days.length > 0) expect(await back(device, days)).toEqual({ ok: true, value: null });
  }
  await world.settle();
  await oracle.check();
}
