/** Passkeys that unlock a profile: what is said of one in the open. */
import * as v from 'valibot';

export const MAX_PASSKEYS = 8;

/** Of the authenticator's choosing; at most 1023 bytes (WebAuthn, section 4, "credential id"). */
export const passkeyId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,1364}$/));

export const passkeySchema = v.strictObject({
  /** The credential's id, base64url. */
  id: passkeyId,
  /** What its pseudo-random function is asked about: 32 random bytes, base64url. */
  salt: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
  madeMs: v.pipe(v.number(), v.safeInteger()),
});
export type Passkey = v.InferOutput<typeof passkeySchema>;
