// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SyncRetry } from '../../../src/background/services/sync-retry.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
let device: TestDevice;
beforeEach(async () => {
  world = await SyncWorld.paired(1);
  device = world.devices[0] as TestDevice;
});
afterEach(() => world.end());

const fetchFails = async () => {
  device.context.fetch = async () => {
    throw new TypeError('no network');
  };
  await device.visit('a.example', '/');
  return device.round();
};

it('a worker that starts while the retry waits says that it is offline', async () => {
  expect((await fetchFails()).phase).toBe('offline');
  await device.restart();
  expect(device.sync.state().phase).toBe('offline');
  world.pass();
  await device.restart();
  expect(device.sync.state().phase).toBe('syncing');
});

it('a wait that is forgotten is forgotten in the store too', async () => {
  await device.run(async () => {
    const retry = new SyncRetry(device.store, device.clock);
    await retry.failed(60_000);
    expect(retry.waitMs()).toBeGreaterThan(0);
    await retry.forget();
    const next = new SyncRetry(device.store, device.clock);
    await next.open();
    expect(next.waitMs()).toBe(0);
  });
});
