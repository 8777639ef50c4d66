import { expect, it } from 'vitest';
import { SEARCH_ENGINES, searchOf } from '../../../src/capture/search-engines.ts';

const RESULTS: readonly (readonly [string, string])[] = [
  ['https://www.google.com/search?q=blue+whales&hl=en', 'Google'],
  ['https://www.google.co.uk/search?hl=en&q=blue%20whales', 'Google'],
  ['https://google.de/search?q=blue+whales', 'Google'],
  ['https://scholar.google.com/scholar?q=blue+whales', 'Google Scholar'],
  ['https://www.bing.com/search?q=blue+whales', 'Bing'],
  ['https://duckduckgo.com/?q=blue+whales&ia=web', 'DuckDuckGo'],
  ['https://html.duckduckgo.com/html/?q=blue+whales', 'DuckDuckGo'],
  ['https://search.yahoo.com/search?p=blue+whales', 'Yahoo'],
  ['https://de.search.yahoo.com/search?p=blue+whales', 'Yahoo'],
  ['https://search.yahoo.co.jp/search?p=blue+whales', 'Yahoo Japan'],
  ['https://yandex.ru/search/?text=blue+whales', 'Yandex'],
  ['https://ya.ru/search/?text=blue+whales', 'Yandex'],
  ['https://www.baidu.com/s?wd=blue+whales', 'Baidu'],
  ['https://search.brave.com/search?q=blue+whales', 'Brave'],
  ['https://www.ecosia.org/search?q=blue+whales', 'Ecosia'],
  ['https://www.startpage.com/do/dsearch?query=blue+whales', 'Startpage'],
  ['https://www.qwant.com/?q=blue+whales', 'Qwant'],
  ['https://kagi.com/search?q=blue+whales', 'Kagi'],
  ['https://www.mojeek.com/search?q=blue+whales', 'Mojeek'],
  ['https://swisscows.com/en/web?query=blue+whales', 'Swisscows'],
  ['https://search.naver.com/search.naver?query=blue+whales', 'Naver'],
  ['https://search.daum.net/search?q=blue+whales', 'Daum'],
  ['https://search.seznam.cz/?q=blue+whales', 'Seznam'],
  ['https://www.sogou.com/web?query=blue+whales', 'Sogou'],
  ['https://www.so.com/s?q=blue+whales', '360 Search'],
  ['https://www.ask.com/web?q=blue+whales', 'Ask'],
  ['https://search.aol.com/aol/search?q=blue+whales', 'AOL'],
  ['https://www.dogpile.com/serp?q=blue+whales', 'Dogpile'],
  ['https://metager.org/meta/meta.ger3?eingabe=blue+whales', 'MetaGer'],
  ['https://presearch.com/search?q=blue+whales', 'Presearch'],
  ['https://you.com/search?q=blue+whales', 'You.com'],
  ['https://www.perplexity.ai/search?q=blue+whales', 'Perplexity'],
  ['https://coccoc.com/search?query=blue+whales', 'Coc Coc'],
  ['https://go.mail.ru/search?q=blue+whales', 'Mail.ru'],
  ['https://en.wikipedia.org/w/index.php?search=blue+whales', 'Wikipedia'],
  ['https://www.youtube.com/results?search_query=blue+whales', 'YouTube'],
];

it.each(RESULTS)('%s is a search at %s', (address, engine) => {
  expect(searchOf(address)).toEqual({ engine, query: 'blue whales' });
});

it.each([
  'https://www.google.com/maps?q=blue+whales',
  'https://docs.google.com/document?q=blue+whales',
  'https://google.evil.example/search?q=blue+whales',
  'https://notbing.com/search?q=x',
  'https://www.google.com/search?q=',
  'https://github.com/some/project?q=x',
])('%s is none', (address) => {
  expect(searchOf(address)).toBeNull();
});

it('knows at least 25 engines', () => {
  expect(new Set(SEARCH_ENGINES.map((engine) => engine.name)).size).toBeGreaterThanOrEqual(25);
});
