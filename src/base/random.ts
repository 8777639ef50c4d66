import { type Bytes, toBase64Url, toHex } from './bytes.ts';

/** The source of randomness is injected where tests need to repeat a run; production code passes `systemRandom`. */
export interface Random {
  bytes(length: number): Bytes;
}

export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

/** Uniform in [0, 1) with 32 bits. */
export function fraction(random: Random): number {
  return new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32;
}

/** Uniform in [0, 2^32). */
export const randomU32 = (): number => new DataView(systemRandom.bytes(4).buffer).getUint32(0);

/** A random UUID, version 4 (RFC 9562 §5.4). */
export function randomUuid(random: Random = systemRandom): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** 128 random bits as base64url. */
export const randomId = (): string => toBase64Url(systemRandom.bytes(16));
