/**
 * Who is asking: a device that is in the account's list now, with a signature made lately, used once, over exactly this
 * body (src/protocol/signature.ts). From cheap to dear, and the body last.
 */
import type { Bytes } from '../../../src/base/bytes.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts';
import type { Limits } from '../../../src/protocol/limits.ts';
import { contentDigest, DIGEST_HEADER, RECOVERY_KEY_ID } from '../../../src/protocol/signature.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { CheckedList, Store } from '../store/store.ts';
import { checkDeclared, readBody } from './body.ts';
import { sha256 } from './digest.ts';
import type { ExpiringMap } from './expiring-map.ts';
import { isSigned, verifyRequest } from './signature.ts';
import type { TokenBuckets } from './token-buckets.ts';

/** What a verified request says. */
export interface SignedRequest extends HolderRequest {
  readonly device: DeviceId;
}

/** The same, also from who has the account's recovery phrase. */
export interface HolderRequest {
  readonly account: AccountId;
  /** `null`: the recovery key signed. */
  readonly device: DeviceId | null;
  /** The device list that the request was verified against. */
  readonly list: CheckedList;
  readonly body: Bytes;
}

export interface Authentication {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly store: Pick<Store, 'currentList'>;
  /** Nonces that were used, for as long as their signature could be replayed. */
  readonly nonces: ExpiringMap<true>;
  readonly deviceRate: TokenBuckets;
}

/** One device of one account: the same keys in two accounts are two. */
export const deviceKey = (account: AccountId, device: DeviceId): string => `${account}/${device}`;

export async function authenticate(
  request: Request,
  maxBodyBytes: number,
  { clock, limits, store, nonces, deviceRate }: Authentication,
): Promise<HolderRequest | Refusal> {
  if (!isSigned(request.headers)) return refuse('UNSIGNED');
  const tooMuch = checkDeclared(request.headers, maxBodyBytes);
  if (tooMuch) return tooMuch;

  const signature = await verifyRequest(request, {
    nowSeconds: Math.floor(clock.nowMs() / 1000),
    skewSeconds: limits.skewSeconds,
    listOf: (account) => store.currentList(account),
  });
  if (isRefusal(signature)) return signature;
  const { account, device, list, nonce } = signature;

  const key = device === null ? `${account}/${RECOVERY_KEY_ID}` : deviceKey(account, device);
  const tooFast = deviceRate.take(key);
  if (tooFast) return tooFast;
  const use = nonces.add(`${key}/${nonce}`, true);
  if (use === 'exists') return refuse('REPLAYED');
  // Letting it through unremembered would let it through twice.
  if (use === 'full') return refuse('UNAVAILABLE', limits.skewSeconds);

  const body = await readBody(request, maxBodyBytes);
  if (isRefusal(body)) return body;
  const digest = contentDigest(btoa(String.fromCharCode(...(await sha256(body)))));
  if (digest !== request.headers.get(DIGEST_HEADER)) return refuse('BAD_SIGNATURE');
  return { account, device, list, body };
}
