/** What happens around every route: the log line, the refusals that need no route, and the answer to a failure. */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { PATHS } from '../../src/protocol/routes.ts';
import { refusalAnswer } from './answer.ts';
import type { Deps } from './deps.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Env } from './routes/handler.ts';
import { AccountDamaged, AccountMissing, StoreUnavailable } from './store/store.ts';

/** Host included. */
const URL_CHARACTERS = 2_048;

/** Only an operator can help a damaged account: there is no point in asking again soon. */
const DAMAGED_RETRY_SECONDS = 3_600;

export const accessLog =
  ({ clock, log }: Deps): MiddlewareHandler<Env> =>
  async (c, next) => {
    const startMs = clock.nowMs();
    await next();
    const length = c.res.headers.get('content-length');
    const device = c.get('device');
    log.request({
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      ms: clock.nowMs() - startMs,
      ...(length === null ? {} : { bytes: Number(length) }),
      ...(device === undefined ? {} : { device: device.slice(0, 4) }),
    });
  };

export const gate =
  ({ clock, stopping }: Deps): MiddlewareHandler<Env> =>
  async (c, next) => {
    if (stopping.aborted) return refusalAnswer(refuse('UNAVAILABLE'), clock);
    if (c.req.url.length > URL_CHARACTERS) return refusalAnswer(refuse('BAD_REQUEST'), clock);
    // Both would run a route whose answer nobody reads, and an export stays open until it was read.
    if (c.req.method === 'HEAD') return refusalAnswer(refuse('NOT_FOUND'), clock);
    if (c.req.header('upgrade') !== undefined && c.req.path !== PATHS.socket)
      return refusalAnswer(refuse('BAD_REQUEST'), clock);
    await next();
  };

function refusalOf({ log }: Deps, error: unknown): Refusal {
  // The account was deleted while the request was under way: its devices are as unknown as those of any account.
  if (error instanceof AccountMissing) return refuse('UNKNOWN_DEVICE');
  log.trouble('request', error);
  if (error instanceof AccountDamaged) return refuse('UNAVAILABLE', DAMAGED_RETRY_SECONDS);
  return refuse(error instanceof StoreUnavailable ? 'UNAVAILABLE' : 'INTERNAL');
}

export const failureAnswer = (deps: Deps, error: unknown): Response =>
  refusalAnswer(refusalOf(deps, error), deps.clock);
