/** SHA-256 and Ed25519 by WebCrypto, which Node and Cloudflare's workerd share. */
import { type Bytes, toHex } from '../../../src/base/bytes.ts';
import type { ListChecks } from '../../../src/protocol/device-list.ts';
import type { Etag } from '../../../src/protocol/ids.ts';

export const sha256 = async (data: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', data));

export const etagOf = async (body: Bytes): Promise<Etag> => toHex(await sha256(body)) as Etag;

/** False for a wrong signature and for bytes that are no public key. */
export async function verify(publicKey: Bytes, data: Bytes, signature: Bytes): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, signature, data);
  } catch {
    return false;
  }
}

export const listChecks: ListChecks = { sha256, verify };
