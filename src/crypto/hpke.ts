/**
 * HPKE (RFC 9180) in PSK mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, by @hpke/core. Used for pairing: the
 * pre-shared key from the pairing code authenticates both ends, the key agreement keeps the messages closed even for
 * somebody who learns the code afterwards.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { type Bytes, concat, u16, utf8 } from '../base/bytes.ts';
import { hkdf } from './primitives.ts';

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** RFC 9180 §9.5 asks for a PSK of at least 32 bytes of length; ours has 128 bits of entropy, stretched to that length. */
const psk = async (secret: Bytes) => ({
  id: utf8('arq/v1/pair').buffer,
  key: (await hkdf(secret, 'arq/v1/pair/psk')).buffer,
});

const asBuffer = (bytes: Bytes): ArrayBuffer => bytes.slice().buffer;

/** u16 length of `enc` ‖ enc ‖ ciphertext. */
export async function pskSeal(
  recipientPublic: Bytes,
  secret: Bytes,
  info: string,
  plaintext: Bytes,
  aad: Bytes,
): Promise<Bytes> {
  const sender = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(asBuffer(recipientPublic)),
    info: asBuffer(utf8(info)),
    psk: await psk(secret),
  });
  const ciphertext = await sender.seal(asBuffer(plaintext), asBuffer(aad));
  return concat(u16(sender.enc.byteLength), new Uint8Array(sender.enc), new Uint8Array(ciphertext));
}

/** `null` when the message is not from somebody with the same secret, or was changed. */
export async function pskOpen(
  recipient: CryptoKeyPair,
  secret: Bytes,
  info: string,
  message: Bytes,
  aad: Bytes,
): Promise<Bytes | null> {
  try {
    const length = new DataView(message.buffer, message.byteOffset, 2).getUint16(0);
    const context = await suite.createRecipientContext({
      recipientKey: recipient,
      enc: asBuffer(message.subarray(2, 2 + length)),
      info: asBuffer(utf8(info)),
      psk: await psk(secret),
    });
    return new Uint8Array(await context.open(asBuffer(message.subarray(2 + length)), asBuffer(aad)));
  } catch {
    return null;
  }
}
