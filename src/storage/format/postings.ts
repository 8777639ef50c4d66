/**
 * Which addresses of a pack have a word: for each word of the lexicon, in the order of classes and codes (lexicon.ts), the
 * numbers of its addresses, rising. What is found by a word that is not shown (text-parts.ts) is here too. Format 1:
 *
 *     u8 format = 1 ‖ u32 bytes of the head · head: varint addresses ‖ per class: varint words, u8 parameter of its lengths ‖ counted bits: column of the
 *     sizes in bits of each block of 32 words ‖ bits, after the head: per word: how many addresses, in Rice code with the parameter of its
 *     class · one or two addresses: the distances between them, less one, in Rice code with the parameter of `gapParameter`
 *     · more: 5 bits each: parameters of distances and of runs · per run of addresses that follow each other: its distance from
 *     the run before, less one, and its length, less one
 *
 * Addresses are sorted by host, so that those of a word come in runs.
 */
import { BitReader, BitWriter, parameterOf, readColumn, writeColumn } from '../../base/bit-stream.ts';
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { ByteSource } from './byte-source.ts';
import { CLASSES, type CodeRange } from './lexicon.ts';

const FORMAT = 1;
const BLOCK = 32;
/** No pack has more: a damaged number must not ask for all memory. */
const MAX_ADDRESSES = 1 << 22;
/** Shorter lists have no runs and no parameters of their own. */
const MANY = 3;

const gapParameter = (count: number, limit: number): number => parameterOf(limit / (count + 1));

const lengthParameter = (lengths: Uint32Array): number =>
  parameterOf(lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length));

/** Gathers which word is at which address. Addresses come in order. */
export class PostingsBuilder {
  #words = new Uint32Array(4096);
  #addresses = new Uint32Array(4096);
  #length = 0;
  /** By word: the address it was last met at, plus one. */
  #last = new Uint32Array(2048);

  add(word: number, address: number): void {
    if (word >= this.#last.length) this.#last = grown(this.#last, word + 1);
    if (this.#last[word] === address + 1) return;
    this.#last[word] = address + 1;
    if (this.#length === this.#words.length) {
      this.#words = grown(this.#words, this.#length + 1);
      this.#addresses = grown(this.#addresses, this.#length + 1);
    }
    this.#words[this.#length] = word;
    this.#addresses[this.#length] = address;
    this.#length += 1;
  }

  /** `order`: numbers of all words, by class in the order of their codes. */
  finish(addresses: number, order: readonly Uint32Array[]): Bytes {
    const words = order.reduce((sum, { length }) => sum + length, 0);
    const starts = new Uint32Array(words + 1);
    for (let i = 0; i < this.#length; i++) (starts[(this.#words[i] as number) + 1] as number) += 1;
    for (let word = 0; word < words; word++) (starts[word + 1] as number) += starts[word] as number;
    const lists = new Uint32Array(this.#length);
    const next = starts.slice();
    for (let i = 0; i < this.#length; i++) {
      const word = this.#words[i] as number;
      lists[next[word] as number] = this.#addresses[i] as number;
      (next[word] as number) += 1;
    }
    const lengthOf = (word: number) => (starts[word + 1] as number) - (starts[word] as number);
    const head = new ByteWriter();
    head.varint(addresses);
    const bits = new BitWriter();
    const sizes: number[] = [];
    let [written, before] = [0, 0];
    for (const ofClass of order) {
      const k = lengthParameter(ofClass.map(lengthOf));
      head.varint(ofClass.length);
      head.u8(k);
      for (const word of ofClass) {
        if (written > 0 && written % BLOCK === 0) {
          sizes.push(bits.length - before);
          before = bits.length;
        }
        written += 1;
        const [start, end] = [starts[word] as number, starts[word + 1] as number];
        bits.rice(end - start, k);
        writeList(bits, lists.subarray(start, end), addresses);
      }
    }
    const sizeBits = new BitWriter();
    sizeBits.count(sizes.length);
    writeColumn(sizeBits, sizes);
    head.counted(sizeBits.bytes());
    const out = new ByteWriter();
    out.u8(FORMAT);
    out.u32(head.length);
    out.raw(head.view());
    out.raw(bits.bytes());
    return out.bytes();
  }
}

function writeList(bits: BitWriter, list: Uint32Array, limit: number): void {
  if (list.length < MANY) {
    const k = gapParameter(list.length, limit);
    let last = -1;
    for (let i = 0; i < list.length; i++) {
      bits.rice((list[i] as number) - last - 1, k);
      last = list[i] as number;
    }
    return;
  }
  let runs = 0;
  for (let i = 0; i < list.length; i++) if (i === 0 || list[i] !== (list[i - 1] as number) + 1) runs += 1;
  const gapK = parameterOf(((list.at(-1) as number) + 1 - list.length) / runs);
  const runK = parameterOf((list.length - runs) / runs);
  bits.bits(gapK, 5);
  bits.bits(runK, 5);
  let last = -1;
  for (let i = 0; i < list.length; ) {
    const first = list[i] as number;
    let length = 1;
    while (list[i + length] === first + length) length += 1;
    bits.rice(first - last - 1, gapK);
    bits.rice(length - 1, runK);
    last = first + length - 1;
    i += length;
  }
}

/** Fills `list` from `at` on. @throws RangeError when the bits are damaged. */
function readList(bits: BitReader, list: Uint32Array, at: number, length: number, limit: number): void {
  let last = -1;
  const all = at + length;
  if (length < MANY) {
    const k = gapParameter(length, limit);
    for (let i = at; i < all; i++) list[i] = last += bits.rice(k) + 1;
  } else {
    const gapK = bits.bits(5);
    const runK = bits.bits(5);
    for (let i = at; i < all; ) {
      last += bits.rice(gapK) + 1;
      const end = i + bits.rice(runK) + 1;
      if (end > all) throw new RangeError('more addresses than there are');
      for (list[i++] = last; i < end; i++) list[i] = last += 1;
    }
  }
  if (last >= limit) throw new RangeError('an address that is not there');
}

/** Of the words that are being read: that is done in one go, and most lists are short. */
let room = new Uint32Array(4096);
const MAX_ROOM = 1 << 18;

function grown(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

const HEAD_AT = 5;

export class Postings {
  readonly addresses: number;
  readonly sizeBytes: number;
  /** By class: how many words the classes before it have, and the parameter of its lengths. */
  readonly #classes: readonly { readonly first: number; readonly count: number; readonly k: number }[];
  /** Where each block begins, in bits; one more at the end. */
  readonly #blocks: Float64Array;

  private constructor(
    private readonly source: ByteSource,
    /** Where the bits begin, in bytes. */
    private readonly bitsAt: number,
    head: ByteReader,
  ) {
    this.addresses = head.varint();
    if (this.addresses > MAX_ADDRESSES) throw new RangeError('more addresses than a pack has');
    let first = 0;
    this.#classes = Array.from({ length: CLASSES }, () => {
      const count = head.varint();
      const one = { first, count, k: head.u8() };
      if (one.k > 24) throw new RangeError('lengths that are none');
      first += count;
      return one;
    });
    const sizeBits = new BitReader(head.counted());
    const sizes = readColumn(sizeBits, sizeBits.count());
    const blocks = Math.ceil(first / BLOCK);
    if (sizes.length !== Math.max(0, blocks - 1)) throw new RangeError('blocks that are not there');
    const end = (source.size - bitsAt) * 8;
    this.#blocks = new Float64Array(blocks + 1);
    for (const [i, size] of sizes.entries()) this.#blocks[i + 1] = (this.#blocks[i] as number) + size;
    if ((this.#blocks[Math.max(0, blocks - 1)] as number) > end) throw new RangeError('read past the end');
    this.#blocks[blocks] = end;
    this.sizeBytes = this.#blocks.byteLength;
  }

  /** @throws RangeError when the bytes are damaged, or written by a newer version. */
  static async open(source: ByteSource): Promise<Postings> {
    const reader = new ByteReader(await source.read(0, HEAD_AT));
    if (reader.u8() !== FORMAT) throw new RangeError('postings of an unknown format');
    const bitsAt = HEAD_AT + reader.u32();
    return new Postings(source, bitsAt, new ByteReader(await source.read(HEAD_AT, bitsAt)));
  }

  /** The addresses of these words, range by range; an address may be there several times. @throws RangeError when the bytes are damaged. */
  find(ranges: readonly CodeRange[]): Promise<Uint32Array[]> {
    return Promise.all(ranges.map((range) => this.#findRange(range)));
  }

  async #findRange({ wordClass, from, to }: CodeRange): Promise<Uint32Array> {
    const ofClass = this.#classes[wordClass];
    if (!ofClass || to > ofClass.count) throw new RangeError('a word that is not there');
    const [first, end] = [ofClass.first + from, ofClass.first + to];
    const block = Math.floor(first / BLOCK);
    const start = this.#blocks[block] as number;
    const after = this.#blocks[Math.ceil(end / BLOCK)] as number;
    const startByte = Math.floor(start / 8);
    const bytes = await this.source.read(this.bitsAt + startByte, this.bitsAt + Math.ceil(after / 8));
    const bits = new BitReader(bytes, start - startByte * 8);
    let at = 0;
    for (let word = block * BLOCK; word < end; word++) {
      // A block may begin with words of the class before.
      const k = this.#classes.findLast((one) => one.count > 0 && word >= one.first)?.k ?? 0;
      const length = bits.rice(k);
      if (length > this.addresses) throw new RangeError('more addresses than there are');
      if (at + length > room.length) room = grown(room, at + length);
      readList(bits, room, at, length, this.addresses);
      if (word >= first) at += length;
    }
    const found = room.slice(0, at);
    if (room.length > MAX_ROOM) room = new Uint32Array(4096);
    return found;
  }
}
