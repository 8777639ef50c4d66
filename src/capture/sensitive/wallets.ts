/**
 * What opens or names a wallet: recovery phrases (BIP 39), private keys (BIP 32, WIF) and addresses (BIP 173, Base58Check,
 * EIP 55). Checksums are left alone: they need a hash each, and no word or number looks like these.
 */
import { ALNUM, anyWord, LINK, type Recogniser, takeAll, takeAsWritten } from './scan.ts';

const BASE58 = '[1-9A-HJ-NP-Za-km-z]';
const KEYS = new RegExp(
  `(?<![A-Za-z0-9])(?:[xyz]p(?:rv|ub)${BASE58}{100,110}|[5KL]${BASE58}{50,51}|(?:bc1|tb1|ltc1)[ac-hj-np-z02-9]{11,71}|0x[a-fA-F0-9]{40}|4[0-9AB]${BASE58}{93}|addr1[a-z0-9]{50,110}|[13LMT]${BASE58}{25,33})(?![A-Za-z0-9])`,
  'g',
);
/** Short ones have to look random: digits, capitals and small letters. */
const isKey = (piece: string): boolean =>
  /^(?:0x|bc1|tb1|ltc1|addr1|[xyz]p)/.test(piece) ||
  (/\d.*\d/.test(piece) && /[A-Z].*[A-Z]/.test(piece) && /[a-z].*[a-z]/.test(piece));

const PRIVATE_KEY = new RegExp(
  `${anyWord('private key|privkey|wallet key|privater schlüssel|clé privée|clave privada|chiave privata|chave privada|klucz prywatny')}${LINK}(?<piece>(?:0x)?[a-f0-9]{64})(?![A-Za-z0-9])`,
  'g',
);
/** Twelve words or more; three to eight letters each, as all of BIP 39 in any of its alphabetic languages. */
const PHRASE = new RegExp(
  `${anyWord('seed phrase|recovery phrase|secret recovery phrase|secret phrase|mnemonic|mnemonic phrase|seed words|wallet phrase|wiederherstellungsphrase|seed phrase lautet|phrase de récupération|phrase secrète|frase semilla|frase de recuperación|frase di recupero|frase seed|frase de recuperação|herstelzin|fraza odzyskiwania|wallet words')}[^${ALNUM}\\uFFFC]{1,6}(?:(?:is|ist|est|es|è|é|jest)[^${ALNUM}\\uFFFC]{1,6})?(?<piece>(?:\\d{1,2}[.)] ?)?[a-zß-öø-ÿœ]{3,9}(?:[ ,;-]{1,2}(?:\\d{1,2}[.)] ?)?[a-zß-öø-ÿœ]{3,9}){11,23})(?![${ALNUM}])`,
  'g',
);
const isSmall = (piece: string): boolean => piece === piece.toLowerCase();

export const wallets: Recogniser = (scan) => {
  if (/[A-Za-z0-9]{23}/.test(scan.text)) {
    takeAll(scan, 'wallet', PRIVATE_KEY);
    takeAsWritten(scan, 'wallet', KEYS, isKey);
  }
  if (/phrase|mnemonic|seed|words|frase|fraza|zin/.test(scan.lower)) takeAll(scan, 'wallet', PHRASE, isSmall);
};
