/**
 * Words of texts and addresses, for finding: lower case, accents folded, scripts without spaces cut by the browser's own
 * dictionary. A query is cut by the same rules, and each of its words finds the words that begin with it.
 */

/** Longer words are cut here, in texts and queries alike, so that they still find each other. */
const MAX_WORD = 32;

/** Han, kana, Thai, Lao, Khmer, Myanmar: written without spaces (Unicode Standard Annex #29, §4). */
export const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** Accents of Latin, Greek and Cyrillic; vowel points of Hebrew and Arabic. Other marks are letters of their script. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]+/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is what is meant
const ASCII = /^[\u0000-\u007f]*$/;

let segmenter: Intl.Segmenter | undefined;

/** What keyboards have one sign for. None of them is in a word, so no index depends on it: only phrases do. */
const TYPOGRAPHIC: readonly (readonly [RegExp, string])[] = [
  [/[\u2018-\u201b\u2032]/g, "'"],
  [/[\u201c-\u201f\u2033]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, '-'],
];

/**
 * Letters that Unicode does not take apart, as they are typed where keyboards do not have them (Unicode CLDR, Latin-ASCII).
 * Changing this changes what packed words are found by.
 */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  ð: 'd',
  ø: 'o',
  þ: 'th',
  đ: 'd',
  ħ: 'h',
  ı: 'i',
  ĸ: 'q',
  ł: 'l',
  ŋ: 'n',
  œ: 'oe',
  ŧ: 't',
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/**
 * Lower case without accents, so that "Cafe" finds "café" (Unicode NFKD, accents dropped, NFC) and "strasse" finds "Straße", and
 * typographic quotes, apostrophes and dashes as they are typed.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = text;
  // First: NFKD makes several signs of some.
  for (const [signs, typed] of TYPOGRAPHIC) folded = folded.replace(signs, typed);
  const lower = folded.normalize('NFKD').replace(ACCENTS, '').normalize('NFC').toLowerCase();
  return lower.replace(LETTER, (letter) => LETTERS[letter] ?? letter);
}

/** Calls back with each word, in order; repeats are repeated. */
export function eachWord(text: string, found: (word: string) => void): void {
  const folded = foldText(text);
  if (folded.length === text.length && ASCII.test(folded)) {
    eachAsciiWord(folded, found);
    return;
  }
  for (const [run] of folded.matchAll(WORD)) {
    if (!WITHOUT_SPACES.test(run)) found(run.slice(0, MAX_WORD));
    else {
      segmenter ??= new Intl.Segmenter(undefined, { granularity: 'word' });
      // All of the run is letters, digits and marks, so every piece of it is a word. `isWordLike` says otherwise in Firefox
      // where the run is a single word (東京, seen in 153): such a query would have no words and find everything.
      for (const { segment } of segmenter.segment(run)) found(segment.slice(0, MAX_WORD));
    }
  }
}

/** By code units: a regular expression takes three times as long, and nearly everything is ASCII. */
function eachAsciiWord(folded: string, found: (word: string) => void): void {
  let start = -1;
  for (let i = 0; i <= folded.length; i++) {
    const code = i < folded.length ? folded.charCodeAt(i) : 0;
    const inWord = (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
    if (inWord) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      found(folded.slice(start, Math.min(i, start + MAX_WORD)));
      start = -1;
    }
  }
}

/** The part of an address that a person remembers: host, path and query, with percent signs undone where they can be. */
export function addressText(url: string): string {
  const text = url.replace(/^https?:\/\//, '');
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign: the address as it is will do.
    return text;
  }
}

/** The words of a query, each once. */
export function queryWords(text: string): string[] {
  const words = new Set<string>();
  eachWord(addressText(text), (word) => words.add(word));
  return [...words];
}

/** The same text with internationalised hosts as addresses have them (`xn--…`), `null` when it has none. With a dot: not each word. */
export function withAsciiHosts(text: string): string | null {
  let isOther = false;
  const chunks = text.split(/\s+/).map((chunk) => {
    const typed = `https://${chunk.replace(/^https?:\/\//i, '')}`;
    if (ASCII.test(chunk) || !chunk.includes('.') || !URL.canParse(typed)) return chunk;
    const { host, pathname, search } = new URL(typed);
    if (!host.includes('xn--')) return chunk;
    isOther = true;
    return `${host}${pathname}${search}`;
  });
  return isOther ? chunks.join(' ') : null;
}

/** Not letters, digits or marks, at either end. */
const ENDS = /^[^\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+$/gu;

/** What was typed without a space and is several words (`release-notes`, `example.org/path`): meant as it stands. Folded. */
export function queryPhrases(text: string): string[] {
  const phrases: string[] = [];
  for (const chunk of text.split(/\s+/)) {
    if (queryWords(chunk).length < 2) continue;
    const phrase = foldText(addressText(chunk)).replace(ENDS, '');
    // A script without spaces is several words by itself.
    if (/[^\p{L}\p{N}\p{M}]/u.test(phrase)) phrases.push(phrase);
  }
  return phrases;
}
