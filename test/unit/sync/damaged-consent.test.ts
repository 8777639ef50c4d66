/** An account that does not open was not left: what was agreed to stays agreed to. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, expect, it } from 'vitest';
import { damageNamed } from '../../support/damage.ts';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

let world: SyncWorld;
afterEach(() => {
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

it('the consent to sync is in force until the account is left', async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  const [a] = world.devices as [WholeDevice];
  const consents = async () =>
    (await a.run(() => a.services.consents.check())).filter(({ use }) => use === 'sync');
  const before = await consents();
  expect(before).toHaveLength(1);
  expect(before[0]).not.toHaveProperty('withdrawnMs');
  await a.run(() => damageNamed(a.store, 'sync-account'));
  await a.restart();
  world.pass(60_000);
  expect(await consents()).toEqual(before);
  await a.run(() => a.sync.end('leave'));
  expect((await consents())[0]).toHaveProperty('withdrawnMs');
});
