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

export interface AccountKeys {
  readonly epoch: number;
  /** Wraps period keys in this profile. */
  readonly wrapping: Bytes;
  /** Names objects at the service, and hosts and addresses in erase commands. */
  readonly naming: MacKey;
  /** Opens the header of every object at the service. */
  readonly header: AeadKey;
  /** Opens records that are not bound to a day: settings, device cards, erase commands, key rings. */
  readonly record: AeadKey;
}

/** `scope` separates accounts that would share a master key: the id of the vault or of the account. */
export async function deriveAccountKeys(master: Bytes, scope: string, epoch: number): Promise<AccountKeys> {
  const context = concat(utf8(scope), u32(epoch));
  const derive = (label: string) => hkdf(master, label, context);
  const [wrapping, naming, header, record] = await Promise.all([
    derive('arq/v1/wrap'),
    derive('arq/v1/slot').then(importMacKey),
    derive('arq/v1/header').then(aeadKey),
    derive('arq/v1/record').then(aeadKey),
  ]);
  return { epoch, wrapping, naming, header, record };
}
