/**
 * Search engines, by the facts that their results pages show: host, path, parameter of the query. `brand` covers every
 * public suffix (google.de, google.co.uk; the list of suffixes is tldts'), `host` exactly that host and its subdomains.
 */
import { parse } from 'tldts';
import { coversHost } from '../model/rules.ts';

interface Engine {
  readonly name: string;
  readonly brand?: string;
  readonly host?: string;
  readonly path: RegExp;
  readonly parameters: readonly string[];
}

const ANY = /^\//;
const SEARCH = /^\/(search|web|s|results?)(\/|$|\.)/;

export const SEARCH_ENGINES: readonly Engine[] = [
  { name: 'Google Scholar', host: 'scholar.google.com', path: /^\/scholar/, parameters: ['q'] },
  { name: 'Google', brand: 'google', path: /^\/(search|webhp|imghp)?$/, parameters: ['q'] },
  {
    name: 'Bing',
    brand: 'bing',
    path: /^\/(search|images\/search|videos\/search|news\/search|shop)/,
    parameters: ['q'],
  },
  { name: 'DuckDuckGo', host: 'duckduckgo.com', path: ANY, parameters: ['q'] },
  { name: 'Yahoo Japan', host: 'search.yahoo.co.jp', path: SEARCH, parameters: ['p'] },
  { name: 'Yahoo', brand: 'yahoo', path: /^\/(search|image|video|news)/, parameters: ['p', 'q'] },
  { name: 'Yandex', brand: 'yandex', path: /^\/(search|images|video|yandsearch)/, parameters: ['text'] },
  { name: 'Yandex', host: 'ya.ru', path: /^\/search/, parameters: ['text'] },
  { name: 'Baidu', host: 'baidu.com', path: /^\/(s|sf|search)/, parameters: ['wd', 'word', 'kw'] },
  {
    name: 'Brave',
    host: 'search.brave.com',
    path: /^\/(search|images|news|videos|goggles)/,
    parameters: ['q'],
  },
  { name: 'Ecosia', host: 'ecosia.org', path: /^\/(search|images|news|videos)/, parameters: ['q'] },
  {
    name: 'Startpage',
    host: 'startpage.com',
    path: /^\/(do\/|sp\/)?(dsearch|search|metasearch\.pl)/,
    parameters: ['query', 'q'],
  },
  { name: 'Qwant', host: 'qwant.com', path: ANY, parameters: ['q'] },
  { name: 'Kagi', host: 'kagi.com', path: /^\/(search|images|news|videos|html\/search)/, parameters: ['q'] },
  { name: 'Mojeek', host: 'mojeek.com', path: SEARCH, parameters: ['q'] },
  { name: 'Swisscows', host: 'swisscows.com', path: /\/(web|images|video|news)/, parameters: ['query'] },
  { name: 'Naver', host: 'search.naver.com', path: SEARCH, parameters: ['query'] },
  { name: 'Daum', host: 'search.daum.net', path: SEARCH, parameters: ['q'] },
  { name: 'Seznam', host: 'search.seznam.cz', path: ANY, parameters: ['q'] },
  { name: 'Sogou', host: 'sogou.com', path: /^\/(web|sogou|weixin)/, parameters: ['query', 'keyword'] },
  { name: '360 Search', host: 'so.com', path: /^\/s/, parameters: ['q'] },
  { name: 'Ask', host: 'ask.com', path: /^\/web/, parameters: ['q'] },
  { name: 'AOL', host: 'search.aol.com', path: /^\/(aol\/)?(search|image|video)/, parameters: ['q'] },
  { name: 'Dogpile', host: 'dogpile.com', path: /^\/(serp|search)/, parameters: ['q'] },
  { name: 'MetaGer', host: 'metager.org', path: /\/meta/, parameters: ['eingabe'] },
  { name: 'MetaGer', host: 'metager.de', path: /\/meta/, parameters: ['eingabe'] },
  { name: 'Presearch', host: 'presearch.com', path: /^\/search/, parameters: ['q'] },
  { name: 'You.com', host: 'you.com', path: /^\/search/, parameters: ['q'] },
  { name: 'Perplexity', host: 'perplexity.ai', path: /^\/search/, parameters: ['q'] },
  { name: 'Marginalia', host: 'search.marginalia.nu', path: /^\/search/, parameters: ['query'] },
  { name: 'Gibiru', host: 'gibiru.com', path: /results/, parameters: ['q'] },
  { name: 'Lycos', host: 'search.lycos.com', path: /^\/web/, parameters: ['q'] },
  { name: 'Coc Coc', host: 'coccoc.com', path: /^\/search/, parameters: ['query'] },
  { name: 'Rambler', host: 'nova.rambler.ru', path: /^\/search/, parameters: ['query'] },
  { name: 'Mail.ru', host: 'go.mail.ru', path: /^\/search/, parameters: ['q'] },
  {
    name: 'Wikipedia',
    host: 'wikipedia.org',
    path: /^\/(wiki\/Special:Search|w\/index\.php)/,
    parameters: ['search'],
  },
  { name: 'YouTube', host: 'youtube.com', path: /^\/results/, parameters: ['search_query'] },
  { name: 'GitHub', host: 'github.com', path: /^\/search/, parameters: ['q'] },
  { name: 'Stack Overflow', host: 'stackoverflow.com', path: /^\/search/, parameters: ['q'] },
  { name: 'Internet Archive', host: 'archive.org', path: /^\/search/, parameters: ['query'] },
  { name: 'WolframAlpha', host: 'wolframalpha.com', path: /^\/input/, parameters: ['i'] },
];

export const MAX_QUERY = 500;

/** Engines at a host. A brand's other services (mail, documents) do not match by their paths. */
function enginesAt(host: string): Engine[] {
  const { domainWithoutSuffix, isIcann } = parse(host);
  return SEARCH_ENGINES.filter((engine) =>
    engine.host !== undefined
      ? coversHost(engine.host, host)
      : isIcann === true && domainWithoutSuffix === engine.brand,
  );
}

/** Sites that are more than their search (Wikipedia, GitHub) are not counted as search engines. */
const SITE_SEARCHES = new Set(['Wikipedia', 'YouTube', 'GitHub', 'Stack Overflow', 'Internet Archive']);
export const searchOfHost = (host: string): boolean =>
  enginesAt(host).some((engine) => !SITE_SEARCHES.has(engine.name));

/** The search that an address stands for, or `null`. */
export function searchOf(address: string): { readonly engine: string; readonly query: string } | null {
  const url = new URL(address);
  for (const engine of enginesAt(url.hostname)) {
    if (!engine.path.test(url.pathname)) continue;
    for (const parameter of engine.parameters) {
      const query = url.searchParams.get(parameter)?.trim().replace(/\s+/g, ' ');
      if (query) return { engine: engine.name, query: query.slice(0, MAX_QUERY).toWellFormed() };
    }
  }
  return null;
}
