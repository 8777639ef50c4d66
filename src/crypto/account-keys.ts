/**
 * What follows from the account master key of an epoch. Period keys are *not* here: they are random, so that destroying
 * one destroys what it sealed, whatever else is known.
 */
import { type Bytes, concat, u32, utf8 } from '../base/bytes.ts';
import { systemRandom } from '../base/random.ts';
import { type AeadKey, aeadKey } from './envelope.ts';
import { hkdf, importMacKey, type MacKey } from './primitives.ts';

export const newMasterKey = (): Bytes => systemRandom.bytes(32);
export const newPeriodKey = (): Bytes => systemRandom.bytes(32);

/** What objects of an epoch before are read with. `record`: `null` once nothing that is left was sealed with it. */
interface OlderKeys {
  readonly epoch: number;
  readonly header: AeadKey;
  readonly record: AeadKey | null;
}

export interface AccountKeys {
  readonly epoch: number;
  /** Wraps period keys in this profile. */
  readonly wrapping: Bytes;
  /** Names objects at the service, and hosts and addresses in erase commands. The same in every epoch. */
  readonly naming: MacKey;
  /** Opens the header of every object of this epoch at the service. */
  readonly header: AeadKey;
  /** Opens records of this epoch that are not bound to a day: settings, device cards, erase commands, key rings. */
  readonly record: AeadKey;
  readonly older: readonly OlderKeys[];
}

/** What goes on when a master key takes the place of another: never the old master key itself. */
export interface Carried {
  readonly naming: Bytes;
  readonly older: readonly { readonly epoch: number; readonly header: Bytes; readonly record?: Bytes }[];
}

const derive = (master: Bytes, label: string, scope: string, epoch: number): Promise<Bytes> =>
  hkdf(master, label, concat(utf8(scope), u32(epoch)));

/** `scope` separates accounts that would share a master key: the id of the vault or of the account. */
export async function deriveAccountKeys(
  master: Bytes,
  scope: string,
  epoch: number,
  carried?: Carried,
): Promise<AccountKeys> {
  const [wrapping, naming, header, record, older] = await Promise.all([
    derive(master, 'arq/v1/wrap', scope, epoch),
    (carried ? Promise.resolve(carried.naming) : derive(master, 'arq/v1/slot', scope, epoch)).then(
      importMacKey,
    ),
    derive(master, 'arq/v1/header', scope, epoch).then(aeadKey),
    derive(master, 'arq/v1/record', scope, epoch).then(aeadKey),
    Promise.all(
      (carried?.older ?? []).map(async (one) => ({
        epoch: one.epoch,
        header: await aeadKey(one.header),
        record: one.record ? await aeadKey(one.record) : null,
      })),
    ),
  ]);
  return { epoch, wrapping, naming, header, record, older };
}

/** What the epoch after this one carries on. */
export async function carryOn(
  master: Bytes,
  scope: string,
  epoch: number,
  carried?: Carried,
): Promise<Carried> {
  const [naming, header, record] = await Promise.all([
    carried?.naming ?? derive(master, 'arq/v1/slot', scope, epoch),
    derive(master, 'arq/v1/header', scope, epoch),
    derive(master, 'arq/v1/record', scope, epoch),
  ]);
  return { naming, older: [...(carried?.older ?? []), { epoch, header, record }] };
}
