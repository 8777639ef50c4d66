/**
 * The master key of an epoch in the device list: sealed (HPKE) for each device and for the recovery key. The list is signed and
 * chained, so nobody but a member can put another key there; what is sealed is bound to account, epoch and place in the chain.
 * Keys of older headers are a chain of their own, from version to version: a list that had all of them in each would grow with the
 * square of their number.
 */
import { type Bytes, fromBase64Url, lengthPrefixed, toBase64Url, u32, utf8 } from '../base/bytes.ts';
import type { Carried } from '../crypto/account-keys.ts';
import {
  commitmentTo,
  type Epoch,
  headersKey,
  type OlderHeaders,
  openEpoch,
  openHeaders,
  sealEpoch,
  sealHeaders,
  withRecordsOnly,
} from '../crypto/epochs.ts';
import { boxOpen, boxSeal } from '../crypto/hpke.ts';
import { type DeviceList, type EpochKeys, epochOf } from '../protocol/device-list.ts';

/** A master key with the epoch that it is of. */
export interface Opened {
  readonly master: Bytes;
  readonly epoch: Epoch;
}

/** A version of the list, as far as keys are bound to it. */
type Place = Pick<DeviceList, 'account' | 'previous' | 'recovery' | 'devices'>;

const RECOVERY = 'recovery';
const infoOf = (recipient: string): string => `arq/v1/epoch/${recipient}`;
const aadOf = ({ account, previous }: Pick<Place, 'account' | 'previous'>, epoch: number): Bytes =>
  lengthPrefixed([utf8('arq/epoch/1'), utf8(account), u32(epoch), utf8(previous)]);
const bytesOf = (text: string): Bytes => fromBase64Url(text) ?? new Uint8Array(0);

/** A version that has keys. */
type Holder = DeviceList & { readonly keys: EpochKeys };

/** `before`: the version that has the keys of before, and its master key. Without it all keys of older headers are in the version itself. */
export async function sealKeys(
  place: Place,
  { master, epoch }: Opened,
  atMs: number,
  before?: { readonly master: Bytes; readonly holder: Holder | undefined },
): Promise<EpochKeys> {
  const aad = aadOf(place, epoch.number);
  const seal = async (recipient: string, kem: string) =>
    toBase64Url(await boxSeal(bytesOf(kem), infoOf(recipient), master, aad));
  // In the first epoch every device was given the key by who added it.
  const isFirst = epoch.number === 1;
  const devices = await Promise.all(
    (isFirst ? [] : place.devices).map(async ({ id, kem }) => {
      // Bytes that are no key that can be used (zeros, say) keep nobody else from a new one.
      const box = await seal(id, kem).catch(() => null);
      return box === null ? [] : [{ id, box }];
    }),
  );
  return {
    atMs,
    commit: toBase64Url(await commitmentTo(master)),
    recovery: await seal(RECOVERY, place.recovery.kem),
    devices: devices.flat(),
    ...(isFirst
      ? { older: '' }
      : {
          older: toBase64Url(await sealEpoch(master, withRecordsOnly(epoch), aad)),
          headers: toBase64Url(
            await sealHeaders(await headersKey(master), await olderOf(epoch, before), aad),
          ),
        }),
  };
}

async function olderOf(epoch: Epoch, before: Parameters<typeof sealKeys>[3]): Promise<OlderHeaders> {
  const all = (epoch.carried?.older ?? []).map(({ epoch: of, header }) => ({ epoch: of, header }));
  if (!before?.holder?.keys.headers) return { older: all };
  return { older: all.slice(-1), before: await headersKey(before.master) };
}

/**
 * An epoch with what opens headers of all those before, read from the versions that began them. `null` when that is not as it must be.
 * Where a version of before `headers` was there had all of it, there is nothing to add.
 */
export async function withHeaders(
  versions: readonly DeviceList[],
  { master, epoch }: Opened,
): Promise<Epoch | null> {
  const { carried } = epoch;
  let at = versions.findLastIndex((list) => list.keys !== undefined && epochOf(list) === epoch.number);
  if (!carried || !versions[at]?.keys?.headers) return epoch;
  const found = new Map<number, Carried['older'][number]>(carried.older.map((one) => [one.epoch, one]));
  for (let key = await headersKey(master); ; ) {
    const holder = versions[at];
    if (!holder?.keys?.headers) return null;
    const opened = await openHeaders(key, bytesOf(holder.keys.headers), aadOf(holder, epochOf(holder)));
    if (!opened) return null;
    for (const one of opened.older) if (!found.has(one.epoch)) found.set(one.epoch, one);
    if (!opened.before) break;
    key = opened.before;
    at = versions.findLastIndex((list, index) => index < at && list.keys !== undefined);
  }
  const older = [...found.values()].sort((a, b) => a.epoch - b.epoch);
  return { ...epoch, carried: { ...carried, older } };
}

/** The master key in a version, without what is carried on. `null` as in `openKeys`. */
async function masterIn(list: Holder, recipient: string | null, kem: CryptoKeyPair): Promise<Bytes | null> {
  const { keys } = list;
  const box = recipient === null ? keys.recovery : keys.devices.find(({ id }) => id === recipient)?.box;
  if (box === undefined) return null;
  const aad = aadOf(list, epochOf(list));
  const master = await boxOpen(kem, infoOf(recipient ?? RECOVERY), bytesOf(box), aad);
  return master?.length === 32 && toBase64Url(await commitmentTo(master)) === keys.commit ? master : null;
}

/** Every master key that the account had and that was sealed for the recovery phrase, newest first. */
export async function mastersOf(versions: readonly DeviceList[], kem: CryptoKeyPair): Promise<Bytes[]> {
  const masters: Bytes[] = [];
  for (const { keys, ...list } of versions.toReversed()) {
    const master = keys && (await masterIn({ ...list, keys }, null, kem));
    if (master) masters.push(master);
  }
  return masters;
}

/**
 * The keys that `list` has. `versions`: all of the chain. `null` when nothing was sealed for this recipient, or it does not open, or is
 * not what everybody else was given.
 */
export async function openKeys(
  list: Holder,
  versions: readonly DeviceList[],
  recipient: string | null,
  kem: CryptoKeyPair,
): Promise<Opened | null> {
  const { keys } = list;
  const number = epochOf(list);
  const master = await masterIn(list, recipient, kem);
  if (!master) return null;
  if (number === 1) return { master, epoch: { number, atMs: keys.atMs } };
  const own = await openEpoch(master, bytesOf(keys.older), aadOf(list, number));
  const epoch = own?.number === number ? await withHeaders(versions, { master, epoch: own }) : null;
  return epoch && { master, epoch };
}
