/** `ContextStorage` on an open profile. Runs in pages too. */
import { ContextStorage, type ContextStorageOptions } from '../../src/context/context-storage.ts';
import type { LocalProfile } from './store-profile.ts';

export interface ContextProfile {
  readonly profile: LocalProfile;
  storage: ContextStorage;
  /** As after the browser was closed. */
  reopen(): Promise<void>;
}

export function contextOnProfile(
  profile: LocalProfile,
  options: Partial<ContextStorageOptions> = {},
): ContextProfile {
  const open = () =>
    new ContextStorage(profile.store, {
      clock: { nowMs: () => profile.nowMs },
      timeZone: 'Europe/Berlin',
      language: 'de',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      onDamaged: (rows) => {
        profile.damaged += rows;
      },
      ...options,
    });
  const both: ContextProfile = {
    profile,
    storage: open(),
    async reopen() {
      await profile.reopen();
      both.storage = open();
    },
  };
  return both;
}
