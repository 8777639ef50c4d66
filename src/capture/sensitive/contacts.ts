/** E-mail addresses and addresses of computers. */
import { parse } from 'tldts';
import { ALNUM, LETTERS, type Recogniser, type Scan, takeAll } from './scan.ts';

/** RFC 5322's atoms, and letters of any script (RFC 6531). */
const LOCAL = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u00C0-\u02AF\u0370-\u1FFF\u2C00-\uD7FF-]/;
const HOST = /[A-Za-z0-9.\u00C0-\u02AF\u0370-\u1FFF\u2C00-\uD7FF-]/;
/** RFC 5321, 4.5.3.1. */
const MAX_LOCAL = 64;
const MAX_HOST = 253;

/** RFC 2606 and 6761, and what companies name their own networks by. */
const OWN_SUFFIX = /\.(example|test|invalid|local|localdomain|internal|intranet|lan|corp|home)$/;

/** Looked for from each `@` to both sides. */
function emails(scan: Scan): void {
  const { text } = scan;
  for (let at = text.indexOf('@'), before = 0; at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > before && at - start < MAX_LOCAL && LOCAL.test(text[start - 1] ?? '')) start -= 1;
    let end = at + 1;
    while (end < text.length && end - at <= MAX_HOST && HOST.test(text[end] ?? '')) end += 1;
    while (end > at && /[.-]/.test(text[end - 1] ?? '')) end -= 1;
    // What an address stands in is not of it: `mailto:`, `?to=`, a path, a quotation mark.
    const lead = /^.*[=/?&|{}'`]|^\.+/.exec(text.slice(start, at))?.[0].length ?? 0;
    start += lead;
    const host = text.slice(at + 1, end).toLowerCase();
    if (start === at || !isMailHost(host) || isHandle(text, start, at, end)) continue;
    scan.take('email', start, end, text.slice(start, end).toLowerCase());
    before = end;
  }
}

function isMailHost(host: string): boolean {
  if (!host.includes('.') || host.includes('..') || /[\d.-][^.]?$|\.[^.]?$/.test(host)) return false;
  return OWN_SUFFIX.test(host) || parse(host, { validateHostname: false }).isIcann === true;
}

/** `@user@host` is a public name; `git@host:path` is where everybody's code is. */
const isHandle = (text: string, start: number, at: number, end: number): boolean =>
  text[start - 1] === '@' || (text.slice(start, at) === 'git' && /[:/]/.test(text[end] ?? ''));

/** `name (at) host (dot) org`. */
const SPELLED = new RegExp(
  `(?<![${ALNUM}])[${ALNUM}._+-]{1,64} ?[([{]at[)\\]}] ?[${ALNUM}-]{1,63}(?:(?: ?[([{](?:dot|punkt|punto)[)\\]}] ?|\\.)[${ALNUM}-]{1,63}){0,3}(?: ?[([{](?:dot|punkt|punto)[)\\]}] ?|\\.)[${LETTERS}]{2,12}(?![${ALNUM}])`,
  'g',
);

const IPV4 = new RegExp(
  `(?<![${ALNUM}.-])(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?![${ALNUM}]|[.-]\\d)`,
  'g',
);
/** Those of every house, of this computer and of no computer, and the resolvers that everybody asks. */
const NOBODYS =
  /^(?:0|10|127)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.|^(?:22[4-9]|2[34]\d|25\d)\.|^(?:1\.1\.1\.1|1\.0\.0\.1|8\.8\.[48]\.[48]|9\.9\.9\.9|1\.2\.3\.4|208\.67\.22[02]\.22[02]|4\.2\.2\.[1-6])$/;
const OF_VERSION =
  /(?:\bv|version|release|build|firmware|update|patch|driver|\b(?:ios|os|dsm|chrome|firefox|edge|kernel|android))[ :.]*$/i;
const OF_ADDRESS =
  /\b(?:ip|ipv4|ip-?adresse?|address|adresse|adres|dirección|indirizzo|endereço|host|server|ssh|ping|whois|traceroute|from)\b/i;

/** Four numbers may be a version: a large one among them, or a word for it, says that they are not. */
function isAddress(piece: string, { input, index }: RegExpExecArray): boolean {
  if (NOBODYS.test(piece)) return false;
  const before = input.slice(Math.max(0, index - 24), index);
  if (OF_VERSION.test(before)) return false;
  return piece.split('.').filter((part) => Number(part) > 31).length >= 2 || OF_ADDRESS.test(before);
}

const IPV6 = new RegExp(`(?<![${ALNUM}:.])(?:[\\da-f]{0,4}:){2,7}[\\da-f]{0,4}(?![${ALNUM}:])`, 'g');

/** RFC 4291, 2.2: eight groups, or fewer around `::`. Times and hardware addresses are neither. */
function isIpv6(piece: string): boolean {
  const groups = piece.split(':').filter((group) => group !== '');
  if (groups.length < 3 || !/\d/.test(piece) || /^(?:fe80|::1$)/i.test(piece)) return false;
  return URL.canParse(`http://[${piece}]/`);
}

export const contacts: Recogniser = (scan) => {
  if (scan.text.includes('@')) emails(scan);
  if (/[([{]at[)\]}]/.test(scan.lower))
    takeAll(scan, 'email', SPELLED, undefined, (piece) =>
      piece
        .toLowerCase()
        .replace(/ ?[([{]at[)\]}] ?/, '@')
        .replace(/ ?[([{](?:dot|punkt|punto)[)\]}] ?/g, '.'),
    );
  if (/\d\.\d{1,3}\.\d/.test(scan.text)) takeAll(scan, 'ip', IPV4, isAddress);
  if (/:[\da-f]{0,4}:/.test(scan.lower)) takeAll(scan, 'ip', IPV6, isIpv6, (piece) => piece.toLowerCase());
};
