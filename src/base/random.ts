import { type Bytes, toBase64Url } from './bytes.ts';

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

/** 128 random bits as base64url. */
export const randomId = (): string => toBase64Url(systemRandom.bytes(16));
