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
import { MOST_NAMED } from '../../../src/storage/erase.ts';
import { daysOfCommands, readCommands } from '../../../src/sync/erasures.ts';
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

it('names a bounded number of records, the newest, with the days that they lie on', async () => {
  const now = b.clock.nowMs();
  const ids: string[] = [];
  for (let n = 0; n < MOST_NAMED + 5; n++)
    ids.push((await b.visit('less.example', '/secret', now - n * HOUR_MS)).id);
  await erase(b, { what: 'page', url: PAGE });
  const named = await b.run(async () =>
    (await readCommands(b.store)).flatMap(({ target }) => (target.what === 'record' ? [target] : [])),
  );
  expect(named.map(({ id }) => id)).toEqual(ids.slice(0, MOST_NAMED));
  expect(named.map(({ day }) => day)).toEqual(named.map((_, n) => dayOf(now - n * HOUR_MS)));
  expect(await b.urls()).toEqual([]);
  await world.settle();
  expect(await a.urls()).toEqual([]);
});

it('makes no other day be opened than those of its records and its site', async () => {
  const now = a.clock.nowMs();
  await a.visit('less.example', '/secret', now - 3 * DAY_MS);
  for (const n of [0, 1, 2]) await a.visit('kept.example', '/', now - n * DAY_MS);
  await a.run(() => a.store.compact());
  const days = await a.run(async () => {
    const id = 'AAAAAAAAAAAAAAAAAAAAAA.1.1';
    const command = {
      id: 'x.0',
      atMs: now,
      target: { what: 'record', id, day: dayOf(now - DAY_MS) },
    } as const;
    return daysOfCommands(a.store, [command], {} as never);
  });
  expect(days).toEqual([dayOf(now - DAY_MS)]);
});
