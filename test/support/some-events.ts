/** Events for property tests: few addresses and words, so that they meet; strange ones among them. */
import fc from 'fast-check';
import { DAY_MS } from '../../src/base/clock.ts';
import type { InteractionEvent } from '../../src/model/interaction.ts';

const word = fc.constantFrom(
  'alpha',
  'Beta',
  'gamma',
  'café',
  '東京都庁',
  'ночь',
  'a1',
  'ﬁx',
  '🦊',
  'x'.repeat(80),
);
const text = fc.array(word, { maxLength: 4 }).map((words) => words.join(' '));
const strangeText = fc.oneof(
  { weight: 9, arbitrary: text },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);
export const someUrl = fc
  .tuple(fc.constantFrom('a.example', 'b.a.example', 'xn--caf-dma.example', '127.0.0.1:8080'), text)
  .map(([host, path]) => new URL(`https://${host}/${path}`).href);
const device = fc.constantFrom('AAAAAAAAAAAAAAAAAAAAAA.1', 'BBBBBBBBBBBBBBBBBBBBBB.zz', 'history.0');
const level = fc.constantFrom('public' as const, 'private' as const, 'anonymous' as const);
const optional = <T, K extends string>(name: K, values: fc.Arbitrary<T>) =>
  fc
    .option(values, { nil: undefined })
    .map((value) => (value === undefined ? {} : { [name]: value }) as { [N in K]?: T });

/** Of one day, each id once, in no order. Updates may be of visits that are not there. */
export const eventsOfOneDay = (dayStart: number, maxLength = 40): fc.Arbitrary<InteractionEvent[]> => {
  const atMs = fc.integer({ min: dayStart, max: dayStart + DAY_MS - 1 });
  const id = fc.tuple(device, fc.integer({ min: 1, max: 60 })).map(([who, n]) => `${who}.${n.toString(36)}`);
  const event = fc.oneof(
    fc
      .tuple(
        fc.record({
          id,
          atMs,
          level,
          url: someUrl,
          title: strangeText,
          transition: fc.constantFrom('link', 'typed'),
        }),
        optional('referrer', someUrl),
      )
      .map(([visit, more]) => ({ kind: 'visit', ...visit, ...more })),
    fc
      .tuple(
        fc.record({ id, atMs, visit: id }),
        optional('title', strangeText),
        optional('dwellMs', fc.oneof(fc.nat(), fc.double({ min: 0, max: 9, noNaN: true }))),
      )
      .map(([update, title, dwell]) => ({ kind: 'visit-update', ...update, ...title, ...dwell })),
    fc
      .record({
        id,
        atMs,
        level,
        url: someUrl,
        engine: fc.constantFrom('google', 'duckduckgo'),
        query: strangeText,
      })
      .map((search) => ({ kind: 'search', ...search })),
    fc
      .tuple(
        fc.record({
          id,
          atMs,
          level,
          url: someUrl,
          title: strangeText,
          role: fc.constantFrom('link', 'button'),
          text: strangeText,
        }),
        optional('target', someUrl),
      )
      .map(([click, more]) => ({ kind: 'click', ...click, ...more })),
    fc
      .record({
        id,
        atMs,
        of: fc.constantFrom('visit', 'search', 'click'),
        category: fc.constantFrom('news', 'other'),
      })
      .map((reduced) => ({ kind: 'reduced', level: 'anonymous', ...reduced })),
  ) as fc.Arbitrary<InteractionEvent>;
  const newer = fc.oneof(
    { weight: 9, arbitrary: event },
    {
      weight: 1,
      arbitrary: event.map((one) => ({ ...one, fromTheFuture: { a: [1] } }) as unknown as InteractionEvent),
    },
  );
  return fc.uniqueArray(newer, { selector: (one) => one.id, maxLength });
};
