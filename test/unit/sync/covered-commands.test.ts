/** A list of commands that is shortened means what it meant. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { randomId } from '../../../src/base/random.ts';
import { importMacKey } from '../../../src/crypto/primitives.ts';
import type { InteractionRecord } from '../../../src/model/interaction.ts';
import { hostOf } from '../../../src/model/page.ts';
import type { DayRecords, EraseTarget } from '../../../src/model/selector.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import { withoutCovered } from '../../../src/sync/covered-commands.ts';
import {
  type CommandNames,
  commandOf,
  commandsOf,
  type EraseCommand,
  erasedBy,
  readCommands,
  writeCommands,
} from '../../../src/sync/erasures.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

const key = importMacKey(new Uint8Array(32).fill(7));
const FIRST_MS = Date.UTC(2026, 9, 29);
const HALF_DAYS = 12;
const at = (halfDays: number) => FIRST_MS + (halfDays * DAY_MS) / 2;
const SHORTENED = 'https://a.example/x';
const URLS = ['https://a.example/x', 'https://a.example/y', 'https://sub.a.example/x', 'https://b.example/x'];

/** One of each address at each moment, at the ends of days too, and a count that has no address. */
const records: readonly InteractionRecord[] = Array.from({ length: HALF_DAYS + 1 }, (_, n) => [
  at(n) - 1,
  at(n),
]).flatMap((moments) =>
  moments.flatMap((atMs): InteractionRecord[] => [
    ...[...URLS, SHORTENED].map((url, index) => ({
      kind: 'search' as const,
      ...(index === URLS.length ? { shortened: true as const } : {}),
      id: `A.1.${atMs}-${index}`,
      atMs,
      level: 'private' as const,
      url,
      query: '',
      engine: '',
    })),
    { kind: 'reduced', id: `A.1.${atMs}-r`, atMs, of: 'visit', category: 'other' } as never,
  ]),
);

const half = fc.nat(HALF_DAYS);
const target: fc.Arbitrary<EraseTarget> = fc.oneof(
  fc.constantFrom(...URLS).map((url) => ({ what: 'page' as const, url })),
  fc.constantFrom(...URLS).map((url) => ({ what: 'page' as const, url, whole: true as const })),
  fc.constantFrom(...URLS, 'https://example/').map((url) => ({ what: 'site' as const, host: hostOf(url) })),
  fc.tuple(half, half, fc.subarray(URLS), fc.nat(3)).map(([from, to, urls, how]): EraseTarget => {
    const span = { what: 'range' as const, fromMs: at(from), toMs: at(to) };
    const [first, last] = [dayOf(at(from)), dayOf(at(to))];
    const linked = [{ day: first, urls }, how === 3 ? { day: last } : { day: last, urls }];
    return how < 2 ? span : { ...span, links: linked };
  }),
  fc.tuple(fc.constantFrom(...records), fc.nat(2)).map(([record, how]): EraseTarget => {
    const { id, atMs } = record;
    const named = { what: 'record' as const, id };
    if (how === 0) return named;
    const lies = { ...named, day: dayOf(atMs) };
    return how === 2 && 'url' in record ? { ...lies, url: record.url } : lies;
  }),
  fc.constant({ what: 'all' as const }),
);
/** Records that are named beside a page or a site, on up to three days. */
const named: fc.Arbitrary<DayRecords[]> = fc
  .subarray([...records], { minLength: 1, maxLength: 3 })
  .map((some) => some.map(({ id, atMs }) => ({ day: dayOf(atMs), ids: [id] })));
const oneGiven = fc.record({
  target: fc.oneof({ weight: 6, arbitrary: target }, { weight: 1, arbitrary: named }),
  when: half,
  stays: fc.nat(4).map((n) => n === 0),
  waits: fc.nat(5).map((n) => n === 0),
});

async function given(target: EraseTarget | DayRecords[], as: CommandNames): Promise<EraseCommand> {
  if (!Array.isArray(target)) return commandOf(target, await key, as.atMs, as.id);
  const [command] = await commandsOf([], await key, { ...as, named: target });
  return { ...(command as EraseCommand), id: as.id };
}

const meantBy = async (commands: readonly EraseCommand[]): Promise<string[]> => {
  const means = erasedBy(commands, await key);
  const ids: string[] = [];
  for (const record of records)
    for (const as of ['record', 'link', 'linked'] as const)
      if (await means(record, as)) ids.push(`${as} ${record.id}`);
  return ids;
};

it('means the same records, keeps what has to stay, and is shortened at once', async () => {
  let dropped = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(oneGiven, { maxLength: 14 }), async (all) => {
      const [staying, waiting] = [new Set<string>(), new Set<string>()];
      const commands: EraseCommand[] = [];
      for (const [n, { target, when, stays, waits }] of all.entries()) {
        commands.push(await given(target, { id: `${n}`, atMs: at(when) }));
        if (stays) staying.add(`${n}`);
        if (waits) waiting.add(`${n}`);
      }
      const bounds = {
        stays: ({ id }: EraseCommand) => staying.has(id) || waiting.has(id),
        holds: ({ id }: EraseCommand) => !waiting.has(id),
      };
      const left = withoutCovered(commands, bounds);
      dropped += commands.length - left.length;
      expect(await meantBy(left)).toEqual(await meantBy(commands));
      const ids = new Set(left.map(({ id }) => id));
      expect([...staying, ...waiting].filter((id) => !ids.has(id))).toEqual([]);
      expect(withoutCovered(left, bounds)).toEqual(left);
      // What waits may come to mean less: without it the rest means the same, too.
      const held = (list: readonly EraseCommand[]) => list.filter(bounds.holds);
      expect(await meantBy(held(left))).toEqual(await meantBy(held(commands)));
    }),
    { numRuns: 300 },
  );
  expect(dropped).toBeGreaterThan(200);
});

describe('in an account', () => {
  let world: SyncWorld;
  afterEach(() => world.end());
  const list = (device: TestDevice) => device.run(() => readCommands(device.store));

  it('a site takes the place of its pages on every device, but of those that were deleted lately', async () => {
    world = await SyncWorld.paired(2);
    const [a, b] = world.devices as [TestDevice, TestDevice];
    const erase = (target: EraseTarget) => {
      const as = { id: randomId(), atMs: a.clock.nowMs() };
      return a.run(() => a.sync.deleting.erasing([target], async () => true, as));
    };
    const account = await world.accountId();
    for (const device of [a, b])
      await device.run(async () => {
        const { naming } = (await scopeOf(device.store, account)).keys;
        const page = (n: number) =>
          commandOf({ what: 'page', url: `https://a.example/${n}` }, naming, n, `old${n}.0.1`);
        const old = await Promise.all(Array.from({ length: 300 }, (_, n) => page(n)));
        await device.store.exclusive(() => writeCommands(device.store, old));
      });
    await erase({ what: 'page', url: 'https://b.example/' });
    await world.settle();
    for (const device of [a, b]) expect(await list(device)).toHaveLength(301);
    world.pass(1);
    await erase({ what: 'site', host: 'a.example' });
    await world.settle();
    for (const device of [a, b]) {
      const left = await list(device);
      // The newest 256 deletions have receipts.
      expect(left).toHaveLength(256);
      expect(left.map(({ target }) => target.what).slice(-2)).toEqual(['page', 'site']);
    }
    expect(await a.run(() => a.sync.deletions())).toEqual(
      await b
        .run(() => b.sync.deletions())
        .then((all) => all.map((one) => ({ ...one, devices: expect.anything() }))),
    );
  });
});
