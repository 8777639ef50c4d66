/**
 * What is searched, the same for every subject: the words of titles, queries, click texts and addresses (host, path and
 * query, without the scheme and without where a click leads). A word is a run of letters and digits, lower case, without
 * accents: what SQLite's tokenizer `unicode61 remove_diacritics 2` finds too.
 */
import type { InteractionEvent } from '../../src/model/interaction.ts';

const withoutScheme = (url: string): string => url.slice(url.indexOf('//') + 2);

export function indexedText(event: InteractionEvent): string {
  switch (event.kind) {
    case 'visit':
      return `${event.title} ${withoutScheme(event.url)}`;
    case 'search':
      return `${event.query} ${withoutScheme(event.url)}`;
    case 'click':
      return `${event.text} ${event.title} ${withoutScheme(event.url)}`;
    default:
      return '';
  }
}

const ASCII_ONLY = /^[\x20-\x7e]*$/;

/** Each word once, in order of appearance. */
export function wordsOf(text: string): string[] {
  const lower = text.toLowerCase();
  const words = ASCII_ONLY.test(lower)
    ? lower.match(/[a-z0-9]+/g)
    : lower
        .normalize('NFD')
        .replace(/\p{M}/gu, '')
        .match(/[\p{L}\p{N}]+/gu);
  return words === null ? [] : [...new Set(words)];
}
