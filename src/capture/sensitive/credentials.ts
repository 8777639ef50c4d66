/** Passwords and keys: by what stands before them, and by their own look. */
import { AUTH_HEADER, KEY_FORMATS, PEM_KEY, USER_INFO } from './key-formats.ts';
import {
  anyWord,
  COVER,
  hasLetter,
  IS,
  LETTERS,
  LINK,
  type Recogniser,
  type Scan,
  takeAll,
  takeAsWritten,
} from './scan.ts';

const PASSWORD = anyWord(`
  password|passwd|passphrase|passcode|pwd|pw|pass|login password|passwort|kennwort|mot de passe|mdp|contraseña|contrasena|clave|
  senha|palavra passe|palavra-chave|parola d'ordine|parola|wachtwoord|hasło|haslo|lösenord|losenord|adgangskode|kodeord|salasana|
  passord|heslo|jelszó|şifre|sifre|пароль|密码|パスワード
`);
const SECRET = anyWord(`
  api key|apikey|api token|api secret|secret key|secret access key|aws_secret_access_key|client secret|app secret|access token|
  auth token|authtoken|refresh token|bearer token|access key|private key|signing key|encryption key|license key|product key|
  account key|accountkey|secret|token|api schlüssel|geheimer schlüssel|zugangsschlüssel|clé api|clé d'api|clé secrète|
  clave api|clave secreta|chiave api|chiave segreta|chave api|chave secreta|api sleutel|klucz api|jeton
`);

const VALUE = `(?<piece>"[^"${COVER}]{1,100}"|'[^'${COVER}]{1,100}'|„[^“”${COVER}]{1,100}[“”]|«[^»${COVER}]{1,100}»|[^\\s${COVER}]{1,200})`;

const NAMED_PASSWORD = new RegExp(`${PASSWORD}\\)?(?<link>${LINK})${VALUE}`, 'g');
/** One word in between: `password wifi …`, `mdp gmail : …`. */
const PASSWORD_OF = new RegExp(`${PASSWORD}[ _-][${LETTERS}-]{2,20}(?<link>${LINK})${VALUE}`, 'g');
/** Further words: `password for the guest network: …`, `Passwort vom Netz ist …`. */
const PASSWORD_FOR = new RegExp(
  `${PASSWORD}(?:\\s{1,2}[^\\s:=${COVER}]{1,40}){1,5}?(?<link>\\s{0,3}[:=]\\s{0,3}|\\s{1,3}${IS}\\s{1,3})${VALUE}`,
  'g',
);
/** `… is my password`, `is … a good password`. */
const BEFORE_PASSWORD = new RegExp(
  `(?<![^\\s"'(])[^\\s${COVER}]{6,100}(?=\\s(?:(?:is|as|ist|als|est|comme|es|como|è|come|é|jako|to)\\s)?(?:my|our|her|his|their|a|an|the|mein|unser|ein|mon|notre|un|mi|una|la mia|la|o meu|minha|uma|mijn|een|moje)\\s(?:(?:good|strong|safe|secure|bad|weak|valid|new|old|default|gutes|sicheres|starkes|neues|bon|nouveau|buena|nueva|buona|boa|goed|nowe)\\s)?${PASSWORD})`,
  'g',
);
const NAMED_SECRET = new RegExp(`${SECRET}(?<link>${LINK})${VALUE}`, 'g');

/** After `password:` at the end of a text, where a word in small letters is one: these are none. */
const NO_PASSWORD = new Set(
  `reset change changed forgot forgotten required incorrect invalid wrong manager managers tips basics security protected
  protection help login generator policy missing empty null undefined none true false yes no string hash hashes field expired
  strength recovery history here now again please guide review reviews comparison list update leak leaks breach vault safe
  why how what when where who zurücksetzen vergessen ändern oublié réinitialiser olvidada olvidé restablecer dimenticata
  esquecida vergeten zapomniałem`.split(/\s+/),
);
/** What looks like letters with a number and is the name of something. */
const NAMES =
  /^(?:[a-z]*2fa|mfa|oauth\d?|1password|\d+(?:st|nd|rd|th|x|k|er|e|ème|º|ª)?|base\d+|sha-?\d+\w*|md\d|bcrypt\d*|argon2\w*|pbkdf2|aes-?\d+\w*|rsa-?\d+|utf-?\d+|windows-?\d+|win\d+|office-?\d+|mysql\d*|postgres\d*|php\d*|python[\d.]+|java\d+|log4j\d?|ios-?\d+|android-?\d+|ps\d|xbox\d*|web\d|h2o|i18n|k8s|s3|ec2|e2e|b2b|p2p|covid-?19|mp[34]|[a-zß-ÿ]{1,3}\d{1,2}|v?\d+(?:\.\d+)+\w*)$/i;

const bare = (value: string): string => value.replace(/^[("'„«[]+/, '').replace(/[.,;:!?)\]"'“”»]+$/, '');

const isQuoted = (value: string): boolean => /^["'„«]/.test(value) && /["'“”»]$/.test(value);

const isYear = (value: string): boolean => /^(?:19|20)\d\d$/.test(value);

const hasBoth = (value: string): boolean => hasLetter(value) && /\d/.test(value);

/** Digits, letters and digits, or a sign between letters. */
function looksSecret(value: string): boolean {
  if (value.length < 4 || NAMES.test(value)) return /^\d{4,}$/.test(value) && !isYear(value);
  // An address, a name with its sign, two words that are joined.
  if (/^https?:|^www\.|^[@#]\w+$|^[^\d\s.-]+[.-][^\d\s.-]+$/i.test(value)) return false;
  return hasBoth(value) || (/^\S.*[!@#$%^&*_+~?=]/.test(value) && hasLetter(value));
}

/** Digits in groups, of routers; no span of years. */
const isLongNumber = (value: string): boolean =>
  /^\d+(?:-\d+)+$/.test(value) && value.replaceAll('-', '').length >= 10;

/** What tickets, flights and orders are called: `QR4471`. */
const isReference = (value: string): boolean => /^[A-Z]{1,4}\d+$/.test(value);

/** Without a colon before it. */
function looksVerySecret(value: string): boolean {
  if (value.length < 6) return false;
  if (isLongNumber(value)) return true;
  if (!looksSecret(value)) return false;
  if (hasBoth(value)) return !/[./]/.test(value) && !isReference(value);
  return /[!@#$%^&*]/.test(value.slice(1, -1)) || /^\d{5,}$/.test(value);
}

/** One word, in small letters or with a capital inside. */
const isOneWord = (value: string): boolean =>
  (/^[^\d\s\p{P}]{4,}$/u.test(value) && value === value.toLowerCase()) ||
  /^[A-Za-z]{0,20}[a-z][A-Z][A-Za-z]{0,20}$/.test(value);

function isPassword(value: string, { groups, index, input, 0: whole }: RegExpExecArray): boolean {
  const link = groups?.link ?? '';
  const isStrong = /[:=]/.test(link);
  const core = bare(value);
  if (core.length < 3) return false;
  if (isQuoted(value) && (/\S/.test(link) || looksSecret(core))) return !NO_PASSWORD.has(core.toLowerCase());
  if (isStrong ? looksSecret(core) : looksVerySecret(core)) return true;
  if (!isStrong && hasLetter(link) && looksSecret(core) && !/^\d+$/.test(core)) return true;
  const isLast = input.slice(index + whole.length).trim() === '';
  if (!isStrong || !isLast || NO_PASSWORD.has(core.toLowerCase())) return false;
  return link.includes('=') || isOneWord(core);
}

/** With words in between it may be about anything: what looks like a password only, or is quoted after "is". */
const isPasswordFor = (value: string, { groups }: RegExpExecArray): boolean =>
  looksVerySecret(bare(value)) || (isQuoted(value) && !/[:=]/.test(groups?.link ?? ''));

/** Long enough, and no word. */
const looksRandom = (value: string, min: number): boolean =>
  value.length >= min && !/^https?:|[()]/.test(value) && hasBoth(value) && !NAMES.test(value);

function isSecret(value: string, { groups }: RegExpExecArray): boolean {
  const link = groups?.link ?? '';
  const core = bare(value);
  if (/[:=]/.test(link))
    return looksRandom(core, 8) || (isQuoted(value) && core.length >= 8 && !/\s/.test(core));
  return looksRandom(core, hasLetter(link) ? 8 : 16);
}

/** `Bearer` before a word is no token: digits, or capitals within. */
const isToken = (value: string): boolean =>
  /\d/.test(value) && /[A-Za-z]/.test(value) && !/^[a-z-]+\d?$/.test(value);

/** Without the full stop or bracket that ends the sentence. */
const withoutEnd = (value: string): number =>
  value.length - (/(?:[,;)\]]{1,3}|(?<!\.)\.)$/.exec(value)?.[0].length ?? 0);

const HAS_PASSWORD = new RegExp(PASSWORD);
const HAS_SECRET = new RegExp(SECRET);

export const credentials: Recogniser = (scan) => {
  if (scan.text.includes('-----')) takeAsWritten(scan, 'credential', PEM_KEY);
  if (/[\w.-]{16}/.test(scan.text)) {
    takeAsWritten(scan, 'credential', KEY_FORMATS);
    takeAll(scan, 'credential', AUTH_HEADER, isToken);
  }
  if (scan.text.includes('://')) takeAll(scan, 'credential', USER_INFO);
  if (HAS_SECRET.test(scan.lower))
    takeAll(scan, 'credential', NAMED_SECRET, (value, match) => isSecret(value, match) && withoutEnd(value));
  if (HAS_PASSWORD.test(scan.lower)) passwords(scan);
};

function passwords(scan: Scan): void {
  const take = (pattern: RegExp, accept: (value: string, match: RegExpExecArray) => boolean) =>
    takeAll(scan, 'credential', pattern, (value, match) => accept(value, match) && withoutEnd(value));
  take(NAMED_PASSWORD, isPassword);
  take(PASSWORD_FOR, isPasswordFor);
  take(PASSWORD_OF, (value) => looksVerySecret(bare(value)));
  take(BEFORE_PASSWORD, (value) => looksVerySecret(bare(value)));
}
