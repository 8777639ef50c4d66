/** The search that an address stands for. What an engine's results page looks like is in `engine-table.ts`. */
import { parse } from 'tldts';
import { domainsOf } from '../model/rules.ts';
import { type Engine, SEARCH_ENGINES } from './engine-table.ts';

export const MAX_QUERY = 500;

/** Rows of the table by what a host has to have, see `Engine`: every visit asks, and there are hundreds of rows. */
class Rows {
  readonly #rows = new Map<string, number[]>();

  add(name: string, row: number): void {
    this.#rows.set(name, [...(this.#rows.get(name) ?? []), row]);
  }

  of(name: string): readonly number[] {
    return this.#rows.get(name) ?? [];
  }
}

const BY_HOST = new Rows();
const BY_LABEL = new Rows();
/** `brand`, `*.brand` or `sub.brand`. */
const BY_BRAND = new Rows();
for (const [row, { hosts }] of SEARCH_ENGINES.entries())
  for (const text of hosts.split(' ')) {
    if (text.endsWith('.**')) BY_LABEL.add(text.slice(0, -3), row);
    else if (text.endsWith('.*')) BY_BRAND.add(text.slice(0, -2), row);
    else BY_HOST.add(text, row);
  }
const PLAIN = ['', 'www', 'm', 'mobile'];

/** Engines at a host, in the table's order. A brand's other services (mail, documents, support) have subdomains of their own and do not match. */
function enginesAt(host: string): Engine[] {
  const { domainWithoutSuffix: brand, isIcann, subdomain } = parse(host);
  const under = subdomain ?? '';
  const found = new Set(domainsOf(host).flatMap((domain) => BY_HOST.of(domain)));
  const [label = '', ...rest] = host.split('.');
  if (rest.length > 0) for (const row of BY_LABEL.of(label)) found.add(row);
  if (isIcann === true && brand) {
    const below = under === '' ? [] : domainsOf(under).map((domain) => `${domain}.${brand}`);
    const names = [`*.${brand}`, ...(PLAIN.includes(under) ? [brand] : []), ...below];
    for (const name of names) for (const row of BY_BRAND.of(name)) found.add(row);
  }
  return [...found].sort((a, b) => a - b).map((row) => SEARCH_ENGINES[row] as Engine);
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
