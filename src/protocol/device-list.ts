/**
 * The account's device list: a hash chain in which every version is signed by a device that was active in the version
 * before; the first is signed by the account's genesis key. Checked by the service and, since the service is not
 * trusted, by every device. Hashing and verification are injected: this folder knows no cryptography.
 */
import * as v from 'valibot';
import { type Bytes, concat, fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../base/bytes.ts';
import type { AccountId, DeviceId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { accountIdSchema, deviceIdSchema, type SignedList, seqSchema } from './wire.ts';

const key32 = v.pipe(
  v.string(),
  v.check((value) => fromBase64Url(value)?.length === 32),
);

const deviceSchema = v.strictObject({
  id: deviceIdSchema,
  /** Ed25519 public key. */
  sign: key32,
  /** X25519 public key. */
  kem: key32,
  addedAt: seqSchema,
});
export type ListedDevice = v.InferOutput<typeof deviceSchema>;

const box = v.pipe(v.string(), v.maxLength(512), v.regex(/^[A-Za-z0-9_-]+$/));

/** The master key of an epoch, sealed for everybody who may have it (sync/epochs.ts). */
const epochKeysSchema = v.strictObject({
  /** When the epoch began, in ms. */
  atMs: seqSchema,
  /** Follows from the master key: nobody can be given another one than the others. */
  commit: key32,
  /** Sealed for the recovery key. */
  recovery: box,
  /** Sealed for each device of this version. Who comes later is given it by who adds it. */
  devices: v.pipe(
    v.array(v.strictObject({ id: deviceIdSchema, box })),
    v.maxLength(LIMITS.devices),
    v.readonly(),
  ),
  /** What goes on of older epochs, sealed under the new master key; empty in the first epoch. */
  older: v.pipe(v.string(), v.maxLength(16_384), v.regex(/^[A-Za-z0-9_-]*$/)),
  /** What headers of older epochs are read with, sealed (sync/epoch-keys.ts). Absent where `older` has all of it. */
  headers: v.exactOptional(v.pipe(v.string(), v.maxLength(16_384), v.regex(/^[A-Za-z0-9_-]+$/))),
});
export type EpochKeys = v.InferOutput<typeof epochKeysSchema>;

const listSchema = v.strictObject({
  type: v.literal('arq/devices/1'),
  account: accountIdSchema,
  version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** SHA-256 of the signed bytes of the version before; empty in the first. */
  previous: v.union([v.literal(''), key32]),
  /** Who signed: a device of the version before, or `genesis`. */
  signer: v.union([v.literal('genesis'), deviceIdSchema]),
  /** Ed25519 and X25519 public keys made from the recovery secret. */
  recovery: v.strictObject({ sign: key32, kem: key32 }),
  devices: v.pipe(v.array(deviceSchema), v.maxLength(LIMITS.devices)),
  /** Which master key is in force, from 1; absent = 1. */
  epoch: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(LIMITS.epochs))),
  /** In the version that begins an epoch, which may also take devices out: both happen, or neither. */
  keys: v.exactOptional(epochKeysSchema),
});
export type DeviceList = v.InferOutput<typeof listSchema>;

export interface ListChecks {
  sha256(data: Bytes): Promise<Bytes>;
  /** Ed25519. */
  verify(publicKey: Bytes, data: Bytes, signature: Bytes): Promise<boolean>;
}

export const epochOf = (list: Pick<DeviceList, 'epoch'>): number => list.epoch ?? 1;

/** The bytes that are signed: domain separation, then the JSON that travels. */
export const signedBytes = (body: Bytes): Bytes => concat(utf8('arq/devices/1\0'), body);

export async function accountIdOf(genesisKey: Bytes, checks: Pick<ListChecks, 'sha256'>): Promise<AccountId> {
  return toBase64Url(
    (await checks.sha256(concat(utf8('arq/account/1'), genesisKey))).subarray(0, 16),
  ) as AccountId;
}

export async function deviceIdOf(
  sign: Bytes,
  kem: Bytes,
  checks: Pick<ListChecks, 'sha256'>,
): Promise<DeviceId> {
  return toBase64Url((await checks.sha256(concat(sign, kem))).subarray(0, 16)) as DeviceId;
}

/** The bytes of a new version, to be signed over `signedBytes(...)`. */
export const encodeList = (list: DeviceList): Bytes => utf8(JSON.stringify(list));

export const hashOfSigned = async (signed: SignedList, checks: Pick<ListChecks, 'sha256'>): Promise<string> =>
  toBase64Url(await checks.sha256(fromBase64Url(signed.body) ?? new Uint8Array(0)));

function parseBody(signed: SignedList): { list: DeviceList; body: Bytes; signature: Bytes } | null {
  const body = fromBase64Url(signed.body);
  const signature = fromBase64Url(signed.signature);
  if (!body || signature?.length !== 64) return null;
  try {
    return { list: v.parse(listSchema, JSON.parse(fromUtf8(body))), body, signature };
  } catch {
    return null;
  }
}

/** The list inside, well-formed but NOT checked: for a list that was checked before it was stored. `null` = not a list. */
export const readList = (signed: SignedList): DeviceList | null => parseBody(signed)?.list ?? null;

/**
 * The parsed list when `signed` is a valid successor of `previous` (or a valid first version when `previous` is `null`),
 * else `null`. Valid: well-formed; hashes and version numbers follow; account and recovery keys unchanged; every device
 * id is the hash of its keys and listed once; the epoch is that of before, or the next one with its keys; signed by the genesis key
 * (the first, and those that somebody with the recovery phrase makes) or by a device active before.
 */
export async function checkList(
  signed: SignedList,
  previous: { readonly signed: SignedList; readonly list: DeviceList } | null,
  checks: ListChecks,
): Promise<DeviceList | null> {
  const parsed = parseBody(signed);
  if (!parsed) return null;
  const { list, body, signature } = parsed;
  const genesisKey = fromBase64Url(list.recovery.sign) as Bytes;
  if ((await accountIdOf(genesisKey, checks)) !== list.account) return null;
  for (const device of list.devices) {
    const id = await deviceIdOf(
      fromBase64Url(device.sign) as Bytes,
      fromBase64Url(device.kem) as Bytes,
      checks,
    );
    if (id !== device.id) return null;
  }
  if (new Set(list.devices.map((device) => device.id)).size !== list.devices.length) return null;
  const epoch = epochOf(list);
  let signer: Bytes;
  if (previous === null) {
    if (
      epoch !== 1 ||
      list.version !== 1 ||
      list.previous !== '' ||
      list.signer !== 'genesis' ||
      list.devices.length !== 1
    )
      return null;
    signer = genesisKey;
  } else {
    const before = previous.list;
    if (list.version !== before.version + 1 || list.account !== before.account) return null;
    if (list.previous !== (await hashOfSigned(previous.signed, checks))) return null;
    // A new master key is one step on, and comes with the boxes that it is in.
    if (epoch !== epochOf(before) && (epoch !== epochOf(before) + 1 || !list.keys)) return null;
    if (list.recovery.sign !== before.recovery.sign || list.recovery.kem !== before.recovery.kem) return null;
    if (list.signer === 'genesis') {
      signer = genesisKey;
    } else {
      const device = before.devices.find((candidate) => candidate.id === list.signer);
      if (!device) return null;
      signer = fromBase64Url(device.sign) as Bytes;
    }
  }
  return (await checks.verify(signer, signedBytes(body), signature)) ? list : null;
}

export interface CheckedChain {
  /** The newest version. */
  readonly signed: SignedList;
  readonly list: DeviceList;
  /** Every version, oldest first. */
  readonly versions: readonly DeviceList[];
  /** Every device that any version names, also those that left: what they signed while they were in it stays signed. */
  readonly ever: ReadonlyMap<DeviceId, ListedDevice>;
}

/** A chain that is valid from its first version on and belongs to `account`, else `null`. */
export async function checkChain(
  chain: readonly SignedList[],
  account: AccountId,
  checks: ListChecks,
): Promise<CheckedChain | null> {
  let current: { signed: SignedList; list: DeviceList } | null = null;
  const ever = new Map<DeviceId, ListedDevice>();
  const versions: DeviceList[] = [];
  for (const signed of chain) {
    const list: DeviceList | null = await checkList(signed, current, checks);
    if (list?.account !== account) return null;
    current = { signed, list };
    versions.push(list);
    for (const device of list.devices) ever.set(device.id, device);
  }
  return current && { ...current, versions, ever };
}

/** The version whose boxes have the master key of now; `undefined` in accounts that were made before there were any. */
export const keysOf = (
  versions: readonly DeviceList[],
): (DeviceList & { readonly keys: EpochKeys }) | undefined =>
  versions.findLast((list): list is DeviceList & { readonly keys: EpochKeys } => list.keys !== undefined);

/** Whether a device that has the master key of now is not in the list any more: then it is time for another one. */
export function isRotationDue(versions: readonly DeviceList[]): boolean {
  const last = versions.at(-1);
  if (!last) return false;
  const holders = versions
    .filter((list) => epochOf(list) === epochOf(last))
    .flatMap(({ devices }) => devices.map(({ id }) => id));
  const listed = new Set(last.devices.map(({ id }) => id));
  return holders.some((id) => !listed.has(id));
}
