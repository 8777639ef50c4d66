/**
 * HPKE (RFC 9180) of single messages, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, by @hpke/core. In PSK mode for pairing: the
 * pre-shared key from the pairing code authenticates both ends, the key agreement keeps the messages closed even for
 * somebody who learns the code afterwards. In base mode for a new master key: who sealed it says the signature of the list it is in.
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

type Psk = Awaited<ReturnType<typeof psk>>;

/** u16 length of `enc` ‖ enc ‖ ciphertext. */
export const pskSeal = async (
  recipientPublic: Bytes,
  secret: Bytes,
  info: string,
  plaintext: Bytes,
  aad: Bytes,
): Promise<Bytes> => sealWith(await psk(secret), recipientPublic, info, plaintext, aad);

/** The same without a secret: for whoever has the private key. @throws when the bytes are no public key that can be used. */
export const boxSeal = (recipientPublic: Bytes, info: string, plaintext: Bytes, aad: Bytes): Promise<Bytes> =>
  sealWith(undefined, recipientPublic, info, plaintext, aad);

async function sealWith(
  shared: Psk | undefined,
  recipientPublic: Bytes,
  info: string,
  plaintext: Bytes,
  aad: Bytes,
): Promise<Bytes> {
  const sender = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(asBuffer(recipientPublic)),
    info: asBuffer(utf8(info)),
    ...(shared ? { psk: shared } : {}),
  });
  const ciphertext = await sender.seal(asBuffer(plaintext), asBuffer(aad));
  return concat(u16(sender.enc.byteLength), new Uint8Array(sender.enc), new Uint8Array(ciphertext));
}

/** `null` when the message is not from somebody with the same secret, or was changed. */
export const pskOpen = async (
  recipient: CryptoKeyPair,
  secret: Bytes,
  info: string,
  message: Bytes,
  aad: Bytes,
): Promise<Bytes | null> => openWith(await psk(secret), recipient, info, message, aad);

/** `null` when it was not sealed for this key and this place, or was changed. */
export const boxOpen = (
  recipient: CryptoKeyPair,
  info: string,
  message: Bytes,
  aad: Bytes,
): Promise<Bytes | null> => openWith(undefined, recipient, info, message, aad);

async function openWith(
  shared: Psk | undefined,
  recipient: CryptoKeyPair,
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
      ...(shared ? { psk: shared } : {}),
    });
    return new Uint8Array(await context.open(asBuffer(message.subarray(2 + length)), asBuffer(aad)));
  } catch {
    return null;
  }
}
