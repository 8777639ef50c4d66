/** A deletion that others may know of: it is told before an account is left, and is not taken back. */
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

it('is carried out and told before the account is left, also when it is asked for meanwhile', async () => {
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

it('cannot be undone after a restart, also where there was no room to note that it began', async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  const [a, b] = world.devices as [WholeDevice, WholeDevice];
  await a.visit('gone.example', '/');
  await world.settle();
  await a.flag({ what: 'site', host: 'gone.example' });
  vi.spyOn(a.store, 'note').mockRejectedValueOnce(new DOMException('no room', 'QuotaExceededError'));
  // It was given to be told, and then the worker is stopped.
  vi.spyOn(a.store, 'purge').mockRejectedValueOnce(new Error('stopped'));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await a.run(() => a.services.erasures.settle()).catch(() => {});
  await a.restart();
  const id = (await a.run(() => a.store.pendingPurge()))?.id;
  if (id !== undefined)
    expect(await a.run(() => a.services.erasures.undo(id))).toMatchObject({
      ok: false,
      error: { code: 'too-late' },
    });
  await world.settle();
  for (const device of [a, b]) expect(await device.urls(), device.name).toEqual([]);
});
