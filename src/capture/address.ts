/** Addresses as they may be kept: no user info, no fragment, no secret-looking parameter, bounded length. */
import { isSecretParameter } from './secret-names.ts';

export { isSecretParameter };

export const MAX_URL = 2048;
/** How deep addresses inside of addresses are looked into. What lies deeper is dropped. */
const MAX_DEPTH = 4;

/** The address as it may be kept, or `null` when it is no http(s) address. Parameters that stay keep their spelling. */
export function cleanAddress(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const query = cleanQuery(url.search.slice(1), 0);
  const path = cleanPath(url.pathname, 0);
  const kept = `${url.origin}${path}${query === '' ? '' : `?${query}`}`;
  return kept.length <= MAX_URL ? kept : `${url.origin}${path}`.slice(0, MAX_URL);
}

/** Path parameters (RFC 3986, 3.3) are parameters too, and a segment may hold a whole address. */
const cleanPath = (path: string, depth: number): string =>
  path
    .split('/')
    .map((segment) => {
      const [name = '', ...parameters] = segment.split(';');
      const kept = parameters.filter((pair) => !isSecretPair(pair));
      return [cleanValue(name, depth) ?? '', ...kept].join(';');
    })
    .join('/');

/**
 * Drops secret parameters. Some sites separate them by `;`, by `&amp;` or by a second `?`: each counts, but what follows a
 * secret up to the next `&` goes with it, because it may be a part of the secret.
 */
function cleanQuery(query: string, depth: number): string {
  let kept = '';
  let inSecret = false;
  // Separators are at the odd places.
  const parts = query.split(/(&amp;|[&;?])/i);
  for (let i = 0; i < parts.length; i += 2) {
    const part = parts[i] ?? '';
    const separator = parts[i - 1] ?? '';
    if (separator.startsWith('&') || separator === '') inSecret = false;
    if (inSecret) continue;
    inSecret = isSecretPair(part);
    if (inSecret || (part === '' && separator.startsWith('&'))) continue;
    const clean = cleanPair(part, depth);
    if (clean !== null) kept += `${kept === '' && separator !== '?' ? '' : separator}${clean}`;
  }
  return kept.replace(/^[&;]+/, '').replace(/^\?+$/, '');
}

function isSecretPair(pair: string): boolean {
  const [name = ''] = pair.split('=', 1);
  const value = pair.slice(name.length + 1);
  return isSecretParameter(decoded(withSpaces(name))) || isToken(value);
}

/** A JSON Web Token (RFC 7519) is one under any name. */
const isToken = (value: string): boolean => /^eyJ[\w-]{8,}\.[\w-]+\./.test(value);

/** `null` when nothing of it may stay. */
function cleanPair(pair: string, depth: number): string | null {
  const at = pair.indexOf('=');
  if (at < 0) return cleanValue(pair, depth);
  const value = cleanValue(pair.slice(at + 1), depth);
  return value === null ? null : `${pair.slice(0, at)}=${value}`;
}

/**
 * A value that holds an address or parameters of its own (`next=%2Fcb%3Ftoken%3D…`), cleaned as one. `null` when it lies too
 * deep to look into. What needs no cleaning keeps its spelling.
 */
function cleanValue(value: string, depth: number): string | null {
  const plain = decoded(withSpaces(value), /[=?&;#"@]|:\/\//);
  if (!/[=:@]/.test(plain)) return value;
  if (hasSecretField(plain)) return null;
  // The authority of a nested address, after user info that it must not have.
  const bare = plain.replace(/^(https?:)?\/\/[^/?#@]*@/i, '$1//');
  if (depth >= MAX_DEPTH) return /[?&;#=]/.test(plain) ? null : value;
  const isAddress = /^(https?:)?\/|^https?:/i.test(bare);
  const start = bare.search(/[?#]/);
  const clean =
    start >= 0
      ? nested(bare, start, isAddress, depth)
      : isAddress
        ? cleanPath(bare, depth + 1)
        : cleanQuery(bare, depth + 1);
  return clean === plain ? value : encodeURIComponent(clean);
}

function nested(address: string, start: number, isAddress: boolean, depth: number): string {
  const path = address.slice(0, start);
  const [query = '', ...fragment] = address.slice(start).replace(/^\?/, '').split('#');
  // A fragment may be a place in a page, or the answer of an authorisation server (RFC 6749, 4.2.2).
  const place = fragment.join('#');
  const keptPlace = place === '' ? '' : cleanQuery(place, depth + 1);
  const keptQuery = cleanQuery(query, depth + 1);
  return [
    isAddress ? cleanPath(path, depth + 1) : path,
    keptQuery === '' ? (query === '' && address[start] === '?' ? '?' : '') : `?${keptQuery}`,
    keptPlace === '' ? '' : `#${keptPlace}`,
  ].join('');
}

/** JSON as a value: `{"token":"…"}`. */
const hasSecretField = (text: string): boolean =>
  [...text.matchAll(/["']([\w.-]{1,60})["']\s*:/g)].some(([, name]) => isSecretParameter(name ?? ''));

/** A plus is a space in a query. */
const withSpaces = (text: string): string => text.replaceAll('+', ' ');

/**
 * Decoded until nothing is left to decode or `enough` is there, at most three times: names and addresses may be encoded more
 * than once.
 */
export function decoded(text: string, enough?: RegExp): string {
  let now = text;
  for (let i = 0; i < 3 && now.includes('%') && !enough?.test(now); i++) {
    try {
      const next = decodeURIComponent(now);
      if (next === now) break;
      now = next;
    } catch {
      break;
    }
  }
  return now;
}

export const withoutQuery = (address: string): string => address.split('?', 1)[0] ?? address;

export const originOnly = (address: string): string => `${new URL(address).origin}/`;
