/**
 * What a device says in the account under its own signature (Ed25519): deletions, its name, receipts, how far it has read
 * the feed. The account's key alone says only that some device wrote it; the signature says which, and a device that was taken out, or the
 * service, cannot say it for another.
 */
import * as v from 'valibot';
import { type Bytes, fromBase64Url, toBase64Url, utf8 } from '../base/bytes.ts';
import { sign, verify } from '../crypto/signing.ts';
import type { AccountId, DeviceId } from '../protocol/ids.ts';

export type Attested = 'erase' | 'card' | 'head' | 'evidence';

/** `text`: the JSON as it was signed, so that nobody has to write it the same way again. */
export const attestedSchema = v.strictObject({ text: v.string(), signature: v.string() });
export type Attestation = v.InferOutput<typeof attestedSchema>;

/** Neither the kind, the account nor the device can contain a NUL, so no two of them sign the same bytes. */
const signedBytes = (what: Attested, account: AccountId, device: DeviceId, text: string): Bytes =>
  utf8(`arq/${what}/1\0${account}\0${device}\0${text}`);

export async function attest(
  what: Attested,
  account: AccountId,
  device: DeviceId,
  key: CryptoKey,
  value: unknown,
): Promise<Attestation> {
  const text = JSON.stringify(value);
  return { text, signature: toBase64Url(await sign(key, signedBytes(what, account, device, text))) };
}

/** What `device` said; `undefined` unless it is signed with `signPublic`, the Ed25519 key that the device list names for it. */
export async function attested(
  what: Attested,
  account: AccountId,
  device: DeviceId,
  signPublic: string | undefined,
  value: unknown,
): Promise<unknown> {
  const parsed = v.safeParse(attestedSchema, value);
  const key = fromBase64Url(signPublic ?? '');
  const signature = parsed.success ? fromBase64Url(parsed.output.signature) : null;
  if (!parsed.success || !key || !signature) return undefined;
  const { text } = parsed.output;
  if (!(await verify(key, signedBytes(what, account, device, text), signature))) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
