import {
  isSignatureError,
  SignatureErrorCode,
  type UntrustedSignatureCandidate,
  verifySignature,
  webcrypto,
} from 'http-message-sig';
import { type Bytes, fromBase64Url } from '../../../src/base/bytes.ts';
import { type AccountId, type DeviceId, parseAccountId } from '../../../src/protocol/ids.ts';
import {
  ACCOUNT_HEADER,
  DIGEST_HEADER,
  NONCE_PATTERN,
  RECOVERY_KEY_ID,
  SIGNATURE_LABEL,
  SIGNATURE_PARAMETERS,
  SIGNED_COMPONENTS,
} from '../../../src/protocol/signature.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { CheckedList } from '../store/store.ts';

/** Who signed a request. */
export interface Signature {
  readonly account: AccountId;
  /** `null`: the recovery key. */
  readonly device: DeviceId | null;
  readonly list: CheckedList;
  readonly nonce: string;
}

class NotListed extends Error {}

/** Without these there is nothing to verify. */
export const isSigned = (headers: Headers): boolean =>
  ['signature', 'signature-input', DIGEST_HEADER, ACCOUNT_HEADER].every((name) => headers.has(name));

/**
 * Whether the stated time alone explains a refusal. It only chooses between two words for "no": the library has
 * refused already, and does not say which rule it was.
 */
function isSkewed(headers: Headers, nowSeconds: number, skewSeconds: number): boolean {
  const created = /;created=(-?\d{1,15})(?:;|$)/.exec(headers.get('signature-input') ?? '')?.[1];
  return created !== undefined && Math.abs(nowSeconds - Number(created)) > skewSeconds;
}

const importKey = (key: Bytes) => crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);

/**
 * Verifies the signature against the account's newest device list. An unknown account and an unknown device answer alike.
 * The digest and the nonce are covered by the signature, but not checked here.
 */
export async function verifyRequest(
  request: Request,
  options: {
    readonly nowSeconds: number;
    readonly skewSeconds: number;
    readonly listOf: (account: AccountId) => Promise<CheckedList | null>;
  },
): Promise<Signature | Refusal> {
  const { nowSeconds, skewSeconds, listOf } = options;
  const account = parseAccountId(request.headers.get(ACCOUNT_HEADER) ?? '');
  if (!account) return refuse('BAD_SIGNATURE');
  const resolveVerifier = async ({ parameters }: UntrustedSignatureCandidate) => {
    const list = await listOf(account);
    const isRecovery = parameters.keyid === RECOVERY_KEY_ID;
    const device = list?.list.devices.find((candidate) => candidate.id === parameters.keyid);
    const signer = isRecovery ? list?.list.recovery : device;
    const key = signer && fromBase64Url(signer.sign);
    if (!list || !key) throw new NotListed();
    return { ...webcrypto.verifier(await importKey(key)), device: device?.id ?? null, list };
  };
  try {
    const { parameters, verifier } = await verifySignature(request, {
      label: SIGNATURE_LABEL,
      policy: {
        algorithms: ['ed25519'],
        requiredComponents: SIGNED_COMPONENTS,
        requiredParameters: SIGNATURE_PARAMETERS,
        // Both ways: nothing older and nothing newer than the skew.
        maxAge: 0,
        clockSkew: skewSeconds,
        now: nowSeconds,
      },
      resolveVerifier,
    });
    const { nonce } = parameters;
    if (nonce === undefined || !NONCE_PATTERN.test(nonce)) return refuse('BAD_SIGNATURE');
    return { account, device: verifier.device, list: verifier.list, nonce };
  } catch (error) {
    if (!isSignatureError(error)) throw error;
    if (error.code === SignatureErrorCode.ResolverFailed) {
      if (error.cause instanceof NotListed) return refuse('UNKNOWN_DEVICE');
      throw error.cause;
    }
    return refuse(isSkewed(request.headers, nowSeconds, skewSeconds) ? 'CLOCK_SKEW' : 'BAD_SIGNATURE');
  }
}
