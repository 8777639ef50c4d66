/**
 * Sealing for somebody who is not there to open it: HPKE (RFC 9180) in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
 * AES-256-GCM, by @hpke/core. A sender agrees on a secret with the recipient's public key once, exports a key from it (§5.3), and
 * seals some messages with that key, each by itself: so they open in any order, and without each other. The envelope is that of
 * `envelope.ts` with suite 2:
 *
 *     0   2  magic "AQ"      2  1  version = 1      3  1  suite = 2
 *     4  16  kid, the id of the recipient's key
 *     20 32  enc, the sender's one-time public key
 *     52 12  iv, random
 *     64  n  ciphertext, with its tag of 16 bytes
 *
 * Base mode does not say who sealed: whoever has the public key can add, nobody without the private one can read.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { type Bytes, concat, equalBytes, toBase64Url, utf8 } from '../base/bytes.ts';
import { systemRandom } from '../base/random.ts';
import { sha256 } from './primitives.ts';
import { x25519Pair } from './signing.ts';

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

const HEADER = new Uint8Array([0x41, 0x51, 1, 2]);
const KID_AT = HEADER.length;
const ENC_AT = KID_AT + 16;
const IV_AT = ENC_AT + 32;
const BODY_AT = IV_AT + 12;
const INFO = utf8('arq/v1/sealed').buffer;
const EXPORTED = utf8('arq/v1/sealed/key').buffer;

const asBuffer = (bytes: Bytes): ArrayBuffer => bytes.slice().buffer;

/** 32 bytes. More than 255 would not be what RFC 9180 says: @hpke/core 1.9 writes the length into one byte of two. */
const exportKey = async (context: { export(label: ArrayBuffer, bytes: number): Promise<ArrayBuffer> }) =>
  crypto.subtle.importKey('raw', await context.export(EXPORTED, 32), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);

/** First 16 bytes of SHA-256 over a label and the public key: names it and commits to it. */
const kidOfPublic = async (publicKey: Bytes): Promise<Bytes> =>
  (await sha256(concat(utf8('arq/v1/seal-kid'), publicKey))).subarray(0, ENC_AT - KID_AT);

/** Seals with one exported key. Whoever reads this worker's memory can open what it sealed: it should be renewed now and then. */
export interface Sealer {
  seal(plaintext: Bytes, aad: Bytes): Promise<Bytes>;
}

/** `publicKey`: 32 bytes, X25519. */
export async function sealerFor(publicKey: Bytes): Promise<Sealer> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(asBuffer(publicKey));
  const sender = await suite.createSenderContext({ recipientPublicKey, info: INFO });
  const [key, kid] = await Promise.all([exportKey(sender), kidOfPublic(publicKey)]);
  const head = concat(HEADER, kid, new Uint8Array(sender.enc));
  return {
    async seal(plaintext, aad) {
      const iv = systemRandom.bytes(BODY_AT - IV_AT);
      const sealed = await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv, additionalData: aad },
        key,
        plaintext,
      );
      return concat(head, iv, new Uint8Array(sealed));
    },
  };
}

/** So many senders are remembered at once. */
const SENDERS = 64;

/** Opens what was sealed for one key. */
export interface Opener {
  /** `null` when it was sealed for another key, elsewhere, or changed. */
  open(envelope: Bytes, aad: Bytes): Promise<Bytes | null>;
}

/** `secret`: 32 bytes, X25519. */
export async function openerOf(secret: Bytes): Promise<Opener> {
  const { pair, publicBytes } = await x25519Pair(secret);
  const head = concat(HEADER, await kidOfPublic(publicBytes));
  /** By enc: a sender seals many. */
  const keys = new Map<string, Promise<CryptoKey>>();
  const keyFor = (enc: Bytes): Promise<CryptoKey> => {
    const name = toBase64Url(enc);
    const known = keys.get(name);
    if (known) return known;
    // Whoever can write here can make any number of senders: the oldest is agreed on again when it is needed.
    const [oldest] = keys.keys();
    if (oldest !== undefined && keys.size >= SENDERS) keys.delete(oldest);
    const key = suite
      .createRecipientContext({ recipientKey: pair, enc: asBuffer(enc), info: INFO })
      .then(exportKey);
    keys.set(name, key);
    return key;
  };
  return {
    async open(envelope, aad) {
      if (envelope.length < BODY_AT || !equalBytes(envelope.subarray(0, ENC_AT), head)) return null;
      try {
        const key = await keyFor(envelope.subarray(ENC_AT, IV_AT));
        const iv = envelope.subarray(IV_AT, BODY_AT);
        const body = envelope.subarray(BODY_AT);
        return new Uint8Array(
          await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: aad }, key, body),
        );
      } catch {
        return null;
      }
    },
  };
}
