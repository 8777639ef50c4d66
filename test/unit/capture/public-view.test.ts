/** What of a record another extension may see: the stricter of then and now, and nothing but chosen fields. */
import { expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/base/clock.ts';
import type { Policy } from '../../../src/capture/decide.ts';
import { publicView } from '../../../src/capture/public-view.ts';
import type { InteractionRecord } from '../../../src/model/interaction.ts';
import { PLUGIN_FIELDS, type PluginField } from '../../../src/model/plugins.ts';
import { PRIVACY_LEVELS, type PrivacyLevel } from '../../../src/model/privacy.ts';
import { itemHasWords } from '../../../src/model/public-item.ts';
import { CAPTURES, type Capture } from '../../../src/model/rules.ts';

const AT = 5 * HOUR_MS + 1234;
const visit = {
  kind: 'visit',
  id: 'd.1.1',
  atMs: AT,
  level: 'public',
  url: 'https://en.wikipedia.org/wiki/Whale?part=3',
  title: 'Whale',
  transition: 'link',
  referrer: 'https://secret.example/',
  dwellMs: 5000,
} as const satisfies InteractionRecord;
const search = {
  kind: 'search',
  id: 'd.1.2',
  atMs: AT,
  level: 'public',
  engine: 'Baidu',
  query: 'blue whales',
  url: 'https://www.baidu.com/s?wd=blue+whales',
} as const satisfies InteractionRecord;
const results = { ...visit, url: search.url, title: 'blue whales - Baidu' } as const;

const all = new Set(PLUGIN_FIELDS);
const only = (...fields: PluginField[]) => new Set(fields);
const open: Policy = { level: 'public', rules: [] };
const rule = (host: string, capture: Capture, level?: PrivacyLevel): Policy => ({
  level: 'public',
  rules: [{ id: '1', host, capture, ...(level ? { level } : {}) }],
});

it('has the chosen fields and no other', () => {
  const whole = {
    host: 'en.wikipedia.org',
    category: 'reference',
    url: visit.url,
    title: 'Whale',
    hour: 5 * HOUR_MS,
  };
  expect(publicView(visit, all, open)).toEqual(whole);
  for (const field of ['host', 'category', 'url', 'title', 'hour'] as const)
    expect(publicView(visit, only(field), open)).toEqual({ [field]: whole[field] });
  expect(publicView(search, only('searchQuery'), open)).toEqual({ searchQuery: 'blue whales' });
});

it('is nothing when none of the fields is there', () => {
  expect(publicView(visit, only('searchQuery'), open)).toBeNull();
  expect(publicView(visit, only('counts'), open)).toBeNull();
  expect(publicView({ ...visit, title: '' }, only('title'), open)).toBeNull();
  expect(publicView(search, only('title'), open)).toBeNull();
});

it('is only of records that were public and whose site is public now', () => {
  for (const then of PRIVACY_LEVELS)
    for (const now of PRIVACY_LEVELS) {
      const seen = publicView({ ...visit, level: then }, all, { level: now, rules: [] }) !== null;
      expect(seen, `${then}, ${now}`).toBe(then === 'public' && now === 'public');
      const byRule = publicView({ ...visit, level: then }, all, rule('wikipedia.org', 'full', now)) !== null;
      expect(byRule, `${then}, rule ${now}`).toBe(then === 'public' && now === 'public');
    }
  // A rule also opens: the global level does not hold for its site.
  const opened: Policy = { ...rule('wikipedia.org', 'full', 'public'), level: 'private' };
  expect(publicView(visit, all, opened)).not.toBeNull();
  expect(publicView(search, all, opened)).toBeNull();
});

it('is nothing of clicks, of what was reduced, of skipped and of sensitive sites', () => {
  const click = { ...visit, kind: 'click', role: 'link', text: 'Next' } as const;
  expect(publicView(click as unknown as InteractionRecord, all, open)).toBeNull();
  const reduced = {
    kind: 'reduced',
    id: '1',
    atMs: AT,
    level: 'anonymous',
    of: 'visit',
    category: 'web',
  } as const;
  expect(publicView(reduced, all, open)).toBeNull();
  expect(publicView(visit, all, rule('en.wikipedia.org', 'skip'))).toBeNull();
  expect(publicView({ ...visit, url: 'https://www.paypal.com/' }, all, open)).toBeNull();
  expect(publicView({ ...visit, url: 'ftp://en.wikipedia.org/' }, all, open)).toBeNull();
});

it('tells old records as the rule of now would keep them', () => {
  const now = (capture: Capture) => publicView(visit, only('url', 'title'), rule('wikipedia.org', capture));
  expect(Object.fromEntries(CAPTURES.map((capture) => [capture, now(capture)]))).toEqual({
    skip: null,
    domain: { url: 'https://en.wikipedia.org/' },
    'no-query': { url: 'https://en.wikipedia.org/wiki/Whale', title: 'Whale' },
    full: { url: visit.url, title: 'Whale' },
  });
  // Where the address loses its query, a search is none any more.
  expect(publicView(search, all, rule('baidu.com', 'no-query'))).toBeNull();
  expect(publicView(results, only('url', 'title', 'searchQuery'), rule('baidu.com', 'no-query'))).toEqual({
    url: 'https://www.baidu.com/s',
  });
});

it('does not tell a search by the address or the title of its results', () => {
  expect(publicView(results, only('url', 'title', 'host'), open)).toEqual({
    host: 'www.baidu.com',
    url: 'https://www.baidu.com/',
  });
  expect(publicView(search, only('url'), open)).toEqual({ url: 'https://www.baidu.com/' });
  // An address that was too long to keep its query still has the title.
  expect(publicView({ ...results, url: 'https://www.baidu.com/s' }, only('title'), open)).toBeNull();
  expect(publicView(results, only('url', 'title', 'searchQuery'), open)).toEqual({
    url: results.url,
    title: results.title,
  });
});

it('is found by words of what it tells, not of what it does not', () => {
  const found = (fields: ReadonlySet<PluginField>, ...words: string[]) =>
    itemHasWords(publicView(visit, fields, open) ?? {}, words);
  expect(found(all, 'whal', 'wikipedia')).toBe(true);
  expect(found(all, 'whal', 'nothing')).toBe(false);
  expect(found(only('host'), 'wikipedia')).toBe(true);
  expect(found(only('host', 'hour'), 'whal')).toBe(false);
  expect(found(all, 'secret')).toBe(false);
});
