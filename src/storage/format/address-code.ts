/**
 * Addresses often repeat their page's title ("/you-have-ruined-build-systems"), in another case, which deflate cannot see.
 * So a word of an address that is also in the title is written as one character: how many words of the title lie between it
 * and the one written before. Saves a tenth of everything that is stored.
 */

/** Control characters, which no address holds; neither line feed nor escape. */
const CODES = Array.from({ length: 0x1a }, (_, i) => String.fromCharCode(i + 1)).filter(
  (code) => code !== '\n',
);
const SKIPS = new Map(CODES.map((code, skip) => [code, skip]));
/** Begins an address that has control characters all the same, and is written as it is. */
const PLAIN = '\u001b';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f]/;

const wordsOf = (title: string): string[] => title.toLowerCase().match(/[a-z0-9]+/g) ?? [];

export function encodeAddress(url: string, title: string): string {
  if (CONTROL.test(url)) return PLAIN + url;
  const words = wordsOf(title);
  if (words.length === 0) return url;
  let next = 0;
  return url.replace(/[a-z0-9]{2,}/g, (word) => {
    const place = words.indexOf(word, next);
    const code = place < 0 ? undefined : CODES[place - next];
    if (code === undefined) return word;
    next = place + 1;
    return code;
  });
}

/** @throws RangeError when a word is meant that the title does not have. */
export function decodeAddress(written: string, title: string): string {
  if (written.startsWith(PLAIN)) return written.slice(1);
  if (!CONTROL.test(written)) return written;
  const words = wordsOf(title);
  let next = 0;
  let url = '';
  for (const character of written) {
    const skip = SKIPS.get(character);
    if (skip === undefined) url += character;
    else {
      const word = words[next + skip];
      if (word === undefined) throw new RangeError('a word that is not in the title');
      url += word;
      next += skip + 1;
    }
  }
  return url;
}
