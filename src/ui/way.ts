/** What a way to unlock gives, for a command that asks for it. */
import { ask } from '../messaging/client.ts';
import { askPasskey } from './passkey.ts';
import { deriveKey } from './passphrase.ts';
import { status } from './status.ts';

/** As the messages have it; empty where nothing locks. */
export interface GivenProof {
  readonly current?: string;
  readonly by?: string;
}

/** By the passphrase that was typed, where there is one; else by a passkey. @throws when it cannot be made. */
export async function proofBy(typed: string): Promise<GivenProof> {
  const lock = status.value?.lock;
  if (!lock) return {};
  if (lock.passphrase === false) {
    const { id, key } = await askPasskey(lock.passkeys ?? []);
    return { current: key, by: id };
  }
  const parameters = await ask('lock.parameters', {});
  if (!parameters.ok || !parameters.value) return {};
  return { current: (await deriveKey(typed, parameters.value)).key };
}
