/**
 * Whether a parameter's name says that its value is a secret. A name is read as words (`accessKeyId`, `access_key[id]`,
 * `access-key-id2` are the same three). One secret word is enough, unless the last word says what the value is instead
 * (`session-room-name`, `token_type`) or the word before it makes a harmless thing of it (`country_code`, `sort-key`).
 */
const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

const SECRET = words(`
  token code key apikey session sessionid sess sessid sid ssid phpsessid jsessionid aspsessionid cfid cookie
  password passwd pass pwd passphrase passcode passkey pw psw passwort kennwort contrasena senha motdepasse
  auth authn authz authorization authentication oauth oauth2 sso sig sign signature signed hmac digest
  secret credential cred creds otp totp mfa 2fa pin ticket jwt jws jwe bearer nonce state csrf xsrf
  saml samlresponse samlrequest samlart relaystate wresult wctx assertion hash verifier challenge
  invite invitation reset magic unsubscribe hdnea hdnts hdntl
`);

/** Written as one word: `csrfmiddlewaretoken`, `userpass`, `authkey`, `ASPSESSIONIDQQ`. */
const RUN_TOGETHER =
  /(token|passwo?r?d|passphrase|apikey|secret|signature|credentials?|sessid|sessionid|relaystate|samlresponse|samlrequest)s?$|^(aspsessionid|phpsess|token(id|key|value|hash|data|code)|auth(id|value|hash|data|sig|sign|user)|session(id|key|hash|data|token)|(pass|pwd|password)(hash|value|confirm|confirmation|repeat|again|new|old))|^(auth|access|activation|verify|verification|confirm|confirmation|security|invite|invitation|reset|login|oauth|secret|user|client|private|public|shared|api|app|session|account|master|licen[cs]e|encryption|signing|device|otp|sms|email|account|recovery|backup|pairing|magic|one|onetime)(code|key|pass|pwd|pin|sig|hash|verifier|nonce|otp)s?$/;

/** What the value is, when it is not the secret itself. */
const ABOUT = words(`
  name names title type types kind method provider room label lang language locale format version page sort order style color
  colour size length count limit offset date time timeout start end duration track topic speaker word words board
  boards map note notes status required enabled expiry expires expired country
`);

/** `code` and `key` of these are public facts. */
const PUBLIC_BEFORE = words(`
  zip postal post country language lang currency area region city airport iata icao station color colour product item
  error status http source bar qr course department dept sort primary foreign partition dial calling exchange stock article
  hs naics isin sku discount voucher model part catalog category music piano
`);
const PUBLIC_KINDS = words('code codes key keys');

/** The words of a name, in small letters, without digits at their ends. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .map((word) => (word === '2fa' || word === 'oauth2' ? word : word.replace(/^(\p{L}+)\d+$/u, '$1')))
    .filter((word) => word !== '' && !/^\d+$/.test(word));

const isSecretWord = (word: string): boolean =>
  SECRET.has(word) || SECRET.has(word.replace(/s$/, '')) || RUN_TOGETHER.test(word);

export function isSecretParameter(name: string): boolean {
  const all = wordsOf(name);
  if (RUN_TOGETHER.test(all.join(''))) return !ABOUT.has(all.at(-1) ?? '');
  if (all.length > 1 && ABOUT.has(all.at(-1) ?? '')) return false;
  return all.some((word, at) => {
    if (!isSecretWord(word)) return false;
    return !(PUBLIC_KINDS.has(word) && PUBLIC_BEFORE.has(all[at - 1] ?? ''));
  });
}
