/** The red state in which sync ends when the service showed what cannot be (docs/decisions/0018), and what is said of it. */
import { expect } from 'vitest';
import type { TestDevice } from './sync-world.ts';

export const FORKED = /^The sync service shows your devices different histories/;
export const SHORTER = /^The sync service shows an older state/;
export const HIDDEN = /^The sync service keeps back what/;
export const DROPPED = /^The sync service lost what this device sent/;
export const OLD_OBJECT = /^The sync service gives another object/;
export const DEVICE_LIST = /^The sync service shows your devices different device lists/;
export const ALTERED = /^The sync service changed the history/;
export const GAP = /^The sync service leaves out a part/;

/** It says why, names what to do, is the same after a restart, and nothing is asked of the service any more. Records one page more. */
export async function expectStopped(device: TestDevice, why: RegExp): Promise<void> {
  const state = await device.round();
  expect(state.message).toMatch(why);
  expect(state).toMatchObject({ phase: 'error', hasEvidence: true });
  expect(state.message).toMatch(/put back from a backup.*nothing here is lost: see the Sync tab/);
  device.network.up();
  await device.restart();
  device.network.forget();
  await device.visit('later.example', '/later');
  const waiting = await device.outbox();
  expect((await device.round()).message).toBe(state.message);
  expect(device.network.sent).toEqual([]);
  expect(await device.outbox()).toBe(waiting);
}
