/** What a deletion means here is what its commands mean elsewhere, for any record, clock and time of deletion (docs/decisions/0016). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/base/clock.ts';
import { importMacKey } from '../../../src/crypto/primitives.ts';
import type { InteractionRecord } from '../../../src/model/interaction.ts';
import { meantBy, type Purge } from '../../../src/model/purge.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { commandsOf, erasedBy } from '../../../src/sync/erasures.ts';

const HOSTS = ['a.example', 'sub.a.example', 'b.example'];
const host = fc.constantFrom(...HOSTS);
const url = fc.tuple(host, fc.constantFrom('/', '/x')).map(([name, path]) => `https://${name}${path}`);
/** Few, so that they meet: half hours. */
const time = fc.integer({ min: 0, max: 8 }).map((n) => (n * HOUR_MS) / 2);
const id = fc.integer({ min: 0, max: 4 }).map((n) => `device.1.${n}`);
const visit = fc.record({
  kind: fc.constant('visit' as const),
  id,
  atMs: time,
  afterMs: fc.option(time, { nil: undefined }),
  level: fc.constant('private' as const),
  shortened: fc.option(fc.constant(true as const), { nil: undefined }),
  url,
  title: fc.constant(''),
  transition: fc.constant('link' as const),
  dwellMs: fc.constant(0),
}) as fc.Arbitrary<InteractionRecord>;
/** Noted with its hour only. */
const count = fc.record({
  kind: fc.constant('reduced' as const),
  id,
  atMs: fc.integer({ min: 0, max: 3 }).map((hours) => hours * HOUR_MS),
  afterMs: fc.option(time, { nil: undefined }),
  level: fc.constant('anonymous' as const),
  of: fc.constant('visit' as const),
  category: fc.constant('other' as const),
}) as fc.Arbitrary<InteractionRecord>;
const record = fc.oneof(visit, visit, count);
const target: fc.Arbitrary<EraseTarget> = fc.oneof(
  fc.record({ what: fc.constant('record' as const), id }),
  fc.record({ what: fc.constant('record' as const), id, day: fc.constant('1970-01-01'), url }),
  fc.record({ what: fc.constant('page' as const), url }),
  fc.record({ what: fc.constant('page' as const), url, whole: fc.constant(true as const) }),
  fc.record({ what: fc.constant('site' as const), host }),
  fc.record({ what: fc.constant('range' as const), fromMs: time, toMs: time }),
  fc.record({
    what: fc.constant('range' as const),
    fromMs: time,
    toMs: time,
    links: fc.array(
      fc.record({
        day: fc.constantFrom('1970-01-01', '1970-01-02'),
        urls: fc.array(url, { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    what: fc.constant('range' as const),
    fromMs: time,
    toMs: time,
    links: fc.constant([{ day: '1970-01-01' }] as { day: string }[]),
  }),
  fc.constant({ what: 'all' as const }),
);
const key = importMacKey(new Uint8Array(32));

it('here and elsewhere', async () => {
  await fc.assert(
    fc.asyncProperty(
      record,
      fc.array(target, { minLength: 1, maxLength: 3 }),
      time,
      async (one, targets, untilMs) => {
        const purge = { targets, untilMs } as unknown as Purge;
        const commands = await commandsOf(targets, await key, { id: 'deletion', atMs: untilMs });
        const elsewhere = await erasedBy(commands, await key)(one);
        expect(elsewhere).toBe(meantBy(purge)(one));
        for (const as of ['link', 'linked'] as const)
          expect(await erasedBy(commands, await key)(one, as), as).toBe(meantBy(purge)(one, as));
        const isNamed = targets.some((each) => each.what === 'record' && each.id === one.id);
        // What is recorded knowing of it, by any clock, is not meant.
        if (!isNamed) expect(await erasedBy(commands, await key)({ ...one, afterMs: untilMs })).toBe(false);
      },
    ),
    { numRuns: 2_000 },
  );
});
