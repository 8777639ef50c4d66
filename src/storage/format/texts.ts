/**
 * Over 300 lines, because a format's writer and reader are read beside each other.
 *
 * The addresses of a pack with their titles and details (queries, texts of clicks), written in words of the lexicon, in chunks
 * that can be read alone. Which address has which word is in the postings (postings.ts). Format 1:
 *
 *     u8 format = 1 ‖ u32 bytes of the head · head: varint addresses ‖ per chunk of 64 addresses: varint size ‖ chunks, deflated
 *     chunk: per address, u8 each: words shared with the address before · varint each: titles · varint each: details
 *     ‖ layouts (text-parts.ts) of the addresses, of their titles, of their details, UTF-8, each ended by a line feed, the
 *     three counted ‖ codes (lexicon.ts) of the words of each address, but those it shares, then of its titles, its details
 *
 * Addresses are sorted by host, from its end, and then by their characters: the pages of a site lie together, and neighbours
 * begin with the same words. The first of a chunk shares none.
 */
import { deflateSync, inflateSync } from 'fflate';
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import { type Bytes, fromUtf8 } from '../../base/bytes.ts';
import type { ByteSource } from './byte-source.ts';
import { type Lexicon, type LexiconBuilder, writeCode } from './lexicon.ts';
import { PostingsBuilder } from './postings.ts';
import { type PartSink, putTogether, TextTaker, wordsIn } from './text-parts.ts';

const FORMAT = 1;
const CHUNK = 64;
/** For so little, a stream of the browser's takes several times as long: a millisecond to begin with (Chromium 156). */
const DEFLATE = { level: 6, mem: 2 } as const;
/** Above the ordinals of a class. */
const CLASS_STEP = 1 << 22;

/** An address and what was read there. */
export interface AddressTexts {
  readonly url: string;
  readonly titles: readonly string[];
  readonly details: readonly string[];
}

const LINE_FEED = 10;

/** Words and layouts as they are met. */
class Gathered implements PartSink {
  readonly postings = new PostingsBuilder();
  /** Numbers of words, of all chunks. */
  #ids = new Uint32Array(4096);
  #length = 0;
  /** Layouts of the addresses, titles and details of a chunk. */
  readonly #parts = [new ByteWriter(), new ByteWriter(), new ByteWriter()] as const;
  #part: ByteWriter = this.#parts[0];
  readonly #counts = [new ByteWriter(), new ByteWriter(), new ByteWriter()] as const;
  #address = -1;
  readonly #chunk = new ByteWriter();
  /** Of each chunk: all but its codes, and where its words end. */
  readonly #chunks: { readonly head: Bytes; readonly end: number }[] = [];

  word(id: number): void {
    this.form(id);
    this.postings.add(id, this.#address);
  }
  form(id: number): void {
    if (this.#length === this.#ids.length) {
      const grown = new Uint32Array(this.#length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[this.#length++] = id;
  }
  found = (id: number): void => this.postings.add(id, this.#address);
  between = (text: Uint8Array, from: number, to: number): void => this.#part.part(text, from, to);
  layout = (text: string): void => this.#part.plain(text);
  character = (code: number): void => this.#part.u8(code);

  address({ titles, details }: AddressTexts): void {
    this.#address += 1;
    this.#counts[1].varint(titles.length);
    this.#counts[2].varint(details.length);
  }
  shares = (words: number): void => this.#counts[0].u8(words);
  begin(part: 0 | 1 | 2): void {
    this.#part = this.#parts[part];
  }
  end = (): void => this.#part.u8(LINE_FEED);

  endChunk(): void {
    const head = this.#chunk;
    head.clear();
    for (const counts of this.#counts) head.raw(counts.view());
    for (const part of this.#parts) head.counted(part.view());
    for (const writer of [...this.#counts, ...this.#parts]) writer.clear();
    this.#chunks.push({ head: head.bytes(), end: this.#length });
  }

  /** With the codes that the words have by now. */
  chunks(codes: Uint32Array): Uint8Array[] {
    let at = 0;
    const chunk = this.#chunk;
    return this.#chunks.map(({ head, end }) => {
      chunk.clear();
      chunk.raw(head);
      for (; at < end; at++) writeCode(chunk, codes[this.#ids[at] as number] as number);
      return deflateSync(chunk.view(), DEFLATE);
    });
  }
}

export interface TextTables {
  readonly lexicon: Bytes;
  readonly postings: Bytes;
  readonly texts: Bytes;
}

/** `addresses`: in the order of the format, well-formed. */
export async function encodeTexts(
  addresses: readonly AddressTexts[],
  lexicon: LexiconBuilder,
): Promise<TextTables> {
  const gathered = new Gathered();
  const taker = new TextTaker(lexicon, gathered);
  for (const [index, texts] of addresses.entries()) {
    if (index > 0 && index % CHUNK === 0) {
      gathered.endChunk();
      taker.restart();
    }
    gathered.address(texts);
    gathered.begin(0);
    gathered.shares(taker.address(texts.url));
    gathered.end();
    gathered.begin(1);
    for (const title of texts.titles) {
      taker.text(title);
      gathered.end();
    }
    gathered.begin(2);
    for (const detail of texts.details) {
      taker.text(detail);
      gathered.end();
    }
  }
  if (addresses.length > 0) gathered.endChunk();
  const { bytes, codes, order } = lexicon.finish();
  const chunks = gathered.chunks(codes);
  const postings = gathered.postings.finish(addresses.length, order);
  const [head, out] = [new ByteWriter(), new ByteWriter()];
  head.varint(addresses.length);
  for (const chunk of chunks) head.varint(chunk.length);
  out.u8(FORMAT);
  out.u32(head.length);
  out.raw(head.view());
  for (const chunk of chunks) out.raw(chunk);
  return { lexicon: await bytes, postings, texts: out.bytes() };
}

/** 64 addresses, opened. */
export interface Chunk {
  readonly shared: Bytes;
  readonly addresses: readonly string[];
  readonly titles: readonly string[];
  readonly details: readonly string[];
  /** By address: which of the titles, which of the details is its first; one more at the end. */
  readonly firstTitle: Uint32Array;
  readonly firstDetail: Uint32Array;
  /** Words, by class and ordinal. */
  readonly words: Uint32Array;
  /** By address: which of the words is the first one of its own. */
  readonly firstWord: Uint32Array;
}

type KeepChunk = (
  index: number,
  open: () => Promise<{ readonly value: Chunk; readonly sizeBytes: number }>,
) => Promise<Chunk>;

const HEAD_AT = 5;

/** Room for nearly every chunk. Without it, fflate gets 128 KiB for each one, and lets go of it again. */
let room: Bytes | undefined;

/** Valid until the next call. */
function inflatedChunk(deflated: Bytes): Bytes {
  room ??= new Uint8Array(256 * 1024);
  const inflated = inflateSync(deflated, { out: room }) as Bytes;
  // Full: there may be more.
  return inflated.length < room.length ? inflated : (inflateSync(deflated) as Bytes);
}

/** Reads texts in full. */
export class Texts {
  /** Where each chunk begins, and where the last one ends. */
  readonly #starts: readonly number[];

  private constructor(
    private readonly source: ByteSource,
    private readonly lexicon: Lexicon,
    private readonly keep: KeepChunk,
    readonly count: number,
    starts: readonly number[],
  ) {
    this.#starts = starts;
  }

  /** `keep`: keeps opened chunks, by their number. @throws RangeError when the bytes are damaged, or written by a newer version. */
  static async open(source: ByteSource, lexicon: Lexicon, keep: KeepChunk): Promise<Texts> {
    const reader = new ByteReader(await source.read(0, HEAD_AT));
    if (reader.u8() !== FORMAT) throw new RangeError('texts of an unknown format');
    let at = HEAD_AT + reader.u32();
    const head = new ByteReader(await source.read(HEAD_AT, at));
    const count = head.varint();
    const starts = [at];
    while (head.left > 0) {
      at += head.varint();
      starts.push(at);
    }
    if (starts.length !== Math.ceil(count / CHUNK) + 1 || at !== source.size)
      throw new RangeError('texts that are not there');
    return new Texts(source, lexicon, keep, count, starts);
  }

  /** In memory, but for what `keep` keeps. */
  get sizeBytes(): number {
    return this.#starts.length * 8;
  }

  /** By number of the address. @throws RangeError or TypeError when something is damaged. */
  async read(address: number): Promise<AddressTexts> {
    const index = Math.floor(address / CHUNK);
    return this.#composed(await this.keep(index, () => this.#open(index)), address % CHUNK);
  }

  /** Every address, in order. */
  async all(): Promise<AddressTexts[]> {
    this.lexicon.spellAll();
    const texts: AddressTexts[] = [];
    // One after the other: opened chunks take more memory than their texts.
    for (let index = 0; index < this.#starts.length - 1; index++) {
      const { value } = await this.#open(index);
      for (const at of value.addresses.keys()) texts.push(this.#composed(value, at));
    }
    return texts;
  }

  async #open(index: number): Promise<{ readonly value: Chunk; readonly sizeBytes: number }> {
    const [start, end] = [this.#starts[index], this.#starts[index + 1]];
    if (start === undefined || end === undefined) throw new RangeError('no such address');
    const inflated = inflatedChunk(await this.source.read(start, end));
    const reader = new ByteReader(inflated);
    const length = Math.min(CHUNK, this.count - index * CHUNK);
    const shared = reader.raw(length).slice();
    const firsts = () => {
      const column = new Uint32Array(length + 1);
      for (let i = 0; i < length; i++) column[i + 1] = (column[i] as number) + reader.varint();
      return column;
    };
    const [firstTitle, firstDetail] = [firsts(), firsts()];
    const lines = (expected: number) => {
      const split = fromUtf8(reader.counted()).split('\n');
      split.pop();
      if (split.length !== expected) throw new RangeError('layouts that are not there');
      return split;
    };
    const addresses = lines(length);
    const titles = lines(firstTitle[length] as number);
    const details = lines(firstDetail[length] as number);
    const firstWord = new Uint32Array(length);
    let words = 0;
    for (let at = 0; at < length; at++) {
      firstWord[at] = words;
      words += wordsIn(addresses[at] as string) - (shared[at] as number);
      if (words < (firstWord[at] as number)) throw new RangeError('more words shared than there are');
      for (let i = firstTitle[at] as number; i < (firstTitle[at + 1] as number); i++)
        words += wordsIn(titles[i] as string);
      for (let i = firstDetail[at] as number; i < (firstDetail[at + 1] as number); i++)
        words += wordsIn(details[i] as string);
    }
    const chunk = { shared, addresses, titles, details, firstTitle, firstDetail, firstWord };
    const codes = reader.raw(reader.left);
    const texts = addresses.length + titles.length + details.length;
    // Strings of their own, each with its head.
    const sizeBytes = inflated.length - codes.length + texts * 32 + words * 4 + length * 12;
    return { value: { ...chunk, words: wordsOf(codes, words) }, sizeBytes };
  }

  #spell = (code: number): string => this.lexicon.word(Math.floor(code / CLASS_STEP), code % CLASS_STEP);

  #composed(chunk: Chunk, at: number): AddressTexts {
    const { firstTitle, firstDetail } = chunk;
    const layout = layoutOf(chunk.addresses, at);
    const shared = sharedWords(chunk, at);
    let word = chunk.firstWord[at] as number;
    let taken = 0;
    const url = putTogether(layout, () => {
      const code = taken < shared.length ? shared[taken] : chunk.words[word++];
      taken += 1;
      return this.#spell(code as number);
    });
    const next = () => this.#spell(chunk.words[word++] as number);
    const titles: string[] = [];
    for (let i = firstTitle[at] as number; i < (firstTitle[at + 1] as number); i++)
      titles.push(putTogether(layoutOf(chunk.titles, i), next));
    const details: string[] = [];
    for (let i = firstDetail[at] as number; i < (firstDetail[at + 1] as number); i++)
      details.push(putTogether(layoutOf(chunk.details, i), next));
    return { url, titles, details };
  }
}

/** The words that an address shares with the ones before it. */
function sharedWords({ shared, words, firstWord }: Chunk, address: number): number[] {
  const found: number[] = new Array(shared[address] as number);
  let left = found.length;
  for (let at = address - 1; left > 0; at--) {
    const own = shared[at];
    if (own === undefined) throw new RangeError('words of no address');
    // Its own words follow those that it shares itself.
    for (; left > own; left--) found[left - 1] = words[(firstWord[at] as number) + left - 1 - own] as number;
  }
  return found;
}

function wordsOf(codes: Bytes, count: number): Uint32Array {
  const words = new Uint32Array(count);
  let [next, rest, wordClass] = [0, 0, 0];
  for (let at = 0; at < codes.length; at++) {
    const byte = codes[at] as number;
    if (byte < 0x80) {
      rest = (rest << 7) | byte;
      wordClass += 1;
      continue;
    }
    words[next++] = wordClass * CLASS_STEP + rest * 128 + byte - 0x80;
    rest = 0;
    wordClass = 0;
  }
  if (next !== count) throw new RangeError('other words than there are');
  return words;
}

function layoutOf(layouts: readonly string[], index: number): string {
  const layout = layouts[index];
  if (layout === undefined) throw new RangeError('a layout that is not there');
  return layout;
}
