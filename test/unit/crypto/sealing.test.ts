import { describe, expect, it } from 'vitest';
import { type Bytes, concat, toHex, utf8 } from '../../../src/base/bytes.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { openerOf, sealerFor } from '../../../src/crypto/sealing.ts';
import { x25519Pair } from '../../../src/crypto/signing.ts';

const AAD = utf8('where it lies');
const fromHex = (hex: string): Bytes =>
  new Uint8Array((hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
const sealingPublicOf = async (secret: Bytes) => (await x25519Pair(secret)).publicBytes;
const secretOf = (byte: number) => new Uint8Array(32).fill(byte);

describe('what is sealed for somebody', () => {
  it('the public half is that of RFC 7748 §6.1', async () => {
    const secret = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    expect(toHex(await sealingPublicOf(secret))).toBe(
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    );
  });

  it('opens with its key where it was sealed, and is never the same twice', async () => {
    const secret = systemRandom.bytes(32);
    const publicKey = await sealingPublicOf(secret);
    const opener = await openerOf(secret);
    const seen = new Set<string>();
    for (const size of [0, 1, 31, 4_096]) {
      const plaintext = systemRandom.bytes(size);
      const sealed = await (await sealerFor(publicKey)).seal(plaintext, AAD);
      expect(sealed.length).toBe(4 + 16 + 32 + 12 + size + 16);
      expect(await opener.open(sealed, AAD)).toEqual(plaintext);
      for (const again of [sealed, await (await sealerFor(publicKey)).seal(plaintext, AAD)])
        seen.add(toHex(again));
    }
    expect(seen.size).toBe(8);
  });

  it('opens in any order, and without what else the same sender sealed', async () => {
    const opener = await openerOf(secretOf(1));
    const sealer = await sealerFor(await sealingPublicOf(secretOf(1)));
    const sealed = await Promise.all([0, 1, 2, 3].map((n) => sealer.seal(utf8(`page ${n}`), AAD)));
    const [, second, , fourth] = sealed as Bytes[];
    expect(await opener.open(fourth as Bytes, AAD)).toEqual(utf8('page 3'));
    expect(await opener.open(second as Bytes, AAD)).toEqual(utf8('page 1'));
  });

  it('opens however many have sealed, the first of them again at last', async () => {
    const publicKey = await sealingPublicOf(secretOf(1));
    const opener = await openerOf(secretOf(1));
    const sealed: Bytes[] = [];
    for (let n = 0; n < 70; n++) sealed.push(await (await sealerFor(publicKey)).seal(utf8(`${n}`), AAD));
    for (const n of [...sealed.keys(), 0])
      expect(await opener.open(sealed[n] as Bytes, AAD)).toEqual(utf8(`${n}`));
  });

  it('does not open with another key, in another place, or when any one of its bits is another', async () => {
    const publicKey = await sealingPublicOf(secretOf(1));
    const [right, wrong] = [await openerOf(secretOf(1)), await openerOf(secretOf(2))];
    const sealed = await (await sealerFor(publicKey)).seal(utf8('a page'), AAD);
    expect(await wrong.open(sealed, AAD)).toBeNull();
    expect(await right.open(sealed, utf8('elsewhere'))).toBeNull();
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(await right.open(changed, AAD), `bit ${bit}`).toBeNull();
    }
    for (let length = 0; length < sealed.length; length++)
      expect(await right.open(sealed.slice(0, length), AAD)).toBeNull();
    expect(await right.open(concat(sealed, new Uint8Array(1)), AAD)).toBeNull();
  });
});
