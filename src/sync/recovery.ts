/**
 * Coming back with nothing but the service's address and the recovery phrase. The account's id follows from the phrase, so a service
 * cannot show another account; its device list is checked from its first version on, and has the master key, sealed for the recovery key
 * by a listed device. The phrase signs the version of the list that adds this device, which every other device then sees.
 */
import type { Bytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { type Failure, fail, ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/primitives.ts';
import { recoveryKeys } from '../crypto/signing.ts';
import { accountIdOf, keysOf } from '../protocol/device-list.ts';
import type { AccountId, DeviceId } from '../protocol/ids.ts';
import { RECOVERY_KEY_ID } from '../protocol/signature.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { extendList, fetchChain, listedDevice } from './account.ts';
import { type AccountState, type Devices, newJoining } from './account-state.ts';
import { mastersOf, type Opened, openKeys } from './epoch-keys.ts';
import type { Signer, Transport } from './transport.ts';

/** The same for every way in which a phrase can be wrong here. */
const WRONG_PHRASE = fail(
  'wrong-phrase',
  'No account at this service opens with these words. Check the words, their order, and the address of the service.',
);
const NOTHING_SEALED = fail(
  'nothing-sealed',
  'This account was made by an older version. Open ARQ Context once on one of its devices, with sync on; then try again.',
);

const recoverySigner = async (
  secret: Bytes,
): Promise<{ keys: Awaited<ReturnType<typeof recoveryKeys>>; account: AccountId; request: Signer }> => {
  const keys = await recoveryKeys(secret);
  const account = await accountIdOf(keys.signPublic, { sha256 });
  return { keys, account, request: { account, device: RECOVERY_KEY_ID as DeviceId, key: keys.sign } };
};

/** `secret`: 16 bytes, what the words stand for. Nothing here changes until the account's key has opened and the list was taken. */
export async function restore(
  store: LocalStore,
  transport: Transport,
  secret: Bytes,
  clock: Clock,
  deviceName: string,
): Promise<Result<AccountState>> {
  const { keys, account, request } = await recoverySigner(secret);
  let opened: Opened | null = null;
  const listed = await extendList(
    transport,
    { signer: 'genesis', key: keys.sign, request },
    async () => {
      const found = await fetchChain(transport, request);
      return found.ok ? ok(found.value.current) : found;
    },
    async (now) => {
      opened = await openFor(now, keys.kem);
      const device = listedDevice(store, clock.nowMs());
      // Nothing to be read: then nobody is added.
      if (!opened) return null;
      return { devices: [...now.list.devices.filter(({ id }) => id !== device.id), device] };
    },
  );
  if (!listed.ok) return listed.error.code === 'UNKNOWN_DEVICE' ? WRONG_PHRASE : listed;
  const key = opened as Opened | null;
  if (!key) return keysOf(listed.value.versions) ? WRONG_PHRASE : NOTHING_SEALED;
  await store.exclusive(() => store.vault.adoptMaster(key.master, key.epoch));
  return ok({ url: transport.origin, account, deviceName, joined: newJoining() });
}

const openFor = async ({ versions }: Devices, kem: CryptoKeyPair): Promise<Opened | null> => {
  const holder = keysOf(versions);
  return holder ? openKeys(holder, versions, null, kem) : null;
};

/**
 * Every master key that an account had, newest first, from its phrase: what does not open here may be from before a key was renewed, and
 * open with an older one.
 */
export async function mastersByPhrase(
  transport: Transport,
  secret: Bytes,
): Promise<Result<readonly Bytes[], Failure>> {
  const { keys, request } = await recoverySigner(secret);
  const found = await fetchChain(transport, request);
  if (!found.ok) return found.error.code === 'UNKNOWN_DEVICE' ? WRONG_PHRASE : found;
  const { versions } = found.value.current;
  const masters = await mastersOf(versions, keys.kem);
  return masters.length > 0 ? ok(masters) : keysOf(versions) ? WRONG_PHRASE : NOTHING_SEALED;
}

/** Whether these are the words of this account. */
export const isPhraseOf = async (secret: Bytes, account: AccountId): Promise<boolean> =>
  (await recoverySigner(secret)).account === account;
