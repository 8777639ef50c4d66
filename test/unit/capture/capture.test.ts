import { describe, expect, it } from 'vitest';
import {
  captureClick,
  captureNavigation,
  captureTitle,
  type Policy,
  treatmentOf,
} from '../../../src/capture/capture.ts';
import { isSensitiveHost } from '../../../src/capture/sensitive-sites.ts';
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

describe('sensitive sites', () => {
  it.each([
    'www.paypal.com',
    'mail.google.com',
    'localhost',
    '192.168.1.1',
    '10.0.0.7',
    '[::1]',
    'router',
    'nas.local',
    'wiki.corp',
    'onlinebanking.some.example',
    'webmail.some.example',
    'app.bitwarden.com',
  ])('%s is skipped', (host) => {
    expect(isSensitiveHost(host)).toBe(true);
    expect(treatmentOf(host, policy())).toMatchObject({ capture: 'skip', skippedBy: 'sensitive' });
  });

  it.each(['www.example.org', 'embankment.example', '8.8.8.8', 'google.com', 'homeoffice.gov.uk'])(
    '%s is not',
    (host) => {
      expect(isSensitiveHost(host)).toBe(false);
    },
  );

  it('are recorded when the person has a rule for them', () => {
    expect(treatmentOf('localhost', policy('private', [rule('localhost', 'full')]))).toEqual({
      capture: 'full',
      level: 'private',
    });
  });
});
