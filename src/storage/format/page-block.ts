/**
 * The pages of a pack, format 1. Oldest first, in chunks that inflate one by one, so that showing a few results of a day
 * does not cost the whole day:
 *
 *     u8 format = 1 ‖ varint chunks ‖ per chunk: varint pages, varint size ‖ the chunks
 *     chunk, deflated: counted numbers ‖ text in UTF-8
 *     numbers, per page: varint level · 8 + mask of kinds ‖ signed newest visit, ms since the page before (the first in a
 *     chunk: since the day began) ‖ per kind: varint count, signed ms before that ‖ varint titles, varint details ‖ varint length of
 *     address, titles, details, in UTF-16 units
 *
 * The text of a chunk is as long as deflate looks back (32 KiB): shorter ones compress worse, longer ones no better.
 */
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import { type Bytes, fromUtf8, utf8 } from '../../base/bytes.ts';
import { RECORD_KINDS, type RecordKind } from '../../model/interaction.ts';
import { newestOf, type Page, type PageKind } from '../../model/page.ts';
import { PRIVACY_LEVELS } from '../../model/privacy.ts';
import { deflate, inflate } from './deflate.ts';

const FORMAT = 1;
const CHUNK_CHARACTERS = 32 * 1024;

export async function encodePages(pages: readonly Page[], dayStartMs: number): Promise<Bytes> {
  const chunks: { pages: number; bytes: Bytes }[] = [];
  let next = 0;
  let beforeMs = dayStartMs;
  while (next < pages.length) {
    const first = next;
    const numbers = new ByteWriter();
    const texts: string[] = [];
    let characters = 0;
    for (; next < pages.length && characters < CHUNK_CHARACTERS; next++) {
      const page = pages[next] as Page;
      beforeMs = writePage(numbers, texts, page, next === first ? dayStartMs : beforeMs);
      characters += page.url.length + 100;
    }
    const chunk = new ByteWriter();
    chunk.counted(numbers.bytes());
    chunk.raw(utf8(texts.join('')));
    chunks.push({ pages: next - first, bytes: await deflate(chunk.bytes()) });
  }
  const out = new ByteWriter();
  out.u8(FORMAT);
  out.varint(chunks.length);
  for (const { pages: count, bytes } of chunks) {
    out.varint(count);
    out.varint(bytes.length);
  }
  for (const { bytes } of chunks) out.raw(bytes);
  return out.bytes();
}

/** Returns the page's time. */
function writePage(numbers: ByteWriter, texts: string[], page: Page, beforeMs: number): number {
  const newestMs = newestOf(page);
  const kinds = RECORD_KINDS.map((kind) => page.kinds[kind]);
  const mask = kinds.reduce((sum, kind, bit) => (kind ? sum | (1 << bit) : sum), 0);
  numbers.varint(PRIVACY_LEVELS.indexOf(page.level) * 8 + mask);
  numbers.signed(newestMs - beforeMs);
  for (const kind of kinds) {
    if (!kind) continue;
    numbers.varint(kind.count);
    numbers.signed(newestMs - kind.newestMs);
  }
  numbers.varint(page.titles.length);
  numbers.varint(page.details.length);
  for (const text of [page.url, ...page.titles, ...page.details]) {
    // Half of a surrogate pair would become a character that is one unit long, so lengths hold.
    numbers.varint(text.length);
    texts.push(text);
  }
  return newestMs;
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
  readonly count: number;

  /** @throws RangeError when the bytes are no such block. */
  constructor(
    bytes: Bytes,
    private readonly dayStartMs: number,
  ) {
    const reader = new ByteReader(bytes);
    if (reader.u8() !== FORMAT) throw new RangeError('pages of an unknown format');
    const sizes = Array.from({ length: reader.varint() }, () => [reader.varint(), reader.varint()] as const);
    let firstPage = 0;
    for (const [pages, size] of sizes) {
      this.#chunks.push({ firstPage, pages, bytes: reader.raw(size) });
      firstPage += pages;
    }
    this.count = firstPage;
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
    chunk.inflated ??= readChunk(chunk, this.dayStartMs);
    return chunk.inflated;
  }
}

async function readChunk({ bytes, pages }: Chunk, dayStartMs: number): Promise<Page[]> {
  const reader = new ByteReader(await inflate(bytes));
  const numbers = new ByteReader(reader.counted());
  const text = fromUtf8(reader.raw(reader.left));
  let offset = 0;
  const take = (length: number): string => {
    offset += length;
    return text.slice(offset - length, offset);
  };
  const out: Page[] = [];
  let newestMs = dayStartMs;
  for (let i = 0; i < pages; i++) {
    const head = numbers.varint();
    newestMs += numbers.signed();
    const kinds: Partial<Record<RecordKind, PageKind>> = {};
    for (const [bit, kind] of RECORD_KINDS.entries()) {
      if ((head & (1 << bit)) === 0) continue;
      const count = numbers.varint();
      kinds[kind] = { count, newestMs: newestMs - numbers.signed() };
    }
    const [titles, details] = [numbers.varint(), numbers.varint()];
    const url = take(numbers.varint());
    const list = (length: number) => Array.from({ length }, () => take(numbers.varint()));
    const level = PRIVACY_LEVELS[head >> 3];
    if (level === undefined) throw new RangeError('an unknown privacy level');
    out.push({ url, titles: list(titles), details: list(details), level, kinds });
  }
  return out;
}
