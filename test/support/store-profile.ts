/** A profile's store on whatever IndexedDB there is, with a clock that the test sets. Runs in pages too. */
import { LocalStore } from '../../src/storage/local-store.ts';

export interface LocalProfile {
  store: LocalStore;
  nowMs: number;
  /** What is kept outside the database. */
  sentinel: unknown;
  /** Rows that were met and did not open. */
  damaged: number;
  /** As after the browser was closed: opens the same data again. */
  reopen(): Promise<void>;
}

/** Opens what is in this origin's databases, as a start without a pointer does. */
export async function openProfile(nowMs = Date.UTC(2026, 10, 24, 12)): Promise<LocalProfile> {
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
  const profile: LocalProfile = {
    nowMs,
    sentinel: undefined,
    damaged: 0,
    store: undefined as never,
    async reopen() {
      profile.store.close();
      profile.store = await open();
    },
  };
  profile.store = await open();
  return profile;
}
