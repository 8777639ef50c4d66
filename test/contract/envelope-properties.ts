/**
 * What holds of every envelope, wrap and padding, each time with other bytes: in Node ten thousand times each
 * (test/unit/crypto/envelope-properties.test.ts), and in both browsers (test/e2e/contract.test.ts). A failure tells the seed and the path
 * that repeat it (fast-check: `{ seed, path }`).
 */
import fc from 'fast-check';
import { type Bytes, concat, equalBytes } from '../../src/base/bytes.ts';
import {
  type AeadKey,
  aeadKey,
  ENVELOPE_BYTES,
  fromEncryptedData,
  open,
  seal,
  toEncryptedData,
} from '../../src/crypto/envelope.ts';
import { pad, padmeSize, unpad } from '../../src/crypto/padding.ts';
import { type Opener, openerOf, type Sealer, sealerFor } from '../../src/crypto/sealing.ts';
import { x25519Pair } from '../../src/crypto/signing.ts';
import { unwrap, wrap } from '../../src/crypto/wrap.ts';

/** One rule that holds for whatever is drawn. */
export interface Property {
  /** States the rule. */
  readonly name: string;
  /** How often it is to be shown: runs, each with bytes of its own. */
  readonly wholeRuns: number;
  /** @throws Error with the seed, the path and what was drawn where the rule does not hold. */
  holds(drawn: Drawn): Promise<void>;
}

export interface Drawn {
  readonly runs: number;
  /** A whole number of 32 bits, from which all is drawn. */
  readonly seed: number;
}

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

interface Rule<T> {
  readonly of: fc.Arbitrary<T>;
  holds(drawn: T): Promise<boolean>;
}

/** Failures are not made smaller: of long bytes that takes hours. */
const property = <T>(
  name: string,
  ruleOf: () => Rule<T> | Promise<Rule<T>>,
  wholeRuns = 10_000,
): Property => ({
  name,
  wholeRuns,
  async holds({ runs, seed }) {
    const { of, holds } = await ruleOf();
    await fc.assert(fc.asyncProperty(of, holds), { numRuns: runs, seed, endOnFailure: true });
  },
});

const flipped = (whole: Bytes, bit: number): Bytes => {
  const changed = whole.slice();
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
};
const bitsOf = (whole: Bytes): number[] => Array.from({ length: whole.length * 8 }, (_, bit) => bit);
const opensTo = async (key: AeadKey, envelope: Bytes, aad: Bytes, plaintext: Bytes): Promise<boolean> => {
  const opened = await open(key, envelope, aad);
  return opened.ok && equalBytes(opened.plaintext, plaintext);
};
const keyOf = (byte: number): Promise<AeadKey> => aeadKey(new Uint8Array(32).fill(byte));

const ENVELOPE: readonly Property[] = [
  property('an envelope opens to what was sealed, for any key, plaintext and place', () => ({
    of: fc.tuple(rawKey, bytesOf({ maxLength: 300 }), bytes),
    async holds([raw, plaintext, aad]) {
      const key = await aeadKey(raw);
      const envelope = await seal(key, plaintext, aad);
      const isAsLong = envelope.length === plaintext.length + ENVELOPE_BYTES;
      return isAsLong && (await opensTo(key, envelope, aad, plaintext));
    },
  })),
  property('an envelope never opens with another key, whatever kid that says to have', async () => {
    const keys = await Promise.all(KEYS.map((raw) => aeadKey(raw)));
    return {
      of: fc.tuple(twoKeys, bytes, bytes),
      async holds([[one, other], plaintext, aad]) {
        const [right, wrong] = [keys[one] as AeadKey, keys[other] as AeadKey];
        const envelope = await seal(right, plaintext, aad);
        const honest = await open(wrong, envelope, aad);
        const lying = await open({ kid: right.kid, key: wrong.key }, envelope, aad);
        return !honest.ok && honest.why === 'other-key' && !lying.ok && lying.why === 'broken';
      },
    };
  }),
  property('an envelope never opens in another place', async () => {
    const key = await keyOf(1);
    return {
      of: fc.tuple(bytes, different(bytes)),
      async holds([plaintext, [here, there]]) {
        const opened = await open(key, await seal(key, plaintext, here), there);
        return !opened.ok && opened.why === 'broken';
      },
    };
  }),
  property(
    'an envelope never opens as the other of two that one key sealed, nor as a mixture of both',
    async () => {
      const key = await keyOf(2);
      return {
        of: fc.tuple(bytes, bytes, different(bytes), fc.double({ min: 0, max: 1, noNaN: true })),
        async holds([first, second, [here, there], where]) {
          const [a, b] = [await seal(key, first, here), await seal(key, second, there)];
          const cut = 20 + Math.floor(where * (Math.min(a.length, b.length) - 20));
          const mixed = concat(a.subarray(0, cut), b.subarray(cut));
          const isOneOfThem = equalBytes(mixed, a) || equalBytes(mixed, b);
          return !(await open(key, a, there)).ok && (isOneOfThem || !(await open(key, mixed, here)).ok);
        },
      };
    },
  ),
  property('an envelope is the same as its view, which is as long as it has to be', async () => {
    const key = await keyOf(3);
    return {
      of: bytes,
      async holds(plaintext) {
        const envelope = await seal(key, plaintext, plaintext);
        const view = toEncryptedData(envelope);
        const back = fromEncryptedData(JSON.parse(JSON.stringify(view)));
        const isAsLong = view.ciphertext.length === Math.ceil((plaintext.length * 4) / 3);
        return back !== null && equalBytes(back, envelope) && isAsLong;
      },
    };
  }),
  property(
    'an envelope does not open when any one bit of it or of its place is another: every bit of a sample',
    () => ({
      of: fc.tuple(rawKey, bytesOf({ maxLength: 12 }), bytesOf({ minLength: 1, maxLength: 12 })),
      async holds([raw, plaintext, aad]) {
        const key = await aeadKey(raw);
        const envelope = await seal(key, plaintext, aad);
        const opened = await Promise.all([
          ...bitsOf(envelope).map((bit) => open(key, flipped(envelope, bit), aad)),
          ...bitsOf(aad).map((bit) => open(key, envelope, flipped(aad, bit))),
        ]);
        return opened.every(({ ok }) => !ok) && (await opensTo(key, envelope, aad, plaintext));
      },
    }),
    200,
  ),
];

const WRAP: readonly Property[] = [
  property('a wrap gives its secret to its key in its place, and null to every other', () => ({
    of: fc.tuple(twoKeys, different(bytes), bytesOf({ maxLength: 48 })),
    async holds([[one, other], [here, there], secret]) {
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
  })),
  property('any bytes that are no wrap give null', async () => {
    const key = new Uint8Array(32).fill(4);
    const wrapped = await wrap(key, new Uint8Array(32), new Uint8Array(0));
    return {
      of: fc.oneof(
        bytesOf({ maxLength: 160 }),
        fc.nat(wrapped.length - 1).map((length) => wrapped.slice(0, length)),
        bytesOf({ minLength: 1, maxLength: 20 }).map((more) => concat(wrapped, more)),
      ),
      holds: async (said) => (await unwrap(key, said, new Uint8Array(0))) === null,
    };
  }),
];

const PADDING: readonly Property[] = [
  property('padding gives back the payload, in one of few sizes and never in less than asked for', () => ({
    of: fc.tuple(bytesOf({ maxLength: 700 }), fc.nat(600)),
    async holds([payload, minimum]) {
      const padded = pad(payload, minimum);
      const back = unpad(padded);
      return (
        back !== null &&
        equalBytes(back, payload) &&
        padded.length === Math.max(minimum, padmeSize(payload.length + 4)) &&
        padmeSize(padmeSize(payload.length + 4)) === padmeSize(payload.length + 4)
      );
    },
  })),
  property('padding with any one bit changed is not the same payload', () => ({
    of: fc.tuple(bytes, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
    async holds([payload, at]) {
      const padded = pad(payload, 80);
      const back = unpad(flipped(padded, Math.floor(at * padded.length * 8)));
      return back === null || !equalBytes(back, payload);
    },
  })),
];

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

const SEALED_FOR: readonly Property[] = [
  property(
    'what is sealed for somebody opens in any order, for them and nobody else, and in its place',
    async () => {
      const known = await pairs();
      return {
        of: fc
          .array(page, { minLength: 1, maxLength: 4 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: 1 }))),
        async holds([all, order]) {
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
              whose === one.to
                ? plaintext !== null && equalBytes(plaintext, one.plaintext)
                : plaintext === null,
            );
            if (!isRight || elsewhere !== null) return false;
          }
          return true;
        },
      };
    },
  ),
  property(
    'what is sealed for somebody does not open when any one bit of it or of its place is another: every bit of a sample but the sender’s',
    async () => {
      const [pair] = await pairs();
      const [opener, sealer] = [pair?.opener as Opener, pair?.sealers[0] as Sealer];
      return {
        of: fc.tuple(
          bytesOf({ maxLength: 12 }),
          bytesOf({ minLength: 1, maxLength: 12 }),
          fc.integer({ min: 20 * 8, max: 52 * 8 - 1 }),
        ),
        async holds([plaintext, aad, ofSender]) {
          const envelope = await sealer.seal(plaintext, aad);
          // Each bit of the sender's key is an agreement of its own: one a sample here, all of one sample in sealing.test.ts.
          const bits = bitsOf(envelope).filter((bit) => bit < 20 * 8 || bit >= 52 * 8 || bit === ofSender);
          const opened = await Promise.all([
            ...bits.map((bit) => opener.open(flipped(envelope, bit), aad)),
            ...bitsOf(aad).map((bit) => opener.open(envelope, flipped(aad, bit))),
          ]);
          const whole = await opener.open(envelope, aad);
          return opened.every((one) => one === null) && whole !== null && equalBytes(whole, plaintext);
        },
      };
    },
    200,
  ),
];

export const PROPERTIES: readonly Property[] = [...ENVELOPE, ...WRAP, ...PADDING, ...SEALED_FOR];
