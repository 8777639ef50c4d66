import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/base/clock.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { Oracle } from '../../support/sync-oracle.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
afterEach(() => world.end());

/** More with `ARQ_CONVERGE_RUNS`. */
const RUNS = Number(process.env.ARQ_CONVERGE_RUNS ?? 4);
const SITES = ['one.example', 'sub.one.example', 'two.example'] as const;
const LEVELS = ['public', 'private', 'anonymous'] as const;

const device = fc.nat(2);
const site = fc.constantFrom(...SITES);
const page = fc.constantFrom('/a', '/b');
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('visit' as const), device, site, page }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('round' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase site' as const), device, site }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase page' as const), device, site, page }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase range' as const), device, hours: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase all' as const), device }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('level' as const), device, level: fc.constantFrom(...LEVELS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rule' as const),
      device,
      site,
      capture: fc.constantFrom('skip', 'full'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pack' as const), device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('back' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const), device }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function play(steps: readonly Step[], count: number): Promise<void> {
  const oracle = new Oracle(world);
  const at = (index: number) => world.devices[index % count] as TestDevice;
  for (const now of steps) {
    const on = at(now.device);
    switch (now.do) {
      case 'visit':
        await oracle.visit(on, now.site, now.page);
        break;
      case 'round':
        await on.round();
        break;
      case 'erase site':
        await oracle.erase(on, { what: 'site', host: now.site });
        break;
      case 'erase page':
        await oracle.erase(on, { what: 'page', url: `https://${now.site}${now.page}` });
        break;
      case 'erase range': {
        const toMs = world.service.clock.nowMs() - 2 * HOUR_MS;
        await oracle.erase(on, { what: 'range', fromMs: toMs - now.hours * HOUR_MS, toMs });
        break;
      }
      case 'erase all':
        await oracle.erase(on, { what: 'all' });
        break;
      case 'level':
        await on.set({ level: now.level });
        break;
      case 'rule': {
        const others = on.settings().rules.filter(({ host }) => host !== now.site);
        const rule = {
          id: `${now.site} on ${on.name}`,
          host: now.site,
          capture: now.capture as 'skip' | 'full',
        };
        await on.set({ rules: [...others, rule] });
        break;
      }
      case 'restart':
        await on.restart();
        break;
      case 'pack':
        await on.run(() => on.store.pack(true));
        break;
      case 'drop':
        await on.run(async () => on.sync.days.dropSent(await on.store.days(), ['two.example']));
        break;
      case 'back':
        await fetchAway(on);
        break;
      case 'rotate':
        await on.rotate();
        break;
      case 'compact':
        await on.run(() => on.store.compact());
        break;
    }
    world.pass();
  }
  await world.settle();
  for (const one of world.devices) expect(await fetchAway(one)).toEqual({ ok: true, value: null });
  await world.settle();
  await oracle.check();
  expect(new Set(world.devices.map(({ epoch }) => epoch)).size).toBe(1);
}

const fetchAway = (on: TestDevice) =>
  on.run(async () => on.sync.days.fetchBack(Object.keys(await on.store.awayDays())));

describe('devices of one account have the same in the end', () => {
  it.each([
    [2, RUNS],
    [3, RUNS],
  ])(
    '%i devices, whatever was done on which in what order',
    async (count, numRuns) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 24 }), async (steps) => {
          world = await SyncWorld.paired(count);
          try {
            await play(steps, count);
          } finally {
            world.end();
          }
        }),
        { numRuns, endOnFailure: true },
      );
    },
    60_000 + RUNS * 10_000,
  );

  it('what was erased on one does not come back from one that was away and recorded more', async () => {
    for (const target of [
      { what: 'site', host: 'one.example' },
      { what: 'page', url: 'https://one.example/a' },
      { what: 'range', fromMs: 0, toMs: Number.MAX_SAFE_INTEGER },
      { what: 'all' },
    ] satisfies EraseTarget[]) {
      world = await SyncWorld.paired(2);
      const [a, b] = world.devices as [TestDevice, TestDevice];
      const oracle = new Oracle(world);
      await oracle.visit(a, 'one.example', '/a');
      await oracle.visit(b, 'sub.one.example', '/a');
      await world.settle();
      world.pass();
      // B is away: it records before and after the moment when A erases.
      const before = await oracle.visit(b, 'one.example', '/a');
      await b.append({ kind: 'visit-update', visit: before.id, atMs: before.atMs, title: 'later' });
      await oracle.erase(a, target);
      await a.round();
      world.pass();
      await oracle.visit(b, 'one.example', '/a');
      await world.settle();
      await oracle.check();
      const left = oracle.urls();
      expect(left.filter((url) => url === 'https://one.example/a')).toHaveLength(1);
      // A newcomer gets neither the records nor their keys.
      await world.join(b, await world.device('newcomer'));
      await world.settle();
      await oracle.check();
      world.end();
    }
  });

  it('one record that was erased stays so, with what became known of it later', async () => {
    world = await SyncWorld.paired(2);
    const [a, b] = world.devices as [TestDevice, TestDevice];
    const oracle = new Oracle(world);
    const visit = await oracle.visit(a, 'one.example', '/a');
    await oracle.visit(a, 'one.example', '/b');
    await world.settle();
    await oracle.erase(b, { what: 'record', id: visit.id });
    await a.append({ kind: 'visit-update', visit: visit.id, atMs: a.clock.nowMs(), title: 'too late' });
    await world.settle();
    await oracle.check();
  });

  it('a title that was learned later reaches the others', async () => {
    world = await SyncWorld.paired(2);
    const [a, b] = world.devices as [TestDevice, TestDevice];
    const visit = await a.visit('one.example', '/a');
    await world.settle();
    await a.append({
      kind: 'visit-update',
      visit: visit.id,
      atMs: visit.atMs + 5,
      title: 'Title',
      dwellMs: 700,
    });
    await world.settle();
    expect(await b.records()).toMatchObject([{ id: visit.id, title: 'Title', dwellMs: 700 }]);
    expect(await b.records()).toEqual(await a.records());
  });

  it('a rule that was taken away on one device goes away on the other', async () => {
    world = await SyncWorld.paired(2);
    const [a, b] = world.devices as [TestDevice, TestDevice];
    await a.set({ rules: [{ id: 'r', host: 'one.example', capture: 'skip' }] });
    await world.settle();
    expect(b.settings().rules).toEqual([{ id: 'r', host: 'one.example', capture: 'skip' }]);
    await b.set({ rules: [] });
    await world.settle();
    expect(a.settings().rules).toEqual([]);
  });

  it('of two levels that were set without knowing of each other the stricter one holds everywhere', async () => {
    world = await SyncWorld.paired(2);
    const [a, b] = world.devices as [TestDevice, TestDevice];
    await a.set({ level: 'anonymous' });
    await b.set({ level: 'public' });
    await world.settle();
    expect([a.settings().level, b.settings().level]).toEqual(['anonymous', 'anonymous']);
    // A later choice that knew of both replaces them, also by a milder one.
    await b.set({ level: 'private' });
    await world.settle();
    expect([a.settings().level, b.settings().level]).toEqual(['private', 'private']);
  });

  it('settings that came are in force though the rest of the round failed', async () => {
    world = await SyncWorld.paired(2);
    const [a, b] = world.devices as [TestDevice, TestDevice];
    await a.set({ level: 'anonymous' });
    await a.round();
    await b.visit('one.example', '/waits');
    b.network.fate = (_, request) => (request.url.endsWith('/v1/batch') ? 'lost-request' : 'ok');
    expect((await b.round()).phase).toBe('offline');
    expect(b.settings().level).toBe('anonymous');
  });
});
