/**
 * Telephone numbers: those in international form (ITU-T E.164: at most 15 digits after the plus), those in the usual form of a
 * country, and any that the text calls one. Without a library: the smallest that knows all numbering plans is larger than
 * everything else here together (docs/decisions/0008), and a country is not known.
 */
import { ALNUM, anyNumberOf, LINK, type Recogniser, takeAll } from './scan.ts';

const digitsOf = (text: string): string => text.replace(/\D/g, '');
/** In one spelling: digits, with a plus where the country is told. */
const normalise = (text: string): string => {
  const plain = text.replace(/\(0\)/, '');
  return plain
    .trim()
    .replace(/^00(?=[1-9])/, '+')
    .replace(/(?!^\+)\D/g, '');
};
const hasDigits = (min: number, max: number) => (piece: string) => {
  const { length } = digitsOf(piece);
  return length >= min && length <= max;
};

const GAP = '[ .\\u00A0\\u202F/()-]{0,3}';
const INTERNATIONAL = new RegExp(
  `(?<![${ALNUM}+])(?:tel:)?\\+ ?\\(?[1-9]\\d{0,2}\\)?(?:${GAP}\\d){6,13}(?![${ALNUM}])`,
  'g',
);
/** `00` in front needs a gap after the country: numbers of orders begin with zeros too. */
const WITH_00 = new RegExp(
  `(?<![${ALNUM}.,-]|\\d )00[1-9]\\d{0,2}[ /-](?:[ .()/-]{0,2}\\d){6,13}(?![${ALNUM}])`,
  'g',
);

/** As written in a country; digits in gaps that say it. */
const NATIONAL = new RegExp(
  `(?<![${ALNUM}.,$€£/+-]|\\d )(?:${[
    // North America.
    '(?:1[ .-])?\\([2-9]\\d{2}\\)[ -]?[2-9]\\d{2}[ .-]\\d{4}',
    '(?:1[ .-])?[2-9]\\d{2}([.-])[2-9]\\d{2}\\1\\d{4}',
    // France.
    '0[1-9](?:[ .-]\\d{2}){4}',
    // Germany, Austria, Switzerland, the Netherlands, Italy, the United Kingdom: a zero, an area, a subscriber.
    '\\(0\\d{2,5}\\)[ /-]{0,3}\\d{2,8}(?:[ -]\\d{2,6}){0,3}',
    '0[1-9]\\d{1,3} ?/ ?\\d{3,8}(?:[ -]\\d{2,4}){0,2}',
    '0[1-9]\\d{1,3}[ -]\\d{6,8}',
    '0[1-9]\\d{1,3} \\d{3,4} \\d{3,5}(?: \\d{2})?',
    '0[1-9]\\d{1,2} \\d{3} \\d{2} \\d{2}',
    '06[ -]\\d{8}',
    '07\\d{3} ?\\d{6}',
    // Mobile numbers in one piece.
    '0[67]\\d{8}',
    '01[567]\\d{8,9}',
    // Brazil.
    '\\(\\d{2}\\) ?9? ?\\d{4}-\\d{4}',
    // Spain.
    '[67]\\d{2} \\d{2} \\d{2} \\d{2}',
  ].join('|')})(?![${ALNUM}]|[.,/-]\\d| \\d)`,
  'g',
);

const NAMED = new RegExp(
  `${anyNumberOf(`
  tel\\.?|tél\\.?|telephone|phone|phone number|mobile|cell|cell phone|cellphone|call|call me|call me at|text me at|whatsapp|sms|fax|reach me at|
  telefon|telefonnummer|tel nr|handy|handynummer|mobil|mobilnummer|rufnummer|festnetz|anrufen|
  téléphone|numéro de téléphone|portable|appeler|appelez|mobile|teléfono|telefono|móvil|movil|celular|llamar|llamar al|llámame al|
  cellulare|chiama|numero di telefono|telefone|telemóvel|telemovel|ligar|ligar para|telefoon|telefoonnummer|mobiel|bel|gsm|
  numer telefonu|komórka|komorka|zadzwoń|puhelin|puhelinnumero|telefonnummer|mobilnummer|who called|whose number|wer ruft an|telefonnr\\.?`)}${LINK}(?<piece>\\(?\\d(?:[ .()/-]{0,2}\\d){6,14})(?![${ALNUM}%]|[.,/-]\\d)`,
  'g',
);

/** Seven digits or more, and no date, year span or price. */
const isNamed = (piece: string): boolean =>
  hasDigits(7, 15)(piece) &&
  !/^(?:19|20)\d\d[./-]\d\d?[./-]\d\d?$|^(?:19|20)\d\d ?- ?(?:19|20)\d\d$/.test(piece);

export const phones: Recogniser = (scan) => {
  if (scan.digits < 7) return;
  takeAll(scan, 'phone', INTERNATIONAL, hasDigits(8, 15), normalise);
  takeAll(scan, 'phone', WITH_00, hasDigits(10, 17), normalise);
  takeAll(scan, 'phone', NAMED, isNamed, normalise);
  takeAll(scan, 'phone', NATIONAL, hasDigits(9, 12), normalise);
};
