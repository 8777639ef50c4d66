/**
 * JSON as it lies in sealed records. Key rings and rules grow with the years, and a service takes bodies up to a limit: what is long is
 * deflated (RFC 1951), behind a byte that no JSON begins with and its length.
 */
import { deflateSync, inflateSync } from 'fflate';
import { type Bytes, concat, fromUtf8, u32, utf8 } from '../base/bytes.ts';

const DEFLATED = 1;
const HEAD_BYTES = 5;
/** Of less nothing is won: it is padded. */
const LEAST_BYTES = 1024;
/** Far more than rules and keys may be: a bomb is refused. */
const MOST_BYTES = 16 * 1024 * 1024;

export function encodeJson(value: unknown): Bytes {
  const json = utf8(JSON.stringify(value));
  if (json.length < LEAST_BYTES) return json;
  return concat(new Uint8Array([DEFLATED]), u32(json.length), deflateSync(json) as Bytes);
}

/** `undefined` when it is none. */
export function parseJson(bytes: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(bytes[0] === DEFLATED ? inflated(bytes) : bytes));
  } catch {
    return undefined;
  }
}

/** @throws when it is not what its length says. */
function inflated(bytes: Bytes): Bytes {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (length > MOST_BYTES) throw new RangeError('says to be longer than anything of ours');
  // Room for one byte more, to see that there is none.
  const json = inflateSync(bytes.subarray(HEAD_BYTES), { out: new Uint8Array(length + 1) }) as Bytes;
  if (json.length !== length) throw new RangeError('is not as long as it says');
  return json;
}
