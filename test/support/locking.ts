/** Locking and unlocking a test's profile with the 32 bytes that a passphrase would give. Runs in pages too. */
import type { Bytes } from '../../src/base/bytes.ts';
import { dayOf } from '../../src/base/clock.ts';
import { openLock, parseLock, setLock as setLockOf } from '../../src/storage/lock.ts';
import type { LockedStore } from '../../src/storage/locked-store.ts';
import {
  prepareToLock,
  type RuleLate,
  type SealedGap,
  type Unsealed,
  unseal as unsealStore,
} from '../../src/storage/sealed.ts';
import { SOME_KDF } from './some-kdf.ts';
import type { LocalProfile } from './store-profile.ts';

export { SOME_KDF };
export const SOME_KEY: Bytes = new Uint8Array(32).fill(9);

export async function setLock({ store, nowMs }: LocalProfile, key = SOME_KEY): Promise<void> {
  await setLockOf(store.vault, SOME_KDF, key);
  await prepareToLock(store, dayOf(nowMs));
}

/** @throws Error when it is not the passphrase's key. */
export async function unlock(profile: LocalProfile, locked: LockedStore, key = SOME_KEY): Promise<void> {
  const secret = await openLock(locked.vault.userId, parseLock(locked.vault.lock), key);
  if (!secret) throw new Error('that is not the passphrase');
  locked.close();
  profile.secret = secret;
  await profile.reopen();
}

/** As the background does it after unlocking. */
export const unseal = (
  { store, nowMs }: LocalProfile,
  rule: RuleLate = (event) => event,
  noted: (gap: SealedGap) => Promise<void> = async () => {},
): Promise<Unsealed> => unsealStore(store, dayOf(nowMs), { rule, noted, counted: async () => {} });
