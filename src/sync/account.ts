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
  checkChain,
  type DeviceList,
  encodeList,
  hashOfSigned,
  type ListedDevice,
  signedBytes,
} from '../protocol/device-list.ts';
import type { AccountId } from '../protocol/ids.ts';
import { PATHS } from '../protocol/routes.ts';
import { accountIdSchema, CHAIN_BYTES, devicesAnswerSchema, type SignedList } from '../protocol/wire.ts';
import type { LocalStore } from '../storage/local-store.ts';
import {
  type AccountState,
  DEVICES_SEEN,
  type Devices,
  deviceIdOf,
  newJoining,
  signerOf,
} from './account-state.ts';
import { type Opened, sealKeys } from './epoch-keys.ts';
import type { Signer, Transport, TransportFailure } from './transport.ts';

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
  const atMs = clock.nowMs();
  const opened: Opened = { master: newMasterKey(), epoch: { number: 1, atMs } };
  const list: DeviceList = {
    type: 'arq/devices/1',
    account,
    version: 1,
    previous: '',
    signer: 'genesis',
    recovery: { sign: toBase64Url(recovery.signPublic), kem: toBase64Url(recovery.kemPublic) },
    devices: [listedDevice(store, atMs)],
  };
  const keys = await sealKeys(list, opened, atMs);
  const signed = await signList({ ...list, keys }, recovery.sign);
  const answer = await transport.json(accountSchema, post(PATHS.account, signed));
  if (!answer.ok) return answer;
  if (answer.value.account !== account) return wrongAccount();
  await store.exclusive(async () => {
    await store.vault.adoptMaster(opened.master, opened.epoch);
    await store.vault.keepRecoverySecret(secret);
  });
  return ok({ url: transport.origin, account, deviceName, joined: newJoining() });
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

/** Somebody's account, as the service shows it; valid from its first version on. */
export async function fetchChain(
  transport: Transport,
  signer: Signer,
): Promise<Result<{ readonly chain: readonly SignedList[]; readonly current: Devices }, TransportFailure>> {
  const call = { method: 'GET', path: PATHS.devices, answerBytes: CHAIN_BYTES } as const;
  const answer = await transport.json(devicesAnswerSchema, call, signer);
  if (!answer.ok) return answer;
  const { chain } = answer.value;
  const current = await checkChain(chain, signer.account, checks);
  return current
    ? ok({ chain, current })
    : inconsistent(
        'The device list at the sync service is not signed as it must be. Sync has stopped; nothing here was changed.',
      );
}

/** The account's device list as the service has it, checked from its first version on. */
export async function fetchDevices(
  store: LocalStore,
  transport: Transport,
  account: AccountId,
): Promise<Result<Devices, TransportFailure>> {
  const answer = await fetchChain(transport, signerOf(store, account));
  if (!answer.ok) return answer;
  const { chain, current } = answer.value;
  const seen = (await store.db.get('metadata', DEVICES_SEEN)) as Seen | undefined;
  const same = seen && chain[seen.version - 1];
  if (seen && (!same || (await hashOfSigned(same, checks)) !== seen.hash))
    return inconsistent(
      'The sync service shows an older device list than before. Sync has stopped; nothing here was changed.',
    );
  if (seen?.version !== current.list.version) await remember(store, current);
  return ok(current);
}

interface Seen {
  readonly version: number;
  readonly hash: string;
}

async function remember(
  store: LocalStore,
  { list, signed }: Pick<Devices, 'list' | 'signed'>,
): Promise<void> {
  const seen: Seen = { version: list.version, hash: await hashOfSigned(signed, checks) };
  await store.db.put('metadata', seen, DEVICES_SEEN);
}

const inconsistent = (message: string): Result<never, TransportFailure> => ({
  ok: false,
  error: { code: 'inconsistent', status: 200, message },
});

/** What the next version of the list has, or `null`: the one that is there will do. */
export type Next = Pick<DeviceList, 'devices' | 'keys'> & { readonly epoch?: number | undefined };

/** What is written under, and by whom. */
export interface ListSigner {
  readonly signer: DeviceList['signer'];
  readonly key: CryptoKey;
  readonly request: Signer;
}

/**
 * Appends a version to the list. A race with another device is tried again on what that one made. `previous`: of the version that
 * `make` makes.
 */
export async function extendList(
  transport: Transport,
  { signer, key, request }: ListSigner,
  fetch: () => Promise<Result<Devices, TransportFailure>>,
  make: (now: Devices, previous: string) => Promise<Next | null>,
): Promise<Result<Devices, TransportFailure>> {
  for (let attempt = 0; ; attempt++) {
    const current = await fetch();
    if (!current.ok) return current;
    const { list, signed, versions, ever } = current.value;
    const previous = await hashOfSigned(signed, checks);
    const made = await make(current.value, previous);
    if (!made) return current;
    const { keys: _, epoch, ...before } = list;
    const number = made.epoch ?? epoch;
    const next: DeviceList = {
      ...before,
      version: list.version + 1,
      previous,
      signer,
      devices: [...made.devices],
      ...(number === undefined ? {} : { epoch: number }),
      ...(made.keys ? { keys: made.keys } : {}),
    };
    const signedNext = await signList(next, key);
    const answer = await transport.call(post(PATHS.devices, signedNext), request);
    if (answer.ok)
      return ok({
        signed: signedNext,
        list: next,
        versions: [...versions, next],
        ever: new Map([...ever, ...next.devices.map((device) => [device.id, device] as const)]),
      });
    if (answer.error.code !== 'CONFLICT' || attempt >= 4) return answer;
  }
}

/** The same, by this device. */
export async function continueList(
  store: LocalStore,
  transport: Transport,
  account: AccountId,
  make: (now: Devices, previous: string) => Promise<Next | null>,
): Promise<Result<Devices, TransportFailure>> {
  const made = await extendList(
    transport,
    {
      signer: deviceIdOf(store),
      key: store.vault.device.sign.privateKey,
      request: signerOf(store, account),
    },
    () => fetchDevices(store, transport, account),
    make,
  );
  if (made.ok) await remember(store, made.value);
  return made;
}

export const changeDevices = (
  store: LocalStore,
  transport: Transport,
  account: AccountId,
  change: (devices: readonly ListedDevice[]) => readonly ListedDevice[],
): Promise<Result<Devices, TransportFailure>> =>
  continueList(store, transport, account, async ({ list }) => ({ devices: [...change(list.devices)] }));

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

export const keyBytes = (text: string, length: number): Bytes | null => {
  const bytes = fromBase64Url(text);
  return bytes?.length === length ? bytes : null;
};

export const deviceSchema = v.object({
  sign: v.string(),
  kem: v.string(),
  name: v.pipe(v.string(), v.maxLength(60)),
});
