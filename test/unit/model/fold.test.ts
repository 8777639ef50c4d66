import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvents, type InteractionEvent } from '../../../src/model/interaction.ts';
import { hitOf, type PageQuery, pagesFound, typedQuery } from '../../../src/model/page-query.ts';
import { parseRuleHost, ruleFor } from '../../../src/model/rules.ts';
import { isTargeted } from '../../../src/model/selector.ts';
import { queryWords } from '../../../src/model/words.ts';

const visit = (n: number, atMs: number, url = `https://${n}.example/`): InteractionEvent => ({
  kind: 'visit',
  id: `d.i.${n.toString(36)}`,
  atMs,
  level: 'private',
  url,
  title: '',
  transition: 'link',
});

describe('folding', () => {
  const events: InteractionEvent[] = [
    visit(1, 100),
    visit(40, 100),
    { kind: 'visit-update', id: 'd.i.3', visit: 'd.i.1', atMs: 110, title: 'First' },
    { kind: 'visit-update', id: 'd.i.4', visit: 'd.i.1', atMs: 120, title: 'Second', dwellMs: 5 },
    { kind: 'visit-update', id: 'd.i.5', visit: 'd.i.1', atMs: 130, dwellMs: 7 },
    { kind: 'visit-update', id: 'd.i.6', visit: 'gone', atMs: 130, title: 'Orphan' },
    { kind: 'visit-update', id: 'd.imported.6', visit: 'd.i.1', atMs: 90, dwellMs: 11 },
    { kind: 'visit-update', id: 'd.imported.7', visit: 'gone', atMs: 90, dwellMs: 11 },
    {
      kind: 'search',
      id: 'd.i.2',
      atMs: 100,
      level: 'private',
      engine: 'E',
      query: 'q',
      url: 'https://1.example/',
    },
  ];

  it('gives visits their last title and all their time, whatever the order and however often', () => {
    const expected = foldEvents(events);
    expect(expected.map((record) => record.id)).toEqual(['d.i.1', 'd.i.2', 'd.i.14']);
    expect(expected[0]).toMatchObject({ title: 'Second', dwellMs: 12 });
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
        (shuffled) => {
          expect(foldEvents(shuffled)).toEqual(expected);
        },
      ),
    );
  });
});

describe('time that is known as a sum', () => {
  const visited = visit(1, 100);
  const update = (id: string, dwellMs: number): InteractionEvent => ({
    kind: 'visit-update',
    id,
    visit: visited.id,
    atMs: 100,
    dwellMs,
  });
  const dwellOf = (...updates: InteractionEvent[]) =>
    foldEvents([...updates, visited]).map((record) => record.kind === 'visit' && record.dwellMs);

  it('is at least as much as any sum says, and what the updates themselves add up to where that is more', () => {
    const own = [update('d.i.2', 30), update('d.i.3', 40)];
    const sums = [update('d.imported.a', 50), update('d.imported.b', 60)];
    expect(dwellOf(...sums)).toEqual([60]);
    expect(dwellOf(...sums, ...own)).toEqual([70]);
    expect(dwellOf(...own, ...sums, update('d.imported.c', 71))).toEqual([71]);
    expect(dwellOf(...sums, own[0] as InteractionEvent)).toEqual([60]);
  });
});

describe('searching', () => {
  const page = {
    ...visit(1, 1, 'https://a.example/caf%C3%A9?x=1'),
    title: 'Über Naïveté',
  } as InteractionEvent;
  const finds = (text: string, more: Partial<PageQuery> = {}) =>
    pagesFound([page], { ...typedQuery(text), ...more }).length === 1;

  it.each([
    'uber',
    'NAIVETE über',
    'café',
    'cafe a.example',
    'ub na',
    '',
    'a.example/café?x=1',
    'https://a.example/caf%C3%A9',
  ])('finds by %j', (text) => {
    expect(finds(text)).toBe(true);
  });
  it.each(['uber nothing', 'ber', 'http', 'a-example', 'example.a', 'uber-naivete'])(
    'does not find by %j',
    (text) => {
      expect(finds(text)).toBe(false);
    },
  );
  it('sites are hosts and the domains above them', () => {
    expect(['a.example', 'example', 'b.example', 'ample'].map((site) => finds('', { site }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
  it('words of scripts without spaces are found by their beginnings, and one at a time', () => {
    const title = '東京都庁の展望台 กรุงเทพมหานคร';
    const event = { ...visit(1, 1), title } as InteractionEvent;
    for (const text of ['東京', '展望', '展望台 東京', 'กรุงเทพ'])
      expect(pagesFound([event], { words: queryWords(text) }), text).toHaveLength(1);
    expect(pagesFound([event], { words: queryWords('京都') })).toHaveLength(0);
  });
  it('gathers the records of a page, and sorts by the newest visit', () => {
    const url = 'https://a.example/';
    const click = (n: number, text: string): InteractionEvent => ({
      kind: 'click',
      id: `d.i.${n}`,
      atMs: n,
      level: 'private',
      url,
      title: 'T',
      role: 'link',
      text,
    });
    const found = pagesFound([visit(1, 1, url), click(2, 'two'), visit(4, 4), click(5, 'three')], {
      words: [],
    });
    expect(found.map((one) => hitOf(one, [], false))).toMatchObject([
      { count: 1, atMs: 4 },
      { url, title: 'T', count: 3, details: ['three', 'two'], kinds: ['click', 'visit'], atMs: 1 },
    ]);
  });
});

describe('rules and targets', () => {
  it.each([
    ['Example.ORG', 'example.org'],
    ['https://www.example.org/path?x', 'example.org'],
    ['*.example.org', 'example.org'],
    ['example.org.', 'example.org'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['', null],
    ['two words', null],
    ['ftp://example.org', null],
    ['http://', null],
  ])('%j is the site %j', (typed, host) => {
    expect(parseRuleHost(typed)).toBe(host);
  });

  it('a rule covers subdomains, and only those', () => {
    const rules = [{ id: '1', host: 'example.org', capture: 'skip' as const }];
    expect(ruleFor(rules, 'a.example.org')).toBeDefined();
    expect(ruleFor(rules, 'badexample.org')).toBeUndefined();
  });

  it('a site target leaves other sites alone', () => {
    const [a] = foldEvents([visit(1, 5, 'https://x.example/')]);
    expect(a && isTargeted(a, { what: 'site', host: 'x.example' })).toBe(true);
    expect(a && isTargeted(a, { what: 'site', host: 'ax.example' })).toBe(false);
    expect(a && isTargeted(a, { what: 'range', fromMs: 5, toMs: 6 })).toBe(true);
    expect(a && isTargeted(a, { what: 'range', fromMs: 0, toMs: 5 })).toBe(false);
  });
});
