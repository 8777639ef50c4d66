/** What goes into a block comes out of it, whatever it is; what was damaged is refused and nothing hangs. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { ByteReader, ByteWriter } from '../../../../src/base/byte-stream.ts';
import { dayNumber, dayStartMs } from '../../../../src/base/clock.ts';
import { compareEvents, STORE_TYPES, storeTypeOf } from '../../../../src/model/interaction.ts';
import { newestOf, pagesOf, termsOf } from '../../../../src/model/page.ts';
import { Digest, DigestBuilder, PageMarks } from '../../../../src/storage/format/digest.ts';
import { encodePages, PageBlock } from '../../../../src/storage/format/page-block.ts';
import { decodeSegment, encodeSegment, PagePlaces } from '../../../../src/storage/format/segment-block.ts';
import { eventsOfOneDay } from '../../../support/some-events.ts';

vi.setConfig({ testTimeout: 60_000 });

const DAY = '2026-11-24';
const START = dayStartMs(DAY);
const wellFormed = (text: string) => text.toWellFormed();

it('numbers come back from a byte stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.maxSafeNat(), fc.nat(300))),
      fc.array(fc.integer()),
      (counts, signed) => {
        const writer = new ByteWriter();
        for (const count of counts) writer.varint(count);
        for (const one of signed) writer.signed(one);
        const reader = new ByteReader(writer.bytes());
        expect(counts.map(() => reader.varint())).toEqual(counts);
        expect(signed.map(() => reader.signed())).toEqual(signed);
        expect(reader.left).toBe(0);
        expect(() => reader.u8()).toThrow(RangeError);
      },
    ),
  );
});

it('events come back from the blocks of a pack, and so do its pages', async () => {
  await fc.assert(
    fc.asyncProperty(eventsOfOneDay(START), async (unsorted) => {
      const events = [...unsorted].sort(compareEvents);
      const pages = pagesOf(events);
      const places = new PagePlaces(pages, events);
      const block = new PageBlock(await encodePages(pages, START), START);
      const stored = await block.all();
      expect(stored).toEqual(
        pages.map((page) => ({
          ...page,
          titles: page.titles.map(wellFormed),
          details: page.details.map(wellFormed),
        })),
      );
      for (const type of STORE_TYPES) {
        const ofType = events.filter((event) => storeTypeOf(event) === type);
        const bytes = await encodeSegment(ofType, places, START);
        expect(await decodeSegment(bytes, stored, START)).toEqual(ofType);
      }
    }),
    { numRuns: 300 },
  );
});

it('pages are oldest first and any of many can be read alone', async () => {
  const many = Array.from({ length: 3000 }, (_, i) => ({
    url: `https://long.example/${'path/'.repeat(8)}${i}`,
    titles: [`Title ${i}`],
    details: [],
    level: 'private' as const,
    kinds: { visit: { count: 1 + (i % 3), newestMs: START + i * 1000 } },
  }));
  const bytes = await encodePages(many, START);
  expect(await new PageBlock(bytes, START).page(2999)).toEqual(many[2999]);
  expect(await new PageBlock(bytes, START).page(1234)).toEqual(many[1234]);
  await expect(new PageBlock(bytes, START).page(3000)).rejects.toThrow(RangeError);
  expect((await new PageBlock(bytes, START).all()).map(newestOf)).toEqual(many.map(newestOf));
});

it('a digest finds exactly the pages with a word, also after it was merged with others and lost some', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(eventsOfOneDay(START, 15), { minLength: 1, maxLength: 5 }),
      fc.constantFrom('a', 'alpha', 'be', 'cafe', '東京', 'ноч', 'zz', 'https', 'example'),
      fc.nat(4),
      async (days, prefix, without) => {
        const kept = new DigestBuilder();
        const expected: string[] = [];
        for (const [index, unsorted] of days.entries()) {
          const pages = pagesOf([...unsorted].sort(compareEvents));
          const builder = new DigestBuilder();
          builder.addPack({
            day: dayNumber(DAY) + index,
            seq: 1,
            pages: pages.length,
            summary: new Uint8Array([index]),
          });
          for (const [place, page] of pages.entries())
            for (const term of termsOf(page)) builder.add(term, place);
          const one = await Digest.read(await builder.bytes());
          one.copyTo(kept, (pack) => (index === without ? null : kept.addPack(pack)));
          if (index !== without)
            for (const [place, page] of pages.entries())
              if ([...termsOf(page)].some((term) => term.startsWith(prefix)))
                expected.push(`${index}/${place}`);
        }
        const merged = await Digest.read(await kept.bytes());
        const marks = new PageMarks(merged.pages);
        expect(merged.markPages(prefix, marks)).toBe(expected.length > 0);
        const found = merged.packs.flatMap(({ day, pages }, index) => {
          const from = merged.firstPages[index] as number;
          const places = marks.placesIn(from, from + pages).reverse();
          return places.map((place) => `${day - dayNumber(DAY)}/${place}`);
        });
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});

it('damaged bytes are refused or read as something else, and never hang', async () => {
  const [events] = fc.sample(eventsOfOneDay(START, 60), { numRuns: 1, seed: 7 });
  const sorted = [...(events ?? [])].sort(compareEvents);
  const pages = pagesOf(sorted);
  const whole = await encodePages(pages, START);
  const builder = new DigestBuilder();
  builder.addPack({ day: 1, seq: 1, pages: pages.length, summary: new Uint8Array(0) });
  for (const [place, page] of pages.entries()) for (const term of termsOf(page)) builder.add(term, place);
  const digest = await builder.bytes();
  const segment = await encodeSegment(sorted, new PagePlaces(pages, sorted), START);
  for (const [bytes, read] of [
    [whole, async (b: typeof whole) => void (await new PageBlock(b, START).all())],
    [digest, async (b: typeof whole) => (await Digest.read(b)).eachTerm('', () => true)],
    [segment, async (b: typeof whole) => void (await decodeSegment(b, pages, START))],
  ] as const) {
    for (let i = 0; i < bytes.length; i++) {
      const flipped = bytes.slice();
      flipped[i] = (flipped[i] as number) ^ (1 << (i % 8));
      await read(flipped).catch((error: unknown) => expect(error).toBeInstanceOf(Error));
      if (i % 7 === 0)
        await read(bytes.slice(0, i)).catch((error: unknown) => expect(error).toBeInstanceOf(Error));
    }
  }
});
