/**
 * Over 300 lines, because a format's writer and reader are read beside each other.
 *
 * What packs say about themselves without being opened: their words, and their counts. A digest of one pack lies beside it
 * under the key of its day; the digests of a month are merged into one, under a key of its own. Format 1:
 *
 *     u8 format = 1 ‖ counted packs, deflated ‖ counted terms, deflated ‖ postings
 *     packs: varint packs ‖ per pack: varint day, varint seq, varint pages, counted summary (summary-block.ts)
 *     terms: varint blocks ‖ per block: varint size of its terms, varint size of its postings ‖ terms
 *     term: varint bytes shared with the one before in its block, counted rest ‖ varint size of its postings
 *     postings: u8 k ‖ Rice codes with k of the pages between one page and the next; ones fill the last byte
 *
 * Pages are numbered through all packs, in the order of their packs, as they lie in page-block.ts: oldest first. Terms are
 * sorted by UTF-16 units. So words that begin alike lie together, and the newest pages of a word are at its end.
 */

import { BitReader, BitWriter, riceParameter } from '../../base/bit-stream.ts';
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import { type Bytes, fromUtf8 } from '../../base/bytes.ts';
import { ANY_SITE } from '../../model/page.ts';
import { deflate, inflate } from './deflate.ts';

const FORMAT = 1;
/** More make lookups slower, fewer make the index larger. */
const TERMS_IN_BLOCK = 16;

export interface DigestPack {
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly seq: number;
  readonly pages: number;
  readonly summary: Bytes;
}

const isBefore = (a: DigestPack, b: DigestPack): boolean =>
  a.day < b.day || (a.day === b.day && a.seq < b.seq);

/** Gathers terms and writes a digest. */
export class DigestBuilder {
  readonly #packs: DigestPack[] = [];
  readonly #postings = new Map<string, number[]>();
  #pages = 0;

  /** Packs come in order, all before they are copied to. Returns the number of its first page. */
  addPack(pack: DigestPack): number {
    const last = this.#packs.at(-1);
    if (last && !isBefore(last, pack)) throw new Error('packs out of order');
    this.#packs.push(pack);
    this.#pages += pack.pages;
    return this.#pages - pack.pages;
  }

  /** Once for each term and page, however often it is said in a row. */
  add(term: string, page: number): void {
    const postings = this.#postings.get(term);
    if (!postings) this.#postings.set(term, [page]);
    else if (postings[postings.length - 1] !== page) postings.push(page);
  }

  async bytes(): Promise<Bytes> {
    const packs = new ByteWriter();
    packs.varint(this.#packs.length);
    for (const { day, seq, pages, summary } of this.#packs) {
      packs.varint(day);
      packs.varint(seq);
      packs.varint(pages);
      packs.counted(summary);
    }
    const [sizes, terms, postings] = [new ByteWriter(), new ByteWriter(), new BitWriter()];
    const sorted = [...this.#postings.keys()].sort();
    let termsBefore = 0;
    let postingsBefore = 0;
    let before = '';
    for (const [index, term] of sorted.entries()) {
      if (index % TERMS_IN_BLOCK === 0) before = '';
      const shared = sharedAscii(before, term);
      terms.varint(shared);
      terms.text(term, shared);
      const start = postings.length;
      writePostings(postings, inOrder(this.#postings.get(term) as number[]));
      terms.varint(postings.length - start);
      before = term;
      if ((index + 1) % TERMS_IN_BLOCK !== 0 && index + 1 < sorted.length) continue;
      sizes.varint(terms.length - termsBefore);
      sizes.varint(postings.length - postingsBefore);
      [termsBefore, postingsBefore] = [terms.length, postings.length];
    }
    const blocks = Math.ceil(sorted.length / TERMS_IN_BLOCK);
    const index = new ByteWriter();
    index.varint(blocks);
    index.raw(sizes.bytes());
    index.raw(terms.bytes());
    const out = new ByteWriter();
    out.u8(FORMAT);
    out.counted(await deflate(packs.bytes()));
    out.counted(await deflate(index.bytes()));
    out.raw(postings.bytes());
    return out.bytes();
  }
}

function inOrder(pages: number[]): number[] {
  return pages.some((page, index) => index > 0 && page < (pages[index - 1] as number))
    ? pages.sort((a, b) => a - b)
    : pages;
}

function writePostings(out: BitWriter, pages: readonly number[]): void {
  const last = pages[pages.length - 1] as number;
  const k = riceParameter((last + 1 - pages.length) / pages.length);
  out.u8(k);
  let before = -1;
  for (const page of pages) {
    out.rice(page - before - 1, k);
    before = page;
  }
  out.fill();
}

/** Characters that both begin with and that are one byte each. */
function sharedAscii(a: string, b: string): number {
  let shared = 0;
  while (shared < a.length && shared < b.length) {
    const code = a.charCodeAt(shared);
    if (code !== b.charCodeAt(shared) || code > 0x7f) break;
    shared++;
  }
  return shared;
}

interface Block {
  readonly firstTerm: string;
  readonly terms: Bytes;
  readonly postings: Bytes;
}

export class Digest {
  #sites: string[][] | undefined;
  #indexes: Map<string, number> | undefined;

  private constructor(
    readonly packs: readonly DigestPack[],
    /** Number of each pack's first page. */
    readonly firstPages: readonly number[],
    readonly pages: number,
    private readonly blocks: readonly Block[],
    /** What it takes in memory. */
    readonly sizeBytes: number,
  ) {}

  /** @throws RangeError or TypeError when the bytes are damaged, or written by a newer version. */
  static async read(bytes: Bytes): Promise<Digest> {
    const outer = new ByteReader(bytes);
    if (outer.u8() !== FORMAT) throw new RangeError('a digest of an unknown format');
    const [first, second] = await Promise.all([inflate(outer.counted()), inflate(outer.counted())]);
    const [reader, index] = [new ByteReader(first), new ByteReader(second)];
    const packs: DigestPack[] = Array.from({ length: reader.varint() }, () => ({
      day: reader.varint(),
      seq: reader.varint(),
      pages: reader.varint(),
      summary: reader.counted(),
    }));
    const sizes = Array.from({ length: index.varint() }, () => [index.varint(), index.varint()] as const);
    const blocks = sizes.map(([termsSize, postingsSize]): Block => {
      const terms = index.raw(termsSize);
      const start = new ByteReader(terms);
      start.varint();
      return { firstTerm: start.text(), terms, postings: outer.raw(postingsSize) };
    });
    const firstPages: number[] = [];
    let pages = 0;
    for (const pack of packs) {
      firstPages.push(pages);
      pages += pack.pages;
    }
    return new Digest(packs, firstPages, pages, blocks, first.length + second.length + bytes.length);
  }

  /** Calls back with every term from `from` on, in order, and its postings, until told to stop by `false`. */
  eachTerm(from: string, found: (term: string, postings: Bytes) => boolean): void {
    let [low, high] = [0, this.blocks.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.blocks[middle] as Block).firstTerm <= from) low = middle;
      else high = middle - 1;
    }
    for (let i = low; i < this.blocks.length; i++) {
      const { terms, postings } = this.blocks[i] as Block;
      const reader = new ByteReader(terms);
      const pages = new ByteReader(postings);
      const before = new Uint8Array(512);
      while (reader.left > 0) {
        const shared = reader.varint();
        const rest = reader.counted();
        if (shared + rest.length > before.length) throw new RangeError('a term that is too long');
        before.set(rest, shared);
        const term = fromUtf8(before.subarray(0, shared + rest.length));
        const own = pages.raw(reader.varint());
        if (term >= from && !found(term, own)) return;
      }
    }
  }

  /** Sets a bit for each page that has a word that begins with `prefix`. Returns whether there is any. */
  markPages(prefix: string, marks: PageMarks): boolean {
    let any = false;
    this.eachTerm(prefix, (term, postings) => {
      if (!term.startsWith(prefix)) return false;
      any = true;
      marks.addAll(postings);
      return true;
    });
    return any;
  }

  /** The sites of each pack, as terms, in their order. */
  sitesOfPacks(): readonly (readonly string[])[] {
    this.#sites ??= this.#findSites();
    return this.#sites;
  }

  #findSites(): string[][] {
    const sites: string[][] = this.packs.map(() => []);
    this.eachTerm(ANY_SITE, (term, postings) => {
      if (!term.startsWith(ANY_SITE)) return false;
      let before = -1;
      eachPage(postings, (page) => {
        const pack = this.#packOf(page);
        if (pack !== before) sites[pack]?.push(term);
        before = pack;
      });
      return true;
    });
    return sites;
  }

  #packOf(page: number): number {
    let [low, high] = [0, this.firstPages.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.firstPages[middle] as number) <= page) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Copies what is wanted of this digest into another one. `take` answers with the number of the pack's first page there. */
  copyTo(builder: DigestBuilder, take: (pack: DigestPack) => number | null): void {
    const moved = new Int32Array(this.pages).fill(-1);
    for (const [index, pack] of this.packs.entries()) {
      const to = take(pack);
      if (to === null) continue;
      const from = this.firstPages[index] as number;
      for (let page = 0; page < pack.pages; page++) moved[from + page] = to + page;
    }
    this.eachTerm('', (term, postings) => {
      eachPage(postings, (page) => {
        const to = moved[page] as number;
        if (to >= 0) builder.add(term, to);
      });
      return true;
    });
  }

  /** Which of its packs this is; -1 when it is none of them. */
  indexOf(day: number, seq: number): number {
    this.#indexes ??= new Map(this.packs.map((pack, index) => [`${pack.day}/${pack.seq}`, index]));
    return this.#indexes.get(`${day}/${seq}`) ?? -1;
  }
}

function eachPage(postings: Bytes, found: (page: number) => void): void {
  const reader = new BitReader(postings.subarray(1));
  const k = postings[0] ?? 0;
  let page = -1;
  while (reader.hasMore()) {
    page += reader.rice(k) + 1;
    found(page);
  }
}

/** A set of pages of one digest, one bit each. */
export class PageMarks {
  readonly #words: Uint32Array;

  constructor(readonly pages: number) {
    this.#words = new Uint32Array(Math.ceil(pages / 32));
  }

  addAll(postings: Bytes): void {
    eachPage(postings, (page) => {
      // A damaged posting falls off the end, which a typed array ignores.
      (this.#words[page >> 5] as number) |= 1 << (page & 31);
    });
  }

  addEvery(): void {
    this.#words.fill(0xffffffff);
    if (this.pages % 32 !== 0) this.#words[this.#words.length - 1] = 2 ** (this.pages % 32) - 1;
  }

  keepOnly(other: PageMarks): void {
    for (let i = 0; i < this.#words.length; i++) (this.#words[i] as number) &= other.#words[i] as number;
  }

  /** Pages from `from` on and before `to` that are in it, the newest first, as places from `from`. */
  placesIn(from: number, to: number): number[] {
    const places: number[] = [];
    for (let i = (to - 1) >> 5; i >= from >> 5; i--) {
      let word = this.#words[i] as number;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word);
        const page = i * 32 + bit;
        if (page >= from && page < to) places.push(page - from);
        word &= ~(1 << bit);
      }
    }
    return places;
  }
}
