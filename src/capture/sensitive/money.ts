/**
 * Card numbers, their check codes, IBANs and other numbers of accounts.
 *
 * Cards: ISO/IEC 7812-1 (issuer's prefix, length, Luhn's check digit). IBAN: ISO 13616 (length by country) and ISO 7064 MOD 97-10.
 */
import isIBAN from 'validator/es/lib/isIBAN.js';
import isLuhnNumber from 'validator/es/lib/isLuhnNumber.js';
import {
  ALNUM,
  anyNumberOf,
  anyWord,
  LINK,
  type Recogniser,
  type Scan,
  takeAll,
  takeAsWritten,
} from './scan.ts';

/** Prefix and lengths by scheme. Visa's 13 digits are no longer given out, and are what article numbers (EAN) look like. */
const ISSUERS =
  /^(?:4(?:\d{15}|\d{18})|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|3(?:0[0-5]|095|[689]\d)\d{11,13}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|4[4-9]\d|5\d\d)\d{12}|62\d{14,17}|220[0-4]\d{12,15}|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}|(?:60|81|82|508)\d{13,14})$/;
/** How the digits of cards are grouped, in lengths. */
const GROUPINGS = new Set([
  '4 4 4 4',
  '4 6 5',
  '4 6 4',
  '4 4 4 4 3',
  '6 13',
  '4 4 5',
  '8 8',
  '5 5 5',
  '4 4 4 3',
  '4 4 4 2',
]);
const DIGITS = new RegExp(`(?<![${ALNUM}_])\\d(?:[ .\\u00A0\\u2009\\u202F-]{0,2}\\d){11,24}(?!\\d)`, 'g');
const GROUP = /\d+/g;

/** The part of a run of digits that is a card's number: begin and end, or `null`. */
function cardIn(run: string): readonly [number, number] | null {
  const groups = [...run.matchAll(GROUP)];
  for (let from = 0; from < groups.length; from++)
    for (let to = groups.length; to > from; to--) {
      const part = groups.slice(from, to);
      const digits = part.map(([group]) => group).join('');
      if (digits.length < 12 || digits.length > 19) continue;
      const isGrouped = to - from === 1 || GROUPINGS.has(part.map(([group]) => group.length).join(' '));
      if (!isGrouped || !ISSUERS.test(digits) || !isLuhnNumber(digits)) continue;
      const last = part.at(-1);
      return [part[0]?.index ?? 0, (last?.index ?? 0) + (last?.[0].length ?? 0)];
    }
  return null;
}

function cardNumbers(scan: Scan): void {
  const { text } = scan;
  for (const { 0: run, index } of text.matchAll(DIGITS)) {
    const found = cardIn(run);
    if (!found) continue;
    const [start, end] = found;
    scan.take('card', index + start, index + end, run.slice(start, end).replace(/\D/g, ''));
  }
}

const IBAN = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,32}/g;
const compact = (text: string): string => text.replace(/[^A-Za-z0-9]/g, '').toUpperCase();

/** How much of a text that begins like an IBAN is one; `false` when nothing is. Ends are where letters and digits end. */
function ibanLength(candidate: string, match: RegExpExecArray): number | false {
  const next = match.input[match.index + candidate.length] ?? '';
  for (let end = candidate.length; end >= 15; end--) {
    const after = end === candidate.length ? next : (candidate[end] ?? '');
    if (!/[A-Za-z0-9]/.test(after) && isIBAN(candidate.slice(0, end))) return end;
  }
  return false;
}

const CARD_CODE = new RegExp(
  `(?:${anyNumberOf('cvv2|cvv|cvc2|cvc|csc|card verification value|card security code|kartenprüfnummer|prüfziffer|prüfnummer|cryptogramme visuel|cryptogramme|código cvv|codigo de seguridad|código de seguridad|codice di sicurezza|código de segurança')}${LINK})(?<piece>\\d{3,4})(?![${ALNUM}.%])`,
  'g',
);
const PIN = new RegExp(
  `(?<word>${anyWord('pin code|pin number|pincode|pin nummer|pin|geheimzahl|code pin|código pin|codice pin|codigo pin|kod pin')})(?<link>${LINK})(?<piece>\\d{4,8})(?![${ALNUM}.,%])`,
  'g',
);

/** `PIN 4711`, `pin: 4711`, `my pin is 4711`; but a year is none, and a `pin 4459` may be a part. */
function isPin(digits: string, { groups, index }: RegExpExecArray, written: string): boolean {
  if (/^(?:19|20)\d\d$/.test(digits)) return false;
  if (/[^\s#]/.test(groups?.link ?? '')) return true;
  const word = groups?.word ?? '';
  return word.length > 3 || written.startsWith('PIN', index);
}

const ACCOUNT = new RegExp(
  `${anyNumberOf(`
  account number|account no\\.?|account nr|account #|acct|acct no|acct number|bank account|checking account|savings account|routing|routing number|
  aba|aba number|sort code|bsb|kontonummer|konto nr\\.?|konto|blz|bankleitzahl|numéro de compte|compte bancaire|n° de compte|rib|
  número de cuenta|numero de cuenta|cuenta bancaria|cuenta corriente|clabe|numero di conto|conto corrente|c/c|abi|número da conta|conta corrente|
  conta bancária|agência|rekeningnummer|bankrekening|numer konta|konta|numer rachunku|rachunku|rachunek|nrb|kontonummer|clearingnummer|tilinumero|bankgiro`)}${LINK}(?<piece>\\d(?:[ ./-]?\\d){4,30}(?:-?[\\dx])?)(?![${ALNUM}%])`,
  'g',
);
/** A sort code is six digits in pairs; other numbers of accounts have six to 26. */
const isAccount = (piece: string): boolean => {
  const digits = piece.replace(/\D/g, '');
  return digits.length >= 6 && digits.length <= 30 && !/^(?:19|20)\d\d ?[-/ ] ?(?:19|20)?\d\d$/.test(piece);
};

export const money: Recogniser = (scan) => {
  const { digits } = scan;
  if (digits < 3) return;
  if (digits >= 7) takeAsWritten(scan, 'iban', IBAN, ibanLength, compact);
  if (digits >= 12) cardNumbers(scan);
  const { lower } = scan;
  // A part of every one of their words: the patterns need not be made for most texts.
  if (/c[vs]|card|prüf|crypt|segur|sicur/.test(lower)) takeAll(scan, 'card-code', CARD_CODE);
  if (digits >= 4 && /pin|geheim/.test(lower))
    takeAll(scan, 'card-code', PIN, (piece, match) => isPin(piece, match, scan.text));
  if (digits >= 6) takeAll(scan, 'bank-account', ACCOUNT, isAccount, (piece) => piece.replace(/\D/g, ''));
};
