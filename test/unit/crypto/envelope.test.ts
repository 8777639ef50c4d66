import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, concat, utf8 } from '../../../src/base/bytes.ts';
import { aeadKey, fromEncryptedData, open, seal, toEncryptedData } from '../../../src/crypto/envelope.ts';
import { MIN_PADDED_BYTES, pad, padmeSize, unpad } from '../../../src/crypto/padding.ts';
import { unwrap, wrap } from '../../../src/crypto/wrap.ts';

const keyOf = (fill: number) => aeadKey(new Uint8Array(32).fill(fill));
const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => new Uint8Array(array) as Bytes);

describe('envelope', () => {
  it('opens to what was sealed, and only with the same key and additional data', async () => {
    const [key, other] = [await keyOf(1), await keyOf(2)];
    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (plaintext, aad) => {
        const envelope = await seal(key, plaintext, aad);
        expect(await open(key, envelope, aad)).toEqual({ ok: true, plaintext });
        expect(await open(other, envelope, aad)).toEqual({ ok: false, why: 'other-key' });
        expect(await open(key, envelope, concat(aad, new Uint8Array(1)))).toEqual({
          ok: false,
          why: 'broken',
        });
      }),
      { numRuns: 100 },
    );
  });

  it('opens with no single bit changed', async () => {
    const key = await keyOf(3);
    const aad = utf8('here');
    const envelope = await seal(key, utf8('something to keep'), aad);
    for (let bit = 0; bit < envelope.length * 8; bit++) {
      const changed = envelope.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect((await open(key, changed, aad)).ok).toBe(false);
    }
  });

  it('refuses a byte too many and a byte too few', async () => {
    const key = await keyOf(4);
    const envelope = await seal(key, utf8('x'), utf8(''));
    expect((await open(key, concat(envelope, new Uint8Array(1)), utf8(''))).ok).toBe(false);
    expect((await open(key, envelope.subarray(0, -1), utf8(''))).ok).toBe(false);
  });

  it('never repeats an iv', async () => {
    const key = await keyOf(5);
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) seen.add(String((await seal(key, utf8(''), utf8(''))).subarray(20, 32)));
    expect(seen.size).toBe(500);
  });

  it('is the same as its JSON view, and the view has one spelling only', async () => {
    const envelope = await seal(await keyOf(6), utf8('viewed'), utf8(''));
    const view = toEncryptedData(envelope);
    expect(fromEncryptedData(view)).toEqual(envelope);
    expect(view.algorithm).toBe('AES-256-GCM');
    expect(fromEncryptedData({ ...view, iv: `${view.iv}=` })).toBeNull();
    expect(fromEncryptedData({ ...view, authTag: view.iv })).toBeNull();
  });
});

describe('wrap', () => {
  it('opens with the wrapping key in its place only', async () => {
    const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const wrapped = await wrap(a, utf8('secret'), utf8('slot'));
    expect(await unwrap(a, wrapped, utf8('slot'))).toEqual(utf8('secret'));
    expect(await unwrap(b, wrapped, utf8('slot'))).toBeNull();
    expect(await unwrap(a, wrapped, utf8('other slot'))).toBeNull();
    const forged = wrapped.slice();
    forged[0] = (forged[0] as number) ^ 1;
    expect(await unwrap(a, forged, utf8('slot'))).toBeNull();
  });
});

describe('padding', () => {
  it('gives back the payload and costs at most 12 % beyond the minimum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70_000 }), (length) => {
        const payload = new Uint8Array(length).fill(7);
        const padded = pad(payload, MIN_PADDED_BYTES);
        expect(padded.length).toBeGreaterThanOrEqual(MIN_PADDED_BYTES);
        expect(padded.length).toBeLessThanOrEqual(Math.max(MIN_PADDED_BYTES, (length + 4) * 1.12 + 1));
        expect(Buffer.compare(unpad(padded) ?? new Uint8Array(1), payload)).toBe(0);
      }),
    );
  });

  it('matches the sizes of the paper', () => {
    // Nikitin et al., PoPETs 2019, §4.1: L = 9 needs one bit of freedom less than its length.
    expect([1, 2, 7, 8, 9, 10, 1000, 1025, 65_537].map(padmeSize)).toEqual([
      1, 2, 7, 8, 10, 10, 1024, 1088, 67_584,
    ]);
  });

  it('refuses padding that is not zero and a length that is too long', () => {
    const padded = pad(utf8('abc'), 16);
    const dirty = padded.slice();
    dirty[15] = 1;
    expect(unpad(dirty)).toBeNull();
    const long = padded.slice();
    long[3] = 200;
    expect(unpad(long)).toBeNull();
  });
});
