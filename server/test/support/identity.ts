/** Accounts and devices as a client would make them. */

import type { Bytes } from '../../../src/base/bytes.ts';
import { toBase64Url } from '../../../src/base/bytes.ts';
import {
  accountIdOf,
  type DeviceList,
  deviceIdOf,
  encodeList,
  hashOfSigned,
  signedBytes,
} from '../../../src/protocol/device-list.ts';
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts';
import type { SignedList } from '../../../src/protocol/wire.ts';
import { listChecks } from '../../src/auth/digest.ts';
import type { CheckedList } from '../../src/store/store.ts';

export const randomBytes = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: Bytes;
}

async function newSigningKey(): Promise<SigningKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return { privateKey: pair.privateKey, publicKey };
}

export interface TestDevice {
  readonly id: DeviceId;
  readonly key: SigningKey;
  readonly listed: DeviceList['devices'][number];
}

export async function newDevice(): Promise<TestDevice> {
  const key = await newSigningKey();
  // The service never uses it; any 32 bytes do.
  const kem = randomBytes(32);
  const id = await deviceIdOf(key.publicKey, kem, listChecks);
  return { id, key, listed: { id, sign: toBase64Url(key.publicKey), kem: toBase64Url(kem), addedAt: 0 } };
}

export async function signList(list: DeviceList, signer: SigningKey): Promise<SignedList> {
  const body = encodeList(list);
  const signature = await crypto.subtle.sign('Ed25519', signer.privateKey, signedBytes(body));
  return { body: toBase64Url(body), signature: toBase64Url(new Uint8Array(signature)) };
}

export interface TestAccount {
  readonly id: AccountId;
  readonly genesis: SigningKey;
  readonly device: TestDevice;
  readonly first: CheckedList;
}

export async function newAccount(): Promise<TestAccount> {
  const genesis = await newSigningKey();
  const device = await newDevice();
  const id = await accountIdOf(genesis.publicKey, listChecks);
  const list: DeviceList = {
    type: 'arq/devices/1',
    account: id,
    version: 1,
    previous: '',
    signer: 'genesis',
    recovery: { sign: toBase64Url(genesis.publicKey), kem: toBase64Url(randomBytes(32)) },
    devices: [device.listed],
  };
  return { id, genesis, device, first: { list, signed: await signList(list, genesis) } };
}

/** The version after `newest` with these devices, signed by one of the devices before. */
export async function nextList(
  newest: CheckedList,
  signer: TestDevice,
  devices: readonly TestDevice[],
  change: Partial<DeviceList> = {},
): Promise<CheckedList> {
  const list: DeviceList = {
    ...newest.list,
    version: newest.list.version + 1,
    previous: await hashOfSigned(newest.signed, listChecks),
    signer: signer.id,
    devices: devices.map((device) => device.listed),
    ...change,
  };
  return { list, signed: await signList(list, signer.key) };
}
