/**
 * What holds of every envelope, ten thousand times each with other bytes. A failure prints the seed and the path that repeat it
 * (fast-check: `{ seed, path }` as options of `fc.assert`).
 */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type Bytes, concat, equalBytes } from '../../../src/base/bytes.ts';
import {
  type AeadKey,
  aeadKey,
  ENVELOPE_BYTES,
  fromEncryptedData,
  open,
  seal,
  toEncryptedData,
} from '../../../src/crypto/envelope.ts';
import { pad, padmeSize, unpad } from '../../../src/crypto/padding.ts';
import { type Opener, openerOf, type Sealer, sealerFor } from '../../../src/crypto/sealing.ts';
import { x25519Pair } from '../../../src/crypto/signing.ts';
import { unwrap, wrap } from '../../../src/crypto/wrap.ts';

/** Without making a failure smaller: of long bytes that takes hours. */
const run = (numRuns: number) => ({ numRuns, endOnFailure: true });
const SECONDS_120 = { timeout: 120_000 } as const;

/** Of every length up to the longest: by itself fast-check draws ten bytes at most. */
const bytesOf = (constraints: fc.IntArrayConstraints): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ ...constraints, size: 'max' }).map((array) => new Uint8Array(array));
const bytes = bytesOf({ maxLength: 64 });
const rawKey = bytesOf({ minLength: 32, maxLength: 32 });
/** Some keys, the same objects each time: what is derived of one is derived once. */
const KEYS = Array.from({ length: 64 }, (_, n) => Uint8Array.from({ length: 32 }, (_, i) => n * 4 + i));
const twoKeys = fc.tuple(fc.nat(63), fc.nat(63)).filter(([right, wrong]) => right !== wrong);
/** Two that differ. */
const different = (one: fc.Arbitrary<Bytes>): fc.Arbitrary<[Bytes, Bytes]> =>
  fc.tuple(one, one).filter(([a, b]) => !equalBytes(a, b));

const always = <Drawn>(arbitrary: fc.Arbitrary<Drawn>, holds: (drawn: Drawn) => Promise<boolean>) =>
  fc.assert(fc.asyncProperty(arbitrary, holds), run(10_000));
const flipped = (whole: Bytes, bit: number): Bytes => {
  const changed = whole.slice();
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
};
const opensTo = async (key: AeadKey, envelope: Bytes, aad: Bytes, plaintext: Bytes): Promise<boolean> => {
  const opened = await open(key, envelope, aad);
  return opened.ok && equalBytes(opened.plaintext, plaintext);
};

describe('an envelope', SECONDS_120, () => {
  it('opens to what was sealed, for any key, plaintext and place', () =>
    always(fc.tuple(rawKey, bytesOf({ maxLength: 300 }), bytes), async ([raw, plaintext, aad]) => {
      const key = await aeadKey(raw);
      const envelope = await seal(key, plaintext, aad);
      return (
        envelope.length === plaintext.length + ENVELOPE_BYTES &&
        (await opensTo(key, envelope, aad, plaintext))
      );
    }));

  it('never opens with another key, whatever kid that says to have', async () => {
    const keys = await Promise.all(KEYS.map((raw) => aeadKey(raw)));
    await always(fc.tuple(twoKeys, bytes, bytes), async ([[one, other], plaintext, aad]) => {
      const [right, wrong] = [keys[one] as AeadKey, keys[other] as AeadKey];
      const envelope = await seal(right, plaintext, aad);
      const honest = await open(wrong, envelope, aad);
      const lying = await open({ kid: right.kid, key: wrong.key }, envelope, aad);
      return !honest.ok && honest.why === 'other-key' && !lying.ok && lying.why === 'broken';
    });
  });

  it('never opens in another place', async () => {
    const key = await aeadKey(new Uint8Array(32).fill(1));
    await always(fc.tuple(bytes, different(bytes)), async ([plaintext, [here, there]]) => {
      const opened = await open(key, await seal(key, plaintext, here), there);
      return !opened.ok && opened.why === 'broken';
    });
  });

  it('never opens as the other of two that one key sealed, nor as a mixture of both', async () => {
    const key = await aeadKey(new Uint8Array(32).fill(2));
    const two = fc.tuple(bytes, bytes, different(bytes), fc.double({ min: 0, max: 1, noNaN: true }));
    await always(two, async ([first, second, [here, there], where]) => {
      const [a, b] = [await seal(key, first, here), await seal(key, second, there)];
      const cut = 20 + Math.floor(where * (Math.min(a.length, b.length) - 20));
      const mixed = concat(a.subarray(0, cut), b.subarray(cut));
      const isOneOfThem = equalBytes(mixed, a) || equalBytes(mixed, b);
      return !(await open(key, a, there)).ok && (isOneOfThem || !(await open(key, mixed, here)).ok);
    });
  });

  it('is the same as its view, which is as long as it has to be', async () => {
    const key = await aeadKey(new Uint8Array(32).fill(3));
    await always(bytes, async (plaintext) => {
      const envelope = await seal(key, plaintext, plaintext);
      const view = toEncryptedData(envelope);
      const back = fromEncryptedData(JSON.parse(JSON.stringify(view)));
      return (
        back !== null &&
        equalBytes(back, envelope) &&
        view.ciphertext.length === Math.ceil((plaintext.length * 4) / 3)
      );
    });
  });

  it('does not open when any one bit of it or of its place is another: 200 samples, every bit', async () => {
    const sample = fc.tuple(rawKey, bytesOf({ maxLength: 12 }), bytesOf({ minLength: 1, maxLength: 12 }));
    await fc.assert(
      fc.asyncProperty(sample, async ([raw, plaintext, aad]) => {
        const key = await aeadKey(raw);
        const envelope = await seal(key, plaintext, aad);
        const ofEnvelope = Array.from({ length: envelope.length * 8 }, (_, bit) =>
          open(key, flipped(envelope, bit), aad),
        );
        const ofPlace = Array.from({ length: aad.length * 8 }, (_, bit) =>
          open(key, envelope, flipped(aad, bit)),
        );
        const opened = await Promise.all([...ofEnvelope, ...ofPlace]);
        return opened.every(({ ok }) => !ok) && (await opensTo(key, envelope, aad, plaintext));
      }),
      run(200),
    );
  });
});

describe('a wrap', SECONDS_120, () => {
  it('gives its secret to its key in its place, and null to every other', () =>
    always(
      fc.tuple(twoKeys, different(bytes), bytesOf({ maxLength: 48 })),
      async ([[one, other], [here, there], secret]) => {
        const [right, wrong] = [KEYS[one] as Bytes, KEYS[other] as Bytes];
        const wrapped = await wrap(right, secret, here);
        const opened = await unwrap(right, wrapped, here);
        return (
          opened !== null &&
          equalBytes(opened, secret) &&
          (await unwrap(wrong, wrapped, here)) === null &&
          (await unwrap(right, wrapped, there)) === null
        );
      },
    ));

  it('gives null for any bytes that are no wrap', async () => {
    const key = new Uint8Array(32).fill(4);
    const wrapped = await wrap(key, new Uint8Array(32), new Uint8Array(0));
    const cutOrOther = fc.oneof(
      bytesOf({ maxLength: 160 }),
      fc.nat(wrapped.length - 1).map((length) => wrapped.slice(0, length)),
      bytesOf({ minLength: 1, maxLength: 20 }).map((more) => concat(wrapped, more)),
    );
    await always(cutOrOther, async (said) => (await unwrap(key, said, new Uint8Array(0))) === null);
  });
});

describe('padding', SECONDS_120, () => {
  it('gives back the payload, in one of few sizes and never in less than asked for', () =>
    always(fc.tuple(bytesOf({ maxLength: 700 }), fc.nat(600)), async ([payload, minimum]) => {
      const padded = pad(payload, minimum);
      const back = unpad(padded);
      return (
        back !== null &&
        equalBytes(back, payload) &&
        padded.length === Math.max(minimum, padmeSize(payload.length + 4)) &&
        padmeSize(padmeSize(payload.length + 4)) === padmeSize(payload.length + 4)
      );
    }));

  it('with any one bit changed is not the same payload', () =>
    always(
      fc.tuple(bytes, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      async ([payload, at]) => {
        const padded = pad(payload, 80);
        const back = unpad(flipped(padded, Math.floor(at * padded.length * 8)));
        return back === null || !equalBytes(back, payload);
      },
    ));
});

describe('what is sealed for somebody', SECONDS_120, () => {
  /** Some recipients with some senders each: agreeing on a secret takes a hundred times as long as sealing with it. */
  const pairs = async (): Promise<{ opener: Opener; sealers: Sealer[] }[]> =>
    Promise.all(
      [1, 2, 3].map(async (n) => {
        const secret = new Uint8Array(32).fill(n);
        const { publicBytes } = await x25519Pair(secret);
        const sealers = [sealerFor(publicBytes), sealerFor(publicBytes), sealerFor(publicBytes)];
        return { opener: await openerOf(secret), sealers: await Promise.all(sealers) };
      }),
    );
  const page = fc.record({ to: fc.nat(2), from: fc.nat(2), plaintext: bytes, aad: bytes });

  it('opens in any order, for whom it was sealed and nobody else, and in its place', async () => {
    const known = await pairs();
    const pages = fc
      .array(page, { minLength: 1, maxLength: 4 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: 1 })));
    await always(pages, async ([all, order]) => {
      const sealed = new Map<unknown, Bytes>();
      for (const one of all) {
        const envelope = await known[one.to]?.sealers[one.from]?.seal(one.plaintext, one.aad);
        if (envelope) sealed.set(one, envelope);
      }
      for (const one of order) {
        const envelope = sealed.get(one) as Bytes;
        const opened = await Promise.all(known.map(({ opener }) => opener.open(envelope, one.aad)));
        const elsewhere = await known[one.to]?.opener.open(envelope, concat(one.aad, new Uint8Array(1)));
        const isRight = opened.every((plaintext, whose) =>
          whose === one.to ? plaintext !== null && equalBytes(plaintext, one.plaintext) : plaintext === null,
        );
        if (!isRight || elsewhere !== null) return false;
      }
      return true;
    });
  });

  it('does not open when any one bit of it or of its place is another: 200 samples, every bit but the sender’s', async () => {
    const [pair] = await pairs();
    const [opener, sealer] = [pair?.opener as Opener, pair?.sealers[0] as Sealer];
    const sample = fc.tuple(
      bytesOf({ maxLength: 12 }),
      bytesOf({ minLength: 1, maxLength: 12 }),
      fc.integer({ min: 20 * 8, max: 52 * 8 - 1 }),
    );
    await fc.assert(
      fc.asyncProperty(sample, async ([plaintext, aad, ofSender]) => {
        const envelope = await sealer.seal(plaintext, aad);
        // Each bit of the sender's key is an agreement of its own: one a sample here, all of one sample in sealing.test.ts.
        const bits = Array.from({ length: envelope.length * 8 }, (_, bit) => bit).filter(
          (bit) => bit < 20 * 8 || bit >= 52 * 8 || bit === ofSender,
        );
        const opened = await Promise.all([
          ...bits.map((bit) => opener.open(flipped(envelope, bit), aad)),
          ...Array.from({ length: aad.length * 8 }, (_, bit) => opener.open(envelope, flipped(aad, bit))),
        ]);
        const whole = await opener.open(envelope, aad);
        return opened.every((one) => one === null) && whole !== null && equalBytes(whole, plaintext);
      }),
      run(200),
    );
  });
});
