/** The host of an address is that of the URL parser, however it is written; a dot at its end does not make it another. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostOf } from '../../../src/model/page.ts';
import { isTargeted } from '../../../src/model/selector.ts';

it.each([
  ['https://site.example/', 'site.example'],
  ['https://site.example./a', 'site.example'],
  ['https://site.example.:8443/a', 'site.example'],
  ['http://site.example', 'site.example'],
  ['https://other.example:80@site.example/', 'site.example'],
  ['https://other.example:@site.example', 'site.example'],
  ['https://other.example@site.example./', 'site.example'],
  ['https://site.example\\@other.example/', 'site.example'],
  ['https://site.example:/', 'site.example'],
  ['HTTPS://Site.Example./', 'site.example'],
  ['http://0x7f.1/', '127.0.0.1'],
  ['http://127.0.0.1./', '127.0.0.1'],
  ['https://[::1]:8443/', '[::1]'],
  ['https://:80/', ''],
  ['nothing', ''],
])('of %s', (url, host) => {
  expect(hostOf(url)).toBe(host);
  const record = { kind: 'visit', id: 'd.0.1', atMs: 0, level: 'private', url } as never;
  expect(isTargeted(record, { what: 'site', host: 'site.example' })).toBe(host === 'site.example');
});

it('of anything that may be an address', () => {
  const piece = fc.constantFrom(
    'a',
    'b-c',
    'EX',
    '1',
    '0x1',
    '.',
    '..',
    ':',
    '80',
    '@',
    '/',
    '?',
    '#',
    '\\',
    '%41',
    'ü',
  );
  fc.assert(
    fc.property(
      fc.constantFrom('http://', 'https://'),
      fc.array(piece, { maxLength: 8 }),
      (scheme, pieces) => {
        const url = scheme + pieces.join('');
        let parsed = '';
        try {
          parsed = new URL(url).hostname.replace(/\.$/, '');
        } catch {}
        expect(hostOf(url)).toBe(parsed);
      },
    ),
    { numRuns: 3000 },
  );
});
