/**
 * The addresses of a pack with their titles and details (queries, texts of clicks): two blocks beside the lexicon. What
 * finding reads lies apart from what only showing reads. Both of format 1:
 *
 *     words: u8 format = 1 ‖ deflated: varint addresses ‖ counted, u8 each: words shared with the address before ‖ counted
 *     varints: titles of each ‖ counted varints: details of each ‖ codes (lexicon.ts) of the words of each address, then of
 *     its titles, its details; each text ended by END, after words that are not shown (text-parts.ts)
 *     layouts: u8 format = 1 ‖ per chunk of 256 addresses: u32 size ‖ deflated: layouts of the addresses, of their titles,
 *     of their details, UTF-8, each ended by a line feed, the three counted
 *
 * Addresses are sorted by host, from its end, and then by their characters: the pages of a site lie together, and neighbours
 * begin with the same words. Every 32nd shares none, so that any can be read without those before.
 */
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import { type Bytes, fromUtf8 } from '../../base/bytes.ts';
import { deflate, inflate } from './deflate.ts';
import { type CodeRange, codeBytes, END, type Lexicon, type LexiconBuilder, writeCode } from './lexicon.ts';
import { type PartSink, putTogether, TextTaker, wordsIn } from './text-parts.ts';

const FORMAT = 1;
const CHUNK = 256;
const RESTART = 32;
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
  /** Numbers of words; -1 ends a text. */
  #ids = new Int32Array(4096);
  #length = 0;
  /** Layouts of the addresses, titles and details of a chunk. */
  parts = [new ByteWriter(), new ByteWriter(), new ByteWriter()] as const;
  #part: ByteWriter = this.parts[0];

  word(id: number): void {
    if (this.#length === this.#ids.length) {
      const grown = new Int32Array(this.#length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[this.#length++] = id;
  }
  between = (text: string, from: number, to: number): void => this.#part.ascii(text, from, to);
  layout = (text: string): void => this.#part.plain(text);
  character = (code: number): void => this.#part.u8(code);

  begin(part: 0 | 1 | 2): void {
    this.#part = this.parts[part];
  }

  end(): void {
    this.word(-1);
    this.#part.u8(LINE_FEED);
  }

  takeChunk(): Bytes {
    const out = new ByteWriter();
    for (const part of this.parts) out.counted(part.bytes());
    this.parts = [new ByteWriter(), new ByteWriter(), new ByteWriter()];
    return out.bytes();
  }

  write(codes: Uint32Array, out: ByteWriter): void {
    for (let i = 0; i < this.#length; i++) {
      const id = this.#ids[i] as number;
      if (id < 0) out.u8(END);
      else writeCode(out, codes[id] as number);
    }
  }
}

export interface TextBlocks {
  readonly lexicon: Bytes;
  readonly words: Bytes;
  readonly layouts: Bytes;
}

/** `addresses`: in the order of the format, well-formed. */
export async function encodeTexts(
  addresses: readonly AddressTexts[],
  lexicon: LexiconBuilder,
): Promise<TextBlocks> {
  const gathered = new Gathered();
  const taker = new TextTaker(lexicon, gathered);
  const shared = new Uint8Array(addresses.length);
  const [titleCounts, detailCounts] = [new ByteWriter(), new ByteWriter()];
  const layouts: Promise<Bytes>[] = [];
  for (const [index, { url, titles, details }] of addresses.entries()) {
    if (index > 0 && index % CHUNK === 0) layouts.push(deflate(gathered.takeChunk()));
    if (index % RESTART === 0) taker.restart();
    gathered.begin(0);
    shared[index] = taker.address(url);
    gathered.end();
    titleCounts.varint(titles.length);
    detailCounts.varint(details.length);
    gathered.begin(1);
    for (const title of titles) {
      taker.text(title);
      gathered.end();
    }
    gathered.begin(2);
    for (const detail of details) {
      taker.text(detail);
      gathered.end();
    }
  }
  if (addresses.length > 0) layouts.push(deflate(gathered.takeChunk()));
  const { bytes, codes } = lexicon.finish();
  const body = new ByteWriter();
  body.varint(addresses.length);
  for (const part of [shared, titleCounts.bytes(), detailCounts.bytes()]) body.counted(part);
  gathered.write(codes, body);
  const [encodedLexicon, deflated, chunks] = await Promise.all([
    bytes,
    deflate(body.bytes()),
    Promise.all(layouts),
  ]);
  const words = new ByteWriter();
  words.u8(FORMAT);
  words.raw(deflated);
  const out = new ByteWriter();
  out.u8(FORMAT);
  for (const one of chunks) {
    out.u32(one.length);
    out.raw(one);
  }
  return { lexicon: encodedLexicon, words: words.bytes(), layouts: out.bytes() };
}
/** Varints, one for each address. @throws RangeError */
function counts(reader: ByteReader, length: number): Uint16Array {
  const column = new ByteReader(reader.counted());
  const values = new Uint16Array(length);
  for (let i = 0; i < length; i++) {
    const value = column.varint();
    if (value > 0xffff) throw new RangeError('too many texts');
    values[i] = value;
  }
  return values;
}

/** The words of all texts of a pack: what finding needs, beside the lexicon. */
export class TextWords {
  readonly sizeBytes: number;
  /** Where the codes of each address begin, and where the last ones end. */
  readonly #starts: Uint32Array;

  private constructor(
    readonly count: number,
    readonly shared: Bytes,
    readonly titles: Uint16Array,
    readonly details: Uint16Array,
    readonly codes: Bytes,
  ) {
    this.#starts = new Uint32Array(count + 1);
    let at = 0;
    for (let i = 0; i < count; i++) {
      this.#starts[i] = at;
      for (let texts = 1 + (titles[i] as number) + (details[i] as number); texts > 0; texts--) {
        while (at < codes.length && codes[at] !== END) at++;
        if (at === codes.length) throw new RangeError('texts that are not there');
        at++;
      }
    }
    if (at !== codes.length) throw new RangeError('texts of no address');
    this.#starts[count] = at;
    this.sizeBytes = codes.length + count * 9;
  }

  /** @throws RangeError or TypeError when the bytes are damaged, or written by a newer version. */
  static async read(bytes: Bytes): Promise<TextWords> {
    if (bytes[0] !== FORMAT) throw new RangeError('texts of an unknown format');
    const reader = new ByteReader(await inflate(bytes.subarray(1)));
    const count = reader.varint();
    const shared = reader.counted();
    if (shared.length !== count) throw new RangeError('a column of another length');
    return new TextWords(
      count,
      shared,
      counts(reader, count),
      counts(reader, count),
      reader.raw(reader.left),
    );
  }

  start = (address: number): number => this.#starts[address] as number;

  #addressAt(position: number): number {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Calls back with each address that has a word of these; some may come several times. */
  find(ranges: readonly CodeRange[], found: (address: number) => void): void {
    const words = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
    if (words > FEW_WORDS) this.#findByReading(ranges, found);
    else
      for (const { wordClass, from, to } of ranges)
        for (let ordinal = from; ordinal < to; ordinal++)
          this.#findCode(codeBytes(wordClass, ordinal), found);
  }

  /** By the browser's own search for a byte, which is many times faster than reading. */
  #findCode(code: readonly number[], found: (address: number) => void): void {
    const { codes } = this;
    const last = code[code.length - 1] as number;
    const before = code.length - 1;
    for (let at = codes.indexOf(last); at >= 0; at = codes.indexOf(last, at + 1)) {
      let same = true;
      for (let i = 1; i <= before; i++) if (codes[at - i] !== code[before - i]) same = false;
      // Nothing but the end of another code may come before.
      if (!same || (codes[at - before - 1] ?? END) < END) continue;
      this.#hit(this.#addressAt(at), at, found);
    }
  }

  /** Also the addresses after it that share the word. */
  #hit(address: number, position: number, found: (address: number) => void): void {
    found(address);
    let words = this.shared[address] as number;
    for (let at = this.start(address); at < position; at++) {
      // Not in the address: in one of its texts.
      if (this.codes[at] === END) return;
      if ((this.codes[at] as number) > END) words += 1;
    }
    for (let next = address + 1; next < this.count && (this.shared[next] as number) > words; next++)
      found(next);
  }

  #findByReading(ranges: readonly CodeRange[], found: (address: number) => void): void {
    const wanted = new WantedCodes(ranges);
    const { codes, shared, count } = this;
    const starts = this.#starts;
    /** The first word of the address before that is one of them. */
    let inherited = Number.POSITIVE_INFINITY;
    for (let address = 0; address < count; address++) {
      const own = shared[address] as number;
      let hit = inherited < own;
      if (!hit) inherited = Number.POSITIVE_INFINITY;
      let word = own;
      let inAddress = true;
      let [rest, length] = [0, 0];
      const end = starts[address + 1] as number;
      for (let at = starts[address] as number; at < end; at++) {
        const byte = codes[at] as number;
        if (byte < END) {
          rest = (rest << 7) | byte;
          length += 1;
          continue;
        }
        if (byte === END) {
          // Whatever else it has: it is found, and its neighbours share nothing of what follows.
          if (hit) break;
          inAddress = false;
        } else {
          if (wanted.has(length, rest, byte)) {
            hit = true;
            if (!inAddress) break;
            if (word < inherited) inherited = word;
          }
          word += 1;
        }
        rest = 0;
        length = 0;
      }
      if (hit) found(address);
    }
  }

  /** Of these addresses, in order, those that have one of the words. */
  findAmong(
    addresses: Iterable<number>,
    ranges: readonly CodeRange[],
    found: (address: number) => void,
  ): void {
    const wanted = new WantedCodes(ranges);
    for (const address of addresses) {
      let from = address;
      while (from > 0 && this.shared[from] !== 0) from--;
      // The words that it shares: of the addresses before, as far as they are shared up to here.
      let hitWord = Number.POSITIVE_INFINITY;
      let hit = false;
      for (let at = from; at <= address; at++) {
        const own = this.shared[at] as number;
        if (hitWord >= own) hitWord = Number.POSITIVE_INFINITY;
        const last = at === address;
        const word = this.#firstOf(at, own, wanted, last);
        if (last) hit = hitWord < own || word !== Number.POSITIVE_INFINITY;
        else hitWord = Math.min(hitWord, word);
      }
      if (hit) found(address);
    }
  }

  /** Place of the first wanted word of an address; infinite for none. `texts`: those of its texts count too. */
  #firstOf(address: number, shared: number, wanted: WantedCodes, texts: boolean): number {
    let word = shared;
    let [rest, length] = [0, 0];
    const end = this.#starts[address + 1] as number;
    for (let at = this.#starts[address] as number; at < end; at++) {
      const byte = this.codes[at] as number;
      if (byte < END) {
        rest = (rest << 7) | byte;
        length += 1;
        continue;
      }
      if (byte === END) {
        if (!texts) break;
      } else {
        if (wanted.has(length, rest, byte)) return word;
        word += 1;
      }
      rest = 0;
      length = 0;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** The codes of some ranges, to be asked for one after the other. */
class WantedCodes {
  readonly #ones = new Uint8Array(128);
  readonly #twos: CodeRange;
  readonly #threes: CodeRange;

  constructor(ranges: readonly CodeRange[]) {
    const of = (wanted: number) => ranges.find(({ wordClass }) => wordClass === wanted) ?? NONE;
    const ones = of(0);
    for (let ordinal = ones.from; ordinal < ones.to; ordinal++) this.#ones[ordinal + 1] = 1;
    this.#twos = of(1);
    this.#threes = of(2);
  }

  /** `length` bytes before the last one make `rest`, seven bits each. */
  has(length: number, rest: number, last: number): boolean {
    if (length === 0) return this.#ones[last - END] === 1;
    const range = length === 1 ? this.#twos : this.#threes;
    const ordinal = rest * 127 + last - 0x81;
    return ordinal >= range.from && ordinal < range.to;
  }
}

/** How much work it is to find a word, and how many addresses it leaves, roughly: classes go by use. */
export const weightOf = (ranges: readonly CodeRange[]): number =>
  ranges.reduce((sum, { wordClass, from, to }) => sum + (to - from) * (CLASS_WEIGHTS[wordClass] ?? 1), 0);
const CLASS_WEIGHTS = [1000, 20, 1];

/** So many words are looked for one by one. */
const FEW_WORDS = 12;
const NONE: CodeRange = { wordClass: 0, from: 0, to: 0 };

/** Layouts of 256 addresses. */
export interface Chunk {
  readonly addresses: readonly string[];
  readonly titles: readonly string[];
  readonly details: readonly string[];
  /** By address in the chunk: which of the titles, which of the details is its first. */
  readonly firstTitle: Uint32Array;
  readonly firstDetail: Uint32Array;
}

/** Reads texts in full. */
export class Texts {
  readonly #deflated: Bytes[] = [];

  /** `keep`: keeps opened chunks, by their number. @throws RangeError when the bytes are damaged, or written by a newer version. */
  constructor(
    layouts: Bytes,
    private readonly lexicon: Lexicon,
    private readonly words: TextWords,
    private readonly keep: (
      index: number,
      open: () => Promise<{ readonly value: Chunk; readonly sizeBytes: number }>,
    ) => Promise<Chunk>,
  ) {
    const reader = new ByteReader(layouts);
    if (reader.u8() !== FORMAT) throw new RangeError('layouts of an unknown format');
    while (reader.left > 0) this.#deflated.push(reader.raw(reader.u32()));
    if (this.#deflated.length !== Math.ceil(words.count / CHUNK))
      throw new RangeError('layouts that are not there');
  }

  /** By number of the address. @throws RangeError or TypeError when something is damaged. */
  async read(address: number): Promise<AddressTexts> {
    const index = Math.floor(address / CHUNK);
    return this.#compose(await this.keep(index, () => this.#open(index)), address);
  }

  /** Every address, in order. */
  async all(): Promise<AddressTexts[]> {
    this.lexicon.spellAll();
    const all: AddressTexts[] = [];
    for (let index = 0; index < this.#deflated.length; index++) {
      const { value: chunk } = await this.#open(index);
      const end = Math.min(this.words.count, (index + 1) * CHUNK);
      let before: readonly number[] = [];
      for (let address = index * CHUNK; address < end; address++) {
        const own = this.#addressWords(address, before, chunk.addresses[address - index * CHUNK] as string);
        before = own.words;
        all.push(this.#composed(chunk, address, own));
      }
    }
    return all;
  }

  async #open(index: number): Promise<{ readonly value: Chunk; readonly sizeBytes: number }> {
    const deflated = this.#deflated[index];
    if (!deflated) throw new RangeError('no such address');
    const inflated = await inflate(deflated);
    const reader = new ByteReader(inflated);
    const lines = () => {
      const split = fromUtf8(reader.counted()).split('\n');
      split.pop();
      return split;
    };
    const [addresses, titles, details] = [lines(), lines(), lines()];
    const first = index * CHUNK;
    const firstOf = (counted: Uint16Array) => {
      const firsts = new Uint32Array(addresses.length);
      for (let i = 1; i < addresses.length; i++)
        firsts[i] = (firsts[i - 1] as number) + (counted[first + i - 1] as number);
      return firsts;
    };
    const firsts = { firstTitle: firstOf(this.words.titles), firstDetail: firstOf(this.words.details) };
    // Strings of their own, each with its head.
    const sizeBytes = inflated.length + (addresses.length + titles.length + details.length) * 32;
    return { value: { addresses, titles, details, ...firsts }, sizeBytes };
  }

  #compose(chunk: Chunk, address: number): AddressTexts {
    const first = address - (address % CHUNK);
    let before: readonly number[] = [];
    for (let at = address - (address % RESTART); at < address; at++) {
      const own = before.slice(0, this.words.shared[at] as number);
      this.#codes(this.words.start(at), Number.POSITIVE_INFINITY, own);
      before = own;
    }
    return this.#composed(
      chunk,
      address,
      this.#addressWords(address, before, layoutOf(chunk.addresses, address - first)),
    );
  }

  /** Codes of the words of an address, shared ones too, and where the codes of its next text begin. */
  #addressWords(address: number, before: readonly number[], layout: string) {
    const wanted = wordsIn(layout);
    const words = before.slice(0, Math.min(this.words.shared[address] as number, wanted));
    const next = this.#codes(this.words.start(address), wanted - words.length, words);
    if (words.length < wanted) throw new RangeError('a word that is not there');
    return { words, next };
  }

  /** Reads at most so many codes of a text into `words`. Returns where the next text begins. */
  #codes(start: number, most: number, words: number[]): number {
    const { codes } = this.words;
    let at = start;
    let [left, rest, wordClass] = [most, 0, 0];
    for (;;) {
      const byte = codes[at++];
      if (byte === undefined) throw new RangeError('read past the end');
      if (byte === END) return at;
      if (byte < END) {
        rest = (rest << 7) | byte;
        wordClass += 1;
        continue;
      }
      if (left > 0) words.push(wordClass * CLASS_STEP + rest * 127 + byte - 0x81);
      left -= 1;
      rest = 0;
      wordClass = 0;
    }
  }

  #spell = (code: number): string => this.lexicon.word(Math.floor(code / CLASS_STEP), code % CLASS_STEP);

  #composed(
    chunk: Chunk,
    address: number,
    own: { readonly words: readonly number[]; readonly next: number },
  ): AddressTexts {
    const inChunk = address % CHUNK;
    let at = own.next;
    const compose = (layout: string): string => {
      const words: number[] = [];
      const wanted = wordsIn(layout);
      at = this.#codes(at, wanted, words);
      if (words.length < wanted) throw new RangeError('a word that is not there');
      let next = 0;
      return putTogether(layout, () => this.#spell(words[next++] as number));
    };
    let next = 0;
    const url = putTogether(layoutOf(chunk.addresses, inChunk), () =>
      this.#spell(own.words[next++] as number),
    );
    const titles = Array.from({ length: this.words.titles[address] as number }, (_, i) =>
      compose(layoutOf(chunk.titles, (chunk.firstTitle[inChunk] as number) + i)),
    );
    const details = Array.from({ length: this.words.details[address] as number }, (_, i) =>
      compose(layoutOf(chunk.details, (chunk.firstDetail[inChunk] as number) + i)),
    );
    return { url, titles, details };
  }
}

function layoutOf(layouts: readonly string[], index: number): string {
  const layout = layouts[index];
  if (layout === undefined) throw new RangeError('a layout that is not there');
  return layout;
}
