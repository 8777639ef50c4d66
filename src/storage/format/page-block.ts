/**
 * The pages of a pack, format 1. Oldest first; their texts in chunks that inflate one by one, so that showing a few results
 * of a day does not cost the whole day:
 *
 *     u8 format = 1 ‖ varint pages ‖ counted numbers, deflated ‖ varint chunks ‖ per chunk: varint pages, varint size ‖ chunks
 *     numbers: counted columns, of each page: u8 level · 8 + mask of kinds ‖ signed newest visit, ms since the page before
 *     (the first: since the day began) ‖ per kind: varint count, signed ms before that ‖ varint titles ‖ varint details
 *     chunk, deflated: titles, details and address (address-code.ts) of each page, in UTF-8, each ended by a line feed
 *
 * The text of a chunk is as long as deflate looks back (32 KiB): shorter ones compress worse, longer ones no better. Numbers
 * lie apart from text because they would spoil its code.
 */
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import { type Bytes, fromUtf8, utf8 } from '../../base/bytes.ts';
import { RECORD_KINDS, type RecordKind } from '../../model/interaction.ts';
import { newestOf, type Page, type PageKind } from '../../model/page.ts';
import { PRIVACY_LEVELS } from '../../model/privacy.ts';
import { decodeAddress, encodeAddress } from './address-code.ts';
import { deflate, inflate } from './deflate.ts';

const FORMAT = 1;
const CHUNK_CHARACTERS = 32 * 1024;

/** Line feeds end texts, so those inside are written otherwise. */
const escapeText = (text: string): string =>
  text.includes('\n') || text.includes('\u001b')
    ? text.replaceAll('\u001b', '\u001be').replaceAll('\n', '\u001bn')
    : text;
const unescapeText = (text: string): string =>
  text.includes('\u001b') ? text.replaceAll('\u001bn', '\n').replaceAll('\u001be', '\u001b') : text;

export async function encodePages(pages: readonly Page[], dayStartMs: number): Promise<Bytes> {
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.varint(pages.length);
  out.counted(await deflate(numbersOf(pages, dayStartMs)));
  const chunks: { pages: number; bytes: Bytes }[] = [];
  for (let next = 0; next < pages.length; ) {
    const first = next;
    let text = '';
    for (; next < pages.length && text.length < CHUNK_CHARACTERS; next++) {
      const { url, titles, details } = pages[next] as Page;
      // Page texts first: the address is written by the first of them.
      const texts = [...titles, ...details].map((one) => one.toWellFormed());
      for (const one of [...texts, encodeAddress(url, texts[0] ?? '')]) text += `${escapeText(one)}\n`;
    }
    chunks.push({ pages: next - first, bytes: await deflate(utf8(text)) });
  }
  out.varint(chunks.length);
  for (const { pages: count, bytes } of chunks) {
    out.varint(count);
    out.varint(bytes.length);
  }
  for (const { bytes } of chunks) out.raw(bytes);
  return out.bytes();
}

function numbersOf(pages: readonly Page[], dayStartMs: number): Bytes {
  const columns = Array.from({ length: 5 }, () => new ByteWriter());
  const [heads, times, kindNumbers, titleCounts, detailCounts] = columns as [
    ByteWriter,
    ByteWriter,
    ByteWriter,
    ByteWriter,
    ByteWriter,
  ];
  let beforeMs = dayStartMs;
  for (const page of pages) {
    const newestMs = newestOf(page);
    const kinds = RECORD_KINDS.map((kind) => page.kinds[kind]);
    const mask = kinds.reduce((sum, kind, bit) => (kind ? sum | (1 << bit) : sum), 0);
    heads.u8(PRIVACY_LEVELS.indexOf(page.level) * 8 + mask);
    times.signed(newestMs - beforeMs);
    beforeMs = newestMs;
    for (const kind of kinds) {
      if (!kind) continue;
      kindNumbers.varint(kind.count);
      kindNumbers.signed(newestMs - kind.newestMs);
    }
    titleCounts.varint(page.titles.length);
    detailCounts.varint(page.details.length);
  }
  const out = new ByteWriter();
  for (const column of columns) out.counted(column.bytes());
  return out.bytes();
}

interface PageNumbers extends Pick<Page, 'level' | 'kinds'> {
  readonly titles: number;
  readonly details: number;
}

async function readNumbers(bytes: Bytes, count: number, dayStartMs: number): Promise<PageNumbers[]> {
  const reader = new ByteReader(await inflate(bytes));
  const column = () => new ByteReader(reader.counted());
  const [heads, times, kindNumbers, titleCounts, detailCounts] = [
    column(),
    column(),
    column(),
    column(),
    column(),
  ];
  let newestMs = dayStartMs;
  return Array.from({ length: count }, () => {
    const head = heads.u8();
    newestMs += times.signed();
    const kinds: Partial<Record<RecordKind, PageKind>> = {};
    for (const [bit, kind] of RECORD_KINDS.entries()) {
      if ((head & (1 << bit)) !== 0)
        kinds[kind] = { count: kindNumbers.varint(), newestMs: newestMs - kindNumbers.signed() };
    }
    const level = PRIVACY_LEVELS[head >> 3];
    if (level === undefined) throw new RangeError('an unknown privacy level');
    return { level, kinds, titles: titleCounts.varint(), details: detailCounts.varint() };
  });
}

interface Chunk {
  readonly firstPage: number;
  readonly pages: number;
  readonly bytes: Bytes;
  inflated?: Promise<Page[]>;
}

/** Reads pages by their place in the pack. */
export class PageBlock {
  readonly #chunks: Chunk[] = [];
  readonly #numbers: Bytes;
  readonly count: number;
  #inflatedNumbers: Promise<PageNumbers[]> | undefined;

  /** @throws RangeError when the bytes are no such block. */
  constructor(
    bytes: Bytes,
    private readonly dayStartMs: number,
  ) {
    const reader = new ByteReader(bytes);
    if (reader.u8() !== FORMAT) throw new RangeError('pages of an unknown format');
    this.count = reader.varint();
    this.#numbers = reader.counted();
    const sizes = Array.from({ length: reader.varint() }, () => [reader.varint(), reader.varint()] as const);
    let firstPage = 0;
    for (const [pages, size] of sizes) {
      this.#chunks.push({ firstPage, pages, bytes: reader.raw(size) });
      firstPage += pages;
    }
    if (firstPage !== this.count) throw new RangeError('pages that are not there');
  }

  /** @throws RangeError or TypeError when the block is damaged or has no such page. */
  async page(place: number): Promise<Page> {
    const chunk = this.#chunks.findLast(({ firstPage }) => firstPage <= place);
    const page = chunk && (await this.#read(chunk))[place - chunk.firstPage];
    if (!page) throw new RangeError('no such page');
    return page;
  }

  async all(): Promise<Page[]> {
    return (await Promise.all(this.#chunks.map((chunk) => this.#read(chunk)))).flat();
  }

  #read(chunk: Chunk): Promise<Page[]> {
    chunk.inflated ??= this.#inflate(chunk);
    return chunk.inflated;
  }

  async #inflate({ bytes, firstPage, pages }: Chunk): Promise<Page[]> {
    this.#inflatedNumbers ??= readNumbers(this.#numbers, this.count, this.dayStartMs);
    const [numbers, inflated] = await Promise.all([this.#inflatedNumbers, inflate(bytes)]);
    const texts = fromUtf8(inflated).split('\n');
    let next = 0;
    const take = (): string => {
      const text = texts[next++];
      if (text === undefined || next === texts.length) throw new RangeError('a text that is not there');
      return unescapeText(text);
    };
    return numbers.slice(firstPage, firstPage + pages).map(({ titles, details, level, kinds }) => ({
      ...readTexts(take, titles, details),
      level,
      kinds,
    }));
  }
}

function readTexts(
  take: () => string,
  titleCount: number,
  detailCount: number,
): Pick<Page, 'url' | 'titles' | 'details'> {
  const titles = Array.from({ length: titleCount }, take);
  const details = Array.from({ length: detailCount }, take);
  return { url: decodeAddress(take(), titles[0] ?? details[0] ?? ''), titles, details };
}
