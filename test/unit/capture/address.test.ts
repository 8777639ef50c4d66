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
  ['separated by semicolons', 'https://a.example/?a=1;token=abc', 'https://a.example/?a=1'],
  ['with a second question mark', 'https://a.example/??token=abc', 'https://a.example/'],
  ['after a second question mark', 'https://a.example/?a=1?token=abc', 'https://a.example/?a=1'],
  ['separated by an entity', 'https://a.example/?a=1&amp;token=abc&b=2', 'https://a.example/?a=1&b=2'],
  ['with a blank after its name', 'https://a.example/?token%20=abc&b=2', 'https://a.example/?b=2'],
  ['encoded twice', 'https://a.example/?%2574oken=abc&b=2', 'https://a.example/?b=2'],
  ['that holds a separator', 'https://a.example/?token=abc;def?ghi&b=2', 'https://a.example/?b=2'],
  ['in the path', 'https://a.example/x;token=abc/y;v=1', 'https://a.example/x/y;v=1'],
  [
    'of an address',
    'https://a.example/?redirect_uri=https://b.example/?code=abc&b=2',
    'https://a.example/?redirect_uri=https://b.example/&b=2',
  ],
  [
    'of an encoded address',
    'https://a.example/?next=%2Fcb%3Ftoken%3Dabc%26x%3D1&b=2',
    'https://a.example/?next=%2Fcb%3Fx%3D1&b=2',
  ],
  [
    'of an address, encoded twice',
    'https://a.example/?next=%252Fcb%253Ftoken%253Dabc',
    'https://a.example/?next=%2Fcb',
  ],
  [
    'of an address in an address',
    `https://a.example/?u=${encodeURIComponent(`https://b.example/?v=${encodeURIComponent('https://c.example/?key=abc&w=1')}`)}`,
    `https://a.example/?u=${encodeURIComponent(`https://b.example/?v=${encodeURIComponent('https://c.example/?w=1')}`)}`,
  ],
  [
    'before a host',
    'https://a.example/?u=https%3A%2F%2Fann%3Aabc%40b.example%2F',
    'https://a.example/?u=https%3A%2F%2Fb.example%2F',
  ],
  ['in a fragment', 'https://a.example/?u=%2Fcb%23access_token%3Dabc', 'https://a.example/?u=%2Fcb'],
  ['in the path as an address', 'https://a.example/go/%2Fcb%3Ftoken%3Dabc/x', 'https://a.example/go/%2Fcb/x'],
  ['in a list of parameters', 'https://a.example/?data=token%3Dabc%26x%3D1', 'https://a.example/?data=x%3D1'],
  ['in JSON', 'https://a.example/?data=%7B%22token%22%3A%22abc%22%7D&b=2', 'https://a.example/?b=2'],
  [
    'that is a JSON Web Token',
    'https://a.example/?t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhYmMifQ.abc&b=2',
    'https://a.example/?b=2',
  ],
])('a secret %s goes', (_what, address, kept) => {
  expect(cleanAddress(address)).toBe(kept);
});

it('a secret deeper than anyone looks goes too', () => {
  let address = 'https://z.example/?token=Secretword';
  for (let i = 0; i < 12; i++) address = `https://a${i}.example/?u=${encodeURIComponent(address)}`;
  expect(cleanAddress(address)).not.toContain('Secretword');
});

it.each([
  'https://a.example/?q=a%3Db+%26+c&x=%C3%A4',
  'https://a.example/?time=12:30&mail=ann%40b.example',
  'https://a.example/?u=https%3A%2F%2Fb.example%2F%3Fpage%3D2%23part',
  'https://a.example/?q=why%3F&flag',
  'https://a.example/a;v=2/b?x=1;y=2',
  'https://a.example/%E4%BD%A0/@60.1,24.9,12z',
  'https://a.example/?q=%E4%zz',
])('%s keeps its spelling', (address) => {
  expect(cleanAddress(address)).toBe(address);
});

const SECRETS =
  'token code key session password auth sig api_key apikey id_token PHPSESSID client_secret reset-code token[] token[0] ' +
  'user[password] tokens passwords keys codes sessions token2 key1 sig2 authtoken authkey passcode userpass privatekey ' +
  'secretkey sessid ssid csrfmiddlewaretoken codeVerifier code_verifier accessKeyId RelayState relaystate SAMLResponse ' +
  'X-Amz-Signature X-Amz-Security-Token X-Amz-Credential X-Goog-Signature Key-Pair-Id accessToken refreshToken authCode ' +
  'sessionId session_id SessionID JSESSIONID ASP.NET_SessionId ASPSESSIONIDQQABCD sid oauth_token oauth_verifier ' +
  '__RequestVerificationToken authenticity_token xsrf _csrf csrfToken IDToken1 userPassword password_confirmation pwd ' +
  'passwd newPassword otp totp 2fa mfa_code verificationCode verification_code invitecode resetToken magic ticket jwt ' +
  'bearer nonce state assertion hmac apiKey api-key x-api-key subscription-key accesskey clientSecret secret credentials ' +
  'Signature signed_request auth_hash tokenId token_value loginToken otpcode oauth2 shared_secret ?token amp;token token.';
it.each(SECRETS.split(' '))('%s is a secret', (name) => {
  expect(isSecretParameter(name)).toBe(true);
});

const HARMLESS =
  'q page keyword keywords key_word author authors design monkey keyboard encode signal passage barcode zipcode zip_code ' +
  'postal-code countryCode country_code language_code currencyCode session-room-name sessionTitle token_type ' +
  'tokenType code_challenge_method sort_key sortKey turkey hockey donkey passenger compass bypass passport_country ' +
  'signup assign resign codec codename code_lang decode secretary hashtag stateful estate statement pinned pinterest ' +
  'spinner ticketing tokenizer keynote sidebar inside president residence authority sessional pass_type key_signature_map ' +
  'product_code areaCode utm_source id name lang v t s k color sort error_code status_code itemCode';
it.each(HARMLESS.split(' '))('%s is not', (name) => {
  expect(isSecretParameter(name)).toBe(false);
});
