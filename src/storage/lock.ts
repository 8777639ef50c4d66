/**
 * The lock of a profile. What opens its keys is a random unlock secret. Without a passphrase the secret lies beside the keys;
 * with one it lies there only sealed under the passphrase's key, and in the open in the browser's memory at most. So a changed
 * passphrase seals 32 bytes anew, and nothing else.
 */
import * as v from 'valibot';
import { type Bytes, fromBase64Url, fromUtf8, lengthPrefixed, toBase64Url, utf8 } from '../base/bytes.ts';
import { systemRandom } from '../base/random.ts';
import { type Kdf, kdfSchema } from '../crypto/kdf.ts';
import { unwrap, wrap } from '../crypto/wrap.ts';
import { DamagedError } from './database.ts';
import type { Vault } from './vault.ts';

const lockSchema = v.strictObject({
  version: v.literal(1),
  kdf: kdfSchema,
  /** The unlock secret under the passphrase's key; base64url. */
  secret: v.string(),
});
export type Lock = v.InferOutput<typeof lockSchema>;

/** Other parameters are another place: nobody can exchange them for cheaper ones. */
const lockAad = (userId: string, kdf: Kdf): Bytes =>
  lengthPrefixed(
    ['arq/lock/1', userId, kdf.name, String(kdf.memory), String(kdf.passes), String(kdf.lanes), kdf.salt].map(
      utf8,
    ),
  );

/** `key`: what the passphrase gave with `kdf`. */
async function sealLock(userId: string, kdf: Kdf, key: Bytes, secret: Bytes): Promise<Bytes> {
  const lock: Lock = {
    version: 1,
    kdf,
    secret: toBase64Url(await wrap(key, secret, lockAad(userId, kdf))),
  };
  return utf8(JSON.stringify(lock));
}

/** @throws DamagedError when it is none, or asks for parameters that are out of range. */
export function parseLock(bytes: Bytes): Lock {
  try {
    return v.parse(lockSchema, JSON.parse(fromUtf8(bytes)));
  } catch {
    throw new DamagedError('The lock of this profile is damaged.');
  }
}

/** The unlock secret; `null` when this is not the passphrase's key. */
export const openLock = (userId: string, { kdf, secret }: Lock, key: Bytes): Promise<Bytes | null> =>
  unwrap(key, fromBase64Url(secret) ?? new Uint8Array(0), lockAad(userId, kdf));

/**
 * Locks an open profile with a passphrase, whose key with `kdf` is `key`, instead of whatever locked it before. The unlock secret is
 * a new one, and the old one is destroyed. `master`: take this master key too. The caller holds the write lock.
 */
export async function setLock(vault: Vault, kdf: Kdf, key: Bytes, master = vault.masterKey()): Promise<void> {
  const secret = systemRandom.bytes(32);
  await vault.rewrap(master, secret, await sealLock(vault.userId, kdf, key, secret));
}

/** From now on the keys lie in the open again. The caller holds the write lock. */
export const removeLock = (vault: Vault): Promise<void> =>
  vault.rewrap(vault.masterKey(), systemRandom.bytes(32), null);
