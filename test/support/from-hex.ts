import type { Bytes } from '../../src/base/bytes.ts';

/** The bytes of a test vector. @throws TypeError when it is not hexadecimal. */
export function fromHex(hex: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new TypeError(`${hex} is not hexadecimal`);
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
