/** Two devices choose at once: both see it, the stricter holds, and what one decides holds on both. */

import { expect, it } from 'vitest';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

const conflicts = (device: typeof a) => device.run(() => device.sync.settings.conflicts());
const resolve = (device: typeof a, resolution: 'deviceA' | 'deviceB' | 'merge', at = 0) =>
  device.run(async () => {
    const { name, state } = (await device.sync.settings.conflicts())[at] as { name: string; state: string };
    return device.sync.settings.resolve({ name, state, resolution });
  });

async function quarrel(): Promise<void> {
  await world.settle();
  await a.set({ level: 'anonymous', rules: [{ id: 'r', host: 'one.example', capture: 'skip' }] });
  await b.set({ level: 'public', rules: [{ id: 's', host: 'one.example', capture: 'domain' }] });
  await world.settle();
  await oracle.check();
}

it('is told on both, each with its own first, and what is in force', async () => {
  await quarrel();
  for (const [device, level, capture] of [
    [a, 'anonymous', 'skip'],
    [b, 'public', 'domain'],
  ] as const)
    expect(await conflicts(device)).toMatchObject([
      { name: 'level', deviceA: { device: device.store.vault.deviceId, data: level }, merged: 'anonymous' },
      { what: 'rule', deviceA: { data: { capture } }, merged: { capture: 'skip' } },
    ]);
});

it('decided on one it holds on both, at once here, and over restarts', async () => {
  await quarrel();
  expect(await resolve(b, 'deviceA', 1)).toEqual({ ok: true, value: null });
  expect(await resolve(b, 'deviceA')).toEqual({ ok: true, value: null });
  expect(b.settings()).toMatchObject({ level: 'public', rules: [{ capture: 'domain' }] });
  expect(await conflicts(b)).toEqual([]);
  await b.restart();
  await world.settle();
  await oracle.check();
  expect(a.settings()).toMatchObject({ level: 'public', rules: [{ capture: 'domain' }] });
  expect(await conflicts(a)).toEqual([]);
});

it('what was decided on the other device meanwhile is not decided here by what is shown still', async () => {
  await quarrel();
  const [shown] = await conflicts(a);
  if (!shown) throw new Error('no conflict');
  await resolve(b, 'deviceA');
  await world.settle();
  expect(await a.run(() => a.sync.settings.resolve({ ...shown, resolution: 'deviceA' }))).toMatchObject({
    ok: false,
    error: { code: 'changed-meanwhile' },
  });
  expect(a.settings().level).toBe('public');
});

it('there is none without an account', async () => {
  await quarrel();
  await a.run(() => a.sync.end('leave', true, false));
  expect(await conflicts(a)).toEqual([]);
});
