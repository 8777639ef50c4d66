/**
 * Sealing for somebody who is not there to open it: HPKE (RFC 9180), base mode, one message, by @hpke/core. The envelope is that
 * of `envelope.ts` with suite 2:
 *
 *     0   2  magic "AQ"      2  1  version = 1      3  1  suite: 2 = HPKE, DHKEM(X25519), HKDF-SHA256, AES-256-GCM
 *     4  16  kid, the id of the recipient's key
 *     20 32  enc, the sender's one-time public key
 *     52  n  ciphertext, with its tag of 16 bytes
 *
 * Base mode does not say who sealed: whoever has the public key can add, nobody without the private one can read.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { type Bytes, concat, equalBytes, utf8 } from '../base/bytes.ts';
import { sha256 } from './primitives.ts';
import { x25519Pair } from './signing.ts';

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

const HEADER = new Uint8Array([0x41, 0x51, 1, 2]);
const KID_BYTES = 16;
const ENC_BYTES = 32;
const BODY_AT = HEADER.length + KID_BYTES + ENC_BYTES;
const INFO = utf8('arq/v1/sealed').buffer;

const asBuffer = (bytes: Bytes): ArrayBuffer => bytes.slice().buffer;

/** First 16 bytes of SHA-256 over a label and the public key: names it and commits to it. */
const kidOfPublic = async (publicKey: Bytes): Promise<Bytes> =>
  (await sha256(concat(utf8('arq/v1/seal-kid'), publicKey))).subarray(0, KID_BYTES);

/** The public half, 32 bytes, of the X25519 key with this private one. */
export const sealingPublicOf = async (secret: Bytes): Promise<Bytes> =>
  (await x25519Pair(secret)).publicBytes;

/** `publicKey`: 32 bytes, X25519. */
export async function sealTo(publicKey: Bytes, plaintext: Bytes, aad: Bytes): Promise<Bytes> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(asBuffer(publicKey));
  const sender = await suite.createSenderContext({ recipientPublicKey, info: INFO });
  const sealed = await sender.seal(asBuffer(plaintext), asBuffer(aad));
  return concat(HEADER, await kidOfPublic(publicKey), new Uint8Array(sender.enc), new Uint8Array(sealed));
}

/** Opens many with one key. */
export interface Opener {
  /** `null` when it was sealed for another key, elsewhere, or changed. */
  open(envelope: Bytes, aad: Bytes): Promise<Bytes | null>;
}

/** `secret`: 32 bytes, X25519. */
export async function openerOf(secret: Bytes): Promise<Opener> {
  const { pair, publicBytes } = await x25519Pair(secret);
  const kid = await kidOfPublic(publicBytes);
  return {
    async open(envelope, aad) {
      if (envelope.length < BODY_AT || !equalBytes(envelope.subarray(0, HEADER.length), HEADER)) return null;
      if (!equalBytes(envelope.subarray(HEADER.length, HEADER.length + KID_BYTES), kid)) return null;
      try {
        const enc = asBuffer(envelope.subarray(HEADER.length + KID_BYTES, BODY_AT));
        const recipient = await suite.createRecipientContext({ recipientKey: pair, enc, info: INFO });
        return new Uint8Array(await recipient.open(asBuffer(envelope.subarray(BODY_AT)), asBuffer(aad)));
      } catch {
        return null;
      }
    },
  };
}
