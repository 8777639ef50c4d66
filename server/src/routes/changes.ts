import type { ChangesAnswer } from '../../../src/protocol/wire.ts';
import { jsonAnswer } from '../answer.ts';
import { deviceKey } from '../auth/authenticate.ts';
import { longPoll } from '../long-poll.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { isListed } from './devices.ts';
import type { SignedHandler } from './handler.ts';
import { parseQuery } from './parse.ts';

/**
 * `GET /v1/changes?since&limit&wait`. With `wait` (seconds) and nothing newer than `since`, the answer comes with the
 * next news about the account, at the latest when the time is up; it is empty when the news is a device list.
 */
export const getChanges: SignedHandler = async (deps, { account, device }, c) => {
  const query = parseQuery(c.req.url, ['since', 'limit', 'wait']);
  if (isRefusal(query)) return query;
  const { changesPage, waitSeconds } = deps.limits;
  const { since = 0, limit = changesPage, wait = 0 } = query;
  if (limit < 1) return refuse('BAD_REQUEST');
  const pageSize = Math.min(limit, changesPage);
  const waitMs = Math.min(wait, waitSeconds) * 1000;

  const read = async (): Promise<ChangesAnswer | Refusal | null> => {
    if (!(await isListed(deps, account, device))) return refuse('UNKNOWN_DEVICE');
    const answer = await deps.store.changes(account, since, pageSize);
    // A `since` beyond the head is news of its own kind: the device knows more than the service.
    return answer.changes.length > 0 || answer.head !== since ? answer : null;
  };
  const leave = waitMs > 0 ? deps.polls.enter(deviceKey(account, device)) : () => {};
  if (!leave) return refuse('TOO_MANY', 1);
  try {
    const ends = [c.req.raw.signal, deps.stopping];
    const answer = await longPoll({ hub: deps.hub, topic: account, waitMs, ends, read });
    return isRefusal(answer) ? answer : jsonAnswer(answer ?? { changes: [], head: since });
  } finally {
    leave();
  }
};
