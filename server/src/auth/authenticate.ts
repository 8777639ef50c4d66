/**
 * Who is asking: a signature of a device that is in the account's list now, made lately, used once, over exactly this body
 * (src/protocol/signature.ts). The body is read last, and never beyond its limit.
 */
import { isSignatureError, SignatureErrorCode, verifySignature } from 'http-message-sig';
import { type Bytes, fromBase64Url } from '../../../src/base/bytes.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { DeviceList } from '../../../src/protocol/device-list.ts';
import { type AccountId, type DeviceId, parseAccountId, parseDeviceId } from '../../../src/protocol/ids.ts';
import type { Limits } from '../../../src/protocol/limits.ts';
import {
  ACCOUNT_HEADER,
  contentDigest,
  DIGEST_HEADER,
  NONCE_PATTERN,
  SIGNATURE_LABEL,
  SIGNATURE_PARAMETERS,
  SIGNED_COMPONENTS,
} from '../../../src/protocol/signature.ts';
import { Refusal } from '../refusal.ts';
import { sha256, verify } from './digest.ts';
import type { Nonces } from './nonces.ts';
import type { Rate } from './rate.ts';

export interface Caller {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly list: DeviceList;
  readonly body: Bytes;
}

export interface Authentication {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly nonces: Nonces;
  readonly rate: Rate;
  /** The newest device list, or `null` when there is no such account. */
  listOf(account: AccountId): Promise<DeviceList | null>;
}

/** @throws Refusal */
export async function authenticate(
  request: Request,
  { clock, limits, nonces, rate, listOf }: Authentication,
): Promise<Caller> {
  const account = parseAccountId(request.headers.get(ACCOUNT_HEADER) ?? '');
  if (account === null || !request.headers.has('signature') || !request.headers.has('signature-input'))
    throw new Refusal('UNSIGNED');
  const list = await listOf(account);
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  let device: DeviceId | null = null;
  let nonce = '';
  try {
    await verifySignature(request, {
      label: SIGNATURE_LABEL,
      policy: {
        algorithms: ['ed25519'],
        requiredComponents: SIGNED_COMPONENTS,
        requiredParameters: SIGNATURE_PARAMETERS,
        now: nowSeconds,
      },
      resolveVerifier: ({ parameters }) => {
        device = parseDeviceId(String(parameters.keyid));
        nonce = String(parameters.nonce);
        const skew = Math.abs(nowSeconds - Number(parameters.created));
        if (!NONCE_PATTERN.test(nonce)) throw new Refusal('BAD_SIGNATURE');
        if (!(skew <= limits.skewSeconds)) throw new Refusal('CLOCK_SKEW', { serverTime: clock.nowMs() });
        const listed = list?.devices.find((candidate) => candidate.id === device);
        // An account that does not exist and a device that is not in it look alike.
        if (!listed) throw new Refusal('UNKNOWN_DEVICE');
        const key = fromBase64Url(listed.sign);
        return {
          algorithm: 'ed25519',
          verify: (data, signature) => verify(key as Bytes, new Uint8Array(data), new Uint8Array(signature)),
        };
      },
    });
  } catch (error) {
    if (
      isSignatureError(error) &&
      error.code === SignatureErrorCode.ResolverFailed &&
      error.cause instanceof Refusal
    )
      throw error.cause;
    throw new Refusal('BAD_SIGNATURE');
  }
  if (!list || device === null) throw new Refusal('UNKNOWN_DEVICE');
  const wait = rate.take(device);
  if (wait > 0) throw new Refusal('TOO_MANY', {}, wait);
  const use = nonces.use(device, nonce);
  if (use === 'full') throw new Refusal('UNAVAILABLE', {}, limits.skewSeconds);
  if (use === 'seen') throw new Refusal('REPLAYED');
  const body = await readBody(request, limits.requestBytes);
  const digest = contentDigest(btoa(String.fromCharCode(...(await sha256(body)))));
  if (digest !== request.headers.get(DIGEST_HEADER)) throw new Refusal('BAD_SIGNATURE');
  return { account, device, list, body };
}

/** The whole body, never more than `maxBytes` of it, whatever was declared. @throws Refusal */
export async function readBody(request: Request, maxBytes: number): Promise<Bytes> {
  if (request.headers.has('content-encoding')) throw new Refusal('BAD_REQUEST');
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw new Refusal('TOO_LARGE');
  const parts: Uint8Array[] = [];
  let length = 0;
  if (request.body) {
    for await (const part of request.body as unknown as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > maxBytes) throw new Refusal('TOO_LARGE');
      parts.push(part);
    }
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    body.set(part, offset);
    offset += part.length;
  }
  return body;
}
