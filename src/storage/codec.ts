/**
 * Events outside of the store: in what is sent (sync/drafts.ts) and in archives. One byte says the format, inside the envelope. Format 0
 * is a list in JSON, deflated (RFC 1951). Format 2, which is written, is a segment as in packs, and its texts:
 *
 *     u8 format = 2 ‖ varint ms of the first event ‖ counted deflated: (counted segment ‖ counted bits: per address how many titles ‖
 *     how many details) ‖ deflated lines: per address itself, without "https://", its titles, its details
 */
import { BitReader, BitWriter, readColumn, writeColumn } from '../base/bit-stream.ts';
import { ByteReader, ByteWriter } from '../base/byte-stream.ts';
import { type Bytes, fromUtf8, utf8 } from '../base/bytes.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { DamagedError } from './database.ts';
import { Addresses } from './format/addresses.ts';
import { deflate, inflate } from './format/deflate.ts';
import { decodeSegment, encodeSegment, eventOf } from './format/segment.ts';
import type { AddressTexts } from './format/texts.ts';

const [LIST, SEGMENT] = [0, 2];

export async function encodeEvents(events: readonly InteractionEvent[]): Promise<Bytes> {
  const gathered = new Addresses();
  const placed = gathered.take(events);
  const addresses = gathered.ownFirst(placed);
  const firstMs = events.find(({ atMs }) => Number.isSafeInteger(atMs) && atMs >= 0)?.atMs ?? 0;
  const numbers = new ByteWriter();
  numbers.counted(encodeSegment(placed, firstMs).bytes);
  const counts = new BitWriter();
  for (const of of ['titles', 'details'] as const)
    writeColumn(
      counts,
      addresses.map((address) => address[of].length),
    );
  numbers.counted(counts.bytes());
  const lines = addresses.flatMap(({ url, titles, details }) => [shortened(url), ...titles, ...details]);
  const out = new ByteWriter();
  out.u8(SEGMENT);
  out.varint(firstMs);
  out.counted(await deflate(numbers.bytes()));
  out.varint(addresses.length);
  out.raw(await deflate(utf8(lines.map(asLine).join('\n'))));
  return out.bytes();
}

/** @throws DamagedError for an unknown format or bytes that do not inflate. */
export async function decodeEvents(bytes: Bytes): Promise<InteractionEvent[]> {
  const [format] = bytes;
  if (format !== LIST && format !== SEGMENT)
    throw new DamagedError('Written by a newer version of ARQ Context: update this one to read it.');
  try {
    const rest = bytes.subarray(1);
    return format === LIST ? JSON.parse(fromUtf8(await inflate(rest))) : await eventsOf(rest);
  } catch {
    throw new DamagedError('A part of the stored data is damaged and was left out.');
  }
}

async function eventsOf(bytes: Bytes): Promise<InteractionEvent[]> {
  const reader = new ByteReader(bytes);
  const firstMs = reader.varint();
  const numbers = new ByteReader(await inflate(reader.counted()));
  const [segment, counts] = [numbers.counted(), new BitReader(numbers.counted())];
  const count = reader.varint();
  const text = fromUtf8(await inflate(reader.raw(reader.left)));
  const [titles, details] = [readColumn(counts, count), readColumn(counts, count)];
  const lines = text === '' && count === 0 ? [] : text.split('\n').map(ofLine);
  let at = 0;
  const take = (many: number): string[] => {
    const taken = lines.slice(at, at + many);
    if (taken.length < many) throw new RangeError('a text is missing');
    at += many;
    return taken;
  };
  const addresses = Array.from({ length: count }, (_, place): AddressTexts => {
    const [url = ''] = take(1);
    return { url: whole(url), titles: take(titles[place] ?? 0), details: take(details[place] ?? 0) };
  });
  if (at < lines.length) throw new RangeError('a text too many');
  const textsOf = (place: number): AddressTexts => {
    const found = addresses[place];
    if (!found) throw new RangeError('no such address');
    return found;
  };
  const places = addresses.map((_, place) => place);
  return decodeSegment(segment, places, firstMs).map((row) => eventOf(row, textsOf));
}

const asLine = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const ofLine = (line: string): string =>
  line.includes('\\') ? line.replaceAll(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one)) : line;

/** Nearly all begin with it; another one says so by the space in front, with which no address begins. */
const USUAL = 'https://';
const shortened = (url: string): string =>
  url.startsWith(USUAL) && url[USUAL.length] !== ' ' ? url.slice(USUAL.length) : ` ${url}`;
const whole = (url: string): string => (url.startsWith(' ') ? url.slice(1) : `${USUAL}${url}`);
