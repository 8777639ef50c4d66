/** Making an account, joining one, leaving it, deleting it. */
import * as v from 'valibot';
import { type Bytes, fromBase64Url, toBase64Url, utf8 } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { ok, type Result } from '../base/result.ts';
import { newMasterKey } from '../crypto/account-keys.ts';
import { sha256 } from '../crypto/primitives.ts';
import { recoveryKeys, sign, verify } from '../crypto/signing.ts';
import {
  accountIdOf,
  type CheckedChain,
  checkChain,
  type DeviceList,
  encodeList,
  hashOfSigned,
  type ListedDevice,
  signedBytes,
} from '../protocol/device-list.ts';
import type { AccountId } from '../protocol/ids.ts';
import { PATHS } from '../protocol/routes.ts';
import { accountIdSchema, devicesAnswerSchema, type SignedList } from '../protocol/wire.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { type AccountState, deviceIdOf, newJoining, signerOf } from './account-state.ts';
import type { Transport, TransportFailure } from './transport.ts';

const checks = { sha256, verify };

export function listedDevice(store: LocalStore, addedAt: number): ListedDevice {
  const { signPublic, kemPublic } = store.vault.device;
  return { id: deviceIdOf(store), sign: toBase64Url(signPublic), kem: toBase64Url(kemPublic), addedAt };
}

async function signList(list: DeviceList, key: CryptoKey): Promise<SignedList> {
  const body = encodeList(list);
  return { body: toBase64Url(body), signature: toBase64Url(await sign(key, signedBytes(body))) };
}

const post = (path: string, list: SignedList) =>
  ({ method: 'POST', path, body: utf8(JSON.stringify({ list })), type: 'application/json' }) as const;

/**
 * A new account with this device in it. Its master key is new too, so that an account that was left and one that is made
 * have nothing in common. Nothing here changes unless the service accepted it.
 */
export async function createAccount(
  store: LocalStore,
  transport: Transport,
  clock: Clock,
  deviceName: string,
): Promise<Result<AccountState, TransportFailure>> {
  const secret = systemRandom.bytes(16);
  const recovery = await recoveryKeys(secret);
  const account = await accountIdOf(recovery.signPublic, checks);
  const list: DeviceList = {
    type: 'arq/devices/1',
    account,
    version: 1,
    previous: '',
    signer: 'genesis',
    recovery: { sign: toBase64Url(recovery.signPublic), kem: toBase64Url(recovery.kemPublic) },
    devices: [listedDevice(store, clock.nowMs())],
  };
  const answer = await transport.json(
    accountSchema,
    post(PATHS.account, await signList(list, recovery.sign)),
  );
  if (!answer.ok) return answer;
  if (answer.value.account !== account) return wrongAccount();
  await store.exclusive(() => store.vault.adoptMaster(newMasterKey()));
  return ok({
    url: transport.origin,
    account,
    deviceName,
    joined: newJoining(),
    recovery: toBase64Url(secret),
  });
}

const accountSchema = v.object({ account: accountIdSchema });

const wrongAccount = (): Result<never, TransportFailure> => ({
  ok: false,
  error: {
    code: 'not-a-service',
    status: 200,
    message: 'What answers at this address is not an ARQ sync service. Check the address.',
  },
});

export type Devices = Pick<CheckedChain, 'signed' | 'list'>;

/** The account's device list as the service has it, checked from its first version on. */
export async function fetchDevices(
  store: LocalStore,
  transport: Transport,
  account: AccountId,
): Promise<Result<CheckedChain, TransportFailure>> {
  const answer = await transport.json(
    devicesAnswerSchema,
    { method: 'GET', path: PATHS.devices },
    signerOf(store, account),
  );
  if (!answer.ok) return answer;
  const { chain } = answer.value;
  const current = await checkChain(chain, account, checks);
  if (!current)
    return inconsistent(
      'The device list at the sync service is not signed as it must be. Sync has stopped; nothing here was changed.',
    );
  const seen = (await store.db.get('metadata', DEVICES_SEEN)) as Seen | undefined;
  const same = seen && chain[seen.version - 1];
  if (seen && (!same || (await hashOfSigned(same, checks)) !== seen.hash))
    return inconsistent(
      'The sync service shows an older device list than before. Sync has stopped; nothing here was changed.',
    );
  if (seen?.version !== current.list.version) await remember(store, current);
  return ok(current);
}

/** The newest device list that this device has seen: the service cannot go back behind it, nor to another history. */
export const DEVICES_SEEN = 'devices-seen';

interface Seen {
  readonly version: number;
  readonly hash: string;
}

async function remember(store: LocalStore, { list, signed }: Devices): Promise<void> {
  const seen: Seen = { version: list.version, hash: await hashOfSigned(signed, checks) };
  await store.db.put('metadata', seen, DEVICES_SEEN);
}

const inconsistent = (message: string): Result<never, TransportFailure> => ({
  ok: false,
  error: { code: 'inconsistent', status: 200, message },
});

/** Appends a version with other devices, signed by this one. A race with another device is tried again. */
export async function changeDevices(
  store: LocalStore,
  transport: Transport,
  account: AccountId,
  change: (devices: readonly ListedDevice[]) => readonly ListedDevice[],
): Promise<Result<Devices, TransportFailure>> {
  for (let attempt = 0; ; attempt++) {
    const current = await fetchDevices(store, transport, account);
    if (!current.ok) return current;
    const { list, signed } = current.value;
    const next: DeviceList = {
      ...list,
      version: list.version + 1,
      previous: await hashOfSigned(signed, checks),
      signer: deviceIdOf(store),
      devices: [...change(list.devices)],
    };
    const signedNext = await signList(next, store.vault.device.sign.privateKey);
    const answer = await transport.call(post(PATHS.devices, signedNext), signerOf(store, account));
    if (answer.ok) {
      const made = { signed: signedNext, list: next };
      await remember(store, made);
      return ok(made);
    }
    if (answer.error.code !== 'CONFLICT' || attempt >= 4) return answer;
  }
}

/** Takes this device out of the list. What it has stays here. */
export const leaveAccount = (
  store: LocalStore,
  transport: Transport,
  account: AccountId,
): Promise<Result<unknown, TransportFailure>> =>
  changeDevices(store, transport, account, (devices) => devices.filter(({ id }) => id !== deviceIdOf(store)));

export const deleteAccount = (
  store: LocalStore,
  transport: Transport,
  account: AccountId,
): Promise<Result<unknown, TransportFailure>> =>
  transport.call({ method: 'DELETE', path: PATHS.account }, signerOf(store, account));

/** Checks a chain that came through pairing: it must contain this device, and belong to the account. */
export async function acceptChain(
  chain: readonly SignedList[],
  account: AccountId,
  store: LocalStore,
): Promise<boolean> {
  const current = await checkChain(chain, account, checks);
  return current?.list.devices.some(({ id }) => id === deviceIdOf(store)) ?? false;
}

export const keyBytes = (text: string, length: number): Bytes | null => {
  const bytes = fromBase64Url(text);
  return bytes?.length === length ? bytes : null;
};

export const deviceSchema = v.object({
  sign: v.string(),
  kem: v.string(),
  name: v.pipe(v.string(), v.maxLength(60)),
});
