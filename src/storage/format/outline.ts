/**
 * What a pack says about its days without any event being opened: which addresses have events of which type, and the counts
 * of statistics. Format 1:
 *
 *     u8 format = 1 ‖ varint hosts ‖ counted, deflated: hosts as terms (model/page.ts), sorted, each counted UTF-8
 *     ‖ counted bits: column of the addresses of each host ‖ varint days ‖ per day: varint its number since the day before (the
 *     first: since 1970-01-01) · counted bits: per type: how many addresses, column of the distances between them · counted
 *     bits: its summary ‖ counted bits: column of the sizes in bits of each block of 64 addresses ‖ bits: per address: on how
 *     many days it has events, in Rice code · distances between these days, less one, in Rice code
 *     summary: column of 24 hours times kinds ‖ dwell ‖ spans: how many, columns of their starts since the day began or the
 *     span before, of their lengths ‖ sites: how many, columns of hosts, of each kind's count, of dwell
 *
 * Times in ms; addresses in the order of texts.ts, where those of a host follow each other.
 */
import {
  BitReader,
  BitWriter,
  parameterOf,
  readColumn,
  unzigzag,
  writeColumn,
  zigzag,
} from '../../base/bit-stream.ts';
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import type { Bytes } from '../../base/bytes.ts';
import { type Day, dayNumber, dayOfNumber, dayStartMs } from '../../base/clock.ts';
import { RECORD_KINDS, type RecordKind, STORE_TYPES, type StoreType } from '../../model/interaction.ts';
import { hostOfTerm } from '../../model/page.ts';
import type { KindCounts, SiteSummary, Summary } from '../../model/summary.ts';
import { deflate, inflate } from './deflate.ts';

const FORMAT = 1;
const HOURS = 24;
const BLOCK = 64;
/** Most addresses have events on one day or two. */
const COUNT_K = 0;
/** What is opened is about so many times as large as what is stored. */
const IN_MEMORY = 6;

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
  for (const term of hosts.terms) names.text(term);
  const counts = new BitWriter();
  writeColumn(counts, hosts.counts);
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.varint(hosts.terms.length);
  out.counted(await deflate(names.bytes()));
  out.counted(counts.bytes());
  out.varint(days.length);
  const placeOf = new Map(hosts.terms.map((term, place) => [hostOfTerm(term), place]));
  let before = 0;
  for (const { day, addresses, summary } of days) {
    out.varint(dayNumber(day) - before);
    before = dayNumber(day);
    const bits = new BitWriter();
    for (const type of STORE_TYPES) writeRising(bits, addresses[type]);
    out.counted(bits.bytes());
    out.counted(encodeSummary(summary, dayStartMs(day), placeOf));
  }
  writeDays(
    out,
    days,
    hosts.counts.reduce((sum, count) => sum + count, 0),
  );
  return out.bytes();
}

/** On which days each address has events: so that a few addresses are found without every day being looked through. */
function writeDays(out: ByteWriter, days: readonly OutlineDay[], count: number): void {
  const daysOf: number[][] = Array.from({ length: count }, () => []);
  for (const [place, { addresses }] of days.entries())
    for (const type of STORE_TYPES)
      for (const address of addresses[type]) {
        const own = daysOf[address] as number[];
        if (own.at(-1) !== place) own.push(place);
      }
  const bits = new BitWriter();
  const sizes = new Uint32Array(Math.ceil(count / BLOCK));
  for (const [address, own] of daysOf.entries()) {
    const start = bits.length;
    bits.rice(own.length, COUNT_K);
    const k = parameterOf(days.length / (own.length + 1));
    let last = -1;
    for (const place of own) {
      bits.rice(place - last - 1, k);
      last = place;
    }
    (sizes[Math.floor(address / BLOCK)] as number) += bits.length - start;
  }
  const sizeBits = new BitWriter();
  writeColumn(sizeBits, sizes);
  out.counted(sizeBits.bytes());
  out.raw(bits.bytes());
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
  /** Oldest first. */
  readonly days: readonly Day[];
  /** Number of each host's first address, and after the last one's last. */
  readonly firstAddresses: Uint32Array;
  readonly sizeBytes: number;
  readonly #names: Bytes;
  readonly #places = new Map<Day, number>();
  readonly #addresses: Bytes[] = [];
  readonly #summaries: Bytes[] = [];
  /** Of the days of addresses. */
  readonly #bits: Bytes;
  readonly #blocks: Float64Array;
  #hosts: Promise<readonly string[]> | undefined;
  /** Of days that were asked for. */
  readonly #opened = new Map<Day, DayAddresses>();

  private constructor(
    readonly hostCount: number,
    reader: ByteReader,
    sizeBytes: number,
  ) {
    this.#names = reader.counted();
    const counts = readColumn(new BitReader(reader.counted()), hostCount);
    this.firstAddresses = new Uint32Array(hostCount + 1);
    for (let i = 0; i < counts.length; i++)
      this.firstAddresses[i + 1] = (this.firstAddresses[i] as number) + (counts[i] as number);
    let number = 0;
    this.days = Array.from({ length: reader.varint() }, (_, place) => {
      number += reader.varint();
      this.#addresses.push(reader.counted());
      this.#summaries.push(reader.counted());
      this.#places.set(dayOfNumber(number), place);
      return dayOfNumber(number);
    });
    const blocks = Math.ceil(this.addressCount / BLOCK);
    const sizes = readColumn(new BitReader(reader.counted()), blocks);
    this.#blocks = new Float64Array(blocks + 1);
    for (let i = 0; i < blocks; i++) this.#blocks[i + 1] = (this.#blocks[i] as number) + (sizes[i] as number);
    this.#bits = reader.raw(reader.left);
    if ((this.#blocks[blocks] as number) > this.#bits.length * 8) throw new RangeError('read past the end');
    this.sizeBytes = sizeBytes * IN_MEMORY;
  }

  get addressCount(): number {
    return this.firstAddresses[this.hostCount] as number;
  }

  /** @throws RangeError when the bytes are damaged, or written by a newer version. */
  static read(bytes: Bytes): Outline {
    const reader = new ByteReader(bytes);
    if (reader.u8() !== FORMAT) throw new RangeError('an outline of an unknown format');
    return new Outline(reader.varint(), reader, bytes.length);
  }

  /** As terms, sorted. They are opened when they are first asked for. @throws RangeError or TypeError when they are damaged. */
  hosts(): Promise<readonly string[]> {
    this.#hosts ??= inflate(this.#names).then((bytes) => {
      const names = new ByteReader(bytes);
      return Array.from({ length: this.hostCount }, () => names.text());
    });
    return this.#hosts;
  }

  /** @throws RangeError when it has no such day, or the bytes are damaged. */
  addressesOf(day: Day): DayAddresses {
    let opened = this.#opened.get(day);
    if (!opened) {
      const bits = new BitReader(this.#addresses[this.#place(day)] as Bytes);
      opened = Object.fromEntries(STORE_TYPES.map((type) => [type, readRising(bits)])) as DayAddresses;
      this.#opened.set(day, opened);
    }
    return opened;
  }

  /** On which days an address has events. @throws RangeError when there is no such address, or the bytes are damaged. */
  daysOf(address: number): Day[] {
    if (!(address < this.addressCount)) throw new RangeError('no such address');
    const block = Math.floor(address / BLOCK);
    const bits = new BitReader(this.#bits, this.#blocks[block] as number);
    for (let at = block * BLOCK; ; at++) {
      const count = bits.rice(COUNT_K);
      if (count > this.days.length) throw new RangeError('more days than there are');
      const gaps = new Uint32Array(count);
      bits.rices(gaps, parameterOf(this.days.length / (count + 1)));
      if (at < address) continue;
      let place = -1;
      return Array.from(gaps, (gap) => {
        place += gap + 1;
        const day = this.days[place];
        if (day === undefined) throw new RangeError('a day that is not there');
        return day;
      });
    }
  }

  #place(day: Day): number {
    const place = this.#places.get(day);
    if (place === undefined) throw new RangeError('no such day');
    return place;
  }

  /** Sites are most of the work, so they are left out unless asked for. @throws RangeError when the bytes are damaged. */
  async summary(day: Day, { sites: withSites }: { readonly sites: boolean }): Promise<Summary> {
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
      const terms = await this.hosts();
      const places = readRising(bits);
      const kinds = RECORD_KINDS.map(() => readColumn(bits, places.length));
      const dwell = readColumn(bits, places.length);
      for (const [i, place] of places.entries()) {
        const term = terms[place];
        if (term === undefined) throw new RangeError('a host that is not there');
        const of = kindCounts((kind) => (kinds[kind] as Float64Array)[i] as number);
        sites.set(hostOfTerm(term), { ...of, dwellMs: dwell[i] as number });
      }
    }
    return { hours, sites, dwellMs, spans };
  }

  /** The first and after the last address of each host whose term begins with `prefix`. */
  async addressesOfHosts(prefix: string): Promise<[from: number, to: number][]> {
    const found: [number, number][] = [];
    for (const [place, term] of (await this.hosts()).entries())
      if (term.startsWith(prefix))
        found.push([this.firstAddresses[place] as number, this.firstAddresses[place + 1] as number]);
    return found;
  }
}

const kindCounts = (count: (kind: number) => number): KindCounts =>
  Object.fromEntries(RECORD_KINDS.map((kind, i) => [kind, count(i)])) as Record<RecordKind, number>;
