/** What the person changes here while something else goes on is neither undone nor forgotten. */
import { expect, it, vi } from 'vitest';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((next) => setImmediate(next));
};

it('a level that is chosen while settings of another device come is in force, at whichever moment', async () => {
  let moments = 0;
  for (let reached = true; reached; moments++) {
    await a.set({ level: 'private' });
    await world.settle();
    await b.set({ level: 'public' });
    await b.round();
    let [moment, choosing] = [0, undefined as Promise<void> | undefined];
    a.context.beforeCrypto = async () => {
      if (moment++ !== moments) return;
      choosing = a.set({ level: 'anonymous' });
      await turns(100);
    };
    await a.round();
    a.context.beforeCrypto = undefined;
    reached = choosing !== undefined;
    await choosing;
    if (reached) expect(a.settings().level, `moment ${moments}`).toBe('anonymous');
    await world.settle();
    expect(b.settings()).toEqual(a.settings());
  }
  expect(moments).toBeGreaterThan(15);
});

it.each<[string, (device: TestDevice) => Promise<unknown>]>([
  ['a level', (device) => device.set({ level: 'anonymous' })],
  ['a rule', (device) => device.set({ rules: [{ id: 'x', host: 'x.example', capture: 'skip' }] })],
])(
  '%s that was chosen right before the worker was stopped reaches the others, whichever write was the last',
  async (_, choose) => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    for (let writes = 0, chosen = false; !chosen; writes++) {
      await a.set({ level: 'private', rules: [] });
      await world.settle();
      a.context.writesLeft = writes;
      await choose(a).catch(() => {});
      chosen = a.context.writesLeft > 0;
      await a.restart();
      const settings = a.settings();
      await world.settle();
      expect(a.settings(), `after ${writes} writes`).toEqual(settings);
      expect(b.settings(), `after ${writes} writes`).toEqual(settings);
    }
  },
);

it('a deletion right before the worker was stopped is kept on all devices or on none, whichever write was the last', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  for (let writes = 0, erased = false; !erased; writes++) {
    await a.visit('one.example', '/a');
    await world.settle();
    world.pass();
    // Another device's, which this one does not have yet.
    await b.visit('one.example', '/b');
    world.pass();
    a.context.writesLeft = writes;
    erased = await a.erase({ what: 'site', host: 'one.example' }).then(
      () => true,
      () => false,
    );
    await a.restart();
    await world.settle();
    expect(await a.urls(), `after ${writes} writes`).toEqual(await b.urls());
  }
  expect(await a.urls()).toEqual([]);
});

it('restarting alone sends nothing', async () => {
  await a.set({
    level: 'public',
    rules: [{ id: 'x', host: 'x.example', capture: 'skip', level: 'private' }],
  });
  await world.settle();
  const before = (await world.changes()).length;
  for (const device of [a, b]) await device.restart();
  await world.settle();
  expect(await world.changes()).toHaveLength(before);
});
