/** What a pack has for a query: its addresses that may match, and on which days they have events. */
import { type Day, dayStartMs } from '../base/clock.ts';
import { siteTerm } from '../model/page.ts';
import type { PageQuery } from '../model/page-query.ts';
import { DamagedError, decoding } from './database.ts';
import type { Outline } from './format/outline.ts';
import { PackReader, type PackSource, packName } from './packs.ts';
import type { PackRow } from './schema.ts';

/** What a pack has for a query. */
export interface Searched {
  readonly reader: PackReader;
  readonly matches: Matches;
  /** `null` when nothing matches. */
  readonly outline: Outline | null;
  /** That have events of them; absent when they are too many to ask for one by one. */
  readonly days: ReadonlySet<Day> | undefined;
}

/** Searches packs once each, newest first, and ahead of whoever asks: most of the time goes into waiting for the browser. */
export class Searches {
  readonly #packs: readonly PackRow[];
  readonly #searched = new Map<string, Promise<Searched | null>>();
  #begun = 0;
  #ahead = 0;

  constructor(
    private readonly source: PackSource,
    packs: readonly PackRow[],
    private readonly query: PageQuery,
  ) {
    const { fromMs = Number.NEGATIVE_INFINITY } = query;
    this.#packs = packs
      .filter(({ days }) => days.some(({ day }) => dayStartMs(day) >= fromMs))
      .sort((a, b) => (a.date < b.date ? 1 : -1));
  }

  of(pack: PackRow): Promise<Searched | null> {
    const known = this.#searched.get(packName(pack));
    if (known) return known;
    const place = this.#packs.indexOf(pack);
    this.#begun = Math.max(this.#begun, place);
    const until = this.#begun + 1 + this.#ahead;
    for (; this.#begun < until && this.#begun < this.#packs.length; this.#begun++)
      this.#begin(this.#packs[this.#begun] as PackRow);
    this.#ahead = Math.min(MOST_AHEAD, this.#ahead * 2 + 1);
    return this.#searched.get(packName(pack)) ?? this.#begin(pack);
  }

  #begin(pack: PackRow): Promise<Searched | null> {
    const search = searchPack(new PackReader(this.source, pack), this.query);
    // Whoever asks for it is told; nobody may.
    search.catch(() => {});
    this.#searched.set(packName(pack), search);
    return search;
  }
}
const MOST_AHEAD = 8;

/** Addresses of a pack that may match. */
export class Matches {
  count = 0;
  readonly #hits: Uint8Array;
  /** How many conditions an address met so far. */
  #met = 0;

  constructor(readonly addresses: number) {
    this.#hits = new Uint8Array(addresses);
    this.count = addresses;
  }

  /** Leaves those that `find` names, however often, and that met all conditions before. */
  keep(find: (found: (address: number) => void) => void): void {
    const before = this.#met;
    this.#met += 1;
    this.count = 0;
    find((address) => {
      if (this.#hits[address] !== before) return;
      this.#hits[address] = before + 1;
      this.count += 1;
    });
  }

  /** It need not be found again. */
  drop(address: number): void {
    if (!this.has(address)) return;
    this.#hits[address] = DROPPED;
    this.count -= 1;
  }

  has = (address: number): boolean => this.#hits[address] === this.#met;

  /** In order. */
  list(): number[] {
    const list: number[] = [];
    let at = this.#hits.indexOf(this.#met);
    for (; at >= 0 && list.length < this.count; at = this.#hits.indexOf(this.#met, at + 1)) list.push(at);
    return list;
  }

  /** How many of these there are. */
  among(addresses: Uint32Array): number {
    const [hits, met] = [this.#hits, this.#met];
    let count = 0;
    for (let i = 0; i < addresses.length; i++) if (hits[addresses[i] as number] === met) count += 1;
    return count;
  }
}

/** So many words narrow it down enough: a byte counts them. */
const MAX_WORDS = 200;
const DROPPED = 255;

/** Of more addresses, days are looked through as they are asked for, newest first. */
const FEW_ADDRESSES = 256;

function daysOf(outline: Outline, matches: Matches): Set<Day> {
  const days = new Set<Day>();
  for (const address of matches.list()) for (const day of outline.daysOf(address)) days.add(day);
  return days;
}

/** `null` when the pack does not open. */
async function searchPack(reader: PackReader, query: PageQuery): Promise<Searched | null> {
  try {
    const words = query.words.slice(0, MAX_WORDS);
    const lexicon = words.length === 0 ? null : await reader.lexicon();
    const ranges = await decoding(() => words.map((word) => lexicon?.beginningWith(word) ?? []));
    if (ranges.some((own) => own.length === 0))
      return { reader, matches: new Matches(0), outline: null, days: undefined };
    const [postings, outline] = await Promise.all([
      ranges.length > 0 ? reader.postings() : null,
      reader.outline(),
    ]);
    const matches = new Matches(outline.addressCount);
    const { site, url } = query;
    if (url !== undefined) {
      const address = await reader.addressOf(url);
      matches.keep((found) => {
        if (address !== undefined) found(address);
      });
    }
    if (site !== undefined) {
      const hosts = await decoding(() => outline.addressesOfHosts(siteTerm(site)));
      matches.keep((found) => {
        for (const [from, to] of hosts) for (let address = from; address < to; address++) found(address);
      });
    }
    if (postings) {
      const lists = await decoding(() => Promise.all(ranges.map((own) => postings.find(own))));
      const lengthOf = (own: readonly Uint32Array[]) => own.reduce((sum, { length }) => sum + length, 0);
      // What leaves fewest comes first.
      for (const own of lists.sort((a, b) => lengthOf(a) - lengthOf(b))) {
        if (matches.count === 0) break;
        matches.keep((found) => {
          for (const list of own) for (let i = 0; i < list.length; i++) found(list[i] as number);
        });
      }
    }
    const days = matches.count < FEW_ADDRESSES ? await decoding(() => daysOf(outline, matches)) : undefined;
    return { reader, matches, outline: matches.count > 0 ? outline : null, days };
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return null;
  }
}
