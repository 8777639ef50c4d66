/**
 * Over 300 lines, because a format's writer and reader are read beside each other.
 *
 * The lexicon of a pack: every word that its texts are made of, once, sorted by their bytes in UTF-8. Texts name words by codes of
 * one to three bytes; the most frequent words have the shortest (an end-tagged dense code: Brisaboa, Iglesias, Navarro and
 * Paramá, "An Efficient Compression Code for Text Databases", ECIR 2003). Only the last byte of a code is 0x80 or more. Format 1:
 *
 *     u8 format = 1 ‖ deflated: varint words ‖ counted bits: column of the own bytes of each block of 16 words ‖ per word: u8
 *     bytes shared with the one before · per word: u8 bytes of its own · classes, four in a byte, lowest first · the words' own
 *     bytes, UTF-8
 *
 * A word's class is the length of its code less one; within a class, codes go in the order of the words. Every 16th word
 * shares nothing, so that words are found by halving.
 */
import { BitReader, BitWriter, readColumn, writeColumn } from '../../base/bit-stream.ts';
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import { type Bytes, concat, fromUtf8, utf8 } from '../../base/bytes.ts';
import { deflate, inflate } from './deflate.ts';

const FORMAT = 1;
const BLOCK = 16;
/** So many spelled words are kept: those of a few hundred texts. */
const LATELY = 2048;
/** Last bytes of codes: 0x80 to 0xff. */
const LAST = 128;
/** Codes of one, two and three bytes. */
export const CLASSES = 3;
const CLASS_SIZES = [LAST, 128 * LAST, 128 * 128 * LAST] as const;
/** Above the three bytes of a code. */
const CLASS_UNIT = 1 << 24;
/** Words are cut so that their lengths, in UTF-8, fit into a byte. */
export const MAX_WORD_UNITS = 64;

/** The bytes of the code of the `ordinal`-th word of a class, the first one highest. */
const codeOf = (wordClass: number, ordinal: number): number => {
  const last = LAST + (ordinal % LAST);
  const rest = Math.floor(ordinal / LAST);
  if (wordClass === 0) return last;
  if (wordClass === 1) return rest * 256 + last;
  return (rest >> 7) * 65_536 + (rest & 127) * 256 + last;
};

/** Of a word, byte by byte (the 31-fold sum, as Java's strings have). */
export const nextHash = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0;

/** ASCII letters in lower case; other bytes as they are. */
export const lowerByte = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

/** Gathers words while texts are taken apart. In bytes, because making a string of each word would take most of the time. */
export class LexiconBuilder {
  #count = 0;
  /** Of all words, one after the other, UTF-8. */
  #bytes = new Uint8Array(16_384);
  /** By word: where it begins; one more at the end. */
  #starts = new Uint32Array(2049);
  #hashes = new Int32Array(2048);
  #uses = new Uint32Array(2048);
  /** Numbers of words by their hash, plus one; open addressing, at most half full. */
  #table = new Int32Array(4096);

  /** A number for a word, the same every time; counts the use. */
  use(word: string): number {
    const bytes = utf8(word);
    let hash = 0;
    for (const byte of bytes) hash = nextHash(hash, byte);
    return this.usePart(bytes, 0, bytes.length, false, hash);
  }

  /** The same for a part of a text, in lower case if `lower`. `hash`: of its bytes, in lower case if `lower`. */
  usePart(text: Uint8Array, from: number, to: number, lower: boolean, hash: number): number {
    const slot = this.#slot(hash, text, from, to, lower);
    let id = (this.#table[slot] as number) - 1;
    if (id < 0) id = this.#add(text, from, to, lower, hash);
    (this.#uses[id] as number) += 1;
    return id;
  }

  #slot(hash: number, text: Uint8Array, from: number, to: number, lower: boolean): number {
    const table = this.#table;
    const bytes = this.#bytes;
    const mask = table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = (table[slot] as number) - 1;
      if (id < 0) return slot;
      if (this.#hashes[id] !== hash) continue;
      const start = this.#starts[id] as number;
      if ((this.#starts[id + 1] as number) - start !== to - from) continue;
      let at = from;
      while (at < to) {
        const byte = text[at] as number;
        if (bytes[start + at - from] !== (lower ? lowerByte(byte) : byte)) break;
        at++;
      }
      if (at === to) return slot;
    }
  }

  #add(text: Uint8Array, from: number, to: number, lower: boolean, hash: number): number {
    const id = this.#count++;
    if (id === this.#uses.length) this.#grow();
    const start = this.#starts[id] as number;
    if (start + to - from > this.#bytes.length) this.#bytes = grown(this.#bytes, this.#bytes.length * 2);
    for (let at = from; at < to; at++) {
      const byte = text[at] as number;
      this.#bytes[start + at - from] = lower ? lowerByte(byte) : byte;
    }
    this.#starts[id + 1] = start + to - from;
    this.#hashes[id] = hash;
    this.#put(id);
    return id;
  }

  #put(id: number): void {
    const mask = this.#table.length - 1;
    let slot = (this.#hashes[id] as number) & mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
    this.#table[slot] = id + 1;
  }

  #grow(): void {
    const size = this.#uses.length * 2;
    this.#uses = grown(this.#uses, size);
    this.#starts = grown(this.#starts, size + 1);
    const hashes = new Int32Array(size);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#table = new Int32Array(size * 2);
    for (let id = 0; id < size / 2; id++) this.#put(id);
  }

  /**
   * The lexicon in its format; the code of each word by its number: its bytes, above them its class; and the numbers of the
   * words of each class, in the order of their codes.
   */
  finish(): {
    readonly bytes: Promise<Bytes>;
    readonly codes: Uint32Array;
    readonly order: readonly Uint32Array[];
  } {
    const count = this.#count;
    if (count > CLASS_SIZES[0] + CLASS_SIZES[1] + CLASS_SIZES[2])
      throw new RangeError('too many words in one pack');
    const ranks = this.#ranks();
    const sorted = Array.from(ranks, (id) => this.#wordBytes(id));
    const classes = this.#classes(ranks);
    const codes = new Uint32Array(count);
    const order: number[][] = Array.from({ length: CLASSES }, () => []);
    for (const id of ranks) {
      const wordClass = classes[id] as number;
      const ordinal = (order[wordClass] as number[]).push(id) - 1;
      codes[id] = wordClass * CLASS_UNIT + codeOf(wordClass, ordinal);
    }
    const ofClasses = order.map((ids) => Uint32Array.from(ids));
    return { bytes: encode(sorted, ranks, classes), codes, order: ofClasses };
  }

  #wordBytes = (id: number): Uint8Array =>
    this.#bytes.subarray(this.#starts[id] as number, this.#starts[id + 1] as number);

  /** Numbers of the words in the order of the words. */
  #ranks(): Uint32Array {
    const [bytes, starts, count] = [this.#bytes, this.#starts, this.#count];
    // Six bytes in one number: most words differ there, and comparing numbers is several times faster.
    const heads = new Float64Array(count);
    for (let id = 0; id < count; id++) {
      const [start, end] = [starts[id] as number, starts[id + 1] as number];
      let head = 0;
      for (let at = start; at < start + 6; at++) head = head * 256 + (at < end ? (bytes[at] as number) : 0);
      heads[id] = head;
    }
    return Uint32Array.from(heads.keys()).sort(
      (a, b) =>
        (heads[a] as number) - (heads[b] as number) || compareBytes(this.#wordBytes(a), this.#wordBytes(b)),
    );
  }

  /** By number of the word. Of words that are used equally often the earlier one gets the shorter code. */
  #classes(ranks: Uint32Array): Uint8Array {
    const uses = this.#uses;
    const classes = new Uint8Array(ranks.length);
    if (ranks.length <= CLASS_SIZES[0]) return classes;
    const byUse = [...ranks].sort((a, b) => (uses[b] as number) - (uses[a] as number));
    const [ones, twos] = CLASS_SIZES;
    for (let i = ones; i < byUse.length; i++) classes[byUse[i] as number] = i < ones + twos ? 1 : 2;
    return classes;
  }
}

async function encode(order: readonly Uint8Array[], ranks: Uint32Array, classes: Uint8Array): Promise<Bytes> {
  const out = new ByteWriter();
  out.varint(order.length);
  const shared = new Uint8Array(order.length);
  const lengths = new Uint8Array(order.length);
  const packed = new Uint8Array(Math.ceil(order.length / 4));
  const rest = new ByteWriter();
  const blockSizes = new Uint32Array(Math.ceil(order.length / BLOCK));
  let before: Uint8Array = new Uint8Array(0);
  for (const [index, bytes] of order.entries()) {
    const start = index % BLOCK === 0 ? 0 : sharedBytes(before, bytes);
    shared[index] = start;
    lengths[index] = bytes.length - start;
    rest.part(bytes, start, bytes.length);
    (blockSizes[Math.floor(index / BLOCK)] as number) += bytes.length - start;
    (packed[index >> 2] as number) |= (classes[ranks[index] as number] as number) << ((index & 3) * 2);
    before = bytes;
  }
  const blocks = new BitWriter();
  writeColumn(blocks, blockSizes);
  out.counted(blocks.bytes());
  for (const part of [shared, lengths, packed, rest.view()]) out.raw(part);
  const whole = new ByteWriter();
  whole.u8(FORMAT);
  whole.raw(await deflate(out.bytes()));
  return whole.bytes();
}

/** Where a surrogate stands that has no partner. */
function firstHalf(text: string): number {
  let at = 0;
  for (const character of text) {
    if (!character.isWellFormed()) break;
    at += character.length;
  }
  return at;
}

/** Below, equal to or above zero; what begins with the other comes after it. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  for (let i = 0; i < most; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

function grown<T extends Uint8Array | Uint32Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}

function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared++;
  return shared;
}

/** How many bits of a byte are set. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** Words of one class whose codes follow each other: numbers of the first and after the last. */
export interface CodeRange {
  readonly wordClass: number;
  readonly from: number;
  readonly to: number;
}

export class Lexicon {
  /** Of each block: where its words' own bytes begin. */
  readonly #offsets: Uint32Array;
  /** Of each block: how many words of each class come before it. */
  readonly #before: Uint32Array;
  #all: string[] | undefined;
  /** Of each class: which words are in it. */
  #members: readonly Uint32Array[] | undefined;

  private constructor(
    readonly count: number,
    private readonly shared: Bytes,
    private readonly lengths: Bytes,
    private readonly classes: Bytes,
    private readonly rest: Bytes,
    blockSizes: ArrayLike<number>,
    /** What it takes in memory. */
    readonly sizeBytes: number,
  ) {
    const blocks = blockSizes.length;
    this.#offsets = new Uint32Array(blocks + 1);
    this.#before = new Uint32Array((blocks + 1) * CLASSES);
    // By blocks, not by words: this is done for every month by the first query after a start.
    for (let block = 0; block < blocks; block++) {
      this.#offsets[block + 1] = (this.#offsets[block] as number) + (blockSizes[block] as number);
      let [ones, twos] = [0, 0];
      for (let at = block * 4; at < Math.min(block * 4 + 4, classes.length); at++) {
        const four = classes[at] as number;
        if ((four & (four >> 1) & 0x55) !== 0) throw new RangeError('an unknown class of words');
        ones += BITS[four & 0x55] as number;
        twos += BITS[four & 0xaa] as number;
      }
      const words = Math.min(BLOCK, count - block * BLOCK);
      const before = block * CLASSES;
      this.#before[before + CLASSES] = (this.#before[before] as number) + words - ones - twos;
      this.#before[before + CLASSES + 1] = (this.#before[before + 1] as number) + ones;
      this.#before[before + CLASSES + 2] = (this.#before[before + 2] as number) + twos;
    }
    if (this.#offsets[blocks] !== rest.length) throw new RangeError('words that are not there');
  }

  /** @throws RangeError or TypeError when the bytes are damaged, or written by a newer version. */
  static async read(bytes: Bytes): Promise<Lexicon> {
    if (bytes[0] !== FORMAT) throw new RangeError('a lexicon of an unknown format');
    const inflated = await inflate(bytes.subarray(1));
    const reader = new ByteReader(inflated);
    const count = reader.varint();
    const blockSizes = readColumn(new BitReader(reader.counted()), Math.ceil(count / BLOCK));
    const [shared, lengths] = [reader.raw(count), reader.raw(count)];
    const classes = reader.raw(Math.ceil(count / 4));
    return new Lexicon(count, shared, lengths, classes, reader.raw(reader.left), blockSizes, inflated.length);
  }

  #classOf = (index: number): number => ((this.classes[index >> 2] as number) >> ((index & 3) * 2)) & 3;

  /** Bytes of the word that was read last. */
  readonly #word = new Uint8Array(512);

  #spellInto(index: number, offset: number): number {
    const [start, length] = [this.shared[index] as number, this.lengths[index] as number];
    for (let i = 0; i < length; i++) this.#word[start + i] = this.rest[offset + i] as number;
    return offset + length;
  }

  #spelled(index: number): string {
    const length = this.#lengthOf(index);
    let text = '';
    for (let i = 0; i < length; i++) {
      const code = this.#word[i] as number;
      if (code > 0x7f) return fromUtf8(this.#word.subarray(0, length));
      text += String.fromCharCode(code);
    }
    return text;
  }

  #firstOfBlock(block: number): Bytes {
    const offset = this.#offsets[block] as number;
    return this.rest.subarray(offset, offset + (this.lengths[block * BLOCK] as number));
  }

  /** Number of the first word that is not before `bytes`. */
  #lowerBound(bytes: Bytes): number {
    let [low, high] = [0, Math.ceil(this.count / BLOCK) - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (compareBytes(this.#firstOfBlock(middle), bytes) < 0) low = middle;
      else high = middle - 1;
    }
    const end = Math.min(this.count, (low + 1) * BLOCK);
    let offset = this.#offsets[low] as number;
    for (let i = low * BLOCK; i < end; i++) {
      offset = this.#spellInto(i, offset);
      if (compareBytes(this.#word.subarray(0, this.#lengthOf(i)), bytes) >= 0) return i;
    }
    return end;
  }

  /** In bytes. */
  #lengthOf = (index: number): number => (this.shared[index] as number) + (this.lengths[index] as number);

  /** How many words of each class come before the word of this number. */
  #ordinals(index: number): number[] {
    const block = Math.floor(index / BLOCK);
    const counts = [...this.#before.subarray(block * 3, block * 3 + 3)];
    for (let i = block * BLOCK; i < index; i++) (counts[this.#classOf(i)] as number) += 1;
    return counts;
  }

  /** The words that begin with `prefix`, as ranges of codes; none when there is no such word. */
  beginningWith(prefix: string): CodeRange[] {
    if (this.count === 0) return [];
    // Half a character has no bytes: what comes before it finds more than is meant, and nothing less.
    const whole = prefix.isWellFormed() ? prefix : prefix.slice(0, firstHalf(prefix));
    const bytes = utf8(whole);
    // No byte of UTF-8 is 0xff.
    const [first, after] = [this.#lowerBound(bytes), this.#lowerBound(concat(bytes, new Uint8Array([0xff])))];
    if (first === after) return [];
    const [from, to] = [this.#ordinals(first), this.#ordinals(after)];
    return [0, 1, 2].flatMap((wordClass) =>
      to[wordClass] === from[wordClass]
        ? []
        : [{ wordClass, from: from[wordClass] as number, to: to[wordClass] as number }],
    );
  }

  /** The `ordinal`-th word of a class. @throws RangeError when there is none. */
  word(wordClass: number, ordinal: number): string {
    this.#members ??= this.#allMembers();
    const index = this.#members[wordClass]?.[ordinal];
    if (index === undefined) throw new RangeError('a word that is not there');
    if (this.#all) return this.#all[index] as string;
    const known = this.#lately.get(index);
    if (known !== undefined) return known;
    const block = Math.floor(index / BLOCK);
    let offset = this.#offsets[block] as number;
    for (let i = block * BLOCK; i <= index; i++) offset = this.#spellInto(i, offset);
    const word = this.#spelled(index);
    if (this.#lately.size >= LATELY) this.#lately.clear();
    this.#lately.set(index, word);
    return word;
  }
  /** Words that were spelled lately, by number. */
  readonly #lately = new Map<number, string>();

  #allMembers(): Uint32Array[] {
    const blocks = Math.ceil(this.count / BLOCK);
    const members = [0, 1, 2].map((c) => new Uint32Array(this.#before[blocks * 3 + c] as number));
    const seen = [0, 0, 0];
    for (let i = 0; i < this.count; i++) {
      const wordClass = this.#classOf(i);
      (members[wordClass] as Uint32Array)[seen[wordClass] as number] = i;
      (seen[wordClass] as number) += 1;
    }
    return members;
  }

  /** Keeps every word as text: for whoever is about to read whole days. */
  spellAll(): void {
    if (this.#all) return;
    const all: string[] = [];
    let offset = 0;
    for (let i = 0; i < this.count; i++) {
      offset = this.#spellInto(i, offset);
      all.push(this.#spelled(i));
    }
    this.#all = all;
  }
}

/** Writes a code of `LexiconBuilder.finish`. It may begin with zero bytes: how many there are is its class. */
export function writeCode(out: ByteWriter, code: number): void {
  if (code >= 2 * CLASS_UNIT) out.u8((code >> 16) & 255);
  if (code >= CLASS_UNIT) out.u8((code >> 8) & 255);
  out.u8(code & 255);
}
