/** How texts, addresses and what is typed are cut into words. */
import { afterEach, expect, it, vi } from 'vitest';
import { typedQueries } from '../../../src/model/page-query.ts';
import { foldText, queryWords, withAsciiHosts } from '../../../src/model/words.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('only scripts without spaces are cut by the dictionary', () => {
  const cut: string[] = [];
  const { segment } = Intl.Segmenter.prototype;
  vi.spyOn(Intl.Segmenter.prototype, 'segment').mockImplementation(function (this: Intl.Segmenter, text) {
    cut.push(text);
    return segment.call(this, text);
  });
  const others = 'café Zürich Привет κόσμε 서울시청 ąžuolas हिन्दी עברית';
  expect(queryWords(others)).toHaveLength(8);
  expect(cut).toEqual([]);
  queryWords('cafe 東京 café ภาษาไทย');
  expect(cut).toEqual(['東京', 'ภาษาไทย']);
});

it.each([
  ['Đà Nẵng', 'da nang'],
  ['Łódź', 'lodz'],
  ['Sørensen, Ǿre', 'sorensen, ore'],
  ['Straße STRAẞE', 'strasse strasse'],
  ['Ærø, cœur, ŒUVRE', 'aero, coeur, oeuvre'],
  ['Þingvellir, Ísafjörður', 'thingvellir, isafjordur'],
  ['Ħamrun, ışık, İzmir', 'hamrun, isik, izmir'],
])('%s is found as it is typed without those letters, and as it is', (text, folded) => {
  expect(foldText(text)).toBe(folded);
  expect(foldText(folded)).toBe(folded);
  expect(queryWords(text)).toEqual(queryWords(folded));
});

it('typographic quotes, apostrophes and dashes are what keyboards have', () => {
  expect(foldText('Don’t ‘say’ “L′été” – or—n‑ever − „Ça‟')).toBe(
    'don\'t \'say\' "l\'ete" - or-n-ever - "ca"',
  );
});

it.each([
  ['münchen.de', 'xn--mnchen-3ya.de/'],
  ['karte https://www.München.de/a?b=c', 'karte www.xn--mnchen-3ya.de/a?b=c'],
  ['münchen', null],
  ['a.example/straße', null],
  ['plain.example and words', null],
])('hosts of %s are also looked for as addresses have them', (text, ascii) => {
  expect(withAsciiHosts(text)).toBe(ascii);
});

it('what is typed is no query, one, or two of which a page answers one', () => {
  expect(typedQueries('???')).toEqual([]);
  expect(typedQueries(' ')).toEqual([{ words: [], phrases: [] }]);
  expect(typedQueries('a-b')).toEqual([{ words: ['a', 'b'], phrases: ['a-b'] }]);
  expect(typedQueries('é.example')).toEqual([
    { words: ['e', 'example'], phrases: ['e.example'] },
    { words: ['xn', '9ca', 'example'], phrases: ['xn--9ca.example'] },
  ]);
});
