/** The BIP39 vectors are in the contract (test/contract/vectors.ts): here is what a person may type. */
import { wordlist } from '@scure/bip39/wordlists/english.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, toHex } from '../../../src/base/bytes.ts';
import { parsePhrase, phraseOf } from '../../../src/crypto/phrase.ts';
import { fromHex } from '../../support/from-hex.ts';
import bip39 from '../../vectors/external/bip39.json' with { type: 'json' };

const [, [, PHRASE] = ['', '']] = bip39.tests as unknown as readonly (readonly [string, string])[];
const SECRET = '7f'.repeat(16);
const parsed = (text: string): string => {
  const result = parsePhrase(text);
  return result.ok ? toHex(result.value) : `${result.error.code}: ${result.error.message}`;
};

describe('a recovery phrase', () => {
  it('is 12 words that give its 16 bytes back, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (entropy) => {
        const phrase = phraseOf(new Uint8Array(entropy) as Bytes);
        expect(phrase.split(' ')).toHaveLength(12);
        expect(parsed(phrase)).toBe(toHex(entropy));
      }),
      { numRuns: 200 },
    );
  });

  it.each([0, 15, 17, 32])('is not made of %i bytes', (length) => {
    expect(() => phraseOf(new Uint8Array(length))).toThrow(RangeError);
  });

  it.each([
    ['as it was shown', PHRASE],
    ['in capitals', PHRASE.toUpperCase()],
    [
      'in capitals at the beginning, as keyboards do',
      PHRASE.replace(/\b\w/g, (first) => first.toUpperCase()),
    ],
    ['with more space than needed', `\n  ${PHRASE.replaceAll(' ', ' \t \u00a0\r\n')}  `],
    ['in full-width letters', PHRASE.replace(/l/g, '\uff4c')],
    ['by the first four letters', PHRASE.replace(/\b(\w{4})\w*/g, '$1')],
    ['by some more of its letters', PHRASE.replace(/\b(\w{5})\w*/g, '$1')],
  ])('is understood %s', (_, text) => expect(parsed(text)).toBe(SECRET));

  it('each word of the list is known by its first four letters', () => {
    // Eleven words a phrase, as their places in the list; the twelfth has seven bits and the checksum.
    for (let from = 0; from < wordlist.length; from += 11) {
      const places = Array.from({ length: 11 }, (_, n) => (from + n) % wordlist.length);
      const secret = places.reduce((bits, place) => (bits << 11n) | BigInt(place), 0n) << 7n;
      const hex = secret.toString(16).padStart(32, '0');
      const words = phraseOf(fromHex(hex)).split(' ');
      expect(words.slice(0, 11)).toEqual(places.map((place) => wordlist[place]));
      expect(parsed(words.map((word) => word.slice(0, 4)).join(' '))).toBe(hex);
    }
  });

  it.each([
    ['', /^word-count: A recovery phrase has 12 words. These are 0 words\.$/],
    ['legal', /^word-count: .* This is 1 word\.$/],
    [PHRASE.split(' ').slice(1).join(' '), /^word-count: .* These are 11 words\.$/],
    [`${PHRASE} legal`, /^word-count: .* These are 13 words\.$/],
    [PHRASE.replace('thank', 'thonk'), /^unknown-word: Word 3, “thonk”, is not one /],
    [PHRASE.replace('useful', 'usefull'), /^unknown-word: Word 8, “usefull”, is not one /],
    // The beginning of `lemon` alone, but three letters often begin several words.
    [PHRASE.replace('legal', 'lem'), /^unknown-word: Word 1, “lem”, is not one /],
    [PHRASE.replace('yellow', 'legal'), /^wrong-phrase: .* no recovery phrase\. One is wrong, or two have/],
    [PHRASE.replace('legal winner', 'winner legal'), /^wrong-phrase: /],
    [PHRASE.replace('wave', 'wav\u00e9'), /^unknown-word: Word 5, /],
  ])('that is not one is refused with what is wrong: %j', (text, expected) => {
    expect(parsed(text)).toMatch(expected);
    expect(parsed(text)).toMatch(/\.$/);
  });
});
