/**
 * The cryptography under ours, against vectors that others wrote (test/vectors/external/README.md). Where we have a function, the
 * vector goes through it; where ours has a framing of its own, WebCrypto gets the vector and ours is compared with a second
 * implementation. Over 300 lines: one check for each algorithm, and they
 * share their reading.
 */
import { Aes128Gcm, Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { argon2id as nobleArgon2id } from '@noble/hashes/argon2.js';
import { expand as nobleExpand, hkdf as nobleHkdf } from '@noble/hashes/hkdf.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { shake128 } from '@noble/hashes/sha3.js';
import { type Bytes, concat, toBase64Url, toHex, u16, utf8 } from '../../src/base/bytes.ts';
import { aeadKey, open, toEncryptedData } from '../../src/crypto/envelope.ts';
import { pskOpen, pskSeal } from '../../src/crypto/hpke.ts';
import { parsePhrase, phraseOf } from '../../src/crypto/phrase.ts';
import { hkdf } from '../../src/crypto/primitives.ts';
import { openerOf, sealerFor } from '../../src/crypto/sealing.ts';
import { sign, verify, x25519Pair } from '../../src/crypto/signing.ts';
import { fromHex } from '../support/from-hex.ts';
import aesGcm from '../vectors/external/aes-gcm.json' with { type: 'json' };
import argon2id from '../vectors/external/argon2id.json' with { type: 'json' };
import bip39 from '../vectors/external/bip39.json' with { type: 'json' };
import ed25519 from '../vectors/external/ed25519.json' with { type: 'json' };
import hkdfSha256 from '../vectors/external/hkdf-sha256.json' with { type: 'json' };
import hpke from '../vectors/external/hpke.json' with { type: 'json' };
import x25519 from '../vectors/external/x25519.json' with { type: 'json' };
import { type Check, equal, rejects } from './check.ts';

/** Rows of a vector file, as its `columns` name them. */
const rows = <Row extends readonly unknown[]>(tests: readonly (readonly unknown[])[]) =>
  tests as unknown as readonly Row[];
const anyError = () => true;
const buffer = (hex: string): ArrayBuffer => fromHex(hex).buffer;
const hexOf = (bytes: ArrayBuffer): string => toHex(new Uint8Array(bytes));

interface GcmCase {
  readonly name: string;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly valid: boolean;
}
type GcmRow = readonly [number, string, string, string, string, string, string, string];

function gcmCases(): GcmCase[] {
  const { columns: _, tests, result, ...shared } = aesGcm.modifiedTag;
  return [
    ...rows<GcmRow>(aesGcm.tests).map(([tcId, key, iv, aad, msg, ct, tag, outcome]) => ({
      name: `test ${tcId}`,
      ...{ key, iv, aad, msg, ct, tag, valid: outcome === 'valid' },
    })),
    ...rows<readonly [number, string, string]>(tests).map(([tcId, comment, tag]) => ({
      name: `test ${tcId}, ${comment}`,
      ...{ ...shared, tag, valid: result === 'valid' },
    })),
  ];
}

async function checkGcm({ name, valid, ...hex }: GcmCase): Promise<void> {
  const { kid, key } = await aeadKey(fromHex(hex.key));
  const [iv, aad, msg] = [fromHex(hex.iv), fromHex(hex.aad), fromHex(hex.msg)];
  const sealed = hexOf(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: aad }, key, msg));
  equal(sealed === hex.ct + hex.tag, valid, `${name}: sealing gives the vector`);
  const envelope = concat(new Uint8Array([0x41, 0x51, 1, 1]), kid, iv, fromHex(hex.ct + hex.tag));
  equal(
    await open({ kid, key }, envelope, aad),
    valid ? { ok: true, plaintext: msg } : { ok: false, why: 'broken' },
    `${name}: opening`,
  );
  const { ciphertext, authTag, iv: shownIv } = toEncryptedData(envelope);
  const expected = [hex.ct, hex.tag, hex.iv].map((part) => toBase64Url(fromHex(part)));
  equal([ciphertext, authTag, shownIv], expected, `${name}: the view`);
}

async function webCryptoHkdf(ikm: string, salt: string, info: string, bytes: number): Promise<string> {
  const key = await crypto.subtle.importKey('raw', fromHex(ikm), 'HKDF', false, ['deriveBits']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: fromHex(salt), info: fromHex(info) };
  return hexOf(await crypto.subtle.deriveBits(parameters, key, bytes * 8));
}

type HkdfRow = readonly [number, string, string, string, number, string, string];

async function checkHkdf(): Promise<void> {
  for (const [tcId, ikm, salt, info, size, okm, result] of rows<HkdfRow>(hkdfSha256.tests)) {
    const derived = webCryptoHkdf(ikm, salt, info, size);
    if (result === 'valid') equal(await derived, okm, `test ${tcId}`);
    else await rejects(derived, anyError, `test ${tcId}`);
  }
  for (const [tcId, ikm, salt, info, size, first, last] of rows<HkdfRow>(
    hkdfSha256.maximalOutputSize.tests,
  )) {
    const okm = await webCryptoHkdf(ikm, salt, info, size);
    equal(
      [okm.length / 2, okm.slice(0, first.length), okm.slice(-last.length)],
      [size, first, last],
      `test ${tcId}`,
    );
  }
}

async function checkOurHkdf(): Promise<void> {
  for (const [n, length] of [1, 16, 31, 32, 33, 64, 255, 8160].entries()) {
    const secret = new Uint8Array(n * 9 + 1).fill(n + 1);
    const [label, context] = [`arq/v1/${'x'.repeat(n * 7)}`, new Uint8Array(n * 5).fill(0xa0 + n)];
    const info = concat(utf8(label), new Uint8Array(1), context);
    const expected = nobleHkdf(nobleSha256, secret, undefined, info, length);
    equal(toHex(await hkdf(secret, label, context, length)), toHex(expected), `${length} bytes`);
  }
  await rejects(
    hkdf(new Uint8Array(32), 'arq/v1/long', undefined, 8161),
    anyError,
    'a size that is too large',
  );
}

const ZERO_SECRET = '0'.repeat(64);
type X25519Row = readonly [number, string, string, string, string];

/**
 * 2p and 2p + 1: as 256 bits they are points of low order, as the 255 bits of RFC 7748 §5 they are not. Firefox refuses them, which
 * Wycheproof accepts. Nobody makes such keys.
 */
const MAY_BE_REFUSED: readonly number[] = [94, 95];

async function checkX25519(): Promise<void> {
  for (const [tcId, publicKey, privateKey, shared] of rows<X25519Row>(x25519.tests)) {
    const { pair } = await x25519Pair(fromHex(privateKey));
    const agree = async () => {
      const other = await crypto.subtle.importKey('raw', fromHex(publicKey), 'X25519', false, []);
      return hexOf(await crypto.subtle.deriveBits({ name: 'X25519', public: other }, pair.privateKey, 256));
    };
    if (shared === ZERO_SECRET) await rejects(agree(), anyError, `test ${tcId}`);
    else if (MAY_BE_REFUSED.includes(tcId)) equal(await agree().catch(() => shared), shared, `test ${tcId}`);
    else equal(await agree(), shared, `test ${tcId}`);
  }
}

/** The points of low order, in every spelling that the vectors have. */
const lowOrderPoints = (): Bytes[] => {
  const zero = rows<X25519Row>(x25519.tests).filter(([, , , shared]) => shared === ZERO_SECRET);
  return [...new Set(zero.map(([, publicKey]) => publicKey))].map(fromHex);
};

async function checkLowOrder(): Promise<void> {
  const secret = new Uint8Array(32).fill(7);
  const { pair, publicBytes } = await x25519Pair(secret);
  const opener = await openerOf(secret);
  const aad = utf8('here');
  const whole = await (await sealerFor(publicBytes)).seal(utf8('x'), aad);
  const message = await pskSeal(publicBytes, secret, 'info', utf8('x'), aad);
  const points = lowOrderPoints();
  equal(points.length, 14, 'spellings');
  for (const point of points) {
    const name = toHex(point);
    await rejects(sealerFor(point), anyError, `sealing for ${name}`);
    await rejects(pskSeal(point, secret, 'info', utf8('x'), aad), anyError, `pairing with ${name}`);
    const [sealed, paired] = [whole.slice(), message.slice()];
    sealed.set(point, 20);
    paired.set(point, 2);
    equal(await opener.open(sealed, aad), null, `opening from ${name}`);
    equal(await pskOpen(pair, secret, 'info', paired, aad), null, `pairing from ${name}`);
  }
}

type Ed25519Row = readonly [number, string, string, string];

async function checkEd25519(): Promise<void> {
  const seeds = new Map(rows<readonly [number, string]>(ed25519.rfc8032.tests));
  let signed = 0;
  for (const { pk, tests } of ed25519.groups)
    for (const [tcId, msg, sig, result] of rows<Ed25519Row>(tests)) {
      const answer = await verify(fromHex(pk), fromHex(msg), fromHex(sig));
      equal(answer, result === 'valid', `test ${tcId}`);
      const seed = seeds.get(tcId);
      if (seed === undefined) continue;
      // RFC 8410 §7.
      const pkcs8 = fromHex(`302e020100300506032b657004220420${seed}`);
      const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
      equal(toHex(await sign(key, fromHex(msg))), sig, `signing test ${tcId}`);
      signed += 1;
    }
  equal(signed, seeds.size, 'signed');
}

const suiteOf = (aeadId: number) =>
  new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: aeadId === 2 ? new Aes256Gcm() : new Aes128Gcm(),
  });

type HpkeTest = (typeof hpke.tests)[number];
type Encryption = readonly [sequence: number, aad: string, ct: string];
type Exported = readonly [context: string, bytes: number, value: string];

async function hpkeContexts(test: HpkeTest) {
  const suite = suiteOf(test.aead_id);
  const recipientKey = await suite.kem.deriveKeyPair(buffer(test.ikmR));
  equal(hexOf(await suite.kem.serializePublicKey(recipientKey.publicKey)), test.pkRm, 'pkRm');
  equal(toHex((await x25519Pair(fromHex(test.skRm))).publicBytes), test.pkRm, 'pkRm of skRm');
  const psk = test.psk && test.psk_id ? { psk: { key: buffer(test.psk), id: buffer(test.psk_id) } } : {};
  const shared = { info: buffer(test.info), ...psk };
  const sender = await suite.createSenderContext({
    ...shared,
    recipientPublicKey: recipientKey.publicKey,
    ekm: buffer(test.ikmE),
  });
  equal(hexOf(sender.enc), test.enc, 'enc');
  const { pair } = await x25519Pair(fromHex(test.skRm));
  const recipient = await suite.createRecipientContext({ ...shared, recipientKey: pair, enc: sender.enc });
  return { sender, recipient };
}

async function checkHpke(test: HpkeTest): Promise<void> {
  const { sender, recipient } = await hpkeContexts(test);
  const encryptions = rows<Encryption>(test.encryptions);
  const last = Math.max(...encryptions.map(([sequence]) => sequence));
  for (let sequence = 0; sequence <= last; sequence++) {
    const aad = utf8(`Count-${sequence}`).buffer;
    const ct = await sender.seal(buffer(test.pt), aad);
    equal(hexOf(await recipient.open(ct, aad)), test.pt, `${test.name}, opening ${sequence}`);
    const expected = encryptions.find(([at]) => at === sequence);
    if (!expected) continue;
    equal([hexOf(aad), hexOf(ct)], [expected[1], expected[2]], `${test.name}, sealing ${sequence}`);
  }
  for (const [context, bytes, value] of rows<Exported>(test.exports))
    for (const side of [sender, recipient])
      equal(hexOf(await side.export(buffer(context), bytes)), value, `${test.name}, export "${context}"`);
}

/** What @hpke/core exports rightly: it writes the length into one byte where RFC 9180 §4 has two. We export 32 bytes. */
const MOST_EXPORTED_BYTES = 255;

/** LabeledExpand of RFC 9180 §4 for an export. */
function expandedExport(test: HpkeTest, context: Uint8Array, bytes: number): Uint8Array {
  const suiteId = concat(utf8('HPKE'), u16(test.kem_id), u16(test.kdf_id), u16(test.aead_id));
  const info = concat(u16(bytes), utf8('HPKE-v1'), suiteId, utf8('sec'), context);
  return nobleExpand(nobleSha256, fromHex(test.exporter_secret ?? ''), info, bytes);
}

/** Inputs drawn from SHAKE128 of nothing; what comes of a thousand of them, hashed by it: how the source shortened the file. */
async function checkAccumulated(test: HpkeTest): Promise<void> {
  const { sender } = await hpkeContexts(test);
  const draws = () => {
    const source = shake128.create();
    return (): Bytes => new Uint8Array(source.xof(source.xof(1)[0] ?? 0));
  };
  const [draw, drawContext] = [draws(), draws()];
  const [sealed, exported] = [shake128.create(), shake128.create()];
  for (let n = 0; n < 1_000; n++) {
    const [aad, plaintext] = [draw(), draw()];
    sealed.update(new Uint8Array(await sender.seal(plaintext.buffer, aad.buffer)));
    const context = drawContext();
    exported.update(
      n <= MOST_EXPORTED_BYTES
        ? new Uint8Array(await sender.export(context.buffer, n))
        : expandedExport(test, context, n),
    );
  }
  equal(
    [toHex(sealed.xof(16)), toHex(exported.xof(16))],
    [test.encryptions_accumulated, test.exports_accumulated],
    test.name,
  );
}

/** sealing.ts and hpke.ts against the same suite, with what they add written out. */
async function checkOurHpke(): Promise<void> {
  const suite = suiteOf(2);
  const secret = new Uint8Array(32).fill(9);
  const { pair, publicBytes } = await x25519Pair(secret);
  const recipientPublicKey = await suite.kem.deserializePublicKey(publicBytes.slice().buffer);
  const [aad, plaintext, iv] = [utf8('here'), utf8('a page'), new Uint8Array(12).fill(5)];

  const base = await suite.createSenderContext({ recipientPublicKey, info: utf8('arq/v1/sealed').buffer });
  const exported = await base.export(utf8('arq/v1/sealed/key').buffer, 32);
  const key = await crypto.subtle.importKey('raw', exported, 'AES-GCM', false, ['encrypt']);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: aad }, key, plaintext);
  const kid = nobleSha256(concat(utf8('arq/v1/seal-kid'), publicBytes)).subarray(0, 16);
  const head = new Uint8Array([0x41, 0x51, 1, 2]);
  const envelope = concat(head, kid, new Uint8Array(base.enc), iv, new Uint8Array(sealed));
  equal(await (await openerOf(secret)).open(envelope, aad), plaintext, 'sealing.ts');

  const stretched = utf8('arq/v1/pair/psk\0');
  const psk = {
    id: utf8('arq/v1/pair').buffer,
    key: nobleHkdf(nobleSha256, secret, undefined, stretched, 32).slice().buffer as ArrayBuffer,
  };
  const paired = await suite.createSenderContext({ recipientPublicKey, info: utf8('info').buffer, psk });
  const ct = new Uint8Array(await paired.seal(plaintext.buffer, aad.buffer));
  const message = concat(u16(32), new Uint8Array(paired.enc), ct);
  equal(await pskOpen(pair, secret, 'info', message, aad), plaintext, 'hpke.ts');
}

/** Our own function has neither a secret nor associated data: it is held against this one by frozen keys (frozen.ts). */
function checkArgon2id(): void {
  const tag = nobleArgon2id(fromHex(argon2id.password), fromHex(argon2id.salt), {
    t: argon2id.passes,
    m: argon2id.memoryKiB,
    p: argon2id.lanes,
    dkLen: 32,
    key: fromHex(argon2id.secret),
    personalization: fromHex(argon2id.associatedData),
  });
  equal(toHex(tag), argon2id.tag);
}

function checkBip39(): void {
  for (const [entropy, words] of rows<readonly [string, string]>(bip39.tests)) {
    equal(phraseOf(fromHex(entropy)), words, entropy);
    equal(parsePhrase(words), { ok: true, value: fromHex(entropy) }, words);
  }
}

const check = (name: string, run: () => void | Promise<void>): Check => ({ name, run: async () => run() });
const [hpkeAes256] = hpke.tests;

export const VECTOR_CHECKS: readonly Check[] = [
  check('AES-256-GCM seals and opens as Wycheproof says, and no changed tag opens', async () => {
    for (const one of gcmCases()) await checkGcm(one);
  }),
  check('HKDF-SHA-256 derives what Wycheproof says, up to the largest size and no further', checkHkdf),
  check('our HKDF is the one of a second implementation, with its label before the context', checkOurHkdf),
  check('X25519 agrees on what Wycheproof says, and on no secret that is all zero', checkX25519),
  check('nothing is sealed for a point of low order, and nothing opens that came from one', checkLowOrder),
  check(
    'Ed25519 takes the signatures that Wycheproof calls valid and no other, and signs as RFC 8032',
    checkEd25519,
  ),
  check('HPKE gives what RFC 9180 says, in base and PSK mode, with its exports', async () => {
    for (const test of hpke.tests) await checkHpke(test);
  }),
  check('HPKE with AES-256-GCM gives what RFC 9180 says for a thousand messages and exports', async () => {
    if (hpkeAes256) await checkAccumulated(hpkeAes256);
    equal(hpkeAes256?.aead_id, 2);
  }),
  check('sealing and pairing are HPKE as RFC 9180 has it, with nothing but a frame around it', checkOurHpke),
  check('the second implementation of Argon2id gives what RFC 9106 says', checkArgon2id),
  check('a recovery phrase is the one of the BIP39 vectors', checkBip39),
];
