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
  if (forDevelopers > 0 && forDevelopers >= onSites / 5) return 'tech-savvy';
  if (byType.search > 0 && byType.search >= byType.visit / 4) return 'researcher';
  if (byDay.length >= 20 && totalInteractions / byDay.length >= 100) return 'power-user';
  return 'casual-user';
}

/** 0 to 1: how much there is to go by. 0 while the segment is `unknown`. */
export const confidenceOf = (stats: ContextStats): number =>
  segmentOf(stats) === 'unknown' ? 0 : Math.min(1, stats.totalInteractions / ENOUGH);
