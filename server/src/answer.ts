import type { Bytes } from '../../src/base/bytes.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import { SERVICE_ERRORS } from '../../src/protocol/errors.ts';
import type { Etag } from '../../src/protocol/ids.ts';
import type { Refusal } from './refusal.ts';

/** When a refusal is for now only and names no time itself. */
const RETRY_SECONDS = 5;

const OPAQUE = 'application/octet-stream';

/** Answers carry their length, also for the log. `no-store`: what one signature may read, a cache must not give to another. */
function answer(
  body: Bytes,
  type: string,
  status: number,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers = {
    'content-type': type,
    'content-length': String(body.length),
    'cache-control': 'no-store',
    ...more,
  };
  return new Response(body, { status, headers });
}

export const jsonAnswer = (value: unknown, status = 200): Response =>
  answer(utf8(JSON.stringify(value)), 'application/json', status);

export const emptyAnswer = (): Response =>
  new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });

export const bytesAnswer = (body: Bytes, type: string = OPAQUE): Response => answer(body, type, 200);

export const objectAnswer = (etag: Etag, body: Bytes): Response =>
  answer(body, OPAQUE, 200, { etag: `"${etag}"` });

/** A write whose precondition fails is answered with what is in the way, or with nothing when the slot is empty. */
export const conflictAnswer = (
  inTheWay: { readonly etag: Etag; readonly body: Bytes } | undefined,
): Response =>
  answer(
    inTheWay?.body ?? new Uint8Array(0),
    OPAQUE,
    SERVICE_ERRORS.CONFLICT,
    inTheWay ? { etag: `"${inTheWay.etag}"` } : {},
  );

export function refusalAnswer({ refused, retryAfterSeconds }: Refusal, clock: Clock): Response {
  const status = SERVICE_ERRORS[refused];
  const time = refused === 'CLOCK_SKEW' ? { serverTime: clock.nowMs() } : {};
  const response = jsonAnswer({ code: refused, ...time }, status);
  const isForNow = refused === 'TOO_MANY' || refused === 'UNAVAILABLE';
  if (isForNow) response.headers.set('retry-after', String(retryAfterSeconds ?? RETRY_SECONDS));
  return response;
}
