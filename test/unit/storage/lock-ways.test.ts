/** Several ways to unlock one profile: each opens it, each can go, and what went opens nothing that comes. */
import '../../support/kill.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bytes, toBase64Url, utf8 } from '../../../src/base/bytes.ts';
import type { NewEvent } from '../../../src/model/interaction.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { type Change, changeLock, openLock, parseLock, setLock } from '../../../src/storage/lock.ts';
import { LockedStore } from '../../../src/storage/locked-store.ts';
import { openOrLocked } from '../../../src/storage/open-or-locked.ts';
import { fromHex } from '../../support/from-hex.ts';
import { KILLED, killedAt } from '../../support/kill.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';
import { SOME_KDF, SOME_KEY } from '../../support/locking.ts';
import frozen from '../../vectors/lock-1.json' with { type: 'json' };

vi.setConfig({ testTimeout: 120_000 });

const bytes = (byte: number): Bytes => new Uint8Array(32).fill(byte);
const place = (id: string) => ({ id, salt: toBase64Url(bytes(1)), madeMs: 5 });
const passkey = (id: string, byte: number) =>
  ({ kind: 'passkey', place: place(id), key: bytes(byte) }) as const;
const PASSPHRASE = { kind: 'passphrase', kdf: SOME_KDF, key: SOME_KEY } as const;
const usedPassphrase = { name: undefined, key: SOME_KEY };
const usedPasskey = { name: 'one', key: bytes(21) };

let profile: LocalProfile;
beforeEach(async () => {
  profile = await emptyProfile();
  await append('a');
});
afterEach(() => profile.store.close());

const append = (name: string) => {
  const event: NewEvent = {
    kind: 'visit',
    atMs: profile.nowMs,
    level: 'private',
    url: `https://${name}.example/`,
    title: name,
    transition: 'link',
  };
  return profile.store.append({ event });
};
const change = (wanted: Change) => changeLock(profile.store.vault, wanted);
const titles = async () => {
  const all: string[] = [];
  for await (const { records } of profile.store.recordsByDay('oldest'))
    all.push(...records.map((record) => ('title' in record ? record.title : '')));
  return all;
};
const now = () => {
  const { lock, userId } = profile.store.vault;
  return { userId, lock: parseLock(lock as Bytes) };
};
/** What opens it now, by the names of `tried`. */
async function openedBy(tried: Readonly<Record<string, Bytes>>): Promise<string[]> {
  const { userId, lock } = now();
  const names: string[] = [];
  for (const [name, key] of Object.entries(tried))
    if (await openLock(userId, lock, key, name === 'passphrase' ? undefined : name)) names.push(name);
  return names;
}
const KEYS = { passphrase: SOME_KEY, one: bytes(21), two: bytes(22) };

describe('ways to unlock', () => {
  it('stand side by side: each opens by itself, and by its own name only', async () => {
    await change({ add: PASSPHRASE });
    await change({ add: passkey('one', 21), used: usedPassphrase });
    await change({ add: passkey('two', 22), used: usedPasskey });
    expect(await openedBy(KEYS)).toEqual(['passphrase', 'one', 'two']);
    expect(
      await openedBy({ passphrase: bytes(21), one: SOME_KEY, two: bytes(21), three: bytes(22) }),
    ).toEqual([]);
    const { userId, lock } = now();
    for (const [name, key] of [
      ['one', bytes(21)],
      ['two', bytes(22)],
      [undefined, SOME_KEY],
    ] as const) {
      await profile.reopenLocked().then((store) => store.close());
      profile.secret = (await openLock(userId, lock, key, name)) as Bytes;
      await profile.reopen();
      expect(await titles()).toEqual(['a']);
    }
    // Another salt, another profile: another place.
    const [first] = lock.passkeys;
    const moved = { ...lock, passkeys: [{ ...first, salt: toBase64Url(bytes(2)) } as never] };
    expect(await openLock(userId, moved, bytes(21), 'one')).toBeNull();
    expect(await openLock('somebody else', lock, bytes(21), 'one')).toBeNull();
  });

  it('a passkey alone locks, and the last way that goes leaves the profile open', async () => {
    await change({ add: passkey('one', 21) });
    expect(now().lock.passphrase).toBeUndefined();
    const locked = await profile.reopenLocked();
    profile.secret = (await openLock(
      locked.vault.userId,
      parseLock(locked.vault.lock),
      bytes(21),
      'one',
    )) as Bytes;
    locked.close();
    await profile.reopen();
    await change({ remove: { name: 'one' }, used: usedPasskey });
    profile.secret = undefined;
    await profile.reopen();
    expect(profile.store.vault.lock).toBeUndefined();
    expect(await titles()).toEqual(['a']);
  });

  it('a passphrase that is changed, set or removed leaves the passkeys, and the other way round', async () => {
    await change({ add: passkey('one', 21) });
    await setLock(profile.store.vault, SOME_KDF, SOME_KEY);
    await setLock(profile.store.vault, SOME_KDF, bytes(8));
    expect(await openedBy({ ...KEYS, passphrase: bytes(8) })).toEqual(['passphrase', 'one']);
    expect(await openedBy({ passphrase: SOME_KEY })).toEqual([]);
    await change({ remove: { name: undefined } });
    expect(await openedBy({ ...KEYS, passphrase: bytes(8) })).toEqual(['one']);
    await setLock(profile.store.vault, SOME_KDF, SOME_KEY);
    await change({ remove: { name: 'one' } });
    expect(await openedBy(KEYS)).toEqual(['passphrase']);
    // A passphrase alone is what earlier versions read.
    expect(JSON.parse(new TextDecoder().decode(profile.store.vault.lock))).toMatchObject({ version: 1 });
  });

  it('one that was removed opens nothing of now, also with a copy of the record of before', async () => {
    await change({ add: PASSPHRASE });
    await change({ add: passkey('one', 21), used: usedPassphrase });
    const before = now();
    const old = (await openLock(before.userId, before.lock, bytes(21), 'one')) as Bytes;
    await change({ remove: { name: 'one' } });
    profile.store.close();
    profile.secret = old;
    const store = await openOrLocked(profile.options());
    expect(store).toBeInstanceOf(LockedStore);
    store.close();
    const locked = store as LockedStore;
    profile.secret = (await openLock(locked.vault.userId, parseLock(locked.vault.lock), SOME_KEY)) as Bytes;
    await profile.reopen();
    expect(await titles()).toEqual(['a']);
  });

  it('a record that keeps no keys is added to only with the passphrase that it knows', async () => {
    await change({ add: PASSPHRASE });
    const { lock } = profile.store.vault;
    await expect(change({ add: passkey('one', 21) })).rejects.toThrow(DamagedError);
    await expect(change({ add: passkey('one', 21), used: usedPasskey })).rejects.toThrow(DamagedError);
    expect(profile.store.vault.lock).toBe(lock);
    expect(await openedBy(KEYS)).toEqual(['passphrase']);
  });

  it('one that somebody put into the files of a locked profile is never given the secret', async () => {
    await change({ add: passkey('one', 21) });
    const { vault } = profile.store;
    const record = JSON.parse(new TextDecoder().decode(vault.lock)) as { passkeys: object[] };
    record.passkeys.push({ ...record.passkeys[0], ...place('planted') });
    vault.lock = utf8(JSON.stringify(record));
    await expect(change({ add: PASSPHRASE, used: usedPasskey })).rejects.toThrow(DamagedError);
    // It can be removed.
    await change({ remove: { name: 'planted' }, used: usedPasskey });
    expect(await openedBy(KEYS)).toEqual(['one']);
  });
});

describe('ended at any one call to the database', () => {
  const cases: readonly [string, readonly Change[], Change][] = [
    ['the first passkey', [], { add: passkey('one', 21) }],
    [
      'a passkey beside a passphrase',
      [{ add: PASSPHRASE }],
      { add: passkey('one', 21), used: usedPassphrase },
    ],
    [
      'removing a passkey beside a passphrase',
      [{ add: PASSPHRASE }, { add: passkey('one', 21), used: usedPassphrase }],
      { remove: { name: 'one' }, used: usedPassphrase },
    ],
    [
      'removing the passphrase beside a passkey',
      [{ add: PASSPHRASE }, { add: passkey('one', 21), used: usedPassphrase }],
      { remove: { name: undefined }, used: usedPasskey },
    ],
    [
      'removing the last passkey',
      [{ add: passkey('one', 21) }],
      { remove: { name: 'one' }, used: usedPasskey },
    ],
  ];
  it.each(cases)(
    '%s: the ways are those of before or of after, and all is there',
    async (_, before, last) => {
      const seen = new Set<string>();
      let call = 1;
      for (let killed = true; killed; call++) {
        profile = await emptyProfile();
        await append('a');
        for (const wanted of before) await change(wanted);
        const waysBefore = profile.store.vault.lock ? await openedBy(KEYS) : ['none'];
        killed = (await killedAt(call, () => change(last))) === KILLED;
        // As after the browser was closed.
        profile.store.close();
        profile.secret = undefined;
        let store = await openOrLocked(profile.options());
        if (store instanceof LockedStore) {
          const { userId, lock } = store.vault;
          store.close();
          const parsed = parseLock(lock);
          const opened: string[] = [];
          for (const [name, key] of Object.entries(KEYS)) {
            const secret = await openLock(userId, parsed, key, name === 'passphrase' ? undefined : name);
            if (!secret) continue;
            opened.push(name);
            profile.secret = secret;
          }
          seen.add(String(opened));
          store = await openOrLocked(profile.options());
        } else seen.add('none');
        profile.store = store as typeof profile.store;
        expect(await titles()).toEqual(['a']);
        if (call === 1) expect([...seen]).toEqual([String(waysBefore)]);
      }
      expect(call).toBeGreaterThan(6);
      // Both were met: the change is one step somewhere in between.
      expect(seen.size).toBe(2);
    },
  );
});

describe('records that were written once', () => {
  it.each(frozen.locks)('$name opens for ever', async ({ userId, lock, ways, secret }) => {
    const parsed = parseLock(utf8(lock));
    for (const { name, key } of ways)
      expect(await openLock(userId, parsed, fromHex(key), name ?? undefined)).toEqual(fromHex(secret));
  });
});
