/**
 * What a pack says about its days without any event being opened: which addresses have events of which type, and the counts
 * of statistics. Format 1:
 *
 *     u8 format = 1 ‖ counted, deflated: varint hosts ‖ hosts as terms (model/page.ts), sorted, each counted UTF-8
 *     ‖ counted bits: column of the addresses of each host ‖ per day: its number since the day before (the first: since
 *     1970-01-01) · per type: how many addresses, column of the distances between them
 *     ‖ per day: counted bits: its summary
 *     summary: column of 24 hours times kinds ‖ dwell ‖ spans: how many, columns of their starts since the day began or the
 *     span before, of their lengths ‖ sites: how many, columns of hosts, of each kind's count, of dwell
 *
 * Times in ms; addresses in the order of texts.ts, where those of a host follow each other.
 */
import { BitReader, BitWriter, readColumn, unzigzag, writeColumn, zigzag } from '../../base/bit-stream.ts';
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import type { Bytes } from '../../base/bytes.ts';
import { type Day, dayNumber, dayOfNumber, dayStartMs } from '../../base/clock.ts';
import { RECORD_KINDS, type RecordKind, STORE_TYPES, type StoreType } from '../../model/interaction.ts';
import { hostOfTerm } from '../../model/page.ts';
import type { KindCounts, SiteSummary, Summary } from '../../model/summary.ts';
import { deflate, inflate } from './deflate.ts';

const FORMAT = 1;
const HOURS = 24;

/** By type: places in the pack of the addresses that have events of it, in order. */
export type DayAddresses = Readonly<Record<StoreType, Uint32Array>>;

export interface OutlineDay {
  readonly day: Day;
  readonly addresses: DayAddresses;
  readonly summary: Summary;
}

/** The hosts of the addresses of a pack: their terms, sorted, and how many addresses each has. */
export interface Hosts {
  readonly terms: readonly string[];
  readonly counts: readonly number[];
}

/** `days`: oldest first. */
export async function encodeOutline(hosts: Hosts, days: readonly OutlineDay[]): Promise<Bytes> {
  const names = new ByteWriter();
  names.varint(hosts.terms.length);
  for (const term of hosts.terms) names.text(term);
  const bits = new BitWriter();
  writeColumn(bits, hosts.counts);
  bits.count(days.length);
  let before = 0;
  for (const { day, addresses } of days) {
    bits.count(dayNumber(day) - before);
    before = dayNumber(day);
    for (const type of STORE_TYPES) writeRising(bits, addresses[type]);
  }
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.counted(await deflate(names.bytes()));
  out.counted(bits.bytes());
  const placeOf = new Map(hosts.terms.map((term, place) => [hostOfTerm(term), place]));
  for (const { day, summary } of days) out.counted(encodeSummary(summary, dayStartMs(day), placeOf));
  return out.bytes();
}

/** Whole numbers, each larger than the one before. */
function writeRising(bits: BitWriter, values: ArrayLike<number>): void {
  bits.count(values.length);
  const gaps = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++)
    gaps[i] = i === 0 ? (values[0] as number) : (values[i] as number) - (values[i - 1] as number) - 1;
  writeColumn(bits, gaps);
}

function readRising(bits: BitReader): Uint32Array {
  const gaps = readColumn(bits, bits.count());
  const values = new Uint32Array(gaps.length);
  let value = -1;
  for (let i = 0; i < gaps.length; i++) {
    value += (gaps[i] as number) + 1;
    values[i] = value;
  }
  return values;
}

/** Fractions of a millisecond are dropped. */
function encodeSummary(
  { hours, sites, dwellMs, spans }: Summary,
  startMs: number,
  placeOf: ReadonlyMap<string, number>,
): Bytes {
  const bits = new BitWriter();
  writeColumn(
    bits,
    hours.flatMap((hour) => RECORD_KINDS.map((kind) => hour[kind])),
  );
  bits.count(Math.floor(dwellMs));
  bits.count(spans.length);
  let beforeMs = startMs;
  const starts = spans.map(({ fromMs }) => {
    const distance = zigzag(fromMs - beforeMs);
    beforeMs = fromMs;
    return distance;
  });
  writeColumn(bits, starts);
  writeColumn(
    bits,
    spans.map(({ fromMs, toMs }) => Math.floor(toMs - fromMs)),
  );
  const own = [...sites].map(([host, site]) => ({ place: placeOf.get(host) as number, site }));
  own.sort((a, b) => a.place - b.place);
  writeRising(
    bits,
    own.map(({ place }) => place),
  );
  for (const kind of RECORD_KINDS)
    writeColumn(
      bits,
      own.map(({ site }) => site[kind]),
    );
  writeColumn(
    bits,
    own.map(({ site }) => Math.floor(site.dwellMs)),
  );
  return bits.bytes();
}

export class Outline {
  readonly days: readonly { readonly day: Day; readonly addresses: DayAddresses }[];
  /** Number of each host's first address, and after the last one's last. */
  readonly firstAddresses: Uint32Array;
  readonly sizeBytes: number;
  readonly #summaries: readonly Bytes[];
  readonly #places: ReadonlyMap<Day, number>;

  private constructor(
    readonly hostTerms: readonly string[],
    reader: ByteReader,
  ) {
    const bits = new BitReader(reader.counted());
    const counts = readColumn(bits, hostTerms.length);
    this.firstAddresses = new Uint32Array(hostTerms.length + 1);
    for (const [i, count] of counts.entries())
      this.firstAddresses[i + 1] = (this.firstAddresses[i] as number) + count;
    let number = 0;
    let sizeBytes = hostTerms.length * 64;
    this.days = Array.from({ length: bits.count() }, () => {
      number += bits.count();
      const addresses = Object.fromEntries(STORE_TYPES.map((type) => [type, readRising(bits)]));
      for (const type of STORE_TYPES) sizeBytes += (addresses[type] as Uint32Array).byteLength;
      return { day: dayOfNumber(number), addresses: addresses as DayAddresses };
    });
    this.#summaries = this.days.map(() => reader.counted());
    for (const { length } of this.#summaries) sizeBytes += length;
    this.#places = new Map(this.days.map(({ day }, place) => [day, place]));
    this.sizeBytes = sizeBytes;
  }

  /** @throws RangeError or TypeError when the bytes are damaged, or written by a newer version. */
  static async read(bytes: Bytes): Promise<Outline> {
    const reader = new ByteReader(bytes);
    if (reader.u8() !== FORMAT) throw new RangeError('an outline of an unknown format');
    const names = new ByteReader(await inflate(reader.counted()));
    const terms = Array.from({ length: names.varint() }, () => names.text());
    return new Outline(terms, reader);
  }

  /** @throws RangeError when it has no such day. */
  addressesOf(day: Day): DayAddresses {
    return (this.days[this.#place(day)] as OutlineDay).addresses;
  }

  #place(day: Day): number {
    const place = this.#places.get(day);
    if (place === undefined) throw new RangeError('no such day');
    return place;
  }

  /** Sites are most of the work, so they are left out unless asked for. @throws RangeError when the bytes are damaged. */
  summary(day: Day, { sites: withSites }: { readonly sites: boolean }): Summary {
    const bits = new BitReader(this.#summaries[this.#place(day)] as Bytes);
    const counts = readColumn(bits, HOURS * RECORD_KINDS.length);
    const hours = Array.from({ length: HOURS }, (_, hour) =>
      kindCounts((kind) => counts[hour * RECORD_KINDS.length + kind] as number),
    );
    const dwellMs = bits.count();
    const spanCount = bits.count();
    const [starts, lengths] = [readColumn(bits, spanCount), readColumn(bits, spanCount)];
    let fromMs = dayStartMs(day);
    const spans = Array.from(starts, (start, i) => {
      fromMs += unzigzag(start);
      return { fromMs, toMs: fromMs + (lengths[i] as number) };
    });
    const sites = new Map<string, SiteSummary>();
    if (withSites) {
      const places = readRising(bits);
      const kinds = RECORD_KINDS.map(() => readColumn(bits, places.length));
      const dwell = readColumn(bits, places.length);
      for (const [i, place] of places.entries()) {
        const term = this.hostTerms[place];
        if (term === undefined) throw new RangeError('a host that is not there');
        const of = kindCounts((kind) => (kinds[kind] as Float64Array)[i] as number);
        sites.set(hostOfTerm(term), { ...of, dwellMs: dwell[i] as number });
      }
    }
    return { hours, sites, dwellMs, spans };
  }

  /** Calls back with the first and after the last address of each host whose term begins with `prefix`. */
  eachHost(prefix: string, found: (from: number, to: number) => void): void {
    for (const [place, term] of this.hostTerms.entries())
      if (term.startsWith(prefix))
        found(this.firstAddresses[place] as number, this.firstAddresses[place + 1] as number);
  }
}

const kindCounts = (count: (kind: number) => number): KindCounts =>
  Object.fromEntries(RECORD_KINDS.map((kind, i) => [kind, count(i)])) as Record<RecordKind, number>;
