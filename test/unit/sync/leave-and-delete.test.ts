/** A deletion that is asked for while an account is being left reaches the others, or the person is told. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

let world: SyncWorld;
afterEach(() => {
  vi.restoreAllMocks();
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

it('is carried out and told before the account is left', async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  const [a, b] = world.devices as [WholeDevice, WholeDevice];
  await a.visit('gone.example', '/');
  await world.settle();
  world.pass(1_000);
  // In the middle of its last round, with the ten seconds still to go.
  const run = a.sync.run.bind(a.sync);
  vi.spyOn(a.sync, 'run').mockImplementationOnce(async () => {
    await run();
    await a.flag({ what: 'site', host: 'gone.example' });
  });
  expect(await a.run(() => a.sync.end('leave'))).toEqual({ ok: true, value: null });
  await world.settle([b]);
  expect(await a.urls()).toEqual([]);
  expect(await b.urls()).toEqual([]);
});
