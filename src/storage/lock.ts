/**
 * The lock of a profile. What opens its keys is a random unlock secret. Without a lock the secret lies beside the keys; with one
 * it lies there only sealed, once for each way to unlock: under the passphrase's key, and under what each passkey gives. In the
 * open it is in the browser's memory at most. So a change seals 32 bytes anew, and nothing else.
 *
 * Each change takes a new secret, so that a way that was removed opens nothing of what comes, also for who has a copy of the old
 * record. To seal it for ways that are not at hand then, their keys are kept, sealed under the secret that they open. The keys of before
 * are retired with it (key-store.ts).
 */
import * as v from 'valibot';
import { type Bytes, fromBase64Url, fromUtf8, lengthPrefixed, toBase64Url, utf8 } from '../base/bytes.ts';
import { systemRandom } from '../base/random.ts';
import { type Kdf, kdfSchema } from '../crypto/kdf.ts';
import { hkdf } from '../crypto/primitives.ts';
import { unwrap, wrap } from '../crypto/wrap.ts';
import { MAX_PASSKEYS, type Passkey, passkeySchema } from '../model/passkeys.ts';
import { DamagedError } from './database.ts';
import type { Renewed, Vault } from './vault.ts';

/** Base64url: the unlock secret under the way's key, and that key under the secret. */
const sealed = { secret: v.string(), kept: v.string() };

const lockSchema = v.variant('version', [
  /** A passphrase alone. */
  v.strictObject({ version: v.literal(1), kdf: kdfSchema, secret: v.string() }),
  v.strictObject({
    version: v.literal(2),
    passphrase: v.optional(v.strictObject({ kdf: kdfSchema, ...sealed })),
    passkeys: v.pipe(
      v.array(v.strictObject({ ...passkeySchema.entries, ...sealed })),
      v.minLength(1),
      v.maxLength(MAX_PASSKEYS),
    ),
  }),
]);

/** `kept` is absent in records of version 1. */
type Sealed<T> = T & { readonly secret: string; readonly kept?: string };
export interface Lock {
  readonly passphrase?: Sealed<{ readonly kdf: Kdf }> | undefined;
  readonly passkeys: readonly Sealed<Passkey>[];
}

/** A way to unlock, with what it gave. */
type Way =
  | { readonly kind: 'passphrase'; readonly kdf: Kdf; readonly key: Bytes }
  | { readonly kind: 'passkey'; readonly place: Passkey; readonly key: Bytes };

/** Which way was used: a passkey's id, or the passphrase. */
export type WayName = string | undefined;

/** Other parameters are another place: nobody can exchange them for cheaper ones. */
const passphraseAad = (userId: string, kdf: Kdf): Bytes =>
  lengthPrefixed(
    ['arq/lock/1', userId, kdf.name, String(kdf.memory), String(kdf.passes), String(kdf.lanes), kdf.salt].map(
      utf8,
    ),
  );
const passkeyAad = (userId: string, { id, salt }: Passkey): Bytes =>
  lengthPrefixed(['arq/lock/passkey/1', userId, id, salt].map(utf8));
const keptAad = (userId: string, name: WayName): Bytes =>
  lengthPrefixed(['arq/lock/kept/1', userId, name ?? ''].map(utf8));

/** @throws DamagedError when it is none, or asks for parameters that are out of range. */
export function parseLock(bytes: Bytes): Lock {
  try {
    const lock = v.parse(lockSchema, JSON.parse(fromUtf8(bytes)));
    if (lock.version === 2) return lock;
    return { passphrase: { kdf: lock.kdf, secret: lock.secret }, passkeys: [] };
  } catch {
    throw new DamagedError('The lock of this profile is damaged.');
  }
}

const bytesOf = (text: string): Bytes => fromBase64Url(text) ?? new Uint8Array(0);

/** The unlock secret; `null` when this is not the key of that way, or there is no such way. */
export async function openLock(
  userId: string,
  { passphrase, passkeys }: Lock,
  key: Bytes,
  name?: WayName,
): Promise<Bytes | null> {
  if (name === undefined)
    return passphrase ? unwrap(key, bytesOf(passphrase.secret), passphraseAad(userId, passphrase.kdf)) : null;
  const passkey = passkeys.find(({ id }) => id === name);
  return passkey ? unwrap(key, bytesOf(passkey.secret), passkeyAad(userId, passkey)) : null;
}

/** Under what the keys of ways are kept. */
const keeper = (secret: Bytes): Promise<Bytes> => hkdf(secret, 'arq/v1/lock-ways');

async function sealLock(userId: string, ways: readonly Way[], secret: Bytes): Promise<Bytes> {
  const under = await keeper(secret);
  const seal = async (key: Bytes, aad: Bytes, name: WayName) => ({
    secret: toBase64Url(await wrap(key, secret, aad)),
    kept: toBase64Url(await wrap(under, key, keptAad(userId, name))),
  });
  let passphrase: Lock['passphrase'];
  const passkeys: Lock['passkeys'][number][] = [];
  for (const way of ways)
    if (way.kind === 'passphrase')
      passphrase = { kdf: way.kdf, ...(await seal(way.key, passphraseAad(userId, way.kdf), undefined)) };
    else
      passkeys.push({
        ...way.place,
        ...(await seal(way.key, passkeyAad(userId, way.place), way.place.id)),
      });
  // As versions before passkeys read it.
  if (passphrase && passkeys.length === 0)
    return utf8(JSON.stringify({ version: 1, kdf: passphrase.kdf, secret: passphrase.secret }));
  return utf8(JSON.stringify({ version: 2, ...(passphrase ? { passphrase } : {}), passkeys }));
}

interface Used {
  readonly name: WayName;
  readonly key: Bytes;
}

/**
 * The ways of an open profile but those that go, with their keys. `used`: one that was just tried, for a record that keeps no keys.
 * @throws DamagedError when a key is neither kept nor at hand, or was put there by somebody who could not open the lock.
 */
async function waysOf(vault: Vault, gone: readonly WayName[], used: Used | undefined): Promise<Way[]> {
  const { userId, lock } = vault;
  if (!lock) return [];
  const under = await keeper(vault.unlockSecret());
  const keyOf = async (name: WayName, kept: string | undefined): Promise<Bytes> => {
    const atHand = used && used.name === name ? used.key : null;
    const key = kept === undefined ? atHand : await unwrap(under, bytesOf(kept), keptAad(userId, name));
    if (!key) throw new DamagedError('The lock of this profile is damaged.');
    return key;
  };
  const { passphrase, passkeys } = parseLock(lock);
  const ways: Way[] = [];
  if (passphrase && !gone.includes(undefined))
    ways.push({ kind: 'passphrase', kdf: passphrase.kdf, key: await keyOf(undefined, passphrase.kept) });
  for (const { secret: _, kept, ...place } of passkeys)
    if (!gone.includes(place.id)) ways.push({ kind: 'passkey', place, key: await keyOf(place.id, kept) });
  return ways;
}

const nameOfWay = (way: Way): WayName => (way.kind === 'passkey' ? way.place.id : undefined);

export interface Change {
  /** Takes the place of the way of its name. */
  readonly add?: Way;
  readonly remove?: { readonly name: WayName };
  readonly used?: Used | undefined;
  /** Take this master key too. */
  readonly renewed?: Renewed | undefined;
}

/** Adds or removes a way. Without one that is left the keys lie in the open again. The caller holds the write lock. */
export async function changeLock(vault: Vault, { add, remove, used, renewed }: Change): Promise<void> {
  const gone = [...(add ? [nameOfWay(add)] : []), ...(remove ? [remove.name] : [])];
  const ways = [...(await waysOf(vault, gone, used)), ...(add ? [add] : [])];
  const secret = systemRandom.bytes(32);
  const lock = ways.length === 0 ? null : await sealLock(vault.userId, ways, secret);
  await vault.changeSecret(secret, lock, renewed);
}

/** Locks with a passphrase, whose key with `kdf` is `key`, in place of the one of before. The caller holds the write lock. */
export const setLock = (vault: Vault, kdf: Kdf, key: Bytes, renewed?: Renewed): Promise<void> =>
  changeLock(vault, { add: { kind: 'passphrase', kdf, key }, renewed });
