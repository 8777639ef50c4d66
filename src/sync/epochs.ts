/**
 * Moving to a new master key of the account, and away from those before. Nothing of the data is sealed anew: what was wrapped under
 * the old key is wrapped under the new one, and older headers at the service go on being read with the keys that are carried on.
 *
 * 1. A device finds the new epoch in the device list and moves: one step in its key store. It says so with its card.
 * 2. What of the small records (settings, erase commands, key rings and cards of devices that are gone) is still sealed under an older
 *    epoch is wrapped anew by whoever comes first (rewrap.ts); every device wraps its own key ring and card.
 * 3. When all devices have moved and nothing small is left, what opened records of older epochs is destroyed, and parts of older epochs
 *    that the service shows from then on are not taken: only a device that was taken out could have made them.
 *
 * Each step looks at what is there, so one that was interrupted is done again.
 */
import { withoutOldRecords } from '../crypto/epochs.ts';
import { epochOf, keysOf } from '../protocol/device-list.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { PeerRow } from '../storage/schema.ts';
import { type Devices, deviceIdOf, EPOCH_SETTLED } from './account-state.ts';
import { openKeys } from './epoch-keys.ts';
import { readCursor } from './feed.ts';
import { type ObjectScope, slotOf } from './objects.ts';
import { queueRecord, unstage } from './outbox.ts';

export const epochOfPeer = ({ epoch }: Pick<PeerRow, 'epoch'>): number => epoch ?? 1;

/** `no-key`: this device is listed, but was not given the key of now. */
export async function moveOn(
  store: LocalStore,
  { list, versions }: Pick<Devices, 'list' | 'versions'>,
): Promise<'moved' | 'there' | 'no-key'> {
  const { vault } = store;
  if (epochOf(list) <= vault.epoch.number) return 'there';
  const holder = keysOf(versions);
  const opened = holder && (await openKeys(holder, versions, deviceIdOf(store), vault.device.kem));
  if (!opened) return 'no-key';
  // What was sealed and not sent yet is made anew, under the new key.
  await unstage(store);
  await queueRecord(store, 'card');
  // Devices that are gone know the keys of days that were published before: what is sent from now on is sealed with others.
  await store.exclusive(() => vault.renewMaster(opened));
  return 'moved';
}

interface Settled {
  readonly epoch: number;
  /** Up to where in the change feed something of an older epoch may be. */
  readonly seq: number;
}

/**
 * The newest epoch that all devices were in, and from where on in the change feed nothing of an older one is taken: also while devices
 * are on their way to a further one.
 */
export const lastSettled = async (store: LocalStore): Promise<Settled | undefined> =>
  (await store.db.get('metadata', EPOCH_SETTLED)) as Settled | undefined;

/** Devices whose card is not of this epoch yet. */
export async function notMoved(
  store: LocalStore,
  scope: ObjectScope,
  devices: readonly Pick<Devices['list']['devices'][number], 'id'>[],
): Promise<string[]> {
  const waiting: string[] = [];
  for (const { id } of devices) {
    const slot = await slotOf(scope, { kind: 'card', author: id as never, incarnation: 0, counter: 0 });
    const card = await store.db.get('peers', slot);
    if (!card || epochOfPeer(card) !== scope.keys.epoch) waiting.push(id);
  }
  return waiting;
}

/** At the end of a round: ends the older epochs when nobody needs them. Resolves with devices that have not moved. */
export async function settleEpoch(
  store: LocalStore,
  scope: ObjectScope,
  devices: Devices['list']['devices'],
): Promise<readonly string[]> {
  if (scope.keys.older.length === 0) return [];
  const waiting = await notMoved(store, scope, devices);
  const small = (await store.db.getAll('peers')).filter(({ kind }) => kind !== 'part');
  if (waiting.length > 0 || small.some((peer) => epochOfPeer(peer) < scope.keys.epoch)) return waiting;
  if ((await lastSettled(store))?.epoch !== scope.keys.epoch) {
    const seq = await readCursor(store);
    await store.db.put('metadata', { epoch: scope.keys.epoch, seq } satisfies Settled, EPOCH_SETTLED);
  }
  if (scope.keys.older.some(({ record }) => record !== null))
    await store.exclusive(() =>
      store.vault.adoptMaster(store.vault.masterKey(), withoutOldRecords(store.vault.epoch)),
    );
  return [];
}
