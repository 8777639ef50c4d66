/**
 * The pages of the demo site as data. Each has coined words of its own in address, title, buttons and text: words that
 * no browser, page or test has elsewhere, so that a search of raw files for them proves something.
 */

export interface DemoClick {
  readonly testid: string;
  readonly role: 'button' | 'link';
  readonly text: string;
}

export type DemoKind =
  | 'article'
  | 'search'
  | 'app'
  | 'login'
  | 'payment'
  | 'redirect-http'
  | 'redirect-meta'
  | 'redirect-script'
  | 'opener';

export interface DemoPage {
  readonly kind: DemoKind;
  readonly host: string;
  /** With its query. */
  readonly path: string;
  readonly title: string;
  readonly clicks: readonly DemoClick[];
  /** Stands in the page's text only: nothing may ever record it. */
  readonly bodyWord: string;
  /** Only of search pages: what was searched for. */
  readonly query?: string;
  /** Only of redirects: where they end, on the same host. */
  readonly leadsTo?: string;
}

/**
 * Real search engines' names that both browsers open over plain http with a port (tried in November 2026 with Chromium
 * 156 and Firefox ESR 153): the others are preloaded to https in one of the two (Bing, Brave, Yahoo, Qwant, Kagi).
 * Give them to `loopbackHosts`.
 */
export const SEARCH_HOSTS = ['www.google.com', 'duckduckgo.com', 'www.ecosia.org'] as const;

const SYLLABLES =
  'bal cor dun fel gim hax jor kel lum mav nix pol quo ras siv tor ulf vex wim yar zol bren crum drak flin gros klep plim strav thum vosk zand'.split(
    ' ',
  );

/** The nth coined word: twelve letters or more, different for every n below 2^20 (an odd factor permutes the numbers). */
export function coinedWord(n: number): string {
  let rest = (n * 40_503 + 54_321) & 0xfffff;
  let word = '';
  for (let i = 0; i < 4; i++) {
    word += SYLLABLES[rest & 31];
    rest >>= 5;
  }
  return word;
}

let used = 0;
const word = (): string => coinedWord(used++);

const button = (text: string, testid = 'button'): DemoClick => ({
  testid,
  role: 'button',
  text: `${text} ${word()}`,
});
const link = (text: string, testid = 'link'): DemoClick => ({
  testid,
  role: 'link',
  text: `${text} ${word()}`,
});

type Extra = Partial<Pick<DemoPage, 'query' | 'leadsTo'>>;
const page = (
  kind: DemoKind,
  host: string,
  path: string,
  title: string,
  clicks: readonly DemoClick[] = [],
  extra: Extra = {},
): DemoPage => ({
  kind,
  host,
  path,
  title,
  clicks,
  bodyWord: word(),
  ...extra,
});

const article = (host: string, folder: string, title: string, ...verbs: readonly string[]): DemoPage =>
  page('article', host, `/${folder}/${word()}`, `${title} ${word()}`, [
    ...verbs.map((verb) => button(verb)),
    link('Read on:'),
  ]);

function search(host: (typeof SEARCH_HOSTS)[number], path: string, about: string): DemoPage {
  const query = `${about} ${word()}`;
  const address = `${path}?q=${encodeURIComponent(query).replaceAll('%20', '+')}`;
  return page('search', host, address, `${query} - Search ${word()}`, [link('Result:')], { query });
}

function redirect(kind: DemoKind): readonly DemoPage[] {
  const path = `/moved/${word()}`;
  const target = page('article', 'moved.example', `/here/${word()}`, `Moved here ${word()}`, [
    button('Thanks'),
  ]);
  return [page(kind, 'moved.example', path, `Moving ${word()}`, [], { leadsTo: target.path }), target];
}

/** The app changes its address without loading anything: its routes are pages of their own, reached by its buttons. */
export const APP_PAGES: readonly DemoPage[] = [
  page('app', 'app.example', '/', `Planner ${word()}`, [
    button('Open inbox', 'go-push'),
    button('Open archive', 'go-replace'),
  ]),
  page('app', 'app.example', `/inbox/${word()}`, `Planner inbox ${word()}`, [
    link('Open calendar', 'go-link'),
  ]),
  page('app', 'app.example', `/archive/${word()}`, `Planner archive ${word()}`),
  page('app', 'app.example', `/calendar/${word()}#${word()}`, `Planner calendar ${word()}`),
];

export const DEMO_PAGES: readonly DemoPage[] = [
  article('news.example', 'politics', 'Council votes on the new tram line', 'Subscribe'),
  article('news.example', 'science', 'Comet visible to the naked eye', 'Share'),
  article('news.example', 'sport', 'Late goal decides the derby', 'Follow'),
  article('news.example', 'weather', 'Storm warning for the coast', 'Alert me'),
  article('news.example', 'culture', 'Museum night draws a record crowd', 'Save'),
  article('shop.example', 'boots', 'Hiking boots', 'Add to basket', 'Compare'),
  article('shop.example', 'tents', 'Two-person tent', 'Add to basket', 'Compare'),
  article('shop.example', 'lamps', 'Head torch', 'Add to basket'),
  article('shop.example', 'maps', 'Trail map', 'Add to basket'),
  article('docs.example', 'guide', 'Indexed databases, a guide', 'Copy code'),
  article('docs.example', 'reference', 'Reference of the query planner', 'Copy code'),
  article('docs.example', 'tutorial', 'Tutorial: a first extension', 'Run'),
  article('docs.example', 'faq', 'Frequently asked questions', 'Was this helpful?'),
  article('recipes.example', 'soup', 'Leek and potato soup', 'Print'),
  article('recipes.example', 'bread', 'Sourdough for beginners', 'Print'),
  article('recipes.example', 'cake', 'Plum cake', 'Print'),
  article('travel.example', 'trains', 'Night trains of Europe', 'Book'),
  article('travel.example', 'islands', 'Quiet islands', 'Book'),
  article('blog.example', '2026', 'Why I keep bees', 'Like'),
  article('blog.example', '2025', 'A year without a car', 'Like'),
  search('www.google.com', '/search', 'waterproof hiking boots'),
  search('duckduckgo.com', '/', 'night train to the sea'),
  search('www.ecosia.org', '/search', 'sourdough starter'),
  ...APP_PAGES,
  page('login', 'account.example', `/login/${word()}`, `Sign in ${word()}`, [button('Sign in', 'submit')]),
  page('payment', 'shop.example', `/checkout/${word()}`, `Checkout ${word()}`, [button('Pay', 'submit')]),
  ...redirect('redirect-http'),
  ...redirect('redirect-meta'),
  ...redirect('redirect-script'),
  page(
    'article',
    'secrets.example',
    `/reset?token=${word()}&session_id=${word()}&page=2`,
    `Choose a new password ${word()}`,
  ),
  page(
    'article',
    'huge.example',
    `/long/${word()}`,
    `${word()} ${'very long title '.repeat(1_500)}${word()}`,
  ),
  page(
    'article',
    'unicode.example',
    `/${encodeURIComponent('größe-東京')}/${word()}`,
    `東京の天気 😀 größer ${word()}`,
    [button('Weiter →')],
  ),
  page('opener', 'windows.example', `/start/${word()}`, `Windows ${word()}`, [
    button('Open window', 'open-window'),
    link('Open tab', 'open-tab'),
  ]),
  article('windows.example', 'opened', 'Opened by another page', 'Done'),
];

/** The page that a page's link leads to: the next article in the list. */
export function pageAfter(from: DemoPage): DemoPage {
  const articles = DEMO_PAGES.filter(({ kind }) => kind === 'article');
  const later = articles.find((other) => DEMO_PAGES.indexOf(other) > DEMO_PAGES.indexOf(from));
  return later ?? (articles[0] as DemoPage);
}

/** The first page of a host whose path begins so. @throws Error when there is none. */
export function demoPage(host: string, pathStart = '/'): DemoPage {
  const found = DEMO_PAGES.find(
    (candidate) => candidate.host === host && candidate.path.startsWith(pathStart),
  );
  if (found === undefined) throw new Error(`The demo site has no page ${host}${pathStart}.`);
  return found;
}

/** Every coined word of a page that may be recorded: those of its address, title, query and clicks. */
export function canaryWords(of: DemoPage): readonly string[] {
  const texts = [decodeURIComponent(of.path), of.title, ...of.clicks.map(({ text }) => text)];
  return [...new Set(texts.flatMap((text) => text.split(/[^a-z]+/)).filter((part) => WORDS.has(part)))];
}

const WORDS: ReadonlySet<string> = new Set(Array.from({ length: used }, (_, n) => coinedWord(n)));
