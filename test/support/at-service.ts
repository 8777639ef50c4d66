/** What lies at the service, told apart as only a device of the account can. */
import type { Bytes } from '../../src/base/bytes.ts';
import type { Slot } from '../../src/protocol/ids.ts';
import type { ObjectKind } from '../../src/protocol/record-aad.ts';
import { scopeOf } from '../../src/sync/account-state.ts';
import { openHeader } from '../../src/sync/objects.ts';
import type { SyncWorld, TestDevice } from './sync-world.ts';

/** Every object of a kind, by slot. `device` opens the headers. */
export async function objectsOf(
  world: SyncWorld,
  device: TestDevice,
  kind: ObjectKind,
): Promise<ReadonlyMap<Slot, Bytes>> {
  const account = await world.accountId();
  const scope = await device.run(() => scopeOf(device.store, account));
  const slots = (await world.liveSlots()) as Slot[];
  const objects = new Map<Slot, Bytes>();
  for (const { slot, body } of (await world.service.deps.store.get(account, slots, 1e9)).found)
    if ((await openHeader(scope, slot, body))?.header.kind === kind) objects.set(slot, body);
  return objects;
}
