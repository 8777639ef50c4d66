/**
 * Over 300 lines, because a format's writer and reader are read beside each other.
 *
 * What a pack says about its days without any event being opened: which addresses have events of which type, and the counts
 * of statistics. Format 1:
 *
 *     u8 format = 1 ‖ u32 bytes of the head · head: varint addresses ‖ varint days ‖ per day: varint its number since the day
 *     before (the first: since 1970-01-01) · varint bytes of its addresses · varint bytes of its summary ‖ counted bits: column
 *     of the sizes in bits of each block of 64 addresses ‖ bits: per address: on how many days it has events, in Rice code ·
 *     distances between these days, less one, in Rice code ‖ addresses of each day: bits: per type: how many, column of the
 *     distances between them ‖ summaries of the days: bits ‖ hosts: varint how many ‖ counted bits: column of the addresses of
 *     each ‖ deflated: the hosts as terms (model/page.ts), sorted, each counted UTF-8
 *     summary: column of 24 hours times kinds ‖ dwell ‖ spans: how many, columns of their starts since the day began or the
 *     span before, of their lengths ‖ sites: how many, columns of hosts, of each kind's count, of dwell
 *
 * Times in ms; addresses in the order of texts.ts, where those of a host follow each other. What finding asks for comes first,
 * so that the first query after a start need not read the rest.
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
import type { ByteSource } from './byte-source.ts';
import { deflate, inflate } from './deflate.ts';

const FORMAT = 1;
const HOURS = 24;
const BLOCK = 64;
/** Most addresses have events on one day or two. */
const COUNT_K = 0;
/** What is opened is about so many times as large as what is stored; the pieces that it is read from are counted apart. */
const IN_MEMORY = 2;

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
  const count = hosts.counts.reduce((sum, one) => sum + one, 0);
  const placeOf = new Map(hosts.terms.map((term, place) => [hostOfTerm(term), place]));
  const [head, ofDays] = [new ByteWriter(), daysOfAddresses(days, count)];
  const [addressBits, summaryBits]: [Bytes[], Bytes[]] = [[], []];
  head.varint(count);
  head.varint(days.length);
  let before = 0;
  for (const { day, addresses, summary } of days) {
    const bits = new BitWriter();
    for (const type of STORE_TYPES) writeRising(bits, addresses[type]);
    const [own, summed] = [bits.bytes(), encodeSummary(summary, dayStartMs(day), placeOf)];
    head.varint(dayNumber(day) - before);
    head.varint(own.length);
    head.varint(summed.length);
    addressBits.push(own);
    summaryBits.push(summed);
    before = dayNumber(day);
  }
  head.counted(ofDays.sizes);
  head.raw(ofDays.bits);
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.u32(head.length);
  out.raw(head.view());
  for (const bytes of [...addressBits, ...summaryBits]) out.raw(bytes);
  out.varint(hosts.terms.length);
  out.counted(counts.bytes());
  out.raw(await deflate(names.bytes()));
  return out.bytes();
}

/** On which days each address has events: so that a few addresses are found without every day being looked through. */
function daysOfAddresses(days: readonly OutlineDay[], count: number) {
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
  return { sizes: sizeBits.bytes(), bits: bits.bytes() };
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

/** The hosts of a pack, and which addresses are theirs. */
export interface OpenedHosts {
  /** Sorted. */
  readonly terms: readonly string[];
  /** Number of each host's first address, and after the last one's last. */
  readonly firstAddresses: Uint32Array;
}

/** Where something lies in an outline. */
interface Place {
  readonly from: number;
  readonly to: number;
}

interface DayPlace {
  readonly addresses: Place;
  readonly summary: Place;
}

const HEAD_AT = 5;

export class Outline {
  /** Oldest first. */
  readonly days: readonly Day[];
  readonly #places = new Map<Day, DayPlace>();
  /** Of the days of addresses. */
  readonly #bits: Bytes;
  readonly #blocks: Float64Array;
  readonly #hostsAt: number;
  #hosts: Promise<OpenedHosts> | undefined;
  /** Of days that were asked for. */
  readonly #opened = new Map<Day, Promise<DayAddresses>>();

  private constructor(
    private readonly source: ByteSource,
    readonly addressCount: number,
    reader: ByteReader,
    bodyAt: number,
  ) {
    const sizes = Array.from({ length: reader.varint() }, () => ({
      gap: reader.varint(),
      addresses: reader.varint(),
      summary: reader.varint(),
    }));
    let addressesAt = bodyAt;
    let summaryAt = sizes.reduce((at, { addresses }) => at + addresses, bodyAt);
    let number = 0;
    this.days = sizes.map(({ gap, addresses, summary }) => {
      number += gap;
      const day = dayOfNumber(number);
      this.#places.set(day, {
        addresses: { from: addressesAt, to: addressesAt + addresses },
        summary: { from: summaryAt, to: summaryAt + summary },
      });
      addressesAt += addresses;
      summaryAt += summary;
      return day;
    });
    this.#hostsAt = summaryAt;
    // Each takes a bit at least: nothing is made room for that cannot be there.
    if (addressCount > reader.left * 8) throw new RangeError('addresses that are not there');
    const blocks = Math.ceil(addressCount / BLOCK);
    const blockBits = readColumn(new BitReader(reader.counted()), blocks);
    this.#blocks = new Float64Array(blocks + 1);
    for (let i = 0; i < blocks; i++)
      this.#blocks[i + 1] = (this.#blocks[i] as number) + (blockBits[i] as number);
    this.#bits = reader.raw(reader.left);
    if ((this.#blocks[blocks] as number) > this.#bits.length * 8 || summaryAt > source.size)
      throw new RangeError('read past the end');
  }

  /** What it takes in memory, when everything of it was asked for, about. */
  get sizeBytes(): number {
    return this.source.size * IN_MEMORY;
  }

  /** @throws RangeError when the bytes are damaged, or written by a newer version. */
  static async open(source: ByteSource): Promise<Outline> {
    const start = new ByteReader(await source.read(0, HEAD_AT));
    if (start.u8() !== FORMAT) throw new RangeError('an outline of an unknown format');
    const bodyAt = HEAD_AT + start.u32();
    const reader = new ByteReader(await source.read(HEAD_AT, bodyAt));
    return new Outline(source, reader.varint(), reader, bodyAt);
  }

  /** They are opened when they are first asked for. @throws RangeError or TypeError when they are damaged. */
  hosts(): Promise<OpenedHosts> {
    this.#hosts ??= this.#openHosts().catch((error: unknown) => {
      this.#hosts = undefined;
      throw error;
    });
    return this.#hosts;
  }

  async #openHosts(): Promise<OpenedHosts> {
    const reader = new ByteReader(await this.source.read(this.#hostsAt, this.source.size));
    const count = reader.varint();
    const counts = readColumn(new BitReader(reader.counted()), count);
    const firstAddresses = new Uint32Array(count + 1);
    for (let i = 0; i < counts.length; i++)
      firstAddresses[i + 1] = (firstAddresses[i] as number) + (counts[i] as number);
    if (firstAddresses[count] !== this.addressCount) throw new RangeError('addresses of no host');
    const names = new ByteReader(await inflate(reader.raw(reader.left)));
    return { terms: Array.from({ length: count }, () => names.text()), firstAddresses };
  }

  /** @throws RangeError when it has no such day, or the bytes are damaged. */
  addressesOf(day: Day): Promise<DayAddresses> {
    const opened = this.#opened.get(day) ?? this.#openAddresses(day);
    this.#opened.set(day, opened);
    return opened;
  }

  async #openAddresses(day: Day): Promise<DayAddresses> {
    try {
      const { from, to } = this.#place(day).addresses;
      const bits = new BitReader(await this.source.read(from, to));
      return Object.fromEntries(STORE_TYPES.map((type) => [type, readRising(bits)])) as DayAddresses;
    } catch (error) {
      this.#opened.delete(day);
      throw error;
    }
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

  #place(day: Day): DayPlace {
    const place = this.#places.get(day);
    if (place === undefined) throw new RangeError('no such day');
    return place;
  }

  /** Sites are most of the work, so they are left out unless asked for. @throws RangeError when the bytes are damaged. */
  async summary(day: Day, { sites: withSites }: { readonly sites: boolean }): Promise<Summary> {
    const { from, to } = this.#place(day).summary;
    const bits = new BitReader(await this.source.read(from, to));
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
      const { terms } = await this.hosts();
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
    const { terms, firstAddresses } = await this.hosts();
    const found: [number, number][] = [];
    for (const [place, term] of terms.entries())
      if (term.startsWith(prefix))
        found.push([firstAddresses[place] as number, firstAddresses[place + 1] as number]);
    return found;
  }
}

const kindCounts = (count: (kind: number) => number): KindCounts =>
  Object.fromEntries(RECORD_KINDS.map((kind, i) => [kind, count(i)])) as Record<RecordKind, number>;
