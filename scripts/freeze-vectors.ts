/**
 * Wrote test/vectors/frozen-1.json, once: what format 1 of this cryptography seals and derives, to be opened for ever by
 * test/contract/frozen.ts. It does not replace the file: a format that changed gets a number and a file of its own.
 *
 *     npx tsx scripts/freeze-vectors.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, toBase64Url, toHex, utf8 } from '../src/base/bytes.ts';
import { deriveAccountKeys } from '../src/crypto/account-keys.ts';
import { aeadKey, seal, toEncryptedData } from '../src/crypto/envelope.ts';
import { pskSeal } from '../src/crypto/hpke.ts';
import type { Kdf } from '../src/crypto/kdf.ts';
import { MIN_PADDED_BYTES, pad } from '../src/crypto/padding.ts';
import { passphraseKey } from '../src/crypto/passphrase.ts';
import { hmac, macInput } from '../src/crypto/primitives.ts';
import { sealerFor } from '../src/crypto/sealing.ts';
import { recoveryKeys, sign, x25519Pair } from '../src/crypto/signing.ts';
import { wrap } from '../src/crypto/wrap.ts';
import { ROOT } from './root.ts';

/** 0x10, 0x11, … for `first` 0x10. */
const counting = (first: number, length = 32): Bytes =>
  Uint8Array.from({ length }, (_, i) => (first + i) & 0xff);

async function envelope() {
  const raw = counting(0x10);
  const key = await aeadKey(raw);
  const sealed = async (plaintext: string, aad: string) => {
    const bytes = await seal(key, utf8(plaintext), utf8(aad));
    return { plaintext, aad, envelope: toHex(bytes), view: toEncryptedData(bytes) };
  };
  return {
    key: toHex(raw),
    kid: toHex(key.kid),
    sealed: [await sealed('', ''), await sealed('Grüße, 世界', 'events/2026-03-01/7')],
  };
}

async function sealedFor() {
  const secret = counting(0x30);
  const { publicBytes } = await x25519Pair(secret);
  const sealer = await sealerFor(publicBytes);
  const sealed = async (plaintext: string, aad: string) => ({
    ...{ plaintext, aad },
    envelope: toHex(await sealer.seal(utf8(plaintext), utf8(aad))),
  });
  return {
    secret: toHex(secret),
    public: toHex(publicBytes),
    sealed: [await sealed('first', 'inbox/1'), await sealed('second', 'inbox/2')],
  };
}

async function wrapped() {
  const [wrappingKey, secret, aad] = [counting(0x50), counting(0x70), 'period/2026-03-01/0'];
  return {
    wrappingKey: toHex(wrappingKey),
    ...{ secret: toHex(secret), aad },
    wrapped: toHex(await wrap(wrappingKey, secret, utf8(aad))),
  };
}

async function account() {
  const [master, scope, epoch] = [counting(0x90), 'frozen', 3];
  const { wrapping, naming, header, record } = await deriveAccountKeys(master, scope, epoch);
  const [payload, aad] = ['{"level":"private"}', 'object/settings'];
  const padded = pad(utf8(payload), MIN_PADDED_BYTES);
  return {
    ...{ master: toHex(master), scope, epoch },
    wrapping: toHex(wrapping),
    headerKid: toHex(header.kid),
    recordKid: toHex(record.kid),
    name: toHex(await hmac(naming, macInput('host', utf8('garden.example')))),
    padded: { payload, aad, bytes: padded.length, envelope: toHex(await seal(record, padded, utf8(aad))) },
  };
}

async function recovery() {
  const [secret, data] = [counting(0xb0, 16), 'device list 1'];
  const keys = await recoveryKeys(secret);
  return {
    secret: toHex(secret),
    signPublic: toHex(keys.signPublic),
    kemPublic: toHex(keys.kemPublic),
    ...{ data, signature: toHex(await sign(keys.sign, utf8(data))) },
  };
}

async function pairing() {
  const [recipient, secret] = [counting(0xd0), counting(0xf0, 16)];
  const [info, aad, plaintext] = ['arq/v1/pair/frozen', 'offer', 'the account'];
  const { publicBytes } = await x25519Pair(recipient);
  const message = await pskSeal(publicBytes, secret, info, utf8(plaintext), utf8(aad));
  return {
    recipient: toHex(recipient),
    secret: toHex(secret),
    info,
    aad,
    plaintext,
    message: toHex(message),
  };
}

async function passphrases() {
  const kdf: Kdf = {
    ...{ name: 'argon2id', memory: 19 * 1024, passes: 2, lanes: 1 },
    salt: toBase64Url(counting(0x20, 16)),
  };
  const made = async (passphrase: string, parameters: Kdf) => ({
    passphrase,
    kdf: parameters,
    key: toHex(await passphraseKey(passphrase, parameters)),
  });
  return [
    await made('correct horse battery staple', kdf),
    await made('Gru\u0308\u00dfe aus K\u00f6ln \ud83d\udd11', { ...kdf, memory: 20 * 1024, passes: 3 }),
  ];
}

const frozen = {
  format: 1,
  envelope: await envelope(),
  sealedFor: await sealedFor(),
  wrap: await wrapped(),
  account: await account(),
  recovery: await recovery(),
  pairing: await pairing(),
  passphrases: await passphrases(),
};
const file = join(ROOT, 'test/vectors/frozen-1.json');
writeFileSync(file, `${JSON.stringify(frozen, null, 2)}\n`, { flag: 'wx' });
