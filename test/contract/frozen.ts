/**
 * What format 1 sealed and derived once, opened for ever (test/vectors/frozen-1.json, by scripts/freeze-vectors.ts). If one of these
 * fails, what people have stored does not open: write a new format beside the old one.
 */
import { type Bytes, equalBytes, toHex, utf8 } from '../../src/base/bytes.ts';
import { deriveAccountKeys } from '../../src/crypto/account-keys.ts';
import {
  aeadKey,
  type EncryptedData,
  fromEncryptedData,
  open,
  toEncryptedData,
} from '../../src/crypto/envelope.ts';
import { pskOpen } from '../../src/crypto/hpke.ts';
import type { Kdf } from '../../src/crypto/kdf.ts';
import { MIN_PADDED_BYTES, pad, unpad } from '../../src/crypto/padding.ts';
import { passphraseKey } from '../../src/crypto/passphrase.ts';
import { hmac, macInput } from '../../src/crypto/primitives.ts';
import { openerOf } from '../../src/crypto/sealing.ts';
import { recoveryKeys, sign, verify, x25519Pair } from '../../src/crypto/signing.ts';
import { unwrap } from '../../src/crypto/wrap.ts';
import { fromHex } from '../support/from-hex.ts';
import frozen from '../vectors/frozen-1.json' with { type: 'json' };
import { type Check, equal } from './check.ts';

const elsewhere = (aad: string): Bytes => utf8(`${aad}/elsewhere`);
const sameBytes = (bytes: Bytes | null, hex: string, what: string) =>
  equal(bytes !== null && equalBytes(bytes, fromHex(hex)), true, what);

async function checkEnvelopes(): Promise<void> {
  const key = await aeadKey(fromHex(frozen.envelope.key));
  equal(toHex(key.kid), frozen.envelope.kid, 'kid');
  for (const { plaintext, aad, envelope, view } of frozen.envelope.sealed) {
    const bytes = fromHex(envelope);
    equal(await open(key, bytes, utf8(aad)), { ok: true, plaintext: utf8(plaintext) });
    equal(await open(key, bytes, elsewhere(aad)), { ok: false, why: 'broken' }, 'elsewhere');
    equal(toEncryptedData(bytes), view, 'the view');
    sameBytes(fromEncryptedData(view as EncryptedData), envelope, 'of the view');
  }
}

async function checkSealedFor(): Promise<void> {
  const { secret, public: publicHex, sealed } = frozen.sealedFor;
  equal(toHex((await x25519Pair(fromHex(secret))).publicBytes), publicHex, 'public key');
  const opener = await openerOf(fromHex(secret));
  for (const { plaintext, aad, envelope } of sealed.toReversed()) {
    equal(await opener.open(fromHex(envelope), utf8(aad)), utf8(plaintext));
    equal(await opener.open(fromHex(envelope), elsewhere(aad)), null, 'elsewhere');
  }
}

async function checkKeys(): Promise<void> {
  const { wrappingKey, wrapped, secret, aad } = frozen.wrap;
  sameBytes(await unwrap(fromHex(wrappingKey), fromHex(wrapped), utf8(aad)), secret, 'what was wrapped');
  equal(await unwrap(fromHex(wrappingKey), fromHex(wrapped), elsewhere(aad)), null, 'elsewhere');
  const { account } = frozen;
  const keys = await deriveAccountKeys(fromHex(account.master), account.scope, account.epoch);
  equal(toHex(keys.wrapping), account.wrapping, 'wrapping key');
  equal([toHex(keys.header.kid), toHex(keys.record.kid)], [account.headerKid, account.recordKid], 'kids');
  const name = await hmac(keys.naming, macInput('host', utf8('garden.example')));
  equal(toHex(name), account.name, 'name');
  const { padded } = account;
  const opened = await open(keys.record, fromHex(padded.envelope), utf8(padded.aad));
  if (!opened.ok) throw new Error(`The padded object is ${opened.why}.`);
  equal(opened.plaintext.length, padded.bytes, 'padded size');
  equal(unpad(opened.plaintext), utf8(padded.payload), 'payload');
  equal(opened.plaintext, pad(utf8(padded.payload), MIN_PADDED_BYTES), 'padding');
}

async function checkRecovery(): Promise<void> {
  const { secret, signPublic, kemPublic, data, signature } = frozen.recovery;
  const keys = await recoveryKeys(fromHex(secret));
  equal([toHex(keys.signPublic), toHex(keys.kemPublic)], [signPublic, kemPublic], 'public keys');
  equal(toHex(await sign(keys.sign, utf8(data))), signature, 'signature');
  equal(await verify(keys.signPublic, utf8(data), fromHex(signature)), true, 'verified');
}

async function checkPairing(): Promise<void> {
  const { recipient, secret, info, aad, plaintext, message } = frozen.pairing;
  const { pair } = await x25519Pair(fromHex(recipient));
  const opened = (said: Bytes) => pskOpen(pair, fromHex(secret), info, fromHex(message), said);
  equal(await opened(utf8(aad)), utf8(plaintext));
  equal(await opened(elsewhere(aad)), null, 'elsewhere');
}

async function checkPassphrases(): Promise<void> {
  for (const { passphrase, kdf, key } of frozen.passphrases)
    equal(toHex(await passphraseKey(passphrase, kdf as Kdf)), key, passphrase);
}

export const FROZEN_CHECKS: readonly Check[] = [
  { name: 'what format 1 sealed opens as it was, in its place only', run: checkEnvelopes },
  { name: 'what format 1 sealed for somebody opens, in any order', run: checkSealedFor },
  {
    name: 'the keys and names of format 1 are the same, and open what they wrapped and padded',
    run: checkKeys,
  },
  { name: 'a recovery secret gives the same keys for ever', run: checkRecovery },
  { name: 'a pairing message of format 1 opens', run: checkPairing },
  { name: 'a passphrase gives the same key for ever', run: checkPassphrases },
];
