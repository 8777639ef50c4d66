/**
 * What the person decided for a site, a part of a site, or addresses of a form. Which rule holds for an address, and what holds
 * without one: capture/decide.ts.
 */
import type { PrivacyLevel } from './privacy.ts';

/** How much of an address is kept: nothing, the host, the address without its query, all of it. */
export const CAPTURES = ['skip', 'domain', 'no-query', 'full'] as const;
export type Capture = (typeof CAPTURES)[number];

/**
 * `site`: a host with its subdomains. `path`: what lies there under the beginning of a path. `pattern`: every address that a
 * regular expression finds something in. `unknown`: a rule that another device, with a newer version, made; as long as nobody
 * here knows what it says, nothing is kept of its host, or of any, where it names none.
 */
export const RULE_KINDS = ['site', 'path', 'pattern', 'unknown'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

export interface Rule {
  readonly id: string;
  /** Absent: `site`. */
  readonly kind?: Exclude<RuleKind, 'site'>;
  /** A host name; covers its subdomains too. Empty for a `pattern`, which is for all sites. */
  readonly host: string;
  /** Of a `path` rule: begins with a slash. */
  readonly path?: string;
  /** Of a `pattern` rule: RE2 syntax. */
  readonly pattern?: string;
  readonly capture: Capture;
  /** Instead of the global level. */
  readonly level?: PrivacyLevel;
  /** Of a site that was excluded: what its rule said before, for when it is included again. */
  readonly formerly?: Capture;
  /** Of an `unknown` one: what came, so that it is sent on as it is, and known once this device is updated. */
  readonly was?: unknown;
}

/** Bounds of what a rule may say, in characters. */
export const RULE_LIMITS = { path: 300, pattern: 200, patterns: 30 } as const;

export const kindOf = (rule: Pick<Rule, 'kind'>): RuleKind => rule.kind ?? 'site';

/** What a rule is for, as one text: setting a rule for the same replaces it. Hosts have neither slash nor tilde. */
export function ruleKey(rule: Pick<Rule, 'id' | 'kind' | 'host' | 'path' | 'pattern'>): string {
  switch (kindOf(rule)) {
    case 'site':
      return rule.host;
    case 'path':
      return `${rule.host}${rule.path}`;
    case 'pattern':
      return `~${rule.pattern}`;
    case 'unknown':
      return `?${rule.id}`;
  }
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
    rules.find((rule) => ruleKey(rule) === host),
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

/** The rule for a whole site with the longest host that covers `host`. */
export function ruleFor(rules: readonly Rule[], host: string): Rule | undefined {
  let best: Rule | undefined;
  for (const rule of rules) {
    if (
      kindOf(rule) === 'site' &&
      coversHost(rule.host, host) &&
      (best === undefined || rule.host.length > best.host.length)
    )
      best = rule;
  }
  return best;
}

/** `/docs` covers itself and what lies below it, not `/docs-old`; `/docs/` only what lies below. */
export function coversPath(of: string, path: string): boolean {
  if (!path.startsWith(of)) return false;
  return of.endsWith('/') || path.length === of.length || path[of.length] === '/';
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

/** A path as it is compared; `null` when it is none, or only the slash that every address has. */
export function parseRulePath(typed: string): string | null {
  const text = typed.trim();
  const path = text.startsWith('/') ? text : `/${text}`;
  if (path.length < 2 || path.length > RULE_LIMITS.path || /[\s?#]/.test(path)) return null;
  return path;
}
