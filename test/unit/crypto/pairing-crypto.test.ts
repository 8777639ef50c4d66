import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { pskOpen, pskSeal } from '../../../src/crypto/hpke.ts';
import {
  exportDeviceKeys,
  generateDeviceKeys,
  importDeviceKeys,
  recoveryKeys,
  sign,
  verify,
} from '../../../src/crypto/signing.ts';

describe('HPKE with a pre-shared key', () => {
  it('opens for the recipient with the same secret, place and purpose only', async () => {
    const [a, b] = [await generateDeviceKeys(), await generateDeviceKeys()];
    const secret = new Uint8Array(16).fill(9);
    const message = await pskSeal(a.kemPublic, secret, 'pair', utf8('keys'), utf8('channel'));
    expect(await pskOpen(a.kem, secret, 'pair', message, utf8('channel'))).toEqual(utf8('keys'));
    expect(await pskOpen(b.kem, secret, 'pair', message, utf8('channel'))).toBeNull();
    expect(await pskOpen(a.kem, new Uint8Array(16).fill(8), 'pair', message, utf8('channel'))).toBeNull();
    expect(await pskOpen(a.kem, secret, 'other', message, utf8('channel'))).toBeNull();
    expect(await pskOpen(a.kem, secret, 'pair', message, utf8('other'))).toBeNull();
    expect(await pskOpen(a.kem, secret, 'pair', new Uint8Array(3), utf8('channel'))).toBeNull();
  });
});

describe('device keys', () => {
  it('sign the same after being stored', async () => {
    const keys = await generateDeviceKeys();
    const again = await importDeviceKeys(JSON.parse(JSON.stringify(await exportDeviceKeys(keys))));
    const signature = await sign(again.sign.privateKey, utf8('request'));
    expect(await verify(keys.signPublic, utf8('request'), signature)).toBe(true);
    expect(await verify(keys.signPublic, utf8('another'), signature)).toBe(false);
    expect(await verify(utf8('no key'), utf8('request'), signature)).toBe(false);
  });

  it('of recovery follow from the secret alone', async () => {
    const [a, b, c] = await Promise.all([1, 1, 2].map((fill) => recoveryKeys(new Uint8Array(16).fill(fill))));
    expect(a?.signPublic).toEqual(b?.signPublic);
    expect(a?.signPublic).not.toEqual(c?.signPublic);
    expect(a?.kemPublic).not.toEqual(a?.signPublic);
  });
});
