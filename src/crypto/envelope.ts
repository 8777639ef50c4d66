/**
 * The envelope of every sealed thing, suite 1:
 *
 *     0   2  magic "AQ"
 *     2   1  version = 1
 *     3   1  suite: 1 = AES-256-GCM
 *     4  16  kid, the id of the key
 *     20 12  iv, random
 *     32  n  ciphertext
 *     ..  16 tag
 *
 * The additional data is never part of it: the reader rebuilds it from where it looked, so that a ciphertext moved to
 * another place does not open (NIST SP 800-38D; a random 96-bit iv is safe for 2^32 messages a key, ours see fewer than
 * 2^28). The seed's JSON `EncryptedData` is a lossless view of these bytes.
 */
import { type Bytes, concat, equalBytes, fromBase64Url, toBase64Url } from '../base/bytes.ts';
import { systemRandom } from '../base/random.ts';
import { hkdf } from './primitives.ts';

const HEADER = new Uint8Array([0x41, 0x51, 1, 1]);
const KID_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** What an envelope adds to its plaintext. */
export const ENVELOPE_BYTES = HEADER.length + KID_BYTES + IV_BYTES + TAG_BYTES;

/** A handle: the raw bytes stay with whoever made it. */
export interface AeadKey {
  /** First 16 bytes of HKDF(key, "arq/v1/kid"): names the key and commits to it. */
  readonly kid: Bytes;
  readonly key: CryptoKey;
}

export async function aeadKey(raw: Bytes): Promise<AeadKey> {
  const [kid, key] = await Promise.all([
    hkdf(raw, 'arq/v1/kid', undefined, KID_BYTES),
    crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']),
  ]);
  return { kid, key };
}

export async function seal(key: AeadKey, plaintext: Bytes, aad: Bytes): Promise<Bytes> {
  const iv = systemRandom.bytes(IV_BYTES);
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: aad },
    key.key,
    plaintext,
  );
  return concat(HEADER, key.kid, iv, new Uint8Array(sealed));
}

/** `other-key`: sealed for a key that this is not. `broken`: ours, but not what was sealed here. `malformed`: no envelope. */
export type OpenFailure = 'malformed' | 'other-key' | 'broken';
export type Opened =
  | { readonly ok: true; readonly plaintext: Bytes }
  | { readonly ok: false; readonly why: OpenFailure };

export async function open(key: AeadKey, envelope: Bytes, aad: Bytes): Promise<Opened> {
  const kid = kidOf(envelope);
  if (kid === null) return { ok: false, why: 'malformed' };
  if (!equalBytes(kid, key.kid)) return { ok: false, why: 'other-key' };
  const iv = envelope.subarray(20, 20 + IV_BYTES);
  try {
    const plaintext = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv, additionalData: aad },
      key.key,
      envelope.subarray(20 + IV_BYTES),
    );
    return { ok: true, plaintext: new Uint8Array(plaintext) };
  } catch {
    return { ok: false, why: 'broken' };
  }
}

/** The id of the key that an envelope asks for, or `null` when it is no envelope of version 1, suite 1. */
export function kidOf(envelope: Bytes): Bytes | null {
  if (envelope.length < ENVELOPE_BYTES || !equalBytes(envelope.subarray(0, HEADER.length), HEADER))
    return null;
  return envelope.subarray(HEADER.length, HEADER.length + KID_BYTES);
}

/** The seed's view of an envelope. All fields base64url. */
export interface EncryptedData {
  readonly ciphertext: string;
  readonly iv: string;
  readonly authTag: string;
  readonly algorithm: 'AES-256-GCM';
  readonly keyId: string;
}

/** @throws TypeError when the bytes are no envelope. */
export function toEncryptedData(envelope: Bytes): EncryptedData {
  const kid = kidOf(envelope);
  if (kid === null) throw new TypeError('not an envelope of version 1');
  return {
    ciphertext: toBase64Url(envelope.subarray(20 + IV_BYTES, -TAG_BYTES)),
    iv: toBase64Url(envelope.subarray(20, 20 + IV_BYTES)),
    authTag: toBase64Url(envelope.subarray(-TAG_BYTES)),
    algorithm: 'AES-256-GCM',
    keyId: toBase64Url(kid),
  };
}

/** `null` unless every field has its exact length and canonical spelling. */
export function fromEncryptedData(data: EncryptedData): Bytes | null {
  const [ciphertext, iv, tag, kid] = [data.ciphertext, data.iv, data.authTag, data.keyId].map(fromBase64Url);
  if (data.algorithm !== 'AES-256-GCM' || !ciphertext || !iv || !tag || !kid) return null;
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES || kid.length !== KID_BYTES) return null;
  return concat(HEADER, kid, iv, ciphertext, tag);
}
