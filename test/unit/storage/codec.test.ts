/** Events as they are sent and archived come back as they were, whatever they are; what is none says so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/base/byte-stream.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { decodeEvents, encodeEvents } from '../../../src/storage/codec.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { deflate } from '../../../src/storage/format/deflate.ts';
import { eventsOfOneDay } from '../../support/some-events.ts';

const asJson = (value: unknown) => JSON.parse(JSON.stringify(value));
const framed = async (format: number, text: string) => {
  const deflated = new Blob([utf8(text)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array([format, ...new Uint8Array(await new Response(deflated).arrayBuffer())]);
};

it('events of a day, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      eventsOfOneDay(Date.UTC(2026, 10, 24), 30).chain((events) =>
        fc.shuffledSubarray(events, { minLength: 0 }),
      ),
      async (events) => {
        expect(await decodeEvents(await encodeEvents(events))).toEqual(asJson(events));
      },
    ),
    { numRuns: 500 },
  );
});

it('whatever the texts are', async () => {
  const text = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '\n',
      '\\',
      '\\n',
      'a\\\nb',
      ' https://a.example/',
      'https://',
      'http://a.example/',
      '\ud800',
    ),
    fc.string({ unit: 'binary' }),
  );
  const time = fc.oneof(fc.constantFrom(-1, 0, 0.5, 8.64e15), fc.integer({ min: 0, max: 2e12 }));
  const visit = fc.record(
    { url: text, title: text, referrer: text, atMs: time },
    { requiredKeys: ['url', 'title', 'atMs'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { maxLength: 6 }), async (visits) => {
      const events = visits.map((one, n) => ({
        id: `a.1.${n}`,
        kind: 'visit' as const,
        level: 'private' as const,
        transition: 'link' as const,
        ...(n % 3 === 2 ? { shortened: true as const, afterMs: n } : {}),
        ...one,
      }));
      expect(await decodeEvents(await encodeEvents(events))).toEqual(events);
    }),
    { numRuns: 2_000 },
  );
});

describe('what is told', () => {
  const event = { id: 'a.1.1', atMs: 5, kind: 'visit' } as unknown as InteractionEvent;

  it('in the list of before is read', async () => {
    expect(await decodeEvents(await framed(0, JSON.stringify([event])))).toEqual([event]);
  });

  it('by another version says so', async () => {
    for (const format of [1, 3])
      await expect(decodeEvents(await framed(format, '[]'))).rejects.toThrow(/newer version/);
  });

  it('and is damaged is never taken for something else than events, and never hangs', async () => {
    await fc.assert(
      fc.asyncProperty(
        eventsOfOneDay(Date.UTC(2026, 10, 24), 12),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.option(fc.nat()),
        async (events, changes, end) => {
          const bytes = await encodeEvents(events);
          for (const [at, value] of changes) bytes[1 + (at % (bytes.length - 1))] = value;
          const cut = end === null ? bytes : bytes.subarray(0, 1 + (end % bytes.length));
          const got = await decodeEvents(cut).catch((error: unknown) => error);
          if (!Array.isArray(got)) expect(got).toBeInstanceOf(DamagedError);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('of texts, too few or too many is damage', async () => {
    const events = [
      { ...event, level: 'private', url: 'https://a.example/', title: 'T', transition: 'link' },
    ];
    const bytes = await encodeEvents(events as InteractionEvent[]);
    const reader = new ByteReader(bytes.subarray(1));
    const [firstMs, numbers, count] = [reader.varint(), reader.counted(), reader.varint()];
    const told = async (many: number, lines: string) => {
      const out = new ByteWriter();
      out.u8(2);
      out.varint(firstMs);
      out.counted(numbers);
      out.varint(many);
      out.raw(await deflate(utf8(lines)));
      return decodeEvents(out.bytes());
    };
    expect(await told(count, 'a.example/\nT')).toEqual(events);
    for (const [many, lines] of [
      [count, 'a.example/'],
      [count, 'a.example/\nT\nU'],
      [count + 1, 'a.example/\nT'],
      [0, ''],
    ] as const)
      await expect(told(many, lines)).rejects.toBeInstanceOf(DamagedError);
  });
});
