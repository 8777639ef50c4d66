/**
 * The framing of requests and answers that carry bodies: u32 length of the head (big-endian), the head as JSON in UTF-8,
 * then the bodies one after another. The head says how long each body is; a frame with a byte too many or too few is
 * refused. Bodies are opaque.
 */
import { type Bytes, concat, fromUtf8, u32, utf8 } from '../base/bytes.ts';

export const FRAME_TYPE = 'application/vnd.arq.frame';

/** The head alone may not be larger than this. */
const HEAD_BYTES = 128 * 1024;

export function encodeFrame(head: unknown, bodies: readonly Uint8Array[]): Bytes {
  const json = utf8(JSON.stringify(head));
  return concat(u32(json.length), json, ...bodies);
}

/** The parsed head (still to be validated) and what follows it, or `null` when the bytes are not a frame. */
export function decodeFrame(bytes: Bytes): { readonly head: unknown; readonly rest: Bytes } | null {
  if (bytes.length < 4) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  if (length > HEAD_BYTES || 4 + length > bytes.length) return null;
  try {
    return { head: JSON.parse(fromUtf8(bytes.subarray(4, 4 + length))), rest: bytes.subarray(4 + length) };
  } catch {
    return null;
  }
}

/** Cuts `rest` into bodies of the given sizes, or `null` when they do not add up to exactly its length. */
export function splitBodies(rest: Bytes, sizes: readonly number[]): Bytes[] | null {
  if (sizes.reduce((sum, size) => sum + size, 0) !== rest.length) return null;
  let offset = 0;
  return sizes.map((size) => {
    const body = rest.subarray(offset, offset + size);
    offset += size;
    return body;
  });
}
