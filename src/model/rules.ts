/** What the person decided for a site. The most specific rule wins; without one the global level and full capture hold. */
import type { PrivacyLevel } from './privacy.ts';

/** How much of an address is kept: nothing, the host, the address without its query, all of it. */
export const CAPTURES = ['skip', 'domain', 'no-query', 'full'] as const;
export type Capture = (typeof CAPTURES)[number];

export interface Rule {
  readonly id: string;
  /** A host name; covers its subdomains too. */
  readonly host: string;
  readonly capture: Capture;
  /** Instead of the global level. */
  readonly level?: PrivacyLevel;
  /** Of a site that was excluded: what its rule said before, for when it is included again. */
  readonly formerly?: Capture;
}

type Wanted = Pick<Rule, 'host' | 'capture' | 'level'>;

const wanted = (host: string, capture: Capture, rule: Rule | undefined): Wanted =>
  rule?.level === undefined ? { host, capture } : { host, capture, level: rule.level };

/** What to set to exclude a site: a level that was set for it stays. */
export function excluded(rules: readonly Rule[], typedHost: string): Wanted {
  const host = parseRuleHost(typedHost) ?? typedHost;
  return wanted(
    host,
    'skip',
    rules.find((rule) => rule.host === host),
  );
}

/** How to include a site again: its rule is what it was before, or there is none. `null` when no rule excludes it. */
export function included(
  rules: readonly Rule[],
  host: string,
): { readonly what: 'set'; readonly rule: Wanted } | { readonly what: 'remove'; readonly id: string } | null {
  const rule = ruleFor(rules, host);
  if (rule?.capture !== 'skip') return null;
  return rule.formerly === undefined
    ? { what: 'remove', id: rule.id }
    : { what: 'set', rule: wanted(rule.host, rule.formerly, rule) };
}

/** True when `host` is `of` or a subdomain of it. */
export const coversHost = (of: string, host: string): boolean => host === of || host.endsWith(`.${of}`);

/** The host itself and every domain above it: what can cover it. */
export function domainsOf(host: string): string[] {
  const labels = host.split('.');
  return labels.map((_, index) => labels.slice(index).join('.'));
}

/** The rule with the longest host that covers `host`. */
export function ruleFor(rules: readonly Rule[], host: string): Rule | undefined {
  let best: Rule | undefined;
  for (const rule of rules) {
    if (coversHost(rule.host, host) && (best === undefined || rule.host.length > best.host.length))
      best = rule;
  }
  return best;
}

/**
 * What a person typed as a site, as a host name: a full address, a host, or a host with `*.` or `www.` before it. A name of
 * the list of sensitive sites that stands for all countries (`paypal.*`) stays as it is.
 * `null` when it is none of these.
 */
export function parseRuleHost(typed: string): string | null {
  const text = typed.trim().toLowerCase().replace(/^\*\./, '');
  if (text === '' || /\s/.test(text)) return null;
  if (/^[a-z0-9-]+\.\*$/.test(text)) return text;
  try {
    const url = new URL(text.includes('://') ? text : `http://${text}`);
    if (!/^https?:$/.test(url.protocol) || url.username !== '') return null;
    return url.hostname.replace(/^www\./, '').replace(/\.$/, '') || null;
  } catch {
    return null;
  }
}
