/**
 * The recovery secret as 12 English words (BIP39), by @scure/bip39: 16 bytes and a checksum of 4 bits, 11 bits a word. Apart from
 * the keys that it gives (signing.ts), because the word list is large: only pages that show or ask for a phrase load it.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Bytes } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';

const ENTROPY_BYTES = 16;
const WORDS = 12;
/** No two words of the list begin with the same four letters. */
const PREFIX_LETTERS = 4;

/** `entropy`: 16 bytes. @throws RangeError when it has another length. */
export function phraseOf(entropy: Bytes): string {
  if (entropy.length !== ENTROPY_BYTES)
    throw new RangeError(`${entropy.length} bytes are no recovery secret`);
  return entropyToMnemonic(entropy, wordlist);
}

const known = new Set(wordlist);

/** A word of the list, from itself or from its first letters. */
function wordFor(typed: string): string | undefined {
  if (known.has(typed)) return typed;
  return typed.length < PREFIX_LETTERS ? undefined : wordlist.find((word) => word.startsWith(typed));
}

/**
 * The 16 bytes of a phrase, however it is spaced and in any case; the first four letters of a word do. Codes: `word-count`,
 * `unknown-word`, `wrong-phrase` (each word is one of the list, together they are none that was ever shown).
 */
export function parsePhrase(text: string): Result<Bytes> {
  const typed = text.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
  if (typed.length !== WORDS) {
    const given = typed.length === 1 ? 'This is 1 word' : `These are ${typed.length} words`;
    return fail('word-count', `A recovery phrase has ${WORDS} words. ${given}.`);
  }
  const words: string[] = [];
  for (const [index, one] of typed.entries()) {
    const word = wordFor(one);
    if (word === undefined)
      return fail(
        'unknown-word',
        `Word ${index + 1}, “${one}”, is not one that a recovery phrase can have. Check how it is spelled.`,
      );
    words.push(word);
  }
  try {
    return ok(new Uint8Array(mnemonicToEntropy(words.join(' '), wordlist)));
  } catch {
    return fail(
      'wrong-phrase',
      'Every word is a possible one, but together they are no recovery phrase. One is wrong, or two have changed places.',
    );
  }
}

const WORD_BITS = 11;

/** Bytes as words of the same list, 11 bits each, without a checksum: to be compared, not typed. What is left of the last byte is not told. */
export function wordsOf(bytes: Bytes): string[] {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const count = Math.floor(bits.length / WORD_BITS);
  return Array.from({ length: count }, (_, index) => {
    const at = index * WORD_BITS;
    return wordlist[Number.parseInt(bits.slice(at, at + WORD_BITS), 2)] ?? '';
  });
}
