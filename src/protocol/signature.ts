/**
 * Signed requests: HTTP Message Signatures (RFC 9421) with Ed25519, over method, authority, path, query, the digest of the
 * body (RFC 9530, also when the body is empty) and the account. `created` bounds the age both ways; `nonce` is used once;
 * `keyid` is the device, or `recovery`: the key that follows from the recovery phrase, which may read and continue the device list.
 */
export const ACCOUNT_HEADER = 'x-arq-account';
export const DIGEST_HEADER = 'content-digest';
export const SIGNED_COMPONENTS = [
  '@method',
  '@authority',
  '@path',
  '@query',
  DIGEST_HEADER,
  ACCOUNT_HEADER,
] as const;
export const SIGNATURE_LABEL = 'arq';
export const SIGNATURE_PARAMETERS = ['created', 'nonce', 'keyid'] as const;
/** 16 random bytes as base64url. */
export const NONCE_PATTERN = /^[A-Za-z0-9_-]{22}$/;

/** Value of `Content-Digest` for a SHA-256 in ordinary base64 (RFC 9530 §2). */
export const contentDigest = (sha256Base64: string): string => `sha-256=:${sha256Base64}:`;

/** Who signs with the recovery key. No device has this id: it is too short. */
export const RECOVERY_KEY_ID = 'recovery';
