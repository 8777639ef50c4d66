/** Setting, changing and removing the passphrase of an open profile, and what is left in memory when it is locked. */
import { type Bytes, fromBase64Url } from '../../base/bytes.ts';
import { dayOf } from '../../base/clock.ts';
import { ok, type Result } from '../../base/result.ts';
import { newMasterKey } from '../../crypto/account-keys.ts';
import type { Kdf } from '../../crypto/kdf.ts';
import { openLock, parseLock, removeLock, setLock } from '../../storage/lock.ts';
import { prepareToLock as prepareSeals } from '../../storage/sealed.ts';
import { hasLeft } from '../../sync/left.ts';
import { attempt, WRONG_PASSPHRASE } from './attempts.ts';
import { forgetLockedSettings, removeGate, writeGate, writeLockedSettings } from './gate.ts';
import type { LockedProfile } from './locked-profile.ts';
import type { Profile } from './profile.ts';
import { forgetUnlockSecret, writeUnlockSecret } from './unlock-secret.ts';

const keyOf = (text: string): Bytes | null => {
  const key = fromBase64Url(text);
  return key?.length === 32 ? key : null;
};

/** The unlock secret, for the passphrase's key. */
async function check(
  { store, clock }: Profile | LockedProfile,
  typed: string | undefined,
): Promise<Result<Bytes>> {
  const { lock, userId } = store.vault;
  const key = typed === undefined ? null : keyOf(typed);
  if (!lock || !key) return WRONG_PASSPHRASE;
  return attempt(clock.nowMs(), () => openLock(userId, parseLock(lock), key));
}

/** `key`: what the new passphrase gave with `kdf`; `current`: what the one of now gave, where there is one. */
export async function setPassphrase(
  profile: Profile,
  { kdf, key, current }: { readonly kdf: Kdf; readonly key: string; readonly current?: string | undefined },
): Promise<Result<null>> {
  const { store, settings } = profile;
  const raw = keyOf(key);
  if (!raw) return WRONG_PASSPHRASE;
  if (store.vault.lock) {
    const checked = await check(profile, current);
    if (!checked.ok) return checked;
  }
  // Recording while locked needs it, and it says nothing that is secret.
  await writeGate(settings);
  // Who has a copy of this profile from before gets nothing of what comes now. In an account the master key is everybody's.
  const isAlone = !store.syncing && !(await hasLeft(store));
  await store.exclusive(() => setLock(store.vault, kdf, raw, isAlone ? newMasterKey() : undefined));
  await writeUnlockSecret(store.vault.unlockSecret());
  await prepareSeals(store, dayOf(profile.clock.nowMs()));
  profile.changed();
  return ok(null);
}

export async function removePassphrase(profile: Profile, current: string): Promise<Result<null>> {
  const checked = await check(profile, current);
  if (!checked.ok) return checked;
  const { store } = profile;
  await store.exclusive(() => removeLock(store.vault));
  await forgetUnlockSecret();
  await removeGate();
  profile.changed();
  return ok(null);
}

/** Puts what opens the profile into the browser's memory. */
export async function unlock(profile: LockedProfile, key: string): Promise<Result<null>> {
  const opened = await check(profile, key);
  if (!opened.ok) return opened;
  await writeUnlockSecret(opened.value);
  return ok(null);
}

/** Before the services close: what is durable stays, and no key. */
export async function prepareToLock(profile: Profile): Promise<void> {
  await prepareSeals(profile.store, dayOf(profile.clock.nowMs()));
  await writeGate(profile.settings);
  await writeLockedSettings(profile.settings);
  await forgetUnlockSecret();
}

/** After it was opened: pausing was possible meanwhile. */
export async function takeOver(
  profile: Profile,
  gate: { readonly pause: Profile['settings']['pause'] } | null,
): Promise<void> {
  if (gate && JSON.stringify(gate.pause) !== JSON.stringify(profile.settings.pause))
    await profile.change({ pause: gate.pause });
  await forgetLockedSettings();
}
