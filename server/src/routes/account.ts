import { checkList } from '../../../src/protocol/device-list.ts';
import { type AccountAnswer, listRequestSchema } from '../../../src/protocol/wire.ts';
import { emptyAnswer, jsonAnswer } from '../answer.ts';
import { listChecks } from '../auth/digest.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { OpenHandler, SignedHandler } from './handler.ts';
import { parseJson } from './parse.ts';

/** `POST /v1/account`: the first device list proves that the caller holds the genesis key. */
export const createAccount: OpenHandler = async (deps, body, c) => {
  const tooFast = deps.accountRate.take(deps.addressOf(c));
  if (tooFast) return tooFast;
  const parsed = parseJson(listRequestSchema, body);
  if (isRefusal(parsed)) return parsed;
  const list = await checkList(parsed.list, null, listChecks);
  if (!list) return refuse('BAD_REQUEST');
  const outcome = await deps.store.createAccount(
    list.account,
    { signed: parsed.list, list },
    deps.clock.nowMs(),
  );
  if (outcome === 'exists') return refuse('EXISTS');
  return jsonAnswer({ account: list.account }, outcome === 'created' ? 201 : 200);
};

/** `GET /v1/account`: how much is held of it. */
export const getAccount: SignedHandler = async (deps, { account }) => {
  for await (const held of deps.store.dump(account)) {
    if (held.type !== 'account') break;
    const { createdAt, head, usage } = held;
    return jsonAnswer({ createdAt, head, usage } satisfies AccountAnswer);
  }
  throw new Error('what is held of an account begins with it');
};

/** `DELETE /v1/account`: everything, and whatever is open ends. */
export const deleteAccount: SignedHandler = async (deps, { account }) => {
  await deps.store.deleteAccount(account);
  deps.pairing.closeAccount(account);
  deps.sockets.closeAccount(account);
  deps.hub.publish(account, null);
  return emptyAnswer();
};
