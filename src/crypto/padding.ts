/**
 * Sizes tell what was sealed, so plaintexts are padded: u32 length ‖ payload ‖ zeros, up to the Padmé size (at most 12 %
 * more; Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019, §4).
 */
import { type Bytes, u32 } from '../base/bytes.ts';

/** Everything that leaves the device has at least this size. */
export const MIN_PADDED_BYTES = 1024;

/** The Padmé size for `length` bytes: only the top half of the length's own bits may be set. */
export function padmeSize(length: number): number {
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const significand = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** Math.max(0, exponent - significand);
  return Math.ceil(length / step) * step;
}

export function pad(payload: Uint8Array, minimumBytes: number): Bytes {
  const out = new Uint8Array(Math.max(minimumBytes, padmeSize(payload.length + 4)));
  out.set(u32(payload.length));
  out.set(payload, 4);
  return out;
}

/** The payload, or `null` when the length does not fit or something but zeros comes behind. How many zeros there are is not asked. */
export function unpad(padded: Bytes): Bytes | null {
  if (padded.length < 4) return null;
  const length = new DataView(padded.buffer, padded.byteOffset, 4).getUint32(0);
  if (4 + length > padded.length) return null;
  for (let i = 4 + length; i < padded.length; i++) if (padded[i] !== 0) return null;
  return padded.subarray(4, 4 + length);
}
