/**
 * The master key of an epoch in the device list: sealed (HPKE) for each device and for the recovery key. The list is signed and
 * chained, so nobody but a member can put another key there; what is sealed is bound to account, epoch and place in the chain.
 */
import { type Bytes, fromBase64Url, lengthPrefixed, toBase64Url, u32, utf8 } from '../base/bytes.ts';
import { commitmentTo, type Epoch, openEpoch, sealEpoch } from '../crypto/epochs.ts';
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

export async function sealKeys(place: Place, { master, epoch }: Opened, atMs: number): Promise<EpochKeys> {
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
    older: isFirst ? '' : toBase64Url(await sealEpoch(master, epoch, aad)),
  };
}

/** `null` when nothing was sealed for this recipient, or it does not open, or is not what everybody else was given. */
export async function openKeys(
  list: DeviceList & { readonly keys: EpochKeys },
  recipient: string | null,
  kem: CryptoKeyPair,
): Promise<Opened | null> {
  const { keys } = list;
  const number = epochOf(list);
  const box = recipient === null ? keys.recovery : keys.devices.find(({ id }) => id === recipient)?.box;
  if (box === undefined) return null;
  const aad = aadOf(list, number);
  const master = await boxOpen(kem, infoOf(recipient ?? RECOVERY), bytesOf(box), aad);
  if (master?.length !== 32 || toBase64Url(await commitmentTo(master)) !== keys.commit) return null;
  const epoch =
    number === 1 ? { number, atMs: keys.atMs } : await openEpoch(master, bytesOf(keys.older), aad);
  return epoch?.number === number ? { master, epoch } : null;
}
