import { type Bytes, toBase64Url, utf8 } from '../../../src/base/bytes.ts';
import { deviceKey } from '../auth/authenticate.ts';
import { refuse } from '../refusal.ts';
import type { Holding } from '../store/store.ts';
import type { SignedHandler } from './handler.ts';

type Line = Holding | { readonly type: 'end' };

function lineOf(holding: Line, withBodies: boolean): Bytes {
  const body = holding.type === 'object' && withBodies ? toBase64Url(holding.body) : undefined;
  return utf8(`${JSON.stringify(holding.type === 'object' ? { ...holding, body } : holding)}\n`);
}

/**
 * `GET /v1/export`: everything the service holds about the account, one JSON object a line, as fast as the client reads.
 * Bodies are base64url; `?bodies=none` leaves them out. The last line is `{"type":"end"}`: without it, the answer was cut off.
 */
export const getExport: SignedHandler = async (deps, { account, device }, c) => {
  const bodies = c.req.query('bodies');
  if (bodies !== undefined && bodies !== 'none') return refuse('BAD_REQUEST');
  const withBodies = bodies === undefined;
  const leave = deps.exports.enter(deviceKey(account, device));
  if (!leave) return refuse('TOO_MANY', 1);
  const holdings = deps.store.dump(account)[Symbol.asyncIterator]();
  // The first one before the answer begins, so that an account that is refused is answered as such.
  let next = await holdings.next().catch((error: unknown) => {
    leave();
    throw error;
  });
  const lines = new ReadableStream<Bytes>({
    async pull(controller) {
      if (next.done) {
        controller.enqueue(lineOf({ type: 'end' }, withBodies));
        controller.close();
        leave();
        return;
      }
      controller.enqueue(lineOf(next.value, withBodies));
      try {
        next = await holdings.next();
      } catch (error) {
        deps.log.trouble('export', error);
        leave();
        // Not the error itself: the HTTP server would print it, and end the answer with its message.
        controller.error(new Error('export'));
      }
    },
    async cancel() {
      leave();
      await holdings.return?.();
    },
  });
  const headers = { 'content-type': 'application/jsonl', 'cache-control': 'no-store' };
  return new Response(lines, { headers });
};
