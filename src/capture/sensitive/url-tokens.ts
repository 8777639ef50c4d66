/** Secrets in addresses that stand in a text: a link that was pasted into a search box, or that a page has as its title. */
import { isSecretParameter } from '../secret-names.ts';
import { ALNUM, type Recogniser, takeAll, takeAsWritten } from './scan.ts';

const PARAMETER = new RegExp(
  `(?<=[${ALNUM}/][?&;#]|&amp;)(?<name>[\\w.[\\]-]{1,60})=(?<piece>[^\\s&#;"'<>\\uFFFC]{4,4000})`,
  'g',
);
/** In characters: a shorter part of a path is a word or a number. */
export const MIN_TOKEN = 16;
/** Where something is reset, confirmed or joined, the next part of the path is the secret. */
const PATH = new RegExp(
  `(?<=[${ALNUM}])/(?:password[_-]?resets?|reset[_-]?password|reset|pw-?reset|passwort-zuruecksetzen|verify|verify-?email|verification|confirm|confirmation|confirm-?email|activate|activation|invite|invites|invitation|join|magic|magic-?link|login|signin|sign-in|auth|token|tokens|unsubscribe|session|share-?link|recover|recovery)/(?<piece>[\\w.~%=-]{${MIN_TOKEN},2000})(?![\\w%])`,
  'g',
);

/** Letters and digits in no order that a person would write. */
export function looksLikeToken(value: string): boolean {
  const words = value.split(/[-_.~]/);
  // `reset-your-password-in-5-steps` is made of words.
  if (words.length > 2 && words.every((word) => /^(?:[a-z]+|\d{1,4})$/i.test(word))) return false;
  return /\d/.test(value) && /[A-Za-z]/.test(value);
}

export const urlTokens: Recogniser = (scan) => {
  if (scan.text.includes('='))
    takeAsWritten(scan, 'url-token', PARAMETER, (_, { groups }) => isSecretParameter(groups?.name ?? ''));
  if (scan.text.includes('/')) takeAll(scan, 'url-token', PATH, looksLikeToken);
};
