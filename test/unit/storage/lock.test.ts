/**
 * A profile with a passphrase: what is on disk while it is locked, and what comes through.
 * Over 300 lines, because every rule is also tried with each write as the last one.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bytes, toBase64Url, toHex } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { FIRST_EPOCH } from '../../../src/crypto/epochs.ts';
import type { InteractionEvent, InteractionRecord, NewEvent } from '../../../src/model/interaction.ts';
import { LockedError } from '../../../src/storage/database.ts';
import { LocalStore } from '../../../src/storage/local-store.ts';
import { changeLock, openLock, parseLock, setLock as setVaultLock } from '../../../src/storage/lock.ts';
import { LockedStore } from '../../../src/storage/locked-store.ts';
import { openOrLocked } from '../../../src/storage/open-or-locked.ts';
import { eraseSealed, prepareToLock, type SealedGap } from '../../../src/storage/sealed.ts';
import { failWrite } from '../../support/fail-write.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';
import {
  SOME_KDF,
  SOME_KEY,
  setLock as setLockOf,
  unlock as unlockOf,
  unseal as unsealOf,
} from '../../support/locking.ts';

let profile: LocalProfile;
beforeEach(async () => {
  profile = await emptyProfile();
});

const visit = (name: string, atMs = profile.nowMs): NewEvent => ({
  kind: 'visit',
  atMs,
  level: 'private',
  url: `https://${name}.example/`,
  title: name,
  transition: 'link',
});
const same = (event: InteractionEvent) => event;

const setLock = (key?: Bytes) => setLockOf(profile, key);
const unlock = (locked: LockedStore) => unlockOf(profile, locked);
let gaps: SealedGap[] = [];
const unseal = (rule: (event: InteractionEvent) => InteractionEvent | null = same) =>
  unsealOf(profile, rule, async (gap) => void gaps.push(gap));
beforeEach(() => {
  gaps = [];
});

async function records(): Promise<InteractionRecord[]> {
  const all: InteractionRecord[] = [];
  for await (const day of profile.store.recordsByDay('oldest')) {
    expect(day.damaged).toBe(0);
    all.push(...day.records);
  }
  return all;
}
const titles = async () => (await records()).map((record) => ('title' in record ? record.title : ''));

/** Everything in every database of this origin. */
async function everythingStored(): Promise<string> {
  const found: string[] = [];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name as string);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const store of db.objectStoreNames) {
      const rows = await new Promise<unknown[]>((resolve) => {
        const request = db.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
      });
      found.push(
        JSON.stringify(rows, (_, value) => (value instanceof Uint8Array ? toHex(value) : (value as unknown))),
      );
    }
    db.close();
  }
  return found.join('\n');
}

describe('a profile with a passphrase', () => {
  it('opens with what its key opens, and with nothing else', async () => {
    await profile.store.append({ event: visit('before') });
    await setLock();
    await profile.store.append({ event: visit('after') });
    const locked = await profile.reopenLocked();
    const { userId } = locked.vault;
    const lock = parseLock(locked.vault.lock);
    expect(await openLock(userId, lock, new Uint8Array(32).fill(8))).toBeNull();
    expect(await openLock('somebody else', lock, SOME_KEY)).toBeNull();
    // Cheaper parameters are another lock.
    const cheaper = { secret: '', ...lock.passphrase, kdf: { ...SOME_KDF, passes: 3 } };
    expect(await openLock(userId, { ...lock, passphrase: cheaper }, SOME_KEY)).toBeNull();
    await unlock(locked);
    expect(await titles()).toEqual(['before', 'after']);
  });

  it('is not opened by a secret that is not its own any more, nor as one that has no passphrase', async () => {
    await setLock();
    const before = profile.store.vault.unlockSecret();
    await setLock(new Uint8Array(32).fill(3));
    profile.store.close();
    profile.secret = before;
    await expect(profile.reopen()).rejects.toThrow('locked');
    profile.secret = systemRandom.bytes(32);
    await expect(profile.reopen()).rejects.toThrow('locked');
    await expect(LocalStore.open(profile.options())).rejects.toThrow(LockedError);
  });

  it('has no secret of its keys on disk, not even that of before', async () => {
    await profile.store.append({ event: visit('before') });
    const { vault } = profile.store;
    const secrets = [vault.unlockSecret(), vault.masterKey()];
    await setLock();
    secrets.push(vault.unlockSecret(), vault.masterKey(), SOME_KEY);
    for (const { raw } of await vault.ring()) secrets.push(raw);
    const locked = await profile.reopenLocked();
    await locked.append({ event: visit('while-locked') });
    const stored = await everythingStored();
    expect(stored.length).toBeGreaterThan(1_000);
    for (const secret of secrets) {
      expect(stored).not.toContain(toHex(secret));
      expect(stored).not.toContain(toBase64Url(secret));
    }
    expect(stored).not.toContain('while-locked');
    await unlock(locked);
    await unseal();
    expect(await titles()).toEqual(['before', 'while-locked']);
  });

  it('without one again opens by itself', async () => {
    await setLock();
    await profile.store.append({ event: visit('a') });
    await changeLock(profile.store.vault, { remove: { name: undefined } });
    profile.secret = undefined;
    await profile.reopen();
    expect(await titles()).toEqual(['a']);
    expect(profile.store.vault.lock).toBeUndefined();
  });

  it('keeps its keys when another master key is taken with it, and through an erasure', async () => {
    await profile.store.append({ event: visit('a') });
    await profile.store.append({ event: visit('b') });
    const renewed = { master: systemRandom.bytes(32), epoch: FIRST_EPOCH };
    await setVaultLock(profile.store.vault, SOME_KDF, SOME_KEY, renewed);
    await prepareToLock(profile.store, dayOf(profile.nowMs));
    await profile.store.erase((record) => 'title' in record && record.title === 'a');
    await profile.store.vault.adoptMaster(systemRandom.bytes(32));
    const locked = await profile.reopenLocked();
    await locked.append({ event: visit('c') });
    await unlock(locked);
    await unseal();
    expect(await titles()).toEqual(['b', 'c']);
  });
});

describe('what comes while it is locked', () => {
  it('is there once and in order afterwards, with its updates, over restarts and days', async () => {
    await profile.store.append({ event: visit('open-0') });
    await setLock();
    let locked = await profile.reopenLocked();
    const expected = ['open-0'];
    for (let n = 0; n < 30; n++) {
      if (n % 10 === 5) {
        locked.close();
        profile.nowMs += DAY_MS;
        locked = await profile.reopenLocked();
      }
      profile.nowMs += 1_000;
      const event = await locked.append({
        event: visit(`sealed-${n}`),
        tab: { tabId: 7, keepsTitle: true },
        nonce: `nonce-${n}`,
      });
      expect(await locked.append({ event: visit('again'), nonce: `nonce-${n}` })).toBeNull();
      await locked.append({
        event: { kind: 'visit-update', visit: event?.id as string, atMs: profile.nowMs, title: `title-${n}` },
        shownIn: 7,
      });
      expected.push(`title-${n}`);
    }
    expect(await locked.count()).toEqual({ events: 60, dropped: 0 });
    await unlock(locked);
    expect(await titles()).toEqual(['open-0']);
    expect(await unseal()).toEqual({ events: 60, broken: 0 });
    expect(await titles()).toEqual(expected);
    await profile.store.append({ event: visit('open-1', profile.nowMs + 1) });
    await profile.store.pack(true);
    await profile.reopen();
    expect(await unseal()).toEqual({ events: 0, broken: 0 });
    expect(await titles()).toEqual([...expected, 'open-1']);
    expect(gaps).toEqual([]);
    const ids = (await records()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is queued for sync with the step that opens it', async () => {
    await setLock();
    const locked = await profile.reopenLocked();
    for (const name of ['a', 'b']) await locked.append({ event: visit(name) });
    await unlock(locked);
    profile.store.syncing = true;
    await unseal();
    expect((await profile.store.db.getAll('outbox')).map((row) => row.what)).toEqual(['event', 'event']);
  });

  it('goes by the rules when they are known, if they were not', async () => {
    await setLock();
    const locked = await profile.reopenLocked();
    const secret = await locked.append({ event: visit('secret'), tab: { tabId: 1, keepsTitle: true } });
    const kept = await locked.append({ event: visit('kept'), tab: { tabId: 2, keepsTitle: true } });
    for (const [tabId, event] of [
      [1, secret],
      [2, kept],
    ] as const)
      await locked.append({
        event: { kind: 'visit-update', visit: event?.id as string, atMs: profile.nowMs, title: 'later' },
        shownIn: tabId,
      });
    locked.ruled = true;
    await locked.append({ event: visit('ruled') });
    await unlock(locked);
    const ruled: string[] = [];
    await unseal((event) => {
      if (event.kind === 'visit-update') return event;
      ruled.push('url' in event ? event.url : event.kind);
      return 'title' in event && event.title === 'secret' ? null : event;
    });
    expect(await titles()).toEqual(['later', 'ruled']);
    expect(ruled).toEqual(['https://secret.example/', 'https://kept.example/']);
    const { events } = await profile.store.eventsOfDay(dayOf(profile.nowMs));
    expect(events.map(({ kind }) => kind)).toEqual(['visit', 'visit-update', 'visit']);
  });

  it('counts as later than a deletion of before, also where the rules leave only its hour', async () => {
    await profile.store.append({ event: visit('before') });
    const untilMs = await profile.store.deleting();
    await setLock();
    const locked = await profile.reopenLocked();
    profile.nowMs += 60_000;
    await locked.append({ event: visit('secret') });
    await unlock(locked);
    const atMs = Math.floor(profile.nowMs / 3_600_000) * 3_600_000;
    await unseal((event) => ({
      kind: 'reduced',
      of: 'visit',
      id: event.id,
      atMs,
      level: 'anonymous',
      category: 'web',
    }));
    const [count] = (await records()).filter(({ kind }) => kind === 'reduced');
    expect(count).toMatchObject({ atMs, afterMs: untilMs });
  });

  it('has a limit: the oldest go, and are counted; what is lost otherwise is noticed', async () => {
    await setLock();
    const { db, keys, vault } = await profile.reopenLocked();
    const small = await LockedStore.open(db, keys, vault, { nowMs: () => profile.nowMs }, undefined, {
      events: 10,
      bytes: 1e9,
    });
    for (let n = 0; n < 14; n++) await small.append({ event: visit(`p${n}`, profile.nowMs + n) });
    expect(await small.count()).toEqual({ events: 10, dropped: 4 });
    await small.db.delete('sealed', 9);
    await unlock(small);
    expect(await unseal()).toEqual({ events: 9, broken: 0 });
    expect(gaps).toEqual([{ dropped: 4, missing: 1 }]);
    expect(await titles()).toEqual([4, 5, 6, 7, 9, 10, 11, 12, 13].map((n) => `p${n}`));
    await unseal();
    expect(gaps).toHaveLength(1);
  });

  it('goes from where it waits when it is erased there, with its updates, and is no gap', async () => {
    await setLock();
    const locked = await profile.reopenLocked();
    for (const name of ['gone', 'kept']) {
      const { id } = (await locked.append({ event: visit(name) })) as InteractionEvent;
      const update = {
        kind: 'visit-update',
        visit: id,
        atMs: profile.nowMs,
        title: `${name} later`,
      } as const;
      await locked.append({ event: update });
    }
    await unlock(locked);
    const isMeant = (record: InteractionRecord) => 'url' in record && record.url.includes('gone');
    const opening = {
      rule: same,
      noted: async (gap: SealedGap) => void gaps.push(gap),
      counted: async () => {},
    };
    expect(await eraseSealed(profile.store, isMeant, opening)).toBe(false);
    expect((await profile.store.db.getAll('sealed')).map(({ n }) => n)).toEqual([3, 4]);
    expect(await unseal()).toEqual({ events: 2, broken: 0 });
    expect([await titles(), gaps]).toEqual([['kept later'], []]);
    expect(await eraseSealed(profile.store, () => true, opening)).toBe(true);
  });

  it('in another place, or changed, is no event', async () => {
    await setLock();
    const locked = await profile.reopenLocked();
    for (const name of ['a', 'b', 'c']) await locked.append({ event: visit(name) });
    const rows = await locked.db.getAll('sealed');
    const [a, b] = rows as [(typeof rows)[0], (typeof rows)[0]];
    await locked.db.put('sealed', { ...a, box: b.box });
    await locked.db.put('sealed', { ...b, day: '2020-01-01' });
    await unlock(locked);
    expect(await unseal()).toEqual({ events: 1, broken: 2 });
    expect(await titles()).toEqual(['c']);
  });

  it('is sealed for keys of which the private half is gone once it was opened', async () => {
    await setLock();
    const first = dayOf(profile.nowMs);
    const locked = await profile.reopenLocked();
    await locked.append({ event: visit('a') });
    profile.nowMs += 40 * DAY_MS;
    // A month without being opened: the last key goes on.
    await locked.append({ event: visit('b') });
    const seals = (await locked.db.getAll('sealed')).map(({ seal }) => seal);
    expect(seals).toEqual([first, dayOf(profile.nowMs - 6 * DAY_MS)]);
    await unlock(locked);
    await unseal();
    expect(await titles()).toEqual(['a', 'b']);
    const days = profile.store.vault.periods('seals').sort();
    expect(days[0]).toBe(dayOf(profile.nowMs));
    expect(days).toHaveLength(35);
  });

  it('opens no more once something was erased, from rows of before either', async () => {
    await setLock();
    const locked = await profile.reopenLocked();
    await locked.append({ event: visit('a') });
    const rows = await locked.db.getAll('sealed');
    await unlock(locked);
    await unseal();
    await profile.store.erase(() => true, true);
    for (const row of rows) await profile.store.db.put('sealed', row);
    await unseal();
    expect(await titles()).toEqual([]);
  });
});

describe('interrupted at any one write', () => {
  afterEach(() => vi.restoreAllMocks());

  it('setting a passphrase leaves a profile that opens the old way or the new way, with everything', async () => {
    let k = 1;
    for (let happened = true; happened; k++) {
      profile = await emptyProfile();
      await profile.store.append({ event: visit('a') });
      await profile.store.append({ event: visit('b', profile.nowMs - 5 * DAY_MS) });
      const failing = failWrite(k);
      const done = await setLock().then(
        () => true,
        () => false,
      );
      happened = failing.happened();
      vi.restoreAllMocks();
      expect(done).toBe(!happened);
      profile.store.close();
      const store = await openOrLocked(profile.options());
      store.close();
      if (store instanceof LockedStore) {
        const secret = await openLock(store.vault.userId, parseLock(store.vault.lock), SOME_KEY);
        expect(secret).not.toBeNull();
        profile.secret = secret as Bytes;
      }
      await profile.reopen();
      expect(await titles()).toEqual(['b', 'a']);
    }
    expect(k).toBeGreaterThan(5);
  });

  it('opening what came while locked has each event once', async () => {
    let k = 1;
    for (let happened = true; happened; k++) {
      profile = await emptyProfile();
      await setLock();
      const locked = await profile.reopenLocked();
      const expected = Array.from({ length: 5 }, (_, n) => `p${n}`);
      for (const [n, name] of expected.entries())
        await locked.append({ event: visit(name, profile.nowMs + n) });
      await unlock(locked);
      profile.store.syncing = true;
      const failing = failWrite(k);
      await unseal().catch(() => {});
      happened = failing.happened();
      vi.restoreAllMocks();
      await profile.reopen();
      await unseal();
      expect(await titles()).toEqual(expected);
      expect(await profile.store.db.count('sealed')).toBe(0);
    }
    expect(k).toBeGreaterThan(5);
  });
});
