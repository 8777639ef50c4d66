import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanAddress } from '../../../src/capture/address.ts';
import { redactAddress } from '../../../src/capture/redact-address.ts';
import { readCorpus } from '../../support/sensitive-corpus.ts';

const redacted = (url: string) => decodeURIComponent(redactAddress(url).url);

describe('an address', () => {
  it.each([
    ['a search', 'https://s.example/?q=visa+4111+1111+1111+1111', 'https://s.example/?q=visa [card number]'],
    ['a mailbox in the path', 'https://a.example/u/jo%40b.com/x', 'https://a.example/u/[e-mail]/x'],
    [
      'a number by its name',
      'https://a.example/?phone_number=5550187123&p=2',
      'https://a.example/?phone_number=[phone]&p=2',
    ],
    ['a plus that is one', 'https://a.example/?tel=+4930901820', 'https://a.example/?tel=[phone]'],
    [
      'a plus that is a space',
      'https://a.example/?q=call+%2B49+30+901820',
      'https://a.example/?q=call [phone]',
    ],
    [
      'what is encoded twice',
      'https://a.example/?u=https%253A%252F%252Fb.example%252Fjo%2540b.com',
      'https://a.example/?u=https://b.example/[e-mail]',
    ],
    [
      'a token after a word',
      'https://a.example/reset-password/8d7fA91kkQ02mmZx71',
      'https://a.example/reset-password/[token]',
    ],
    ['a name', 'https://a.example/?jo%40b.com=1', 'https://a.example/?[e-mail]=1'],
    ['an IBAN', 'https://a.example/pay/DE89370400440532013000', 'https://a.example/pay/[IBAN]'],
  ])('loses %s', (_, url, expected) => {
    expect(redacted(url)).toBe(expected);
  });

  it.each([
    'https://a.example/',
    'https://a.example/2024/11/05/a-title-with-words?page=2',
    'https://203.0.113.77/x',
    'https://github.com/o/r/commit/3f2504e04f8911d39a0c0305e82c3301aabbccdd',
    'https://docs.example/d/1MQ6IiQcorsN_pnY6oX1h1K52N66mMw4crpOqVYQJiNg/edit',
    'https://a.example/?q=100%25&x=%E0%A4%A',
    'https://unpkg.com/react@18.2.0/umd/react.js',
    'https://maps.example/@52.5200,13.4050,15z',
    'https://social.example/@alice@mastodon.example',
    'https://a.example/reset-password/how-it-works-in-2024',
  ])('keeps its spelling where there is nothing: %s', (url) => {
    expect(redactAddress(url)).toEqual({ url, pieces: [] });
  });

  it('is an address still, and the same the second time', () => {
    const parts = readCorpus().map(({ text }) => text.toWellFormed());
    const part = fc.oneof(fc.constantFrom(...parts), fc.string({ unit: 'binary', maxLength: 20 }));
    const encoded = part.map((text) => encodeURIComponent(text.toWellFormed()));
    const urls = fc
      .tuple(
        fc.array(fc.oneof(encoded, part), { maxLength: 3 }),
        fc.array(fc.tuple(encoded, encoded), { maxLength: 3 }),
      )
      .map(
        ([path, query]) =>
          `https://a.example/${path.join('/')}?${query.map((pair) => pair.join('=')).join('&')}`,
      );
    fc.assert(
      fc.property(urls, (url) => {
        const clean = cleanAddress(url);
        if (clean === null) return;
        const once = redactAddress(clean).url;
        expect(redactAddress(once)).toEqual({ url: once, pieces: [] });
        expect(new URL(once).host).toBe('a.example');
      }),
      { numRuns: 1_000 },
    );
  });
});
