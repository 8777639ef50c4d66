/** Events as they are sent and archived come back as they were, whatever they are; what is none says so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import { decodeEvents, encodeEvents } from '../../../src/storage/codec.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { columnsOf, eventsOfColumns } from '../../../src/storage/event-columns.ts';
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

it('any fields with any values', () => {
  const id = fc.oneof(
    fc.nat(50).map((n) => `AAAAAAAAAAAAAAAAAAAAAA.1.${n.toString(36)}`),
    fc.constantFrom(
      'a.1.0',
      'a.1.01',
      'a.',
      '.',
      '',
      'a.1.zzzzzzzzzz',
      'a.1.zzzzzzzzzzz',
      'a\n.1',
      'b.imported.1a',
    ),
    fc.jsonValue(),
  );
  const time = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true }), fc.jsonValue());
  const name = fc.oneof(fc.constantFrom('url', '__proto__', 'constructor', 'toString', ''), fc.string());
  const event = fc
    .tuple(fc.option(id), fc.option(time), fc.array(fc.tuple(name, fc.jsonValue()), { maxLength: 4 }))
    .map(([ownId, atMs, more]) =>
      Object.fromEntries([
        ...more,
        ...(ownId === null ? [] : [['id', ownId] as const]),
        ...(atMs === null ? [] : [['atMs', atMs] as const]),
      ]),
    );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (events) => {
      const back = eventsOfColumns(asJson(columnsOf(events)));
      expect(JSON.stringify(back)).toBe(JSON.stringify(asJson(events)));
      expect(back.every((one) => Object.getPrototypeOf(one) === Object.prototype)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

describe('what is told', () => {
  const event = { id: 'a.1.1', atMs: 5, kind: 'visit' } as unknown as InteractionEvent;

  it('in the list of before is read', async () => {
    expect(await decodeEvents(await framed(0, JSON.stringify([event])))).toEqual([event]);
  });

  it('by a newer version says so', async () => {
    await expect(decodeEvents(await framed(2, '[]'))).rejects.toThrow(/newer version/);
  });

  it.each([
    'nonsense',
    '[]',
    'null',
    '{"shapes":[["id"]],"of":[0,0],"values":[["id",["a.1.1"]]]}',
    '{"shapes":[["id"]],"of":[0],"values":[["id",["a.1.1",1]]]}',
    '{"shapes":[["id"]],"of":[1],"values":[["id",["a.1.1"]]]}',
    '{"shapes":[["id"]],"of":[0],"values":[]}',
    '{"shapes":[["id"]],"of":[0],"values":[["id",[{}]]]}',
    '{"shapes":[["atMs"]],"of":[0],"values":[["atMs",["1"]]]}',
    '{"shapes":[],"of":[-1],"values":[]}',
  ])('as %s is damage', async (text) => {
    await expect(decodeEvents(await framed(1, text))).rejects.toBeInstanceOf(DamagedError);
  });
});
