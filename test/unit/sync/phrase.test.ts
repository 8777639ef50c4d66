/** The recovery phrase on the device that made the account, and the age of keys. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { openDB } from 'idb';
import { describe, expect, it } from 'vitest';
import {
  areKeysOld,
  checkPhrase,
  confirmPhrase,
  renewKeys,
  showPhrase,
} from '../../../src/background/services/keys.ts';
import { setPassphrase } from '../../../src/background/services/lock.ts';
import { type Bytes, fromBase64Url, toBase64Url } from '../../../src/base/bytes.ts';
import { DAY_MS } from '../../../src/base/clock.ts';
import { readAccount, writeAccount } from '../../../src/sync/account-state.ts';
import { SOME_KDF } from '../../support/locking.ts';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

const secretOf = async (device: TestDevice): Promise<string> => {
  const shown = await device.run(() => showPhrase(device.profile, {}));
  if (!shown.ok) throw new Error(shown.error.message);
  return shown.value.secret;
};

/** Names of everything in the key store, in every generation that there is. */
const blobNames = (device: TestDevice) =>
  device.run(async () => {
    const names: string[] = [];
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith('arq-keys-')) continue;
      const db = await openDB(name);
      names.push(...(await db.getAllKeys('blobs')).map(String));
      db.close();
    }
    return names;
  });

describe('the recovery phrase', () => {
  it('is on the device that made the account, over restarts and new keys, until it was proved', async () => {
    const secret = await secretOf(a);
    expect(fromBase64Url(secret)).toHaveLength(16);
    expect(a.sync.state().phrase).toBe('waits');
    await a.rotate();
    await a.restart();
    expect(await secretOf(a)).toBe(secret);
    expect(b.sync.state().phrase).toBeUndefined();
    expect(await b.run(() => showPhrase(b.profile, {}))).toMatchObject({
      error: { code: 'no-phrase' },
    });

    const wrong = toBase64Url(new Uint8Array(16));
    expect(await a.run(() => confirmPhrase(a.profile, wrong))).toMatchObject({
      error: { code: 'wrong-phrase' },
    });
    expect(await secretOf(a)).toBe(secret);
    expect(await blobNames(a)).toContain('recovery-secret');
    expect(await a.run(() => confirmPhrase(a.profile, secret))).toEqual({ ok: true, value: null });
    expect(a.sync.state().phrase).toBeUndefined();
    // Its copy is gone with the database that held it.
    expect(await blobNames(a)).not.toContain('recovery-secret');
    await a.restart();
    expect(await a.run(() => showPhrase(a.profile, {}))).toMatchObject({
      error: { code: 'no-phrase' },
    });
  });

  it('is shown to nobody without the passphrase, where there is one', async () => {
    const key = toBase64Url(new Uint8Array(32).fill(1));
    await a.run(() => setPassphrase(a.profile, { kdf: SOME_KDF, key }));
    for (const current of ['', toBase64Url(new Uint8Array(32))])
      expect((await a.run(() => showPhrase(a.profile, { current }))).ok).toBe(false);
    expect((await a.run(() => showPhrase(a.profile, { current: key }))).ok).toBe(true);
  });

  it('can be checked on any device', async () => {
    const secret = await secretOf(a);
    expect(await b.run(() => checkPhrase(b.sync, secret))).toEqual({ ok: true, value: null });
    const other = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
    expect(await b.run(() => checkPhrase(b.sync, other))).toMatchObject({ error: { code: 'wrong-phrase' } });
  });

  it('goes when the account is left', async () => {
    await a.run(() => a.sync.end('leave'));
    expect(await blobNames(a)).not.toContain('recovery-secret');
  });

  it('moves to where it can be destroyed, from where older versions kept it', async () => {
    const secret = await secretOf(a);
    await a.run(async () => {
      await a.store.exclusive(() => a.store.vault.keepRecoverySecret(null));
      const account = await readAccount(a.store);
      if (account) await writeAccount(a.store, { ...account, recovery: secret });
    });
    await a.restart();
    expect(await secretOf(a)).toBe(secret);
    expect(await a.run(() => readAccount(a.store))).not.toHaveProperty('recovery');
  });
});

describe('the keys', () => {
  it('are old after a year, in an account and without, and renewing them loses nothing', async () => {
    const alone = await world.device('alone');
    const devices = [a, alone];
    for (const device of devices) {
      await device.run(() =>
        device.profile.change({ consent: 'accepted', consentAtMs: device.clock.nowMs() }),
      );
      await device.visit('one.example', '/before');
      expect(areKeysOld(device.profile)).toBe(false);
    }
    world.pass(366 * DAY_MS);
    for (const device of devices) {
      expect(areKeysOld(device.profile)).toBe(true);
      const master: Bytes = device.store.vault.masterKey();
      const ring = await device.run(() => device.store.keys.ring());
      expect(await device.run(() => renewKeys(device.profile, device.sync))).toEqual({
        ok: true,
        value: null,
      });
      expect(device.store.vault.masterKey()).not.toEqual(master);
      expect(areKeysOld(device.profile)).toBe(false);
      // The same keys, wrapped anew.
      const now = await device.run(() => device.store.keys.ring());
      for (const { day, store, wrapped } of ring) {
        const same = now.find((row) => row.day === day && row.store === store);
        expect(same?.wrapped).not.toEqual(wrapped);
      }
      await device.restart();
      expect(areKeysOld(device.profile)).toBe(false);
      expect(await device.urls()).toEqual(['https://one.example/before']);
    }
  });
});
