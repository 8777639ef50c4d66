import { expect, it } from 'vitest';
import { cleanAddress, isSecretParameter, MAX_URL } from '../../../src/capture/address.ts';

it.each([
  ['https://ann:pw@site.example/a?b=1#frag', 'https://site.example/a?b=1'],
  ['https://site.example/a?token=x&b=1&access_token=y', 'https://site.example/a?b=1'],
  ['https://site.example/a?X-Amz-Signature=1&page=2', 'https://site.example/a?page=2'],
  ['https://site.example/a?sessionId=1&authCode=2', 'https://site.example/a'],
  ['https://site.example/a;jsessionid=123/b?q=ok', 'https://site.example/a/b?q=ok'],
  ['https://site.example/?q=a+b&%74oken=hidden', 'https://site.example/?q=a+b'],
  ['http://site.example:8080/x', 'http://site.example:8080/x'],
])('keeps of %s only %s', (address, kept) => {
  expect(cleanAddress(address)).toBe(kept);
});

it.each([
  'file:///etc/passwd',
  'about:blank',
  'chrome://settings',
  'javascript:alert(1)',
  'data:text/html,x',
  'nonsense',
])('keeps nothing of %s', (address) => {
  expect(cleanAddress(address)).toBeNull();
});

it('bounds the length', () => {
  expect(cleanAddress(`https://site.example/p?q=${'x'.repeat(5000)}`)).toBe('https://site.example/p');
  expect(cleanAddress(`https://site.example/${'x'.repeat(5000)}`)).toHaveLength(MAX_URL);
});

it.each([
  'token',
  'code',
  'key',
  'session',
  'password',
  'auth',
  'sig',
  'api_key',
  'apikey',
  'id_token',
  'PHPSESSID',
  'client_secret',
  'reset-code',
])('%s is a secret', (name) => {
  expect(isSecretParameter(name)).toBe(true);
});

it.each(['q', 'page', 'keyword', 'author', 'design', 'monkey', 'encode', 'signal', 'passage', 'barcode'])(
  '%s is not',
  (name) => {
    expect(isSecretParameter(name)).toBe(false);
  },
);
