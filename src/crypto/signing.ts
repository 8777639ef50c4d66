/** Ed25519 (RFC 8032) for requests and device lists, X25519 (RFC 7748) for key agreement. Native in both browsers. */
import { type Bytes, concat, fromBase64Url, toBase64Url } from '../base/bytes.ts';
import { hkdf } from './primitives.ts';

export interface DeviceKeys {
  readonly sign: CryptoKeyPair;
  readonly kem: CryptoKeyPair;
  readonly signPublic: Bytes;
  readonly kemPublic: Bytes;
}

/** What is kept, sealed, to have the same keys again. PKCS #8 as base64url. */
export interface ExportedDeviceKeys {
  readonly sign: string;
  readonly kem: string;
  readonly signPublic: string;
  readonly kemPublic: string;
}

const rawPublic = async (key: CryptoKey): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.exportKey('raw', key));

export async function generateDeviceKeys(): Promise<DeviceKeys> {
  const [sign, kem] = (await Promise.all([
    crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']),
    crypto.subtle.generateKey('X25519', true, ['deriveBits']),
  ])) as [CryptoKeyPair, CryptoKeyPair];
  return {
    sign,
    kem,
    signPublic: await rawPublic(sign.publicKey),
    kemPublic: await rawPublic(kem.publicKey),
  };
}

export async function exportDeviceKeys(keys: DeviceKeys): Promise<ExportedDeviceKeys> {
  const pkcs8 = async (key: CryptoKey) =>
    toBase64Url(new Uint8Array(await crypto.subtle.exportKey('pkcs8', key)));
  return {
    sign: await pkcs8(keys.sign.privateKey),
    kem: await pkcs8(keys.kem.privateKey),
    signPublic: toBase64Url(keys.signPublic),
    kemPublic: toBase64Url(keys.kemPublic),
  };
}

/** @throws when the stored keys are damaged. */
export async function importDeviceKeys(stored: ExportedDeviceKeys): Promise<DeviceKeys> {
  const bytes = (text: string): Bytes => {
    const decoded = fromBase64Url(text);
    if (decoded === null) throw new TypeError('device key is not base64url');
    return decoded;
  };
  const pair = async (
    algorithm: 'Ed25519' | 'X25519',
    pkcs8: string,
    raw: string,
  ): Promise<CryptoKeyPair> => {
    const usage: KeyUsage[] = algorithm === 'Ed25519' ? ['sign'] : ['deriveBits'];
    return {
      privateKey: await crypto.subtle.importKey('pkcs8', bytes(pkcs8), algorithm, true, usage),
      publicKey: await crypto.subtle.importKey(
        'raw',
        bytes(raw),
        algorithm,
        true,
        algorithm === 'Ed25519' ? ['verify'] : [],
      ),
    };
  };
  return {
    sign: await pair('Ed25519', stored.sign, stored.signPublic),
    kem: await pair('X25519', stored.kem, stored.kemPublic),
    signPublic: bytes(stored.signPublic),
    kemPublic: bytes(stored.kemPublic),
  };
}

export const sign = async (privateKey: CryptoKey, data: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, data));

/** False for a wrong signature and for bytes that are no public key. */
export async function verify(publicKey: Bytes, data: Bytes, signature: Bytes): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, signature, data);
  } catch {
    return false;
  }
}

/** PKCS #8 prefixes for a 32-byte private key (RFC 8410 §7). */
const PKCS8 = {
  Ed25519: [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20],
  X25519: [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20],
} as const;

/** The X25519 key pair with this private key of 32 bytes (RFC 7748 §5: any 32 bytes are one). */
export async function x25519Pair(
  secret: Bytes,
): Promise<{ readonly pair: CryptoKeyPair; readonly publicBytes: Bytes }> {
  const { key, publicKey } = await fromSeed('X25519', secret);
  const imported = await crypto.subtle.importKey('raw', publicKey, 'X25519', true, []);
  return { pair: { privateKey: key, publicKey: imported }, publicBytes: publicKey };
}

async function fromSeed(
  algorithm: 'Ed25519' | 'X25519',
  seed: Bytes,
): Promise<{ readonly key: CryptoKey; readonly publicKey: Bytes }> {
  const pkcs8 = concat(new Uint8Array(PKCS8[algorithm]), seed);
  const usage: KeyUsage[] = algorithm === 'Ed25519' ? ['sign'] : ['deriveBits'];
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, usage);
  const jwk = await crypto.subtle.exportKey('jwk', key);
  return { key, publicKey: fromBase64Url(jwk.x ?? '') as Bytes };
}

export interface RecoveryKeys {
  /** Signs the first device list and, later, an override. */
  readonly sign: CryptoKey;
  readonly signPublic: Bytes;
  /** The master key is sealed for it. */
  readonly kem: CryptoKeyPair;
  readonly kemPublic: Bytes;
}

/** The account's genesis keys, from its 128-bit recovery secret (the entropy of the 12 words). */
export async function recoveryKeys(secret: Bytes): Promise<RecoveryKeys> {
  const [signing, kem] = await Promise.all([
    hkdf(secret, 'arq/v1/recovery/sign').then((seed) => fromSeed('Ed25519', seed)),
    hkdf(secret, 'arq/v1/recovery/kem').then(x25519Pair),
  ]);
  return { sign: signing.key, signPublic: signing.publicKey, kem: kem.pair, kemPublic: kem.publicBytes };
}
