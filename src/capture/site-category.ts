/**
 * A coarse sort of site for level `anonymous`: enough to count by, too coarse to tell which site it was. By the name's
 * public suffix and a few well-known names; anything else is `web`.
 */
import { parse } from 'tldts';
import { searchOfHost } from './search-engines.ts';

const SUFFIX: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)(edu|ac)(\.|$)/, 'education'],
  [/(^|\.)(gov|gob|gouv|mil)(\.|$)/, 'government'],
  [/(^|\.)(org|ngo)$/, 'organisation'],
  [/(^|\.)(dev|io)$/, 'technology'],
];

const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    social: 'facebook twitter x instagram tiktok linkedin reddit pinterest mastodon bsky snapchat tumblr',
    video: 'youtube vimeo netflix twitch dailymotion hulu disneyplus primevideo',
    shopping: 'amazon ebay etsy aliexpress walmart zalando ikea otto bestbuy target',
    reference: 'wikipedia wiktionary britannica stackoverflow stackexchange archive',
    technology: 'github gitlab bitbucket npmjs pypi mozilla',
    news: 'bbc cnn nytimes theguardian reuters apnews spiegel zeit lemonde elpais washingtonpost tagesschau aljazeera',
    maps: 'openstreetmap mapquest',
  }).flatMap(([category, names]) => names.split(' ').map((name) => [name, category])),
);

/** All that `categoryOf` may say. */
export const CATEGORIES: ReadonlySet<string> = new Set([
  'search',
  'web',
  ...Object.values(NAMES),
  ...SUFFIX.map(([, category]) => category),
]);

export function categoryOf(host: string): string {
  if (searchOfHost(host)) return 'search';
  const { domainWithoutSuffix, publicSuffix } = parse(host);
  const byName = NAMES[domainWithoutSuffix ?? ''];
  if (byName !== undefined) return byName;
  return SUFFIX.find(([pattern]) => pattern.test(publicSuffix ?? ''))?.[1] ?? 'web';
}
