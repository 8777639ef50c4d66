/**
 * Which rule holds for an address. The most specific one:
 *
 * 1. a rule that this version does not know: nothing is kept of what it may be about;
 * 2. patterns that find something in the address;
 * 3. the rule for a site or a part of it with the longest host, and of these the one with the longest path;
 * 4. the list of sensitive sites, which only a rule that names the site can open, never a pattern;
 * 5. the global level, and full capture.
 *
 * Of several that are equally specific the stricter capture and the stricter level hold. Pure.
 */
import { type PrivacyLevel, stricterLevel } from '../model/privacy.ts';
import type { Only } from '../model/reduction.ts';
import {
  CAPTURES,
  type Capture,
  coversHost,
  coversPath,
  kindOf,
  type Rule,
  ruleKey,
} from '../model/rules.ts';
import { decoded } from './address.ts';
import { matchesPattern, patternHolds } from './patterns.ts';
import { isSensitiveHost, sensitiveEntry } from './sensitive-sites.ts';

export interface Policy {
  readonly level: PrivacyLevel;
  readonly rules: readonly Rule[];
  /** Of one that is applied to what is stored: what it is not about stays as it is. */
  readonly only?: Only;
}

/** How much of a page may be kept. */
export interface Kept {
  readonly capture: Capture;
  readonly level: PrivacyLevel;
}

export const NOT_KEPT: Kept = { capture: 'skip', level: 'ephemeral' };

/** How an address is treated, and by whose word. */
export interface Treatment extends Kept {
  readonly skippedBy?: 'rule' | 'sensitive';
  /** The rules that hold; empty when none does. */
  readonly rules: readonly Rule[];
}

/** The stricter of both in each respect: a page that is open when level or rules change is treated by that of then and now. */
export const stricter = (a: Kept, b: Kept | undefined): Kept =>
  b === undefined
    ? a
    : {
        capture: CAPTURES.indexOf(a.capture) <= CAPTURES.indexOf(b.capture) ? a.capture : b.capture,
        level: stricterLevel(a.level, b.level),
      };

const UNTOUCHED: Treatment = { capture: 'full', level: 'public', rules: [] };

/** `address`: as it may be kept (`cleanAddress`). */
export function treatmentOf(address: string, policy: Policy): Treatment {
  const decided = decide(address, policy);
  const { only } = policy;
  if (only === undefined) return decided;
  const isMeant =
    only.what === 'rule'
      ? decided.rules.some((rule) => ruleKey(rule) === only.key)
      : decided.rules.every(({ level }) => level === undefined);
  if (!isMeant) return UNTOUCHED;
  return only.what === 'rule' ? decided : { capture: 'full', level: policy.level, rules: decided.rules };
}

function decide(address: string, policy: Policy): Treatment {
  const { hostname, pathname } = new URL(address);
  // `site.example.` is the same site.
  const host = hostname.replace(/\.$/, '');
  const unknown = policy.rules.filter((rule) => isUnknown(rule) && coversAny(rule.host, host));
  if (unknown.length > 0) return { capture: 'skip', level: policy.level, skippedBy: 'rule', rules: unknown };
  const named = namedRule(policy.rules, host, pathname);
  const patterns = policy.rules.filter((rule) => rule.kind === 'pattern' && matchesPattern(rule, address));
  if (named === undefined && isSensitiveHost(host) && !patterns.some(({ capture }) => capture === 'skip'))
    return { capture: 'skip', level: policy.level, skippedBy: 'sensitive', rules: [] };
  if (patterns.length > 0) return byRules(patterns, policy.level);
  return named ? byRules([named], policy.level) : { capture: 'full', level: policy.level, rules: [] };
}

const isUnknown = (rule: Rule): boolean =>
  rule.kind === 'unknown' || (rule.kind === 'pattern' && !patternHolds(rule));
const coversAny = (of: string, host: string): boolean => of === '' || coversHost(of, host);

function byRules(rules: readonly Rule[], level: PrivacyLevel): Treatment {
  const kept = rules
    .map((rule): Kept => ({ capture: rule.capture, level: rule.level ?? level }))
    .reduce((a, b) => stricter(a, b));
  return { ...kept, rules, ...(kept.capture === 'skip' ? { skippedBy: 'rule' } : {}) };
}

function namedRule(rules: readonly Rule[], host: string, pathname: string): Rule | undefined {
  let path: string | undefined;
  let best: Rule | undefined;
  const more = (rule: Rule, than: Rule) =>
    rule.host.length - than.host.length || (rule.path?.length ?? 0) - (than.path?.length ?? 0);
  for (const rule of rules) {
    const kind = kindOf(rule);
    if ((kind !== 'site' && kind !== 'path') || !coversHost(rule.host, host)) continue;
    if (rule.path !== undefined) {
      path ??= decoded(pathname);
      if (!coversPath(decoded(rule.path), path)) continue;
    }
    if (best === undefined || more(rule, best) > 0) best = rule;
  }
  // A rule may also be for an entry of the list of sensitive sites as it stands there (`paypal.*`).
  return best ?? rules.find((rule) => kindOf(rule) === 'site' && rule.host === sensitiveEntry(host));
}
