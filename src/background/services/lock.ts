/** Ways to unlock of an open profile: set, changed and removed; and what is left in memory when it is locked. */
import { type Bytes, fromBase64Url } from '../../base/bytes.ts';
import { dayOf } from '../../base/clock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Kdf } from '../../crypto/kdf.ts';
import { MAX_PASSKEYS } from '../../model/passkeys.ts';
import type { LockState } from '../../model/recording.ts';
import { type Change, changeLock, openLock, parseLock } from '../../storage/lock.ts';
import { prepareToLock as prepareSeals } from '../../storage/sealed.ts';
import { wishRenewal } from '../../sync/rotation.ts';
import { attempt, WRONG_PASSPHRASE } from './attempts.ts';
import { forgetLockedSettings, removeGate, writeGate, writeLockedSettings } from './gate.ts';
import type { LockedProfile } from './locked-profile.ts';
import type { Profile } from './profile.ts';
import { forgetUnlockSecret, writeUnlockSecret } from './unlock-secret.ts';

const keyOf = (text: string): Bytes | null => {
  const key = fromBase64Url(text);
  return key?.length === 32 ? key : null;
};

/** What a way gave: `by` is a passkey's id; without it the passphrase was typed. */
export interface Proof {
  readonly current?: string | undefined;
  readonly by?: string | undefined;
}

const WRONG_PASSKEY = fail('wrong-passkey', 'That passkey does not open ARQ Context. Nothing was changed.');

/** The unlock secret, for what a way gave. */
async function check(
  { store, clock }: Profile | LockedProfile,
  { current, by }: Proof,
): Promise<Result<{ readonly secret: Bytes; readonly key: Bytes }>> {
  const { lock, userId } = store.vault;
  const wrong = by === undefined ? WRONG_PASSPHRASE : WRONG_PASSKEY;
  const key = current === undefined ? null : keyOf(current);
  if (!lock || !key) return wrong;
  const open = () => openLock(userId, parseLock(lock), key, by);
  // Nobody guesses what a passkey gives: it makes nobody wait.
  const secret =
    by === undefined ? await attempt(clock.nowMs(), open) : await open().then((found) => found && ok(found));
  if (!secret) return wrong;
  return secret.ok ? ok({ secret: secret.value, key }) : secret;
}

/** Whether it would change the lock; where nothing locks, anything does. */
export async function checkProof(profile: Profile, proof: Proof): Promise<Result<null>> {
  const checked = profile.store.vault.lock ? await check(profile, proof) : ok(null);
  return checked.ok ? ok(null) : checked;
}

/** The whole of a change: of an open profile, by who can open it. */
async function change(profile: Profile, proof: Proof, wanted: Change): Promise<Result<null>> {
  const { store, settings, clock } = profile;
  let used: Change['used'];
  if (store.vault.lock) {
    const checked = await check(profile, proof);
    if (!checked.ok) return checked;
    used = { name: proof.by, key: checked.value.key };
  }
  // Recording while locked needs it, and it says nothing that is secret.
  await writeGate(settings);
  // However it ends: what is locked has keys to seal for, or it would record nothing.
  await prepareSeals(store, dayOf(clock.nowMs()));
  // A copy of the ring from before opens nothing of what comes, also with a way that goes (docs/decisions/0010). In an account the master
  // key is everybody's: the next round makes another one.
  if (store.syncing) await wishRenewal(store);
  await store.exclusive(() => {
    const { vault, syncing } = store;
    return changeLock(vault, {
      ...wanted,
      used,
      renewed: syncing ? undefined : vault.nextAlone(clock.nowMs()),
    });
  });
  if (store.vault.lock) {
    await writeUnlockSecret(store.vault.unlockSecret());
  } else {
    await forgetUnlockSecret();
    await removeGate();
  }
  profile.changed();
  return ok(null);
}

/** `key`: what the new passphrase gave with `kdf`. */
export async function setPassphrase(
  profile: Profile,
  { kdf, key, ...proof }: Proof & { readonly kdf: Kdf; readonly key: string },
): Promise<Result<null>> {
  const raw = keyOf(key);
  return raw ? change(profile, proof, { add: { kind: 'passphrase', kdf, key: raw } }) : WRONG_PASSPHRASE;
}

/** `key`: what the passkey gives for `salt`. */
export async function addPasskey(
  profile: Profile,
  { id, salt, key, ...proof }: Proof & { readonly id: string; readonly salt: string; readonly key: string },
): Promise<Result<null>> {
  const raw = keyOf(key);
  if (!raw) return WRONG_PASSKEY;
  const { lock } = profile.store.vault;
  const others = lock ? parseLock(lock).passkeys.filter((passkey) => passkey.id !== id) : [];
  if (others.length >= MAX_PASSKEYS)
    return fail('too-many', `At most ${MAX_PASSKEYS} passkeys unlock ARQ Context. Remove one first.`);
  const place = { id, salt, madeMs: profile.clock.nowMs() };
  return change(profile, proof, { add: { kind: 'passkey', place, key: raw } });
}

/** `name`: a passkey's id, or the passphrase. `off`: nothing may be locked any more. */
export async function removeWay(
  profile: Profile,
  name: string | undefined,
  { off = false, ...proof }: Proof & { readonly off?: boolean | undefined },
): Promise<Result<null>> {
  const { lock } = profile.store.vault;
  const { passphrase, passkeys } = lock ? parseLock(lock) : { passphrase: undefined, passkeys: [] };
  const names = [...(passphrase ? [undefined] : []), ...passkeys.map(({ id }) => id)];
  if (!names.includes(name)) return name === undefined ? WRONG_PASSPHRASE : WRONG_PASSKEY;
  if (names.length === 1 && !off)
    return fail(
      'last-way',
      'This is the only way to unlock. Without it ARQ Context is not locked any more: confirm that first.',
    );
  // Without a lock nobody looks for it any more, and no deletion would find it.
  if (names.length === 1 && (await profile.store.db.count('sealed')) > 0)
    return fail(
      'still-sealed',
      'Some of what came while it was locked is not in the store yet, because there is no room. Delete something or make room on the disk, and try again.',
    );
  return change(profile, proof, { remove: { name } });
}

/** What is told of the ways, also while it is locked. */
export function waysToUnlock(lock: Bytes): Pick<LockState, 'passkeys' | 'passphrase'> {
  const { passphrase, passkeys } = parseLock(lock);
  if (passkeys.length === 0) return {};
  const told = passkeys.map(({ id, salt, madeMs }) => ({ id, salt, madeMs }));
  return { passkeys: told, ...(passphrase ? {} : { passphrase: false }) };
}

/** Puts what opens the profile into the browser's memory. */
export async function unlock(profile: LockedProfile, proof: Proof): Promise<Result<null>> {
  const opened = await check(profile, proof);
  if (!opened.ok) return opened;
  await writeUnlockSecret(opened.value.secret);
  return ok(null);
}

/**
 * Before the services close: what is durable stays, and no key. On a full disk less may be ready for recording while it is locked; it
 * is locked all the same.
 */
export async function prepareToLock(profile: Profile): Promise<void> {
  const { store, settings, clock } = profile;
  const unlessRefused = (what: string, task: Promise<void>, otherwise = async () => {}) =>
    task.catch(async (error: unknown) => {
      console.error(`${what} failed; it is locked all the same`, error);
      await otherwise();
    });
  // Keys from before go on being used.
  await unlessRefused('making keys to seal for', prepareSeals(store, dayOf(clock.nowMs())));
  // What is in force has to hold while it is locked, or nothing is recorded.
  await unlessRefused('noting what is recorded', writeGate(settings), removeGate);
  await unlessRefused('noting the rules', writeLockedSettings(settings), forgetLockedSettings);
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
