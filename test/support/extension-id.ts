import { createHash } from 'node:crypto';

/**
 * The id that Chromium gives an unpacked extension with this manifest `key`: the first 128 bits of the SHA-256 of the
 * DER public key, in hexadecimal with the digits a-p (Chromium, components/crx_file/id_util.cc).
 */
export function chromiumExtensionId(key: string): string {
  const hash = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 32);
  return [...hash].map((digit) => 'abcdefghijklmnop'[Number.parseInt(digit, 16)]).join('');
}
