import type { Context } from 'hono';
import type { Bytes } from '../../../src/base/bytes.ts';
import type { DeviceId } from '../../../src/protocol/ids.ts';
import { refusalAnswer } from '../answer.ts';
import { authenticate, type HolderRequest, type SignedRequest } from '../auth/authenticate.ts';
import { checkDeclared, readBody } from '../auth/body.ts';
import type { Deps } from '../deps.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';

/** `device` is set for the log once a signature was verified. */
export interface Env {
  Variables: { device?: DeviceId };
}
export type RouteContext = Context<Env>;

export type SignedHandler = (
  deps: Deps,
  request: SignedRequest,
  c: RouteContext,
) => Promise<Response | Refusal> | Response | Refusal;

export type HolderHandler = (
  deps: Deps,
  request: HolderRequest,
  c: RouteContext,
) => Promise<Response | Refusal> | Response | Refusal;

export type OpenHandler = (
  deps: Deps,
  body: Bytes,
  c: RouteContext,
) => Promise<Response | Refusal> | Response | Refusal;

const answerOf = (deps: Deps, outcome: Response | Refusal): Response =>
  isRefusal(outcome) ? refusalAnswer(outcome, deps.clock) : outcome;

/** A route for a device of an account. `maxBodyBytes` 0 = the route takes no body. */
export const signed = (deps: Deps, maxBodyBytes: number, handler: SignedHandler) =>
  signedByHolder(deps, maxBodyBytes, (_, request, c) => {
    const { device } = request;
    // What the recovery key may not do, nobody can do who is not a device.
    return device === null ? refuse('UNKNOWN_DEVICE') : handler(deps, { ...request, device }, c);
  });

/** A route for a device, or for who has the recovery phrase. */
export const signedByHolder =
  (deps: Deps, maxBodyBytes: number, handler: HolderHandler) => async (c: RouteContext) => {
    const request = await authenticate(c.req.raw, maxBodyBytes, deps);
    if (isRefusal(request)) return answerOf(deps, request);
    if (request.device !== null) c.set('device', request.device);
    return answerOf(deps, await handler(deps, request, c));
  };

/** A route for anybody. */
export const open = (deps: Deps, maxBodyBytes: number, handler: OpenHandler) => async (c: RouteContext) => {
  const tooMuch = checkDeclared(c.req.raw.headers, maxBodyBytes);
  if (tooMuch) return answerOf(deps, tooMuch);
  const body = await readBody(c.req.raw, maxBodyBytes);
  return answerOf(deps, isRefusal(body) ? body : await handler(deps, body, c));
};
