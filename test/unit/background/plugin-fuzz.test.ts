/** Messages of any shape from anybody who is not what they say. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/base/clock.ts';
import { ID, PluginAsker, senderOf } from '../../support/plugin-asker.ts';

let asker: PluginAsker;
beforeEach(async () => {
  asker = await PluginAsker.start();
});
afterEach(() => asker.worker.end());

it('5,000 messages of any shape from anybody: none throws, and only who is allowed is answered', async () => {
  await asker.browse();
  await asker.turn(true);
  await asker.allow(['host', 'hour'], Date.now() + 360 * DAY_MS);
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`messages of any shape: seed ${seed}`);
  const word = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('one', '__proto__', '\ud800', 'visits'),
  );
  const nearly = fc.record(
    {
      arq: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.anything() }),
      query: fc.record(
        {
          kind: fc.oneof(fc.constantFrom('access', 'visits', 'searches', 'counts', 'clicks'), word),
          words: fc.oneof(word, fc.anything()),
          limit: fc.oneof(fc.integer({ min: -1, max: 60 }), fc.double()),
          from: fc.oneof(
            fc.nat(3_000).map((n) => n * HOUR_MS),
            fc.double(),
            fc.bigInt(),
          ),
        },
        { requiredKeys: ['kind'] },
      ),
      request: fc.record({ name: word, fields: fc.array(word), reason: word }),
      more: fc.anything(),
    },
    { requiredKeys: ['arq'] },
  );
  const valid = fc.record({
    arq: fc.constant(1),
    query: fc.record(
      {
        kind: fc.constantFrom('visits', 'searches', 'counts', 'access'),
        words: fc.constantFrom('one', 'e', 'baidu'),
        limit: fc.integer({ min: 1, max: 50 }),
      },
      { requiredKeys: ['kind'] },
    ),
  });
  const message = fc.oneof(
    valid,
    nearly,
    fc.anything({ withBigInt: true, withMap: true, withSparseArray: true }),
  );
  const good = senderOf(ID);
  const part = fc.oneof(
    fc.constantFrom<unknown>(ID, 'test', good.url, good.origin, 'https://site.example/', undefined),
    fc.anything(),
  );
  const forged = fc
    .record({ id: part, url: part, origin: part, tab: part, nativeApplication: part }, { requiredKeys: [] })
    // Some of it is right: what has to be all of it.
    .map((some) => ({ ...good, nativeApplication: undefined, ...some }))
    .filter(
      (one) =>
        one.id !== ID ||
        one.url !== good.url ||
        one.origin !== good.origin ||
        one.nativeApplication !== undefined,
    );
  const told = { forged: 0, allowed: 0, items: 0 };
  await fc.assert(
    fc.asyncProperty(message, fc.boolean(), forged, async (raw, isForged, sender) => {
      asker.worker.pass(1_000);
      const answer = await asker.handler(raw, (isForged ? sender : good) as never);
      if (isForged) {
        told.forged += 1;
        expect(answer).toBeUndefined();
        return;
      }
      told.allowed += 1;
      expect(answer).toMatchObject({ arq: 1, ok: expect.any(Boolean) });
      if (!answer || !('items' in answer)) return;
      told.items += 1;
      for (const item of answer.items) {
        expect(Object.keys(item)).toEqual(['host', 'hour']);
        expect(['one.example', 'www.baidu.com', 'two.example']).toContain(item.host);
      }
    }),
    { numRuns: 5_000, seed },
  );
  // The property means something: both kinds came, and some were answered with records.
  expect(told.forged).toBeGreaterThan(1_000);
  expect(told.items).toBeGreaterThan(50);
  expect((await asker.report()).allowed).toHaveLength(1);
}, 120_000);
