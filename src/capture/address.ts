/** Addresses as they may be kept: no user info, no fragment, no secret-looking parameter, bounded length. */

/** What secret parameters are called, alone or as a part between separators (`access_token`, `X-Amz-Signature`). */
const SECRET =
  /(^|[-_.[])(access|api)?(token|code|key|apikey|session|sessionid|sess|sid|phpsessid|jsessionid|password|passwd|pass|pwd|passphrase|auth|authorization|oauth|sig|sign|signature|secret|credential|credentials|otp|pin|ticket|jwt|bearer|nonce|state|csrf|xsrf|samlresponse|samlrequest|assertion|hash|hmac|verifier|challenge|invite|reset|magic)($|[-_.\]])/i;
/** The same without separators: `accessToken`, `authCode`, `sessionId`. */
const SECRET_CAMEL = /(Token|Code|Key|Session|SessionId|Password|Auth|Sig|Signature|Secret)$/;

export const MAX_URL = 2048;

export const isSecretParameter = (name: string): boolean => SECRET.test(name) || SECRET_CAMEL.test(name);

/** The address as it may be kept, or `null` when it is no http(s) address. Parameters that stay keep their spelling. */
export function cleanAddress(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const query = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !isSecretParameter(parameterName(pair)))
    .join('&');
  const path = url.pathname.replace(/;jsessionid=[^/;]*/gi, '');
  const kept = `${url.origin}${path}${query === '' ? '' : `?${query}`}`;
  return kept.length <= MAX_URL ? kept : `${url.origin}${path}`.slice(0, MAX_URL);
}

function parameterName(pair: string): string {
  const name = pair.split('=', 1)[0] ?? '';
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

export const withoutQuery = (address: string): string => address.split('?', 1)[0] ?? address;

export const originOnly = (address: string): string => `${new URL(address).origin}/`;
