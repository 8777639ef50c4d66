import { describe, expect, it } from 'vitest';
import { captureClick, captureNavigation, captureTitle } from '../../../src/capture/capture.ts';
import type { Policy } from '../../../src/capture/decide.ts';
import type { PrivacyLevel } from '../../../src/model/privacy.ts';
import type { Capture } from '../../../src/model/rules.ts';

const policy = (level: PrivacyLevel = 'private', rules: Policy['rules'] = []): Policy => ({ level, rules });
const rule = (host: string, capture: Capture, level?: PrivacyLevel) =>
  level ? { id: host, host, capture, level } : { id: host, host, capture };
const visit = (url: string) => ({
  url,
  title: 'A title',
  atMs: Date.UTC(2026, 10, 24, 10, 35),
  transition: 'link' as const,
});

describe('navigation', () => {
  it('becomes a visit, and a search where it is one', () => {
    const events = captureNavigation(visit('https://www.google.com/search?q=blue+whales'), policy());
    expect(events.map((event) => event.kind)).toEqual(['visit', 'search']);
    expect(events[1]).toMatchObject({ engine: 'Google', query: 'blue whales' });
  });

  it('on the next page of results is not another search', () => {
    const fact = {
      ...visit('https://www.google.com/search?q=blue+whales&start=10'),
      lastSearch: 'Google\nblue whales',
    };
    expect(captureNavigation(fact, policy()).map((event) => event.kind)).toEqual(['visit']);
  });

  it('at level anonymous keeps kind, hour and sort of site, and not one word of the page', () => {
    const fact = {
      ...visit('https://www.google.com/search?q=blue+whales'),
      referrer: 'https://from.example/',
    };
    const events = captureNavigation(fact, policy('anonymous'));
    expect(events).toEqual([
      {
        kind: 'reduced',
        of: 'visit',
        atMs: Date.UTC(2026, 10, 24, 10),
        level: 'anonymous',
        category: 'search',
      },
      {
        kind: 'reduced',
        of: 'search',
        atMs: Date.UTC(2026, 10, 24, 10),
        level: 'anonymous',
        category: 'search',
      },
    ]);
  });

  it('keeps what the most specific rule says', () => {
    const rules = [
      rule('example.org', 'skip'),
      rule('blog.example.org', 'domain'),
      rule('news.example', 'no-query', 'public'),
    ];
    expect(captureNavigation(visit('https://www.example.org/a'), policy('private', rules))).toEqual([]);
    expect(
      captureNavigation(visit('https://blog.example.org/a?b=1'), policy('private', rules)),
    ).toMatchObject([{ url: 'https://blog.example.org/', title: '' }]);
    expect(captureNavigation(visit('https://news.example/a?b=1'), policy('private', rules))).toMatchObject([
      { url: 'https://news.example/a', level: 'public' },
    ]);
    expect(captureTitle('https://blog.example.org/a', 'A title', policy('private', rules))).toBeNull();
  });

  it('of an address that is too long to keep is a search all the same', () => {
    const url = `https://www.google.com/search?q=blue+whales&x=${'x'.repeat(3000)}`;
    expect(captureNavigation(visit(url), policy())).toMatchObject([
      { kind: 'visit', url: 'https://www.google.com/search' },
      { kind: 'search', query: 'blue whales' },
    ]);
  });

  it.each([
    ['of a search', 'https://www.google.com/search?q=ab', 'ab - Some Engine'],
    ['that repeats the query', 'https://shop.example/find?term=Blue+Whales&page=2', 'blue whales - Shop'],
  ])('with the rule no-query keeps no title %s', (_what, url, title) => {
    const rules = [rule('google.com', 'no-query'), rule('shop.example', 'no-query')];
    expect(captureNavigation({ ...visit(url), title }, policy('private', rules))).toMatchObject([
      { url: url.split('?')[0], title: '' },
    ]);
    expect(captureTitle(url, title, policy('private', rules))).toBeNull();
    const click = { pageUrl: url, pageTitle: title, atMs: 1, role: 'link', text: 'Next' };
    expect(captureClick(click, policy('private', rules))).toMatchObject([{ title: '' }]);
  });

  it('with the rule no-query keeps a title that does not tell the query', () => {
    const rules = policy('private', [rule('shop.example', 'no-query')]);
    const url = 'https://shop.example/find?term=blue+whales&page=2';
    expect(captureTitle(url, 'Page 2 of the shop', rules)).toBe('Page 2 of the shop');
  });

  it('does not name a site that is skipped as the page before', () => {
    const visitFrom = (referrer: string) =>
      captureNavigation(
        { ...visit('https://a.example/'), referrer },
        policy('private', [rule('b.example', 'skip')]),
      )[0];
    expect(visitFrom('https://c.example/x#y')).toHaveProperty('referrer', 'https://c.example/x');
    expect(visitFrom('https://b.example/x')).not.toHaveProperty('referrer');
    expect(visitFrom('https://www.paypal.com/x')).not.toHaveProperty('referrer');
  });
});

describe('clicks', () => {
  const click = {
    pageUrl: 'https://a.example/p',
    pageTitle: 'P',
    atMs: 1,
    role: 'link',
    text: 'Read more',
    target: 'https://b.example/x?token=1',
  };

  it('keep text and a cleaned target', () => {
    expect(captureClick(click, policy())).toMatchObject([
      { text: 'Read more', target: 'https://b.example/x' },
    ]);
  });

  it('do not name a target that is skipped, and say nothing on a page of which only the domain is kept', () => {
    expect(captureClick(click, policy('private', [rule('b.example', 'skip')]))[0]).not.toHaveProperty(
      'target',
    );
    expect(captureClick(click, policy('private', [rule('a.example', 'domain')]))).toEqual([]);
  });
});
