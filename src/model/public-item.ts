/** What another extension is told of one record. */
import { addressText, eachWord } from './words.ts';

/** Only chosen fields are there, and of those only what the record has. */
export interface PublicItem {
  readonly host?: string;
  readonly category?: string;
  readonly url?: string;
  readonly title?: string;
  readonly searchQuery?: string;
  /** The full hour, in ms. */
  readonly hour?: number;
}

/**
 * Whether each word is the beginning of some word of the item. Of the item, not of its record: else asking for words would
 * tell what stands in fields that were not chosen.
 */
export function itemHasWords(item: PublicItem, words: readonly string[]): boolean {
  const { host, category, url, title, searchQuery } = item;
  const found: string[] = [];
  for (const text of [host, category, url === undefined ? undefined : addressText(url), title, searchQuery])
    if (text !== undefined) eachWord(text, (word) => found.push(word));
  return words.every((word) => found.some((one) => one.startsWith(word)));
}
