/**
 * Random commands against the store and against plain arrays: the same answers, whatever is packed, merged, archived, erased,
 * killed or reopened. The tests that call this share the work out, so that every processor has some.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { type PageQuery, typedQuery } from '../../../src/model/page-query.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { KILLED, killedAt } from '../kill.ts';
import { emptyProfile } from '../local-profile.ts';
import { eventsOfOneDay, someUrl } from '../some-events.ts';
import { Find, type Question, ReadAll, Summarise } from './questions.ts';
import {
  AddDay,
  Append,
  Archive,
  Compact,
  Confirm,
  Discard,
  Erase,
  Make,
  Merge,
  Pack,
  Reopen,
  Restore,
  type Work,
} from './work.ts';
import { DAYS, NOW, newWorld, startOf, type World } from './world.ts';

const anyDay = fc.constantFrom(...DAYS);
const words = fc.constantFrom(
  '',
  'alpha',
  'be',
  'cafe',
  'a alpha',
  '東',
  'gamma beta',
  'nothing',
  'ex',
  'a.example/alpha',
  'alpha-beta',
);
const query: fc.Arbitrary<PageQuery> = fc
  .record(
    {
      text: words,
      site: fc.constantFrom('a.example', 'b.a.example', 'example', 'other.example'),
      kind: fc.constantFrom('visit', 'search', 'click'),
      fromMs: anyDay,
      toMs: fc.oneof(anyDay, anyDay.map(startOf)),
    },
    { requiredKeys: ['text'] },
  )
  .map(({ text, ...filter }) => ({ ...typedQuery(text), ...filter }) as PageQuery);
const target: fc.Arbitrary<EraseTarget> = fc.oneof(
  fc.constantFrom('a.example', 'b.a.example').map((host) => ({ what: 'site', host }) as const),
  fc
    .tuple(anyDay, fc.nat(3 * DAY_MS))
    .map(([fromMs, lengthMs]) => ({ what: 'range', fromMs, toMs: fromMs + lengthMs }) as const),
  fc.nat(60).map((n) => ({ what: 'record', id: `AAAAAAAAAAAAAAAAAAAAAA.1.${n.toString(36)}` }) as const),
  fc
    .oneof(someUrl, fc.constantFrom('https://a.example/', 'https://a.example/alpha'))
    .map((url) => ({ what: 'page', url }) as const),
);
/** That are left out of archives. */
const sites = fc.constantFrom<readonly string[]>([], ['a.example'], ['b.a.example', '127.0.0.1']);

const append = anyDay.chain((day) =>
  eventsOfOneDay(startOf(day), 1)
    .filter(([event]) => event !== undefined && event.kind !== 'visit-update')
    .map(([event]) => new Append(event as never)),
);
const addDay = anyDay.chain((day) =>
  eventsOfOneDay(startOf(day), 12).map((events) => new AddDay(day, events)),
);
const work: fc.Arbitrary<Work> = fc.oneof(
  append,
  { weight: 2, arbitrary: addDay },
  fc.boolean().map((force) => new Pack(force)),
  fc.constant(new Merge()),
  fc.constant(new Compact()),
  fc.constant(new Reopen()),
  { weight: 2, arbitrary: fc.tuple(target, fc.boolean()).map(([one, everyDay]) => new Erase(one, everyDay)) },
  anyDay.map((day) => new Archive(day)),
  fc.tuple(anyDay, sites).map(([day, keep]) => new Make(day, keep)),
  { weight: 2, arbitrary: sites.map((pinned) => new Confirm(pinned)) },
  fc.constant(new Discard()),
  fc.nat(3).map((which) => new Restore(which)),
);

/** A question, work that is done, or work that is killed at some call to the database. */
class Command implements fc.AsyncCommand<object, World> {
  constructor(
    readonly what: Question | Work,
    readonly killAt?: number,
  ) {}
  check = () => true;
  async run(_: object, world: World) {
    const { what, killAt } = this;
    if (killAt === undefined || !('interrupted' in what)) return what.run(world);
    if ((await killedAt(killAt, () => what.run(world))) !== KILLED) return;
    await world.profile.reopen();
    await what.interrupted(world);
  }
  toString = () => `${this.what}${this.killAt === undefined ? '' : `, killed at call ${this.killAt}`}`;
}

const command = (what: fc.Arbitrary<Question | Work>) => what.map((one) => new Command(one));
const commands = fc.commands(
  [
    command(addDay),
    command(work),
    command(work),
    fc.tuple(work, fc.integer({ min: 1, max: 40 })).map(([one, killAt]) => new Command(one, killAt)),
    command(query.map((one) => new Find(one))),
    command(query.map((one) => new Find(one))),
    command(fc.constant(new ReadAll())),
    command(fc.constant(new Summarise())),
  ],
  { maxCommands: 14 },
);

/** In each of the files that share them. */
const RUNS = Number(process.env.ARQ_MODEL_RUNS ?? 800);
/** The same sequences again. */
const SEED = process.env.ARQ_MODEL_SEED;

const TIMEOUT_MS = 600_000;

export const theStoreAgreesWithTheModel = (): void =>
  it(`the store and the model agree over ${RUNS} sequences`, { timeout: TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const profile = await emptyProfile(NOW);
        try {
          await fc.asyncModelRun(
            () => ({ model: {}, real: newWorld(profile) }),
            [...sequence, new Command(new ReadAll()), new Command(new Find({ words: [] }))],
          );
          expect(profile.damaged).toBe(0);
          expect(profile.store.loss).toBeUndefined();
        } finally {
          profile.store.close();
        }
      }),
      // Making a failing sequence shorter may take long: the shortest one so far is told then.
      {
        numRuns: RUNS,
        ...(SEED === undefined ? {} : { seed: Number(SEED) }),
        interruptAfterTimeLimit: 0.8 * TIMEOUT_MS,
        markInterruptAsFailure: true,
      },
    );
  });
