/** The search that an address stands for. What an engine's results page looks like is in `engine-table.ts`. */
import { parse } from 'tldts';
import { coversHost } from '../model/rules.ts';
import { type Engine, SEARCH_ENGINES } from './engine-table.ts';

export const MAX_QUERY = 500;

/** How a row's host covers hosts, see `Engine`. */
type Pattern =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'brand'; readonly brand: string; readonly below: string };

function pattern(text: string): Pattern {
  if (text.endsWith('.**')) return { kind: 'label', label: text.slice(0, -3) };
  if (!text.endsWith('.*')) return { kind: 'host', host: text };
  const labels = text.slice(0, -2).split('.');
  return { kind: 'brand', brand: labels.at(-1) ?? '', below: labels.slice(0, -1).join('.') };
}

const TABLE = SEARCH_ENGINES.map((engine) => ({ engine, patterns: engine.hosts.split(' ').map(pattern) }));
const PLAIN = ['', 'www', 'm', 'mobile'];

/** Engines at a host. A brand's other services (mail, documents, support) have subdomains of their own and do not match. */
function enginesAt(host: string): Engine[] {
  const { domainWithoutSuffix, isIcann, subdomain } = parse(host);
  const under = subdomain ?? '';
  const covers = (one: Pattern): boolean => {
    if (one.kind === 'host') return coversHost(one.host, host);
    if (one.kind === 'label') return host.startsWith(`${one.label}.`);
    if (isIcann !== true || domainWithoutSuffix !== one.brand) return false;
    if (one.below === '*') return true;
    return one.below === '' ? PLAIN.includes(under) : coversHost(one.below, under);
  };
  return TABLE.filter(({ patterns }) => patterns.some(covers)).map(({ engine }) => engine);
}

/** A host called `search` with a results page is one, whoever runs it; it is named by its domain. */
const OWN_NAME = /^(search|suche|websearch|metasearch|searx\w*|recherche|buscador|hledej|szukaj)\d*\./;
const OWN_PATH = /^\/([a-z]{2}\/)?(search|web|results?|serp)?(\/|\.\w+)?$/;
const OWN_PARAMETERS = 'q query text wd p search keyword';

function engineByName(host: string): Engine | undefined {
  const domain = parse(host).domain;
  if (!domain || domain === host || !OWN_NAME.test(host)) return undefined;
  return { name: domain, hosts: host, path: OWN_PATH, parameters: OWN_PARAMETERS };
}

const bare = (host: string): string => host.replace(/\.$/, '');

/** True for engines; sites that are more than their search (Wikipedia, GitHub) are not counted. */
export const searchOfHost = (host: string): boolean => enginesAt(bare(host)).some((engine) => !engine.isSite);

/**
 * The search that an address stands for, or `null`. Takes the address as the browser tells it: a cleaned one may have lost
 * its query.
 */
export function searchOf(address: string): { readonly engine: string; readonly query: string } | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const host = bare(url.hostname);
  const known = enginesAt(host);
  const own = known.length === 0 ? engineByName(host) : undefined;
  for (const engine of own ? [own] : known) {
    if (!engine.path.test(url.pathname)) continue;
    const inPath = engine.inPath?.exec(url.pathname)?.[1];
    for (const value of [
      ...(inPath === undefined ? [] : [decoded(inPath)]),
      ...engine.parameters.split(' ').map((name) => url.searchParams.get(name)),
    ]) {
      const query = value?.trim().replace(/\s+/g, ' ');
      if (query) return { engine: engine.name, query: query.slice(0, MAX_QUERY).toWellFormed() };
    }
  }
  return null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return part;
  }
}
