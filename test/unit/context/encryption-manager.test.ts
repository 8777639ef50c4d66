import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  EncryptionManager,
  SENSITIVE_FIELDS,
  type SealedProfile,
} from '../../../src/context/encryption-manager.ts';
import { fromEncryptedData, toEncryptedData } from '../../../src/crypto/envelope.ts';
import { defaultPreferences, newProfile } from '../../../src/model/profile.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

let profile: LocalProfile;
let manager: EncryptionManager;
beforeEach(async () => {
  profile = await emptyProfile();
  manager = new EncryptionManager(profile.store);
});
const person = () =>
  newProfile('user-1', new Date(profile.nowMs), defaultPreferences('de-DE', 'Europe/Berlin'));

describe('encrypting', () => {
  it('gives back what was given, under a key of any kind, and says which key it was', async () => {
    const keys = [
      await manager.masterKey(),
      await manager.generateMasterKey(),
      await manager.deriveKeyFromPassword('correct horse battery staple'),
    ];
    expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(3);
    for (const key of keys)
      for (const data of ['', 'blue whales', '\u6771\u4eac \ud83e\udd8a']) {
        const encrypted = await manager.encrypt(data, key);
        expect(encrypted).toMatchObject({ algorithm: 'AES-256-GCM', keyId: key.keyId });
        expect(JSON.stringify(encrypted)).not.toContain('blue');
        expect(await manager.decrypt(encrypted, key)).toBe(data);
        for (const other of keys.filter((one) => one !== key))
          await expect(manager.decrypt(encrypted, other)).rejects.toThrow(DamagedError);
      }
  });

  it('refuses what was changed in any of its parts', async () => {
    const key = await manager.masterKey();
    const encrypted = await manager.encrypt('blue whales', key);
    for (const part of ['ciphertext', 'iv', 'authTag', 'keyId'] as const) {
      const text = encrypted[part];
      const changed = { ...encrypted, [part]: (text[0] === 'A' ? 'B' : 'A') + text.slice(1) };
      await expect(manager.decrypt(changed, key), part).rejects.toThrow(DamagedError);
    }
    await expect(manager.decrypt({ ...encrypted, algorithm: 'none' as never }, key)).rejects.toThrow(
      DamagedError,
    );
  });

  it('is the envelope, without loss', async () => {
    const key = await manager.generateMasterKey();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (data) => {
        const encrypted = await manager.encrypt(data, key);
        const envelope = fromEncryptedData(encrypted);
        if (!envelope) throw new Error('no envelope');
        expect(toEncryptedData(envelope)).toEqual(encrypted);
        expect(await manager.decrypt(JSON.parse(JSON.stringify(encrypted)), key)).toBe(data);
      }),
      { numRuns: 200 },
    );
  });

  it('takes no key that it did not make', async () => {
    const strange = { keyId: (await manager.masterKey()).keyId };
    await expect(manager.encrypt('x', strange)).rejects.toThrow(TypeError);
    expect(JSON.stringify(await manager.masterKey())).toBe(JSON.stringify(strange));
  });
});

describe('rotating the master key', () => {
  it('leaves data as it is, and what was encrypted before opens with the key in force', async () => {
    await profile.store.append({
      event: {
        kind: 'visit',
        atMs: profile.nowMs,
        level: 'private',
        url: 'https://a.example/',
        title: 'A',
        transition: 'link',
      },
    });
    await profile.store.pack(true);
    const before = await profile.store.db.getAll('interactions');
    const ring = await profile.store.keys.ring();
    const old = await manager.masterKey();
    const encrypted = await manager.encrypt('blue whales', old);
    await manager.rotateMasterKey(old);
    expect(await profile.store.db.getAll('interactions')).toEqual(before);
    // Wrapped anew, every one of them.
    const now = await profile.store.keys.ring();
    expect(now).toHaveLength(ring.length);
    for (const [index, row] of now.entries()) expect(row.wrapped).not.toEqual(ring[index]?.wrapped);
    await expect(manager.encrypt('x', old)).rejects.toThrow(TypeError);
    await profile.reopen();
    const next = new EncryptionManager(profile.store);
    expect(await next.decrypt(encrypted, await next.masterKey())).toBe('blue whales');
    const found = await profile.store.eventsOfDay(new Date(profile.nowMs).toISOString().slice(0, 10));
    expect(found.events).toHaveLength(1);
  });

  it('notes when that was, and goes on naming deletions as an account that was left does', async () => {
    const { vault } = profile.store;
    const naming = new Uint8Array(32).fill(5);
    const older = [{ epoch: 1, header: new Uint8Array(32).fill(6) }];
    const left = { number: 2, atMs: 1, carried: { naming, older } };
    await profile.store.exclusive(() => vault.adoptMaster(vault.masterKey(), left));
    await manager.rotateMasterKey(await manager.masterKey());
    await profile.reopen();
    expect(profile.store.vault.epoch).toEqual({
      number: 1,
      atMs: profile.nowMs,
      carried: { naming, older: [] },
    });
  });

  it('is for the key in force only, and not for one that other devices share', async () => {
    await expect(manager.rotateMasterKey(await manager.generateMasterKey())).rejects.toThrow(RangeError);
    profile.store.syncing = true;
    await expect(manager.rotateMasterKey(await manager.masterKey())).rejects.toThrow(DOMException);
  });
});

describe('the key of a password', () => {
  it('is the same for the same password, also after a restart, and another for another', async () => {
    const key = await manager.deriveKeyFromPassword('correct horse battery staple');
    const encrypted = await manager.encrypt('blue whales', key);
    await profile.reopen();
    const next = new EncryptionManager(profile.store);
    expect(
      await next.decrypt(encrypted, await next.deriveKeyFromPassword('correct horse battery staple')),
    ).toBe('blue whales');
    expect((await next.deriveKeyFromPassword('correct horse battery stable')).keyId).not.toBe(key.keyId);
    const other = await emptyProfile();
    const elsewhere = new EncryptionManager(other.store);
    expect((await elsewhere.deriveKeyFromPassword('correct horse battery staple')).keyId).not.toBe(key.keyId);
  });
});

describe('the sensitive fields of a profile', () => {
  it('are sealed as one message, of this profile only, and come back as they were', async () => {
    const one = person();
    const before = structuredClone(one);
    await manager.encryptSensitiveFields(one);
    for (const name of SENSITIVE_FIELDS) expect(one).not.toHaveProperty(name);
    expect(JSON.stringify(one)).not.toMatch(/de-DE|Berlin/);
    const sealed = (one as unknown as SealedProfile).sealed;
    await manager.encryptSensitiveFields(one);
    expect((one as unknown as SealedProfile).sealed).toBe(sealed);
    const other = { ...person(), userId: 'user-2' };
    await manager.encryptSensitiveFields(other);
    const swapped = { ...other, sealed } as unknown as SealedProfile;
    await expect(manager.decryptSensitiveFields(swapped)).rejects.toThrow(DamagedError);
    expect(swapped.sealed).toBe(sealed);
    await manager.decryptSensitiveFields(one);
    expect(one).toEqual(before);
    await manager.decryptSensitiveFields(one);
    expect(one).toEqual(before);
  });
});
