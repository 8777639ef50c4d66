/** What unlocks one device of an account is changed: the account gets another master key, however long that takes. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { describe, expect, it } from 'vitest';
import { addPasskey, removeWay, setPassphrase, unlock } from '../../../src/background/services/lock.ts';
import { LockedProfile } from '../../../src/background/services/locked-profile.ts';
import { Profile } from '../../../src/background/services/profile.ts';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import { RENEWAL_WISHED } from '../../../src/sync/account-state.ts';
import { KILLED, killedAt } from '../../support/kill.ts';
import { SOME_KDF } from '../../support/locking.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

const keyOf = (byte: number) => toBase64Url(new Uint8Array(32).fill(byte));
const [KEY, OTHER] = [keyOf(1), keyOf(2)];
const passkey = { id: 'passkey-one', salt: keyOf(30), key: keyOf(31) };
const setOn = (device: TestDevice, key = KEY, current?: string) =>
  device.run(async () => {
    const set = await setPassphrase(device.profile, { kdf: SOME_KDF, key, current });
    expect(set).toEqual({ ok: true, value: null });
  });
/** Where the lock is another one than what is in memory opens, the person unlocks: with which passphrase. */
const unlocked = (device: TestDevice): Promise<string | undefined> =>
  device.run(async () => {
    const profile = await Profile.openOrLocked({ onBlocked() {}, onClosed() {} }, device.clock);
    try {
      if (!(profile instanceof LockedProfile)) return undefined;
      for (const key of [KEY, OTHER]) if ((await unlock(profile, { current: key })).ok) return key;
    } finally {
      profile.store.close();
    }
    throw new Error('nothing opens it');
  });
const wished = (device: TestDevice) => device.run(() => device.store.db.get('metadata', RENEWAL_WISHED));
const master = (device: TestDevice) => toBase64Url(device.store.vault.masterKey());

describe('after what unlocks was changed', () => {
  it('the next round takes another master key for all devices, once for each change', async () => {
    await oracle.visit(a, 'one.example', '/before');
    await world.settle();
    const changes = [
      () => setPassphrase(a.profile, { kdf: SOME_KDF, key: KEY }),
      () => setPassphrase(a.profile, { kdf: SOME_KDF, key: OTHER, current: KEY }),
      () => addPasskey(a.profile, { ...passkey, current: OTHER }),
      () => removeWay(a.profile, passkey.id, { current: OTHER }),
      () => removeWay(a.profile, undefined, { current: OTHER, off: true }),
    ];
    for (const [index, change] of changes.entries()) {
      const before = master(a);
      expect(await a.run(change)).toEqual({ ok: true, value: null });
      expect(master(a)).toBe(before);
      await oracle.visit(a, 'one.example', `/${index}`);
      await world.settle();
      expect([a.epoch, b.epoch]).toEqual([index + 2, index + 2]);
      expect(master(a)).not.toBe(before);
      expect(master(b)).toBe(master(a));
      expect(await wished(a)).toBeUndefined();
    }
    await world.settle();
    expect(a.epoch).toBe(changes.length + 1);
    await oracle.check();
  });

  it('it waits for the service, over restarts, and is one for all changes until then', async () => {
    a.network.down();
    await setOn(a);
    await setOn(a, OTHER, KEY);
    await oracle.visit(a, 'one.example', '/offline');
    await a.round();
    expect([a.epoch, await wished(a)]).toEqual([1, 1]);
    await a.restart();
    a.network.up();
    world.pass();
    await world.settle();
    expect([a.epoch, b.epoch, await wished(a)]).toEqual([2, 2, undefined]);
    await oracle.check();
  });

  it('a key that another device renewed meanwhile will do', async () => {
    a.network.down();
    await setOn(a);
    await b.rotate();
    a.network.up();
    await world.settle();
    expect([a.epoch, b.epoch, await wished(a)]).toEqual([2, 2, undefined]);
  });

  it('an account that can have no further key goes on with the one that it has', async () => {
    const most = LIMITS.epochs;
    try {
      (LIMITS as { epochs: number }).epochs = 1;
      await setOn(a);
      await oracle.visit(a, 'one.example', '/after');
      await world.settle();
      expect([a.epoch, await wished(a)]).toEqual([1, undefined]);
      await oracle.check();
    } finally {
      (LIMITS as { epochs: number }).epochs = most;
    }
  });

  it('wherever it is ended, the next life makes it', async () => {
    await setOn(a);
    await a.round();
    let current = KEY;
    let calls = 1;
    for (; ; calls++) {
      const before = a.epoch;
      const next = current === KEY ? OTHER : KEY;
      const change = () => setPassphrase(a.profile, { kdf: SOME_KDF, key: next, current });
      if ((await a.run(() => killedAt(calls, change))) !== KILLED) break;
      a.context.stop();
      const opens = (await unlocked(a)) ?? current;
      await a.restart();
      expect((await a.round()).phase).toBe('synced');
      // One that is in force has its key; one that is not may have one too many.
      if (opens !== current) expect(a.epoch).toBe(before + 1);
      current = opens;
    }
    expect(calls).toBeGreaterThan(5);
    expect(await wished(a)).toBe(a.epoch);
  }, 180_000);
});

describe('after the account was left', () => {
  const leave = (device: TestDevice, anyway = false) => device.run(() => device.sync.end('leave', anyway));

  it('a change takes a new master key of its own, and what was deleted in the account stays deleted', async () => {
    const visits = [await oracle.visit(b, 'gone.example', '/'), await oracle.visit(b, 'one.example', '/')];
    await oracle.visit(b, 'later.example', '/');
    await world.settle();
    const records = await b.records();
    await oracle.erase(b, { what: 'site', host: 'gone.example' });
    await world.settle();
    expect((await leave(b)).ok).toBe(true);
    const before = master(b);
    await setOn(b);
    expect(master(b)).not.toBe(before);
    expect(b.store.vault.epoch).toMatchObject({ number: 1, atMs: b.clock.nowMs() });
    // Named as in the account, also under the new key.
    const isErased = await b.run(() => b.sync.deleting.erased());
    const erased = visits.map(({ id }) =>
      isErased?.(records.find((one) => one.id === id) as (typeof records)[0]),
    );
    expect(await Promise.all(erased)).toEqual([true, false]);
    await b.erase({ what: 'site', host: 'later.example' });
    world.pass();
    await world.join(a, b);
    await world.settle();
    expect(await b.urls()).not.toContain('https://later.example/');
  });

  it('what was to be renewed and was not is renewed here', async () => {
    a.network.down();
    await setOn(a);
    const before = master(a);
    expect((await leave(a, true)).ok).toBe(true);
    expect(master(a)).not.toBe(before);
    expect(await wished(a)).toBeUndefined();
    a.network.up();
    await world.join(b, a);
    await world.settle();
    expect(master(a)).toBe(master(b));
  });
});
