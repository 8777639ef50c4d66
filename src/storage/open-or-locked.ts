/** Opens a profile that may be locked. Apart from local-store.ts: who has no passphrase needs nothing of what seals. */
import { LocalStore, type LocalStoreOptions, openParts } from './local-store.ts';
import { LockedStore } from './locked-store.ts';
import { beginIncarnation, Vault } from './vault.ts';

export async function openOrLocked(options: LocalStoreOptions): Promise<LocalStore | LockedStore> {
  const parts = await openParts(options);
  const { db, keys, vault, run, isBehind } = parts;
  if (vault instanceof Vault) return LocalStore.from({ ...parts, vault }, options);
  const incarnation = isBehind ? await beginIncarnation(keys, vault) : vault.incarnation;
  return LockedStore.open(db, keys, { ...vault, incarnation }, options.clock, run);
}
