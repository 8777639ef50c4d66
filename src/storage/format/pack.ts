/**
 * A pack before it is sealed: the events of some days. Its texts are shared by all its days, so that a page that is visited
 * again and again is written once; its segments hold the events of one type of one day each.
 */
import type { Bytes } from '../../base/bytes.ts';
import { type Day, dayStartMs } from '../../base/clock.ts';
import {
  compareEvents,
  foldEvents,
  type InteractionEvent,
  RECORD_KINDS,
  recordKind,
  STORE_TYPES,
  type StoreType,
  storeTypeOf,
} from '../../model/interaction.ts';
import { hostOf, searchDetail, siteTerm } from '../../model/page.ts';
import { summaryOf } from '../../model/summary.ts';
import { LexiconBuilder } from './lexicon.ts';
import { encodeOutline, type Hosts, type OutlineDay } from './outline.ts';
import { encodeSegment, type Places } from './segment.ts';
import { encodeTexts } from './texts.ts';

/** What is shared by the days of a pack. */
export const TABLE_PARTS = ['lexicon', 'postings', 'texts', 'outline'] as const;
export type TablePart = (typeof TABLE_PARTS)[number];

export interface EncodedDay {
  readonly day: Day;
  readonly events: number;
  /** Folded records, in the order of RECORD_KINDS. */
  readonly records: readonly number[];
  readonly segments: readonly (readonly [StoreType, Bytes])[];
}

export interface EncodedPack {
  readonly days: readonly EncodedDay[];
  readonly tables: readonly (readonly [TablePart, Bytes])[];
}

interface Address {
  readonly url: string;
  readonly titles: string[];
  readonly details: string[];
  place: number;
}

/** Gathers addresses and their texts. */
class Addresses implements Places {
  readonly #byUrl = new Map<string, Address>();
  #sorted: Address[] = [];

  #of(url: string): Address {
    let address = this.#byUrl.get(url);
    if (!address) {
      address = { url, titles: [], details: [], place: -1 };
      this.#byUrl.set(url, address);
    }
    return address;
  }

  add(events: readonly InteractionEvent[]): void {
    const visits = new Map<string, Address>();
    if (events.some(({ kind }) => kind === 'visit-update'))
      for (const event of events)
        if (event.kind === 'visit') visits.set(event.id, this.#of(event.url.toWellFormed()));
    for (const event of events) {
      if (event.kind === 'reduced') continue;
      if (event.kind === 'visit-update') {
        const visit = visits.get(event.visit);
        if (visit && event.title) addOnce(visit.titles, event.title.toWellFormed());
        continue;
      }
      const address = this.#of(event.url.toWellFormed());
      if (event.kind === 'search') {
        addOnce(address.details, searchDetail(event.engine, event.query).toWellFormed());
        continue;
      }
      if (event.title !== '') addOnce(address.titles, event.title.toWellFormed());
      if (event.kind === 'click') {
        if (event.text !== '') addOnce(address.details, event.text.toWellFormed());
        if (event.target !== undefined) this.#of(event.target.toWellFormed());
      } else if (event.referrer !== undefined) this.#of(event.referrer.toWellFormed());
    }
  }

  /** In the order of texts.ts. */
  sort(): { readonly addresses: readonly Address[]; readonly hosts: Hosts } {
    const byHost = new Map<string, Address[]>();
    for (const address of this.#byUrl.values()) {
      const host = hostOf(address.url);
      const own = byHost.get(host);
      if (own) own.push(address);
      else byHost.set(host, [address]);
    }
    const hosts = [...byHost].map(([host, own]) => ({ term: siteTerm(host), own }));
    hosts.sort((a, b) => (a.term < b.term ? -1 : 1));
    for (const { own } of hosts) own.sort((a, b) => (a.url < b.url ? -1 : 1));
    this.#sorted = hosts.flatMap(({ own }) => own);
    for (const [place, address] of this.#sorted.entries()) address.place = place;
    return {
      addresses: this.#sorted,
      hosts: { terms: hosts.map(({ term }) => term), counts: hosts.map(({ own }) => own.length) },
    };
  }

  address = (url: string): number | undefined => this.#byUrl.get(url)?.place;
  title = (address: number, title: string): number | undefined =>
    placeIn(this.#sorted[address]?.titles, title);
  detail = (address: number, detail: string): number | undefined =>
    placeIn(this.#sorted[address]?.details, detail);
}

/** An address has few: a set for each would cost more. */
function addOnce(texts: string[], text: string): void {
  if (!texts.includes(text)) texts.push(text);
}

function placeIn(texts: readonly string[] | undefined, text: string): number | undefined {
  const place = texts?.indexOf(text) ?? -1;
  return place < 0 ? undefined : place;
}

/** `days`: each with at least one event; events of a day in any order, each once. */
export async function encodePack(days: ReadonlyMap<Day, readonly InteractionEvent[]>): Promise<EncodedPack> {
  const sorted = [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, events]) => ({ day, events: inOrder(events) }));
  const gathered = new Addresses();
  for (const { events } of sorted) gathered.add(events);
  const { addresses, hosts } = gathered.sort();
  const outline: OutlineDay[] = [];
  const encoded: EncodedDay[] = [];
  for (const { day, events } of sorted) {
    const records = foldEvents(events);
    const [segments, ofDay]: [[StoreType, Bytes][], Partial<Record<StoreType, Uint32Array>>] = [[], {}];
    for (const type of STORE_TYPES) {
      const own = events.filter((event) => storeTypeOf(event) === type);
      const segment = encodeSegment(own, gathered, dayStartMs(day));
      if (own.length > 0) segments.push([type, segment.bytes]);
      ofDay[type] = segment.addresses;
    }
    outline.push({ day, addresses: ofDay as OutlineDay['addresses'], summary: summaryOf(records) });
    const counts = RECORD_KINDS.map(() => 0);
    for (const record of records) (counts[RECORD_KINDS.indexOf(recordKind(record))] as number) += 1;
    encoded.push({ day, events: events.length, records: counts, segments });
  }
  const texts = await encodeTexts(addresses, new LexiconBuilder());
  const tables = { ...texts, outline: await encodeOutline(hosts, outline) };
  return { days: encoded, tables: TABLE_PARTS.map((part) => [part, tables[part]] as const) };
}

function inOrder(events: readonly InteractionEvent[]): readonly InteractionEvent[] {
  for (let i = 1; i < events.length; i++)
    if (compareEvents(events[i - 1] as InteractionEvent, events[i] as InteractionEvent) > 0)
      return [...events].sort(compareEvents);
  return events;
}
