/** A person changes level or rules while a round brings what another device chose: both have their way, on all devices. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Rule } from '../../../src/model/rules.ts';
import { writeSharedSettings } from '../../../src/sync/account-state.ts';
import { failWrite } from '../../support/fail-write.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

const rule = (host: string, more: Partial<Rule> = {}): Rule => ({ id: host, host, capture: 'skip', ...more });

let world: SyncWorld;
let a: TestDevice;
let b: TestDevice;
beforeEach(async () => {
  world = await SyncWorld.paired(2);
  [a, b] = world.devices as [TestDevice, TestDevice];
  await world.settle();
});
afterEach(() => world.end());

/** In the round that follows, when what came from others is here and is not in force yet. */
function whileSending(device: TestDevice, task: () => Promise<void>): void {
  device.network.tamper = async (request, answer) => {
    if (!request.url.endsWith('/batch')) return answer;
    device.network.tamper = undefined;
    await task();
    return answer;
  };
}
const hosts = (device: TestDevice) =>
  device
    .settings()
    .rules.map(({ host }) => host)
    .sort();

it('a rule of another device, and one of here', async () => {
  await b.set({ rules: [rule('theirs.example')] });
  await b.round();
  await a.visit('a.example', '/');
  whileSending(a, () => a.set({ rules: [rule('ours.example')] }));
  await world.settle();
  for (const device of [a, b]) expect(hosts(device), device.name).toEqual(['ours.example', 'theirs.example']);
});

it('the level of another device, and a rule of here', async () => {
  await b.set({ level: 'anonymous' });
  await b.round();
  await a.visit('a.example', '/');
  whileSending(a, () => a.set({ rules: [rule('ours.example')] }));
  await world.settle();
  for (const device of [a, b]) {
    expect(device.settings().level, device.name).toBe('anonymous');
    expect(hosts(device), device.name).toEqual(['ours.example']);
  }
});

it('a rule that another device removes, while one is set here: the one that was left alone is not set anew', async () => {
  const path = rule('a.example', { id: 'p', kind: 'path', path: '/x' });
  // As a page sets it, with its names in the order in which they are asked for.
  const { id, kind, host, path: at, capture } = path;
  await a.set({ rules: [{ id, kind, host, path: at, capture } as Rule] });
  await world.settle();
  await b.set({ rules: [] });
  await a.set({ rules: [...a.settings().rules, rule('ours.example')] });
  await world.settle();
  for (const device of [a, b]) expect(hosts(device), device.name).toEqual(['ours.example']);
});

it('of rules that were set at once for the same each field is the stricter one, on both', async () => {
  await a.set({ rules: [rule('a.example', { capture: 'domain', level: 'public' })] });
  await b.set({ rules: [rule('a.example', { capture: 'full', level: 'anonymous' })] });
  await world.settle();
  for (const device of [a, b])
    expect(device.settings().rules, device.name).toEqual([
      rule('a.example', { capture: 'domain', level: 'anonymous' }),
    ]);
  // By a milder level the same rules would be others: what is in force here is what the others have.
  await a.set({ level: 'ephemeral' });
  await world.settle();
  expect(a.settings()).toEqual(b.settings());
  await b.set({ level: 'public' });
  await world.settle();
  expect(a.settings()).toEqual(b.settings());
});

it('rules for hosts that are called like what every object has', async () => {
  const rules = ['__proto__', 'constructor', 'prototype'].map((host) => rule(host));
  await a.set({ rules });
  await world.settle();
  await b.set({ rules: [...b.settings().rules, rule('ours.example')] });
  await world.settle();
  for (const device of [a, b])
    expect(hosts(device), device.name).toEqual(['__proto__', 'constructor', 'ours.example', 'prototype']);
});

it('shared settings that are not of this form are not begun anew', async () => {
  await a.run(() => a.store.exclusive(() => writeSharedSettings(a.store, { level: 'broken' } as never)));
  await b.set({ rules: [rule('theirs.example')] });
  await b.round();
  const state = await a.round();
  expect(state).toMatchObject({ message: expect.stringContaining('are damaged on this device') });
});

it('an answer that comes after another device wrote keeps nothing from being sent later', async () => {
  await a.set({ rules: [rule('first.example')] });
  a.network.fate = (_, request) => (request.url.endsWith('/batch') ? 'lost-answer' : 'ok');
  await a.round();
  a.network.up();
  await b.round();
  await b.set({ rules: [...b.settings().rules, rule('second.example')] });
  await b.round();
  // What came, then the answer to what was sent before.
  await a.round();
  await a.set({ rules: [...a.settings().rules, rule('third.example')] });
  expect(await a.round()).toMatchObject({ phase: 'synced' });
  await world.settle();
  for (const device of [a, b])
    expect(hosts(device), device.name).toEqual(['first.example', 'second.example', 'third.example']);
});

// The first write puts it in force, the next ones tell the others.
it.each([1, 2, 3, 4])(
  'a choice that found no room at write %i is in force nowhere, or everywhere',
  async (k) => {
    const refused = failWrite(k);
    const isChosen = await a.set({ level: 'anonymous' }).then(
      () => true,
      () => false,
    );
    vi.restoreAllMocks();
    expect(isChosen).toBe(!refused.happened());
    const { level } = a.settings();
    // What another device chooses meanwhile does not undo it.
    await b.set({ rules: [rule('theirs.example')] });
    await b.round();
    await world.settle();
    for (const device of [a, b]) {
      expect(device.settings().level, device.name).toBe(level);
      expect(hosts(device), device.name).toEqual(['theirs.example']);
    }
  },
);
