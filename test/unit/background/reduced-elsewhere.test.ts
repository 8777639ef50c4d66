/** A page, a site or a time that is deleted on one device, while another one keeps less of its records already. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { expect, it, vi } from 'vitest';
import { Ephemeral } from '../../../src/background/services/ephemeral.ts';
import { Erasures } from '../../../src/background/services/erasures.ts';
import { DAY_MS, dayOf, HOUR_MS } from '../../../src/base/clock.ts';
import { PURGE_KIND_OF } from '../../../src/model/purge.ts';
import type { Rule } from '../../../src/model/rules.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import {
  commandsOf,
  daysOfCommands,
  namedBy,
  parseCommand,
  readCommands,
} from '../../../src/sync/erasures.ts';
import { giveCommands } from '../../../src/sync/outbox.ts';
import { objectsOf } from '../../support/at-service.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

const nothing = async () => {};
const inMemory = { get: nothing, set: nothing, remove: nothing };
/** The product's deletions on a device of the test; what has no records of its own stands still. */
const erase = (device: TestDevice, target: EraseTarget) =>
  device.run(() => {
    const { profile, sync } = device;
    const erasures = new Erasures(profile, {
      ephemeral: new Ephemeral(
        () => device.clock.nowMs(),
        inMemory as never,
        () => profile.store.deletedUntilMs(),
      ),
      sync,
      recorder: { settled: nothing, erased: nothing },
      history: { erasing: nothing },
      contexts: { erased: nothing },
      budget: { check: nothing },
      unsealing: { settle: nothing, isDone: true },
      onErased: nothing,
      onAllErased: nothing,
    } as never);
    return erasures.flag({
      targets: [target],
      kind: PURGE_KIND_OF[target.what],
      reason: 'person',
      now: true,
    });
  });

const domain: Rule = { id: 'd', host: 'less.example', capture: 'domain' };
const counts: Rule = { id: 'c', host: 'less.example', capture: 'full', level: 'anonymous' };
/** Near the end of an hour. */
const shortlyBefore = () => Math.floor(a.clock.nowMs() / HOUR_MS) * HOUR_MS - 5 * 60_000;
const PAGE = 'https://less.example/secret';

it.each<[string, Rule, () => EraseTarget]>([
  ['a page of which the domain is left', domain, () => ({ what: 'page', url: PAGE })],
  ['a page of which a count is left', counts, () => ({ what: 'page', url: PAGE })],
  ['a site of which a count is left', counts, () => ({ what: 'site', host: 'less.example' })],
  [
    'a time, of which full hours are left',
    counts,
    () => ({ what: 'range', fromMs: shortlyBefore() - 60_000, toMs: shortlyBefore() + 1 }),
  ],
])('%s goes everywhere', async (_, rule, target) => {
  const atMs = shortlyBefore();
  for (const device of [a, b]) await device.visit('less.example', '/secret', atMs);
  await a.visit('kept.example', '/', atMs - DAY_MS);
  await world.settle();
  // Both know of both; A keeps less of them, and B does not know that yet.
  vi.spyOn(b.storedRules, 'look').mockResolvedValue();
  await a.reduce({ level: 'private', rules: [rule] });
  expect((await a.urls()).join()).not.toContain('secret');
  expect(await erase(b, target())).toBe(2);
  vi.restoreAllMocks();
  await world.settle();
  for (const device of [a, b]) expect(await device.urls(), device.name).toEqual(['https://kept.example/']);
});

it('is one deletion in the list, which every device has carried out', async () => {
  for (const n of [1, 2, 3]) await b.visit('less.example', '/secret', b.clock.nowMs() - n * DAY_MS);
  await world.settle();
  await erase(b, { what: 'page', url: PAGE });
  await world.settle();
  const listed = await a.run(() => a.sync.deletions());
  expect(listed).toMatchObject([{ what: 'page', count: 1 }]);
  expect(listed[0]?.devices.every(({ erasedMs }) => erasedMs !== undefined)).toBe(true);
  const { entries } = await a.run(() => a.store.deletions.read());
  expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(['page']));
});

it.each<[string, Rule, EraseTarget]>([
  ['of a page the domain is left', domain, { what: 'page', url: PAGE }],
  ['of a page counts are left', counts, { what: 'page', url: PAGE }],
  ['of a site counts are left', counts, { what: 'site', host: 'less.example' }],
])('however many there are and however old, where %s', async (_, rule, target) => {
  const now = Math.floor(a.clock.nowMs() / HOUR_MS) * HOUR_MS;
  // Less than what others are asked about (brake.ts).
  const count = 48;
  for (let n = 0; n < count; n++)
    await b.visit('less.example', '/secret', now - (n % 6) * DAY_MS - n * 60_000);
  await a.visit('kept.example', '/', now);
  await world.settle();
  vi.spyOn(b.storedRules, 'look').mockResolvedValue();
  await a.reduce({ level: 'private', rules: [rule] });
  expect(await erase(b, target)).toBe(count);
  vi.restoreAllMocks();
  await world.settle();
  for (const device of [a, b]) expect(await device.urls(), device.name).toEqual(['https://kept.example/']);
  // One object at the service says it, not one for each.
  const told = await b.run(async () => (await readCommands(b.store)).map(({ target: { what } }) => what));
  expect(told.filter((what) => what !== 'reduce').sort()).toEqual(['records', target.what].sort());
});

it('names them on the days that they lie on, and nothing of a span, which means what is left', async () => {
  const now = b.clock.nowMs();
  const ids: { id: string; day: string }[] = [];
  for (const n of [0, 1, 2]) {
    const { id } = await b.visit('less.example', '/secret', now - n * DAY_MS);
    ids.push({ id, day: dayOf(now - n * DAY_MS) });
  }
  await erase(b, { what: 'range', fromMs: now - DAY_MS - 1, toMs: now - DAY_MS + 1 });
  await erase(b, { what: 'page', url: PAGE });
  const named = await b.run(async () =>
    (await readCommands(b.store)).flatMap(({ target }) => (target.what === 'records' ? namedBy(target) : [])),
  );
  expect(named).toEqual([ids[0], ids[2]]);
});

it('makes no other day be opened than those of its records and its site', async () => {
  const now = a.clock.nowMs();
  await a.visit('less.example', '/secret', now - 3 * DAY_MS);
  for (const n of [0, 1, 2]) await a.visit('kept.example', '/', now - n * DAY_MS);
  await a.run(() => a.store.compact());
  const days = await a.run(async () => {
    const named = [{ day: dayOf(now - DAY_MS), ids: ['AAAAAAAAAAAAAAAAAAAAAA.1.1'] }];
    const commands = await commandsOf([], {} as never, { id: 'x', atMs: now, named });
    return daysOfCommands(a.store, commands, {} as never);
  });
  expect(days).toEqual([dayOf(now - DAY_MS)]);
});

it('tells of very many in several objects, each of which fits into the smallest body of a service', async () => {
  const device = 'AAAAAAAAAAAAAAAAAAAAAA';
  const named = Array.from({ length: 400 }, (_, n) => ({
    day: dayOf(b.clock.nowMs() - n * DAY_MS),
    ids: [
      ...Array.from({ length: 20 }, (_, i) => `${device}.1.${(n * 1_000_000 + i).toString(36)}`),
      `${device}.imported.${(2 ** 47 + n).toString(36)}`,
      'x'.repeat(120),
    ],
  }));
  await b.run(async () => {
    const { keys } = await scopeOf(b.store, await world.accountId());
    const commands = await commandsOf([{ what: 'page', url: PAGE }], keys.naming, {
      id: 'x',
      atMs: 1,
      named,
    });
    expect(commands.map(parseCommand)).toEqual(commands);
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.map(({ id }) => id)).toEqual(commands.map((_, n) => `x.${n}.${commands.length}`));
    const all = commands.flatMap(({ target }) => (target.what === 'records' ? namedBy(target) : []));
    const texts = (some: readonly { id: string; day: string }[]) =>
      some.map(({ id, day }) => `${day} ${id}`).sort();
    expect(texts(all)).toEqual(texts(named.flatMap(({ day, ids }) => ids.map((id) => ({ id, day })))));
    await giveCommands(b.store, commands);
  });
  await world.settle();
  const objects = await objectsOf(world, b, 'erase');
  expect(objects.size).toBeGreaterThan(10);
  expect(Math.max(...[...objects.values()].map(({ length }) => length))).toBeLessThan(16 * 1024);
});
