/** A pack that was written once opens for ever. If this fails, every stored pack fails: write a new format beside the old one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Bytes, toHex } from '../../../../src/base/bytes.ts';
import { dayStartMs } from '../../../../src/base/clock.ts';
import { compareEvents, type InteractionEvent, type StoreType } from '../../../../src/model/interaction.ts';
import { wholeSource } from '../../../../src/storage/format/byte-source.ts';
import { Lexicon } from '../../../../src/storage/format/lexicon.ts';
import { Outline } from '../../../../src/storage/format/outline.ts';
import { encodePack, type TablePart } from '../../../../src/storage/format/pack.ts';
import { Postings } from '../../../../src/storage/format/postings.ts';
import { decodeSegment, eventOf } from '../../../../src/storage/format/segment.ts';
import { type AddressTexts, Texts } from '../../../../src/storage/format/texts.ts';

interface Vector {
  readonly days: Record<string, InteractionEvent[]>;
  /** Hexadecimal. */
  readonly tables: Record<TablePart, string>;
  readonly segments: Record<string, Partial<Record<StoreType, string>>>;
}
const vector = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../vectors/pack-1.json'), 'utf8'),
) as Vector;
const bytesOf = (hex: string): Bytes => new Uint8Array(Buffer.from(hex, 'hex'));

it('format 1 of a pack is read as it was written', async () => {
  const { tables } = vector;
  const lexicon = await Lexicon.read(bytesOf(tables.lexicon));
  const postings = await Postings.open(wholeSource(bytesOf(tables.postings)));
  const opened = await Texts.open(
    wholeSource(bytesOf(tables.texts)),
    lexicon,
    async (_, open) => (await open()).value,
  );
  const texts = await opened.all();
  const outline = await Outline.open(wholeSource(bytesOf(tables.outline)));
  for (const [day, events] of Object.entries(vector.days)) {
    const addresses = await outline.addressesOf(day);
    const rows = Object.entries(vector.segments[day] ?? {}).flatMap(([type, hex]) =>
      decodeSegment(bytesOf(hex), addresses[type as StoreType], dayStartMs(day)),
    );
    const read = rows.map((row) => eventOf(row, (address) => texts[address] as AddressTexts));
    expect(read.sort(compareEvents)).toEqual([...events].sort(compareEvents));
  }
  const lists = await postings.find(lexicon.beginningWith('beet'));
  const found = lists.flatMap((list) => [...list].map((address) => texts[address]?.url ?? ''));
  expect([...new Set(found)].sort()).toEqual(
    texts
      .map(({ url }) => url)
      .filter((url) => url.includes('garden') || url.includes('duck'))
      .sort(),
  );
  expect((await outline.summary('2026-03-01', { sites: true })).dwellMs).toBe(45_900);
});

it('and its columns are written as they were', async () => {
  const pack = await encodePack(new Map(Object.entries(vector.days)));
  const written = Object.fromEntries(
    pack.days.map(({ day, segments }) => [
      day,
      Object.fromEntries(segments.map(([type, bytes]) => [type, toHex(bytes)])),
    ]),
  );
  expect(written).toEqual(vector.segments);
});
