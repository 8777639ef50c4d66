/** A service that takes less than others: nothing is sent to it that it would refuse, and it cannot make a device take more. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { LIMITS, type Limits } from '../../../src/protocol/limits.ts';
import { smallerLimits } from '../../../src/sync/limits.ts';
import { startQueueing } from '../../../src/sync/outbox.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
afterEach(() => world?.end());

/** Answers that say that a request was too much, over all devices. */
function refusals(of: SyncWorld): string[] {
  const refused: string[] = [];
  for (const { network } of of.devices)
    network.tamper = (request, answer) => {
      if ([400, 413, 429, 507].includes(answer.status)) refused.push(`${answer.status} ${request.url}`);
      return answer;
    };
  return refused;
}

const SMALL: Partial<Limits> = {
  bodyBytes: 24 * 1024,
  requestBytes: 64 * 1024,
  batchOps: 6,
  getSlots: 3,
  changesPage: 2,
};

it('nothing is refused that could have been known', async () => {
  world = new SyncWorld(SMALL);
  const [a, b] = [await world.device('a'), await world.device('b')];
  const refused = refusals(world);
  await world.create(a);
  for (let day = 0; day < 12; day++)
    for (let n = 0; n < 40; n++) {
      // Words that do not compress.
      const path = `/${crypto.randomUUID()}${crypto.randomUUID()}${crypto.randomUUID()}`;
      await a.visit('many.example', path, a.clock.nowMs() - day * DAY_MS);
    }
  await world.settle([a]);
  await world.join(a, b);
  await world.settle();
  expect(refused).toEqual([]);
  expect(await b.records()).toHaveLength(12 * 40);
  const asked = b.network.sent.filter(({ path }) => path === '/v1/limits');
  expect(asked).toHaveLength(1);
});

it('what it takes less of from now on is asked for when it refuses, and nothing is lost', async () => {
  world = await SyncWorld.paired(2);
  const [a, b] = world.devices as [TestDevice, TestDevice];
  Object.assign(world.service.deps.limits, SMALL);
  for (let n = 0; n < 400; n++)
    await a.visit('many.example', `/${crypto.randomUUID()}${crypto.randomUUID()}${crypto.randomUUID()}`);
  expect((await a.round()).message).toMatch(/takes less at once/);
  await a.round();
  expect((await b.round()).message).toMatch(/BAD_REQUEST/);
  await world.settle();
  expect(await b.records()).toHaveLength(400);
});

it('the smaller one holds, and what is no limit says nothing', () => {
  const said = {
    bodyBytes: 20_000,
    getSlots: 1e9,
    batchOps: 0,
    changesPage: -1,
    waitSeconds: '5',
    devices: 2.5,
    x: 1,
  };
  expect(smallerLimits(said)).toEqual({ ...LIMITS, bodyBytes: 20_000 });
  expect(smallerLimits({})).toEqual(LIMITS);
  // It would see single events.
  expect(smallerLimits({ bodyBytes: 1 }).bodyBytes).toBe(16 * 1024);
});

it('much comes in pieces, each kept when the worker is stopped in the next, and is counted as it comes', async () => {
  world = new SyncWorld();
  const [a, b] = [await world.device('a'), await world.device('b')];
  await world.create(a);
  const path = () => `/${Array.from({ length: 8 }, () => crypto.randomUUID()).join('')}`;
  for (let day = 0; day < 60; day++)
    await a.run(() =>
      a.store.addEvents(
        dayOf(a.clock.nowMs() - day * DAY_MS),
        Array.from({ length: 150 }, (_, n) => ({
          kind: 'visit',
          id: `${a.store.vault.deviceId}.imported.${day * 1_000 + n}`,
          atMs: a.clock.nowMs() - day * DAY_MS,
          level: 'private',
          url: `https://many.example${path()}`,
          title: '',
          transition: 'link',
        })),
      ),
    );
  await a.run(() => startQueueing(a.store, ['card', 'settings']));
  await world.settle([a]);
  await world.join(a, b);
  // What it asks for then never comes.
  let gets = 0;
  b.network.fate = (_, request) => (request.url.endsWith('/v1/get') && ++gets > 1 ? 'lost-request' : 'ok');
  await b.round();
  const some = (await b.records()).length;
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(60 * 150);
  const taken = await b.run(() => b.store.db.getAll('peers'));
  const parts = new Set(taken.flatMap(({ slot, kind }) => (kind === 'part' ? [slot] : [])));
  b.network.up();
  b.network.forget();
  await world.settle();
  expect(await b.records()).toHaveLength(60 * 150);
  // What had come is not fetched again.
  const asked = b.network.sent
    .filter(({ path: at }) => at === '/v1/get')
    .flatMap(({ body }) => (JSON.parse(new TextDecoder().decode(body)) as { slots: string[] }).slots);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((slot) => parts.has(slot))).toEqual([]);
});
