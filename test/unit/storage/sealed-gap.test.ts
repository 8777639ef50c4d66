/** What did not come through a time of being locked is told, wherever opening it was interrupted. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { NewEvent } from '../../../src/model/interaction.ts';
import type { LockedStore } from '../../../src/storage/locked-store.ts';
import type { SealedGap } from '../../../src/storage/sealed.ts';
import { failWrite } from '../../support/fail-write.ts';
import { KILLED, killedAt } from '../../support/kill.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';
import { setLock, unlock, unseal } from '../../support/locking.ts';

vi.setConfig({ testTimeout: 120_000 });

let profile: LocalProfile;
let gaps: SealedGap[];
beforeEach(async () => {
  await begin();
});
afterEach(() => vi.restoreAllMocks());

async function begin(): Promise<void> {
  profile = await emptyProfile();
  gaps = [];
}

const visit = (name: string): NewEvent => ({
  kind: 'visit',
  atMs: profile.nowMs,
  level: 'private',
  url: `https://${name}.example/`,
  title: name,
  transition: 'link',
});
async function recorded(...names: string[]): Promise<LockedStore> {
  const locked = await profile.reopenLocked();
  for (const name of names) await locked.append({ event: visit(name) });
  return locked;
}
const open = () =>
  unseal(
    profile,
    (event) => event,
    async (gap) => void gaps.push(gap),
  );
const lose = (locked: LockedStore, n: number) => locked.db.delete('sealed', n);
const told = () => gaps.reduce((sum, { dropped, missing }) => sum + dropped + missing, 0);
async function titles(): Promise<string[]> {
  const all: string[] = [];
  for await (const { records } of profile.store.recordsByDay('oldest'))
    for (const record of records) if ('title' in record) all.push(record.title);
  return all;
}

it('is told also when it was locked again before all of it was opened', async () => {
  await setLock(profile);
  await unlock(profile, await recorded('a', 'b', 'c'));
  failWrite(1);
  await expect(open()).rejects.toThrow('no room');
  vi.restoreAllMocks();
  const locked = await recorded('d', 'e');
  await lose(locked, 5);
  await unlock(profile, locked);
  await open();
  expect([await titles(), gaps]).toEqual([['a', 'b', 'c', 'd'], [{ dropped: 0, missing: 1 }]]);
});

it('is told of what does not open, and of what is gone, killed anywhere', async () => {
  const kills: number[] = [];
  for (let call = 1, isKilled = true; isKilled; call++) {
    await begin();
    await setLock(profile);
    const locked = await recorded('a', 'b', 'c');
    const [, b] = await locked.db.getAll('sealed');
    if (!b) throw new Error('no second row');
    await locked.db.put('sealed', { ...b, day: '2020-01-01' });
    await lose(locked, 3);
    await unlock(profile, locked);
    isKilled = (await killedAt(call, open)) === KILLED;
    if (isKilled) {
      kills.push(told());
      await profile.reopen();
      await open();
    }
    expect(await titles(), `call ${call}`).toEqual(['a']);
    expect(told(), `call ${call}`)[isKilled ? 'toBeGreaterThanOrEqual' : 'toBe'](2);
  }
  // Killed before anything was told, in between, and after all of it was.
  expect([...new Set(kills)].sort()).toEqual([0, 1, 2]);
});
