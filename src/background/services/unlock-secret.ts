/** What an unlocked profile with a passphrase was opened with: in the browser's memory, so that the next worker need not ask. */
import { type Bytes, fromBase64Url, toBase64Url } from '../../base/bytes.ts';
import { sessionArea } from '../../platform/areas.ts';

const NAME = 'unlock-secret';

export async function readUnlockSecret(): Promise<Bytes | undefined> {
  const stored = await sessionArea.get(NAME);
  return typeof stored === 'string' ? (fromBase64Url(stored) ?? undefined) : undefined;
}

export const writeUnlockSecret = (secret: Bytes): Promise<void> => sessionArea.set(NAME, toBase64Url(secret));
export const forgetUnlockSecret = (): Promise<void> => sessionArea.remove(NAME);
