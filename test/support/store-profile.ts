/** A profile's store on whatever IndexedDB there is, with a clock that the test sets. Runs in pages too. */
import type { Bytes } from '../../src/base/bytes.ts';
import type { LocalStore, LocalStoreOptions } from '../../src/storage/local-store.ts';
import { LockedStore } from '../../src/storage/locked-store.ts';
import { openOrLocked } from '../../src/storage/open-or-locked.ts';

export interface LocalProfile {
  store: LocalStore;
  nowMs: number;
  /** What is kept outside the database. */
  sentinel: unknown;
  /** Rows that were met and did not open. */
  damaged: number;
  /** What the browser's memory has of a profile with a passphrase. */
  secret: Bytes | undefined;
  options(): LocalStoreOptions;
  /** As after the browser was closed: opens the same data again. */
  reopen(): Promise<void>;
  /** The same without what was in memory: the profile has a passphrase, and is locked. */
  reopenLocked(): Promise<LockedStore>;
}

/** Opens what is in this origin's databases. */
export async function openProfile(nowMs = Date.UTC(2026, 10, 24, 12)): Promise<LocalProfile> {
  const options = (): LocalStoreOptions => ({
    secret: async () => profile.secret,
    clock: { nowMs: () => profile.nowMs },
    sentinel: {
      read: async () => profile.sentinel,
      write: async (value) => {
        profile.sentinel = value;
      },
    },
    onBlocked() {},
    onClosed() {},
    onDamaged: (rows) => {
      profile.damaged += rows;
    },
  });
  const open = () => openOrLocked(options());
  const profile: LocalProfile = {
    nowMs,
    sentinel: undefined,
    damaged: 0,
    secret: undefined,
    options,
    store: undefined as never,
    async reopen() {
      profile.store.close();
      const store = await open();
      if (store instanceof LockedStore) throw new Error('the profile is locked');
      profile.store = store;
    },
    async reopenLocked() {
      profile.store.close();
      profile.secret = undefined;
      const store = await open();
      if (store instanceof LockedStore) return store;
      throw new Error('the profile is not locked');
    },
  };
  profile.store = (await open()) as LocalStore;
  return profile;
}
