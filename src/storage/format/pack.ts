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
import { encodeSegment, type PlacedEvent } from './segment.ts';
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

/** An address while its pack is made. */
interface Address {
  readonly url: string;
  readonly titles: string[];
  readonly details: string[];
  host: string;
  place: number;
}

/** Gathers addresses and their texts. */
class Addresses {
  readonly #byUrl = new Map<string, Address>();

  #of(url: string): Address {
    const wellFormed = url.toWellFormed();
    let address = this.#byUrl.get(wellFormed);
    if (!address) {
      address = { url: wellFormed, titles: [], details: [], host: '', place: -1 };
      this.#byUrl.set(wellFormed, address);
    }
    return address;
  }

  /** Takes the events of a day; their places are known after `sort`. */
  take(events: readonly InteractionEvent[]): PlacedEvent[] {
    const visits = new Map<string, Address>();
    if (events.some(({ kind }) => kind === 'visit-update'))
      for (const event of events) if (event.kind === 'visit') visits.set(event.id, this.#of(event.url));
    return events.map((event) => this.#take(event, visits));
  }

  #take(event: InteractionEvent, visits: ReadonlyMap<string, Address>): PlacedEvent {
    if (event.kind === 'reduced')
      return { event, address: undefined, title: -1, detail: -1, link: undefined };
    if (event.kind === 'visit-update') {
      const visit = event.title ? visits.get(event.visit) : undefined;
      const title = visit ? placeOf(visit.titles, event.title) : -1;
      return { event, address: visit, title, detail: -1, link: undefined };
    }
    const address = this.#of(event.url);
    if (event.kind === 'search') {
      const detail = placeOf(address.details, searchDetail(event.engine, event.query));
      return { event, address, title: -1, detail, link: undefined };
    }
    const title = placeOf(address.titles, event.title);
    const detail = event.kind === 'click' ? placeOf(address.details, event.text) : -1;
    const linked = event.kind === 'click' ? event.target : event.referrer;
    const link = linked === undefined ? undefined : this.#of(linked);
    return { event, address, title, detail, link };
  }

  /** In the order of texts.ts. */
  sort(): { readonly addresses: readonly Address[]; readonly hosts: Hosts } {
    const byHost = new Map<string, Address[]>();
    for (const address of this.#byUrl.values()) {
      const host = hostOf(address.url);
      address.host = host;
      const own = byHost.get(host);
      if (own) own.push(address);
      else byHost.set(host, [address]);
    }
    const hosts = [...byHost].map(([host, own]) => ({ term: siteTerm(host), own }));
    hosts.sort((a, b) => (a.term < b.term ? -1 : 1));
    for (const { own } of hosts) own.sort((a, b) => (a.url < b.url ? -1 : 1));
    const addresses = hosts.flatMap(({ own }) => own);
    for (const [place, address] of addresses.entries()) address.place = place;
    return {
      addresses,
      hosts: { terms: hosts.map(({ term }) => term), counts: hosts.map(({ own }) => own.length) },
    };
  }

  /** Known after `sort`. */
  host = (url: string): string => this.#byUrl.get(url)?.host ?? hostOf(url);
}

/** Which of the texts it is, from now on; -1 for the empty one. An address has few: a map for each would cost more. */
function placeOf(texts: string[], text: string | undefined): number {
  if (text === undefined || text === '') return -1;
  const wellFormed = text.toWellFormed();
  const place = texts.indexOf(wellFormed);
  return place >= 0 ? place : texts.push(wellFormed) - 1;
}

/** `days`: each with at least one event; events of a day in any order, each once. */
export async function encodePack(days: ReadonlyMap<Day, readonly InteractionEvent[]>): Promise<EncodedPack> {
  const sorted = [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, events]) => ({ day, events: inOrder(events) }));
  const gathered = new Addresses();
  const placed = sorted.map(({ events }) => gathered.take(events));
  const { addresses, hosts } = gathered.sort();
  const outline: OutlineDay[] = [];
  const encoded: EncodedDay[] = [];
  for (const [index, { day, events }] of sorted.entries()) {
    const records = foldEvents(events);
    const ofTypes = Object.fromEntries(STORE_TYPES.map((type) => [type, [] as PlacedEvent[]]));
    for (const one of placed[index] ?? []) ofTypes[storeTypeOf(one.event)]?.push(one);
    const [segments, ofDay]: [[StoreType, Bytes][], Partial<Record<StoreType, Uint32Array>>] = [[], {}];
    for (const type of STORE_TYPES) {
      const own = ofTypes[type] ?? [];
      const segment = encodeSegment(own, dayStartMs(day));
      if (own.length > 0) segments.push([type, segment.bytes]);
      ofDay[type] = segment.addresses;
    }
    const summary = summaryOf(records, gathered.host);
    outline.push({ day, addresses: ofDay as OutlineDay['addresses'], summary });
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
