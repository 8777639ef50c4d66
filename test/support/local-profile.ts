/** A profile's store on fake-indexeddb, with a clock that the test sets. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { LocalStore } from '../../src/storage/local-store.ts';

export interface LocalProfile {
  store: LocalStore;
  nowMs: number;
  /** As after the browser was closed: opens the same data again. */
  reopen(): Promise<void>;
}

/** An empty profile; every earlier one is gone. */
export async function emptyProfile(nowMs = Date.UTC(2026, 10, 24, 12)): Promise<LocalProfile> {
  globalThis.indexedDB = new IDBFactory();
  let generation: number | undefined;
  const open = () =>
    LocalStore.open({
      pointer: {
        read: async () => generation,
        write: async (value) => {
          generation = value;
        },
      },
      clock: { nowMs: () => profile.nowMs },
      onBlocked() {},
      onTerminated() {},
    });
  const profile: LocalProfile = {
    nowMs,
    store: undefined as never,
    async reopen() {
      profile.store.close();
      profile.store = await open();
    },
  };
  profile.store = await open();
  return profile;
}
