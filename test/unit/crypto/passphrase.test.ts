import { argon2id as nobleArgon2id } from '@noble/hashes/argon2.js';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { toBase64Url, toHex, utf8 } from '../../../src/base/bytes.ts';
import { chooseKdf, type Kdf, kdfSchema, passphraseFault } from '../../../src/crypto/kdf.ts';
import { passphraseKey } from '../../../src/crypto/passphrase.ts';

const SALT = new Uint8Array(16).fill(7);
const kdf = (memory: number, passes: number): Kdf => ({
  name: 'argon2id',
  memory,
  passes,
  lanes: 1,
  salt: toBase64Url(SALT),
});

describe('the key of a passphrase', () => {
  it('the oracle gives what RFC 9106 §5.3 says for Argon2id', () => {
    const tag = nobleArgon2id(new Uint8Array(32).fill(1), new Uint8Array(16).fill(2), {
      t: 3,
      m: 32,
      p: 4,
      dkLen: 32,
      key: new Uint8Array(8).fill(3),
      personalization: new Uint8Array(12).fill(4),
    });
    expect(toHex(new Uint8Array(tag))).toBe(
      '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659',
    );
  });

  it.each([
    ['correct horse battery', 19 * 1024, 2],
    ['Gr\u00fc\u00dfe aus K\u00f6ln \ud83d\udd11', 20 * 1024, 3],
  ])('is what the oracle says of %s', async (passphrase, memory, passes) => {
    const expected = nobleArgon2id(utf8(passphrase.normalize('NFKC')), SALT, {
      t: passes,
      m: memory,
      p: 1,
      dkLen: 32,
    });
    expect(toHex(await passphraseKey(passphrase, kdf(memory, passes)))).toBe(toHex(new Uint8Array(expected)));
  });

  it('does not depend on how a keyboard composes letters, and does on everything else', async () => {
    const cheap = kdf(19 * 1024, 2);
    const key = async (text: string) => toHex(await passphraseKey(text, cheap));
    expect(await key('Gru\u0308\u00dfe aus Ko\u0308ln')).toBe(await key('Gr\u00fc\u00dfe aus K\u00f6ln'));
    expect(await key('correct horse battery ')).not.toBe(await key('correct horse battery'));
    expect(await key('Correct horse battery')).not.toBe(await key('correct horse battery'));
  });

  it.each([
    ['too little memory', { memory: 19 * 1024 - 1 }],
    ['too much memory', { memory: 512 * 1024 + 1 }],
    ['one pass', { passes: 1 }],
    ['too many passes', { passes: 11 }],
    ['several lanes', { lanes: 4 }],
    ['another function', { name: 'pbkdf2' }],
    ['a short salt', { salt: 'AAAA' }],
    ['something more', { secret: '' }],
  ])('is not made with %s', (_, change) => {
    expect(v.safeParse(kdfSchema, { ...kdf(64 * 1024, 3), ...change }).success).toBe(false);
    expect(v.safeParse(kdfSchema, kdf(64 * 1024, 3)).success).toBe(true);
  });
});

describe('a passphrase', () => {
  it.each(['short', 'ninechars', '', '          ', 'aaaaaaaaaaaa', 'a\ud800bcdefghijk', 'abc'.repeat(600)])(
    'like %j is refused with a reason',
    (passphrase) => expect(passphraseFault(passphrase)).toMatch(/\.$/),
  );
  it.each([
    'correct horse battery staple',
    'zehn Zeich',
    '\u5bc6\u7801\u77ed\u8bed\u5f88\u957f\u5f88\u957f\u5f88\u957f\u554a',
  ])('like %j is taken', (passphrase) => expect(passphraseFault(passphrase)).toBeNull());
});

describe('parameters are chosen by what the device can do', () => {
  /** A device that does so many MiB passes in a second. */
  const device = (mibPasses: number) => async (made: Kdf) => ({
    key: new Uint8Array(32),
    ms: (1_000 * (made.memory / 1024) * made.passes) / mibPasses,
  });
  it.each([
    ['a slow one gets the floor', 30, 19],
    ['one that is a little slow', 100, 46],
    ['one of today', 500, 64],
    ['a fast one', 900, 128],
    ['one from the future', 5_000, 256],
  ])('%s', async (_, speed, memory) => {
    const chosen = await chooseKdf(device(speed));
    expect(chosen.kdf.memory / 1024).toBe(memory);
    expect(v.safeParse(kdfSchema, chosen.kdf).success).toBe(true);
    const again = await chooseKdf(device(speed));
    expect(again.kdf.salt).not.toBe(chosen.kdf.salt);
  });
});
