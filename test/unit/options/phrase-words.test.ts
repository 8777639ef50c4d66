import { describe, expect, it } from 'vitest';
import { quizPlaces, secretOfWords, wordsOf, wrongPlaces } from '../../../src/options/phrase-words.ts';

const ZERO = 'A'.repeat(22);

describe('the words of a phrase', () => {
  it('are twelve, and lead back to the same bytes', async () => {
    const words = await wordsOf(ZERO);
    // BIP39's first test vector.
    expect(words.join(' ')).toBe(`${'abandon '.repeat(11)}about`);
    expect(await secretOfWords(`  ${words.join('\n').toUpperCase()} `)).toEqual({ ok: true, value: ZERO });
  });

  it('say which kind of mistake they have', async () => {
    for (const [typed, code] of [
      ['abandon about', 'word-count'],
      [`${'abandon '.repeat(11)}zzzz`, 'unknown-word'],
      [`${'abandon '.repeat(11)}zoo`, 'wrong-phrase'],
    ] as const)
      expect(await secretOfWords(typed)).toMatchObject({ ok: false, error: { code } });
  });
});

describe('the quiz', () => {
  it('asks for three different places in their order, and for each of the twelve at some time', () => {
    const asked = new Set<number>();
    for (let i = 0; i < 400; i++) {
      const places = quizPlaces(12);
      expect(new Set(places).size).toBe(3);
      expect([...places].sort((a, b) => a - b)).toEqual(places);
      for (const place of places) asked.add(place);
    }
    expect([...asked].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('tells which words are wrong; case and blanks do not count', () => {
    const words = ['one', 'two', 'three'];
    expect(
      wrongPlaces(
        words,
        new Map([
          [0, ' ONE '],
          [2, 'three'],
        ]),
      ),
    ).toEqual([]);
    expect(
      wrongPlaces(
        words,
        new Map([
          [0, 'two'],
          [1, 'two'],
          [2, ''],
        ]),
      ),
    ).toEqual([0, 2]);
  });
});
