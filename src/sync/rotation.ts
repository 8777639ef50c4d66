/**
 * A new master key for the account. It is made in one step: a version of the device list that begins the epoch, perhaps takes devices
 * out, and has the key for all that stay. Of two devices that do it at once the service takes one, and the other looks again.
 */
import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { carryOn, newMasterKey } from '../crypto/account-keys.ts';
import { type DeviceList, epochOf, isRotationDue, keysOf } from '../protocol/device-list.ts';
import type { AccountId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { continueList, fetchDevices, type Next } from './account.ts';
import { type Devices, RENEWAL_WISHED } from './account-state.ts';
import { type Opened, sealKeys } from './epoch-keys.ts';
import { moveOn } from './epochs.ts';
import { NO_KEY } from './pairing.ts';
import type { Transport, TransportFailure } from './transport.ts';

const TOO_MANY = fail(
  'too-many-keys',
  `This account has had ${LIMITS.epochs} master keys, which is as many as there can be. Leave it on every device and make a new one.`,
);

/** Signals a step of `make` that cannot go on. */
class Stopped extends Error {
  constructor(readonly failure: typeof NO_KEY) {
    super(failure.error.message);
  }
}

interface Wish {
  /** Also when nobody left: the person asks. */
  readonly anyway?: boolean;
  /** Takes this device out. */
  readonly remove?: string;
}

/**
 * Makes a new master key when a device that knows the one of now is not listed any more, or as the person wishes. Resolves with the list
 * that is in force then; this device has moved.
 */
export async function rotate(
  store: LocalStore,
  transport: Transport,
  account: AccountId,
  clock: Clock,
  wish: Wish = {},
): Promise<Result<Devices, TransportFailure>> {
  let from: number | undefined;
  const make = async (now: Devices, previous: string): Promise<Next | null> => {
    if ((await moveOn(store, now)) === 'no-key') throw new Stopped(NO_KEY);
    const { list, versions } = now;
    from ??= epochOf(list);
    const devices = list.devices.filter(({ id }) => id !== wish.remove);
    const isWished = wish.anyway === true && epochOf(list) === from;
    const isNeeded = devices.length < list.devices.length || isRotationDue(versions) || isWished;
    const place = { ...list, previous, devices };
    const atMs = clock.nowMs();
    if (isNeeded) {
      if (epochOf(list) >= LIMITS.epochs) throw new Stopped(TOO_MANY);
      const next = await nextKeys(store, account, atMs);
      const before = { master: store.vault.masterKey(), holder: keysOf(versions) };
      return { devices, epoch: next.epoch.number, keys: await sealKeys(place, next, atMs, before) };
    }
    if (keysOf(versions)) return null;
    // An account that was made before there was anything for the recovery phrase to open.
    const { vault } = store;
    return { devices, keys: await sealKeys(place, { master: vault.masterKey(), epoch: vault.epoch }, atMs) };
  };
  try {
    const made = await continueList(store, transport, account, make);
    if (made.ok && (await moveOn(store, made.value)) === 'no-key') throw new Stopped(NO_KEY);
    return made;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { ok: false, error: { ...error.failure.error, status: 200 } };
  }
}

async function nextKeys({ vault }: LocalStore, account: AccountId, atMs: number): Promise<Opened> {
  const { number, carried } = vault.epoch;
  return {
    master: newMasterKey(),
    epoch: {
      number: number + 1,
      atMs,
      carried: await carryOn(vault.masterKey(), account, number, carried),
    },
  };
}

/**
 * What unlocks this profile changes, so the account's master key is to be replaced, by the next round that gets through. Any newer key
 * will do, whoever made it.
 */
export const wishRenewal = ({ db, vault }: LocalStore): Promise<unknown> =>
  db.put('metadata', vault.epoch.number, RENEWAL_WISHED);

/** Whether the account was left before there was such a round. */
export const isRenewalLeft = async ({ db }: LocalStore): Promise<boolean> =>
  (await db.get('metadata', RENEWAL_WISHED)) !== undefined;

/** An account that can have no further key keeps the one that it has. */
async function isRenewalWished({ db }: LocalStore, list: DeviceList): Promise<boolean> {
  const wished = await db.get('metadata', RENEWAL_WISHED);
  if (typeof wished !== 'number') return false;
  if (epochOf(list) <= wished && epochOf(list) < LIMITS.epochs) return true;
  await db.delete('metadata', RENEWAL_WISHED);
  return false;
}

/** At the beginning of a round: this device has the key of now, and nobody who left does. */
export async function keepKeys(
  store: LocalStore,
  transport: Transport,
  account: AccountId,
  clock: Clock,
): Promise<Result<Devices, TransportFailure>> {
  const devices = await fetchDevices(store, transport, account);
  if (!devices.ok) return devices;
  const { list, versions } = devices.value;
  // Whoever was taken out takes no part.
  if (!list.devices.some(({ id }) => id === store.vault.deviceId)) return devices;
  const anyway = await isRenewalWished(store, list);
  if (anyway || isRotationDue(versions) || !keysOf(versions))
    return rotate(store, transport, account, clock, { anyway });
  return (await moveOn(store, devices.value)) === 'no-key'
    ? { ok: false, error: { ...NO_KEY.error, status: 200 } }
    : ok(devices.value);
}
