/**
 * Takes out of an address what must not be kept of it. Comes after `cleanAddress`, which drops parameters by their names; this
 * looks at what the parts say. The host stays: it is the site. E-mail addresses and the like leave no hash here, only their name:
 * the same page is to have the same address wherever it is asked for, and some who ask cannot wait for a hash.
 */

import { decoded } from './address.ts';
import { MIN_TOKEN } from './sensitive/url-tokens.ts';
import { type FoundPiece, redactPlainly } from './sensitive-data.ts';

export interface RedactedAddress {
  readonly url: string;
  readonly pieces: readonly FoundPiece[];
}

/** Without digits, a sign of a mailbox or of something encoded, there is only what words can tell; these have signs of their own. */
const HARMLESS = /^[^\d@%:+=]*$/;
/** One word or a short number, where nothing before it says what it is: most parts of paths. */
const PLAIN = /^(?:[A-Za-z]{0,40}|\d{1,4})$/;

/** A part with what it says redacted; as it is spelled where there is nothing. `lead` says what it is, like words before it in a text. */
function redactedPart(part: string, lead: string, pieces: FoundPiece[]): string {
  if (part === '' || (lead === '' && PLAIN.test(part))) return part;
  // A plus is a space in most queries, and itself in some, before a telephone number for one.
  const spaced = part.replaceAll('+', ' ');
  const readings = spaced === part ? [part] : /^\+\d/.test(part) ? [part, spaced] : [spaced, part];
  for (const reading of readings) {
    const plain = decoded(reading);
    const found = redactPlainly(lead + plain);
    if (found.pieces.length === 0) continue;
    pieces.push(...found.pieces);
    // The lead is nothing by itself; if it went with what follows it, all goes.
    const text = found.text.startsWith(lead) ? found.text.slice(lead.length) : found.text;
    return encodeURIComponent(text.toWellFormed());
  }
  return part;
}

/** `phone_number` reads `phone number: `. What was replaced in a name says nothing of the value. */
const leadOf = (name: string): string => {
  const words = decoded(name)
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z\u00C0-\u1FFF]+/g, ' ')
    .trim();
  return words === '' || words.length > 40 ? '' : `${words}: `;
};

function redactedPair(pair: string, pieces: FoundPiece[]): string {
  const at = pair.indexOf('=');
  if (at < 0) return redactedPart(pair, '', pieces);
  const name = redactedPart(pair.slice(0, at), '', pieces);
  return `${name}=${redactedPart(pair.slice(at + 1), leadOf(name), pieces)}`;
}

/** `url`: an address as `cleanAddress` gives it. Redacting twice is the same as once. */
export function redactAddress(url: string): RedactedAddress {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  if (start < 0) return { url, pieces: [] };
  const rest = url.slice(start);
  if (HARMLESS.test(rest)) return { url, pieces: [] };
  const pieces: FoundPiece[] = [];
  const [path = '', ...query] = rest.split('?');
  // As a whole, because a token is known by the part of the path before it.
  const whole = redactedPath(path, pieces);
  const pairs = query
    .join('?')
    .split('&')
    .map((pair) => redactedPair(pair, pieces))
    .join('&');
  if (pieces.length === 0) return { url, pieces };
  return { url: `${url.slice(0, start)}${whole}${query.length === 0 ? '' : `?${pairs}`}`, pieces };
}

function redactedPath(path: string, pieces: FoundPiece[]): string {
  const parts = path.split('/').map((part) => redactedPart(part, '', pieces));
  return parts
    .map((part, index) => (index < 2 ? part : afterWord(parts[index - 1] ?? '', part, pieces)))
    .join('/');
}

/** `/reset-password/8d7f…`: the second part is a secret because of the first. */
function afterWord(word: string, part: string, pieces: FoundPiece[]): string {
  if (part.length < MIN_TOKEN) return part;
  const lead = `x/${word}/`;
  const found = redactPlainly(lead + decoded(part));
  if (found.pieces.length === 0 || !found.text.startsWith(lead)) return part;
  pieces.push(...found.pieces);
  return encodeURIComponent(found.text.slice(lead.length).toWellFormed());
}
