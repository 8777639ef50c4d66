/**
 * What a passkey gives, asked of the browser (WebAuthn Level 3, the `prf` extension). The relying party is the extension itself:
 * no website and no other extension can ask for it. Called by a click; the key never leaves the page but for the background.
 */
import { type Bytes, fromBase64Url, toBase64Url } from '../base/bytes.ts';
import { systemRandom } from '../base/random.ts';
import { passkeyKey } from '../crypto/passkey.ts';
import type { Passkey } from '../model/passkeys.ts';
import { extensionRoot } from '../platform/runtime.ts';

/** Why there are none here, as a sentence; `null` when there are. */
export function noPasskeys(): string | null {
  if (!extensionRoot().startsWith('chrome-extension:'))
    return 'Not in Firefox: there a passkey belongs to a website, and an extension has no lasting name of its own that one could belong to. Use a passphrase here.';
  if (!('PublicKeyCredential' in globalThis)) return 'This browser has no passkeys. Use a passphrase.';
  return null;
}

/** Whoever is asked may take this long. */
const TIMEOUT_MS = 120_000;
/** ES256, EdDSA, RS256 (IANA COSE algorithms). What it signs is thrown away: only its pseudo-random function counts. */
const ALGORITHMS = [-7, -8, -257];

export class PasskeyFault extends Error {}
const CANNOT =
  'That passkey cannot make a key (it has no "PRF"). Nothing was changed. Use another one, or a passphrase.';
const REFUSED = 'The browser got no answer from a passkey. Nothing was changed; try again.';

const outputOf = (credential: PublicKeyCredential): Bytes | null => {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) return null;
  const bytes = ArrayBuffer.isView(first)
    ? new Uint8Array(first.buffer, first.byteOffset, first.byteLength)
    : new Uint8Array(first);
  return bytes.length === 32 ? bytes.slice() : null;
};

const answered = async (asking: Promise<Credential | null>): Promise<PublicKeyCredential> => {
  const credential = await asking.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'InvalidStateError')
      throw new PasskeyFault('That passkey unlocks ARQ Context already.');
    return null;
  });
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyFault(REFUSED);
  return credential;
};

const descriptor = (id: string): PublicKeyCredentialDescriptor => ({
  type: 'public-key',
  id: fromBase64Url(id) as Bytes,
});

/** `key`: 32 bytes, base64url. */
export interface PasskeyAnswer {
  readonly id: string;
  readonly key: string;
}

/** Asks any of these. @throws PasskeyFault with a sentence. */
export async function askPasskey(passkeys: readonly Pick<Passkey, 'id' | 'salt'>[]): Promise<PasskeyAnswer> {
  const evalByCredential = Object.fromEntries(
    passkeys.map(({ id, salt }) => [id, { first: fromBase64Url(salt) as Bytes }]),
  );
  const credential = await answered(
    navigator.credentials.get({
      publicKey: {
        challenge: systemRandom.bytes(32),
        allowCredentials: passkeys.map(({ id }) => descriptor(id)),
        // What it gives depends on whether the person was verified: always.
        userVerification: 'required',
        timeout: TIMEOUT_MS,
        extensions: { prf: { evalByCredential } },
      },
    }),
  );
  const output = outputOf(credential);
  if (!output) throw new PasskeyFault(CANNOT);
  return { id: toBase64Url(new Uint8Array(credential.rawId)), key: toBase64Url(await passkeyKey(output)) };
}

/** Makes one, and asks it. @throws PasskeyFault with a sentence. */
export async function makePasskey(
  others: readonly Pick<Passkey, 'id'>[],
): Promise<PasskeyAnswer & { readonly salt: string }> {
  const salt = systemRandom.bytes(32);
  const credential = await answered(
    navigator.credentials.create({
      publicKey: {
        // Without an id it is the extension's own.
        rp: { name: 'ARQ Context' },
        user: { id: systemRandom.bytes(16), name: 'ARQ Context', displayName: 'ARQ Context' },
        challenge: systemRandom.bytes(32),
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: others.map(({ id }) => descriptor(id)),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        attestation: 'none',
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  if (credential.getClientExtensionResults().prf?.enabled !== true) throw new PasskeyFault(CANNOT);
  const place = { id: toBase64Url(new Uint8Array(credential.rawId)), salt: toBase64Url(salt) };
  // Some answer when they are made, security keys only when they are asked again.
  const output = outputOf(credential);
  return output
    ? { ...place, key: toBase64Url(await passkeyKey(output)) }
    : { ...place, ...(await askPasskey([place])) };
}
