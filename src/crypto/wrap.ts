/**
 * Keys sealed under keys. A wrap carries a 32-byte commitment to the wrapping key in front of the envelope, because GCM
 * alone can be made to open under two keys (Len, Grubbs, Ristenpart, "Partitioning Oracle Attacks", USENIX Security 2021).
 */
import { type Bytes, concat, equalBytes } from '../base/bytes.ts';
import { type AeadKey, aeadKey, open, seal } from './envelope.ts';
import { hkdf } from './primitives.ts';

const COMMITMENT_BYTES = 32;

interface Prepared {
  readonly commitment: Bytes;
  readonly key: AeadKey;
}

/** One key wraps thousands: what is derived from it is derived once, and forgotten with it. */
const prepared = new WeakMap<Bytes, Promise<Prepared>>();

function prepare(wrappingKey: Bytes): Promise<Prepared> {
  let known = prepared.get(wrappingKey);
  if (!known) {
    known = Promise.all([hkdf(wrappingKey, 'arq/v1/commit'), aeadKey(wrappingKey)]).then(
      ([commitment, key]) => ({ commitment, key }),
    );
    prepared.set(wrappingKey, known);
  }
  return known;
}

export async function wrap(wrappingKey: Bytes, secret: Bytes, aad: Bytes): Promise<Bytes> {
  const { commitment, key } = await prepare(wrappingKey);
  return concat(commitment, await seal(key, secret, aad));
}

/** `null` when this is not the wrapping key, or the wrap was changed. */
export async function unwrap(wrappingKey: Bytes, wrapped: Bytes, aad: Bytes): Promise<Bytes | null> {
  const { commitment, key } = await prepare(wrappingKey);
  if (!equalBytes(commitment, wrapped.subarray(0, COMMITMENT_BYTES))) return null;
  const opened = await open(key, wrapped.subarray(COMMITMENT_BYTES), aad);
  return opened.ok ? opened.plaintext : null;
}
