/** The recovery phrase and the master key, as the person handles them. */
import { equalBytes, fromBase64Url, toBase64Url } from '../../base/bytes.ts';
import { DAY_MS } from '../../base/clock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { PhraseAnswer } from '../../messaging/answers.ts';
import { isPhraseOf } from '../../sync/recovery.ts';
import { checkProof, type Proof } from './lock.ts';
import type { Profile } from './profile.ts';
import type { Sync } from './sync.ts';

const NO_PHRASE = fail(
  'no-phrase',
  'The recovery phrase is not on this device. It is where the account was made, until it has been written down there.',
);

/** `proof`: what a way to unlock gave, where there is one. */
export async function showPhrase(profile: Profile, proof: Proof): Promise<Result<PhraseAnswer>> {
  const checked = await checkProof(profile, proof);
  if (!checked.ok) return checked;
  const secret = profile.store.vault.recoverySecret();
  return secret ? ok({ secret: toBase64Url(secret) }) : NO_PHRASE;
}

/** The person has the words: the copy here is destroyed. `typed`: what the words stand for. */
export async function confirmPhrase(profile: Profile, typed: string): Promise<Result<null>> {
  const { store } = profile;
  const secret = store.vault.recoverySecret();
  if (!secret) return ok(null);
  if (!equalBytes(secret, fromBase64Url(typed) ?? new Uint8Array(0)))
    return fail('wrong-phrase', 'These are not the words of your recovery phrase.');
  await store.exclusive(() => store.vault.keepRecoverySecret(null));
  profile.changed();
  return ok(null);
}

/** Whether words that the person kept are those of this account. */
export async function checkPhrase(sync: Sync, typed: string): Promise<Result<null>> {
  const account = sync.accountId();
  const secret = fromBase64Url(typed);
  if (!account) return fail('sync-off', 'Switch on sync first.');
  return secret && (await isPhraseOf(secret, account))
    ? ok(null)
    : fail('wrong-phrase', 'These are not the words of this account.');
}

/** A new master key: for all devices of the account, or for this profile alone. What it sealed stays as it is. */
export async function renewKeys(profile: Profile, sync: Sync): Promise<Result<null>> {
  const { store } = profile;
  if (store.syncing) return sync.rotate();
  await store.renewAlone();
  profile.changed();
  return ok(null);
}

/** When the master key in force was made; where nobody noted it, when recording began. */
export const keysSinceMs = ({ store, settings }: Profile): number | undefined =>
  store.vault.epoch.atMs ?? settings.consentAtMs;

/** How long a master key is used before the person is reminded. */
const YEAR_MS = 365 * DAY_MS;

export function areKeysOld(profile: Profile): boolean {
  const sinceMs = keysSinceMs(profile);
  return sinceMs !== undefined && profile.clock.nowMs() - sinceMs > YEAR_MS;
}
