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
import { summaryOf } from '../../model/summary.ts';
import { Addresses } from './addresses.ts';
import { LexiconBuilder } from './lexicon.ts';
import { encodeOutline, type OutlineDay } from './outline.ts';
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
