/** What a passphrase gives, derived in a thread that ends with it, so that nothing of it stays in memory. */
import { type Bytes, fromBase64Url } from '../base/bytes.ts';
import type { Kdf } from '../crypto/kdf.ts';
import { pageUrl } from '../platform/runtime.ts';
import { PASSPHRASE_SCRIPT } from './passphrase-script.ts';

/** `key`: 32 bytes, base64url. @throws when the thread does not start, or has too little memory. */
export function deriveKey(
  passphrase: string,
  kdf: Kdf,
): Promise<{ readonly key: string; readonly ms: number }> {
  const worker = new Worker(pageUrl(PASSPHRASE_SCRIPT));
  return new Promise<{ key: string; ms: number }>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data as { key: string; ms: number });
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ passphrase, kdf });
  }).finally(() => worker.terminate());
}

/** The same as bytes. */
export const deriveBytes = async (passphrase: string, kdf: Kdf): Promise<Bytes> =>
  fromBase64Url((await deriveKey(passphrase, kdf)).key) as Bytes;

/** For `chooseKdf`. */
export const measured =
  (passphrase: string) =>
  async (kdf: Kdf): Promise<{ readonly key: Bytes; readonly ms: number }> => {
    const { key, ms } = await deriveKey(passphrase, kdf);
    return { key: fromBase64Url(key) as Bytes, ms };
  };
