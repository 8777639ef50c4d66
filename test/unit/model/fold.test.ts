import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvents, type InteractionEvent } from '../../../src/model/interaction.ts';
import { collectHits, matchesWords, queryWords, type SearchHit } from '../../../src/model/page-hits.ts';
import { parseRuleHost, ruleFor } from '../../../src/model/rules.ts';
import { isTargeted } from '../../../src/model/selector.ts';

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

describe('searching', () => {
  const record = foldEvents([
    { ...visit(1, 1, 'https://a.example/caf%C3%A9?x=1'), title: 'Über Naïveté' } as InteractionEvent,
  ])[0];
  it.each(['uber', 'NAIVETE über', 'café', 'cafe a.example', ''])('finds by %j', (text) => {
    expect(record && matchesWords(record, queryWords(text))).toBe(true);
  });
  it('needs every word', () => {
    expect(record && matchesWords(record, queryWords('uber nothing'))).toBe(false);
  });
  it('gives one hit a page with what matched on it', () => {
    const url = 'https://a.example/';
    const hits = new Map<string, SearchHit>();
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
    collectHits(
      hits,
      foldEvents([visit(1, 1, url), click(2, 'two'), click(3, 'three'), visit(4, 4)]).reverse(),
      10,
    );
    expect([...hits.values()]).toMatchObject([
      { count: 1 },
      {
        url,
        title: 'T',
        count: 3,
        details: ['three', 'two'],
        kinds: ['click', 'visit'],
        newestId: 'd.i.3',
        atMs: 3,
      },
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
