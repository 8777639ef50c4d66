/** WebCrypto in the few forms that the rest of this folder needs. All of it is standard; nothing here is invented. */
import { type Bytes, concat, u32, utf8 } from '../base/bytes.ts';

const subtle = () => crypto.subtle;

export const sha256 = async (data: Bytes): Promise<Bytes> =>
  new Uint8Array(await subtle().digest('SHA-256', data));

/**
 * HKDF-SHA-256 (RFC 5869) with a salt of 32 zero bytes. `info` = label ‖ 0x00 ‖ context.
 */
export async function hkdf(
  secret: Bytes,
  label: string,
  context: Bytes = new Uint8Array(0),
  lengthBytes = 32,
): Promise<Bytes> {
  const key = await subtle().importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const info = concat(utf8(label), new Uint8Array(1), context);
  const bits = await subtle().deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info },
    key,
    lengthBytes * 8,
  );
  return new Uint8Array(bits);
}

/** A key that names things: HMAC-SHA-256 (RFC 2104). */
export type MacKey = CryptoKey;

export const importMacKey = (raw: Bytes): Promise<MacKey> =>
  subtle().importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);

export const hmac = async (key: MacKey, data: Bytes): Promise<Bytes> =>
  new Uint8Array(await subtle().sign('HMAC', key, data));

/** Length-prefixed label and fields, so that no two uses of one key meet. */
export const macInput = (label: string, ...fields: readonly Bytes[]): Bytes =>
  concat(...[utf8(label), ...fields].flatMap((field) => [u32(field.length), field]));
