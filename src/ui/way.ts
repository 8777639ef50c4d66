/** What a way to unlock gives, for a command that asks for it. */
import { fail, type Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import { askPasskey, PasskeyFault } from './passkey.ts';
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

const NO_MEMORY =
  'The browser gave no memory to make a key of the passphrase, so nothing was done. Close some pages and try again.';

/** What asks for a proof, with it. That none can be made is a failure, too. */
export const proven = <T>(
  typed: string,
  task: (given: GivenProof) => Promise<Result<T>>,
): Promise<Result<T>> =>
  proofBy(typed).then(task, (error: unknown) =>
    fail('no-proof', error instanceof PasskeyFault ? error.message : NO_MEMORY),
  );
