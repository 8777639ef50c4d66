/** The recovery phrase in pages: words to bytes and back, and which three words are asked for. */
import { fromBase64Url, toBase64Url } from '../base/bytes.ts';
import { systemRandom } from '../base/random.ts';
import { ok, type Result } from '../base/result.ts';

/** The word list is large: it comes when a phrase is shown or typed. */
const load = () => import('../crypto/phrase.ts');

/** `secret`: 16 bytes, base64url. */
export async function wordsOf(secret: string): Promise<readonly string[]> {
  const { phraseOf } = await load();
  return phraseOf(fromBase64Url(secret) ?? new Uint8Array(0)).split(' ');
}

/** What typed words stand for, as messages carry it; else what is wrong with them. */
export async function secretOfWords(typed: string): Promise<Result<string>> {
  const { parsePhrase } = await load();
  const parsed = parsePhrase(typed);
  return parsed.ok ? ok(toBase64Url(parsed.value)) : parsed;
}

/** Which words are asked for: three different places from 0, in their order. */
export function quizPlaces(words: number): readonly number[] {
  const places = new Set<number>();
  while (places.size < Math.min(3, words)) places.add((systemRandom.bytes(1)[0] ?? 0) % words);
  return [...places].sort((a, b) => a - b);
}

/** Of the places that were asked for: those whose word was typed wrong. Case and blanks do not count. */
export const wrongPlaces = (
  words: readonly string[],
  typed: ReadonlyMap<number, string>,
): readonly number[] =>
  [...typed].flatMap(([place, word]) => (word.trim().toLowerCase() === words[place] ? [] : [place]));
