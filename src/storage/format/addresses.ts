/** Addresses of events and what was read there, each once and numbered: in a pack, or in what is sent of a day. */
import type { InteractionEvent } from '../../model/interaction.ts';
import { hostOf, searchDetail, siteTerm } from '../../model/page.ts';
import type { Hosts } from './outline.ts';
import type { PlacedEvent } from './segment.ts';

/** An address while what it is in is made. */
export interface Address {
  readonly url: string;
  readonly titles: string[];
  readonly details: string[];
  host: string;
  place: number;
}

/** Gathers addresses and their texts. */
export class Addresses {
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

  /** Those that events are of first, then those that they only link to, both in the order of their text. */
  ownFirst(placed: readonly PlacedEvent[]): readonly Address[] {
    const own = new Set(placed.map(({ address }) => address));
    const addresses = [...this.#byUrl.values()].sort(
      (a, b) => Number(own.has(b)) - Number(own.has(a)) || (a.url < b.url ? -1 : 1),
    );
    for (const [place, address] of addresses.entries()) address.place = place;
    return addresses;
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
