import { describe, expect, test } from 'vitest';
import { QUERY_KINDS, type QueryKind, queries } from '../../bench/queries.ts';
import { indexedText, wordsOf } from '../../bench/words.ts';
import { days } from '../../bench/workload.ts';
import { SAMPLE_PAGES } from './sample-pages.ts';

const workload = { events: 6_000 };
const list = queries(SAMPLE_PAGES, workload);
const documents = [...days(SAMPLE_PAGES, workload)].flatMap(({ events }) =>
  events.map((event) => new Set(wordsOf(indexedText(event)))),
);
const ofKind = (kind: QueryKind) => list.filter((query) => query.kind === kind);
const hits = (words: readonly string[]) =>
  documents.filter((document) => words.every((word) => document.has(word))).length;
const firstOf = ({ words }: { readonly words: readonly string[] }) => words[0] ?? '';

describe('the queries', () => {
  test('are 200, 40 of each kind, mixed', () => {
    expect(list).toHaveLength(200);
    for (const kind of QUERY_KINDS) expect(ofKind(kind)).toHaveLength(40);
    expect(new Set(list.slice(0, 40).map(({ kind }) => kind)).size).toBe(QUERY_KINDS.length);
  });

  test('are the same for the same seed, and others for another', () => {
    expect(queries(SAMPLE_PAGES, workload)).toEqual(list);
    expect(queries(SAMPLE_PAGES, workload, { seed: 1 })).not.toEqual(list);
  });

  test('rare words are in few events, common ones in many', () => {
    for (const query of ofKind('rare')) {
      expect(hits(query.words)).toBeGreaterThan(0);
      expect(hits(query.words)).toBeLessThanOrEqual(5);
    }
    for (const query of ofKind('common')) expect(hits(query.words)).toBeGreaterThan(workload.events / 250);
  });

  test('three quarters of the two-word ones are found, the others never together', () => {
    const found = ofKind('two').map(({ words }) => hits(words) > 0);
    expect(found.filter((one) => one)).toHaveLength(30);
    for (const { words } of ofKind('two')) for (const word of words) expect(hits([word])).toBeGreaterThan(0);
  });

  test('a prefix has three to five letters and begins a longer word', () => {
    for (const query of ofKind('prefix')) {
      const prefix = firstOf(query);
      expect(query.prefix).toBe(true);
      expect(prefix).toMatch(/^.{3,5}$/u);
      expect(documents.some((words) => [...words].some((w) => w.startsWith(prefix) && w !== prefix))).toBe(
        true,
      );
    }
  });

  test('a miss is nowhere, not even as the beginning of a word', () => {
    for (const query of ofKind('miss'))
      expect(documents.some((words) => [...words].some((word) => word.startsWith(firstOf(query))))).toBe(
        false,
      );
  });
});

describe('words', () => {
  test('are lower case, without accents, each once', () => {
    expect(wordsOf('Café CAFÉ, naïve/x-1 東京')).toEqual(['cafe', 'naive', 'x', '1', '東京']);
    expect(wordsOf('Plain plain text_2')).toEqual(['plain', 'text', '2']);
    expect(wordsOf(' -- ')).toEqual([]);
  });
});
