/**
 * Stands in for WebCrypto where many runs are wanted: it answers at once and takes its random numbers from a seed. AES-GCM, HMAC,
 * HKDF and SHA-256 are Node's own, so key, nonce and additional data are bound as they are in a browser; Ed25519 and X25519 are
 * replaced by hashes that only whoever has the key can be expected to make, which is no cryptography, and quick.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import type { Rng } from './rng.ts';

interface StandInKey {
  readonly type: 'secret' | 'private' | 'public';
  readonly algorithm: { readonly name: string };
  readonly extractable: boolean;
  readonly usages: readonly KeyUsage[];
  readonly bytes: Uint8Array;
}

type Data = ArrayBuffer | ArrayBufferView;
const bytesOf = (data: Data): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
/** A buffer of its own, as WebCrypto gives it. */
const bufferOf = (data: Uint8Array): ArrayBuffer => new Uint8Array(data).buffer as ArrayBuffer;
const sha256 = (...parts: (Uint8Array | string)[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const NAMES = ['Ed25519', 'X25519', 'HMAC', 'HKDF', 'AES-GCM'];
const nameOf = (algorithm: string | { readonly name: string }): string => {
  const name = typeof algorithm === 'string' ? algorithm : algorithm.name;
  return NAMES.find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
};
const publicOf = (name: string, secret: Uint8Array): Uint8Array => sha256(`public ${name} `, secret);
const refuse = (): never => {
  throw new DOMException('The operation failed.', 'OperationError');
};

/** RFC 8410 §7: 16 bytes, then the private key of 32. */
const PKCS8_HEAD = 16;
const OID_LAST = { Ed25519: 0x70, X25519: 0x6e } as const;

export class StandInSubtle {
  constructor(private readonly rng: Rng) {}

  async digest(_algorithm: unknown, data: Data): Promise<ArrayBuffer> {
    return bufferOf(sha256(bytesOf(data)));
  }

  async generateKey(
    algorithm: string | { readonly name: string; readonly length?: number },
    extractable: boolean,
    usages: KeyUsage[],
  ) {
    const name = nameOf(algorithm);
    const secret = this.rng.fill(new Uint8Array(32));
    if (name !== 'Ed25519' && name !== 'X25519') return keyOf('secret', name, extractable, usages, secret);
    return {
      privateKey: keyOf('private', name, extractable, usages, secret),
      publicKey: keyOf('public', name, true, usages, publicOf(name, secret)),
    };
  }

  async importKey(
    format: string,
    data: Data | JsonWebKey,
    algorithm: string | { readonly name: string },
    extractable: boolean,
    usages: KeyUsage[],
  ): Promise<StandInKey> {
    const name = nameOf(algorithm);
    const isPair = name === 'Ed25519' || name === 'X25519';
    if (format === 'jwk') {
      const { d, x } = data as JsonWebKey;
      const bytes = Buffer.from((d ?? x) as string, 'base64url');
      return keyOf(d === undefined ? 'public' : 'private', name, extractable, usages, bytes);
    }
    const bytes = bytesOf(data as Data);
    if (format === 'pkcs8') {
      if (bytes.length !== PKCS8_HEAD + 32) refuse();
      return keyOf('private', name, extractable, usages, bytes.slice(PKCS8_HEAD));
    }
    if (isPair && bytes.length !== 32) refuse();
    return keyOf(isPair ? 'public' : 'secret', name, extractable, usages, bytes.slice());
  }

  async exportKey(format: string, key: StandInKey): Promise<ArrayBuffer | JsonWebKey> {
    const { name } = key.algorithm;
    if (format === 'jwk') {
      const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
      const isPrivate = key.type === 'private';
      const x = isPrivate ? publicOf(name, key.bytes) : key.bytes;
      return { kty: 'OKP', crv: name, x: text(x), ...(isPrivate ? { d: text(key.bytes) } : {}) };
    }
    if (format !== 'pkcs8') return bufferOf(key.bytes);
    const head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65];
    const oid = OID_LAST[name as keyof typeof OID_LAST];
    return bufferOf(new Uint8Array([...head, oid, 4, 0x22, 4, 0x20, ...key.bytes]));
  }

  async encrypt(
    { iv, additionalData }: { iv: Data; additionalData?: Data },
    key: StandInKey,
    data: Data,
  ): Promise<ArrayBuffer> {
    const cipher = createCipheriv('aes-256-gcm', key.bytes, bytesOf(iv));
    if (additionalData) cipher.setAAD(bytesOf(additionalData));
    const sealed = Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]);
    return bufferOf(sealed);
  }

  async decrypt(
    { iv, additionalData }: { iv: Data; additionalData?: Data },
    key: StandInKey,
    data: Data,
  ): Promise<ArrayBuffer> {
    const bytes = bytesOf(data);
    if (bytes.length < 16) return refuse();
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytesOf(iv));
    if (additionalData) decipher.setAAD(bytesOf(additionalData));
    decipher.setAuthTag(bytes.subarray(-16));
    try {
      return bufferOf(Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]));
    } catch {
      return refuse();
    }
  }

  async sign(_algorithm: unknown, key: StandInKey, data: Data): Promise<ArrayBuffer> {
    const { name } = key.algorithm;
    if (name === 'HMAC') return bufferOf(createHmac('sha256', key.bytes).update(bytesOf(data)).digest());
    const hash = sha256('signed ', publicOf(name, key.bytes), bytesOf(data));
    return bufferOf(Buffer.concat([hash, hash]));
  }

  async verify(_algorithm: unknown, key: StandInKey, signature: Data, data: Data): Promise<boolean> {
    const hash = sha256('signed ', key.bytes, bytesOf(data));
    return Buffer.concat([hash, hash]).equals(bytesOf(signature));
  }

  async deriveBits(
    algorithm: {
      readonly name: string;
      readonly salt?: Data;
      readonly info?: Data;
      readonly public?: StandInKey;
    },
    key: StandInKey,
    length: number,
  ): Promise<ArrayBuffer> {
    if (nameOf(algorithm) === 'HKDF') {
      const { salt = new Uint8Array(0), info = new Uint8Array(0) } = algorithm;
      return hkdfSync('sha256', key.bytes, bytesOf(salt), bytesOf(info), length / 8);
    }
    const ends = [publicOf('X25519', key.bytes), (algorithm.public as StandInKey).bytes].sort(Buffer.compare);
    return bufferOf(sha256('agreed ', ...ends));
  }
}

const keyOf = (
  type: StandInKey['type'],
  name: string,
  extractable: boolean,
  usages: readonly KeyUsage[],
  bytes: Uint8Array,
): StandInKey => ({ type, algorithm: { name }, extractable, usages, bytes });
