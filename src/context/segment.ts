/**
 * What sort of user this is, in one word, from the statistics of the last 30 days. The rules, in order; the first that holds
 * names the segment:
 *
 * 1. `unknown`: fewer than 50 interactions, or on fewer than 3 days. Too little to say anything.
 * 2. `tech-savvy`: at least a fifth of what happened on the 20 most used sites happened on sites for developers.
 * 3. `researcher`: at least one search for every four visits.
 * 4. `power-user`: active on 20 days or more, with 100 interactions or more on an average one of them.
 * 5. `casual-user`: everybody else.
 *
 * The numbers are our own choice; no study stands behind them.
 */
import { coversHost } from '../model/rules.ts';
import type { ContextStats } from '../model/stats.ts';
import { totalOf } from '../model/summary.ts';

export const SEGMENTS = ['unknown', 'tech-savvy', 'researcher', 'power-user', 'casual-user'] as const;
export type Segment = (typeof SEGMENTS)[number];

const MIN_INTERACTIONS = 50;
const MIN_DAYS = 3;
/** One of so many interactions on the most used sites. */
const DEVELOPER_PART = 5;
const VISITS_PER_SEARCH = 4;
const BUSY_DAYS = 20;
const BUSY_INTERACTIONS = 100;
/** From so many on, the segment rests on enough. */
const ENOUGH = 500;

/** Code, its documentation and its tools; as of November 2026. */
const DEVELOPER_SITES = (
  'github.com gitlab.com bitbucket.org codeberg.org sr.ht stackoverflow.com stackexchange.com serverfault.com ' +
  'superuser.com developer.mozilla.org developer.chrome.com developer.apple.com learn.microsoft.com npmjs.com pypi.org ' +
  'crates.io docs.rs pkg.go.dev go.dev python.org rust-lang.org nodejs.org typescriptlang.org kernel.org archlinux.org ' +
  'debian.org news.ycombinator.com lobste.rs dev.to readthedocs.io github.io huggingface.co arxiv.org'
).split(' ');

const isForDevelopers = (host: string): boolean => DEVELOPER_SITES.some((site) => coversHost(site, host));

export function segmentOf({ totalInteractions, byDay, byType, topSites }: ContextStats): Segment {
  if (totalInteractions < MIN_INTERACTIONS || byDay.length < MIN_DAYS) return 'unknown';
  const onSites = topSites.reduce((sum, site) => sum + totalOf(site), 0);
  const forDevelopers = topSites
    .filter(({ site }) => isForDevelopers(site))
    .reduce((sum, site) => sum + totalOf(site), 0);
  if (forDevelopers > 0 && forDevelopers >= onSites / DEVELOPER_PART) return 'tech-savvy';
  if (byType.search > 0 && byType.search >= byType.visit / VISITS_PER_SEARCH) return 'researcher';
  if (byDay.length >= BUSY_DAYS && totalInteractions / byDay.length >= BUSY_INTERACTIONS) return 'power-user';
  return 'casual-user';
}

/** 0 to 1: how much there is to go by. 0 while the segment is `unknown`. */
export const confidenceOf = (stats: ContextStats): number =>
  segmentOf(stats) === 'unknown' ? 0 : Math.min(1, stats.totalInteractions / ENOUGH);

/** The rule that gave a segment, in words for the person. */
export const SEGMENT_RULES: Readonly<Record<Segment, string>> = {
  unknown: `Fewer than ${MIN_INTERACTIONS} interactions in the last 30 days, or on fewer than ${MIN_DAYS} days: too little to say anything.`,
  'tech-savvy': `In the last 30 days, at least one in ${DEVELOPER_PART} interactions on your most used sites was on a site for developers.`,
  researcher: `In the last 30 days, at least one search for every ${VISITS_PER_SEARCH} visits.`,
  'power-user': `In the last 30 days, active on ${BUSY_DAYS} days or more, with ${BUSY_INTERACTIONS} interactions or more on an average one of them.`,
  'casual-user': 'In the last 30 days, none of the rules for other segments held.',
};
