/**
 * A key from a passphrase: Argon2id (RFC 9106) by hash-wasm, because WebCrypto has none. Apart from kdf.ts, so that only pages
 * which ask for a passphrase load it.
 */
import { argon2id } from 'hash-wasm';
import { type Bytes, fromBase64Url, utf8 } from '../base/bytes.ts';
import { type Kdf, normalised } from './kdf.ts';

/** 32 bytes. Takes as long as its parameters say, in the thread that asks. */
export async function passphraseKey(passphrase: string, kdf: Kdf): Promise<Bytes> {
  const key = await argon2id({
    password: utf8(normalised(passphrase)),
    salt: fromBase64Url(kdf.salt) as Bytes,
    memorySize: kdf.memory,
    iterations: kdf.passes,
    parallelism: kdf.lanes,
    hashLength: 32,
    outputType: 'binary',
  });
  return new Uint8Array(key);
}
