/** Two devices in one account, anew for each test of a file that calls `usePair`. */
import { afterEach, beforeEach, vi } from 'vitest';
import type { Limits } from '../../src/protocol/limits.ts';
import { Oracle } from './sync-oracle.ts';
import { SyncWorld, type TestDevice } from './sync-world.ts';

export let world: SyncWorld;
export let oracle: Oracle;
export let a: TestDevice;
export let b: TestDevice;

export async function newPair(limits: Partial<Limits> = {}): Promise<void> {
  world = await SyncWorld.paired(2, limits);
  oracle = new Oracle(world);
  [a, b] = world.devices as [TestDevice, TestDevice];
}

export function usePair(): void {
  beforeEach(() => newPair());
  afterEach(() => {
    vi.restoreAllMocks();
    world.end();
  });
}
