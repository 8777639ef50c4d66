import { parseChannelId } from '../../../src/protocol/ids.ts';
import { pairMessageSchema, pairOfferSchema } from '../../../src/protocol/wire.ts';
import { emptyAnswer, jsonAnswer } from '../answer.ts';
import { deviceKey } from '../auth/authenticate.ts';
import type { Deps } from '../deps.ts';
import { longPoll } from '../long-poll.ts';
import { pairTopic } from '../pairing.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { OpenHandler, RouteContext, SignedHandler } from './handler.ts';
import { parseJson, parseQuery } from './parse.ts';

/** An id that is none names no channel. */
const channelOf = (c: RouteContext) => parseChannelId(c.req.param('channel') ?? '') ?? refuse('NOT_FOUND');

const answerOf = (outcome: object | Refusal | null): Response | Refusal => {
  if (outcome === null) return emptyAnswer();
  return isRefusal(outcome) ? outcome : jsonAnswer(outcome);
};

function parseMessage(deps: Deps, body: Parameters<OpenHandler>[1]): string | Refusal {
  const parsed = parseJson(pairMessageSchema, body);
  if (isRefusal(parsed)) return parsed;
  return parsed.message.length > deps.limits.pairMessageBytes ? refuse('TOO_LARGE') : parsed.message;
}

function waitMsOf(deps: Deps, c: RouteContext): number | Refusal {
  const query = parseQuery(c.req.url, ['wait']);
  return isRefusal(query) ? query : Math.min(query.wait ?? 0, deps.limits.waitSeconds) * 1000;
}

/** `POST /v1/pair/:channel` */
export const postOffer: SignedHandler = (deps, { account, device, body }, c) => {
  const channel = channelOf(c);
  if (isRefusal(channel)) return channel;
  const parsed = parseJson(pairOfferSchema, body);
  if (isRefusal(parsed)) return parsed;
  const tooMany = deps.pairRate.take(account);
  if (tooMany) return tooMany;
  const opened = deps.pairing.open(channel, { account, device }, parsed.offer);
  return isRefusal(opened) ? opened : jsonAnswer(opened, 201);
};

/** `GET /v1/pair/:channel` */
export const getOffer: OpenHandler = (deps, _body, c) => {
  const channel = channelOf(c);
  return answerOf(isRefusal(channel) ? channel : deps.pairing.offer(channel));
};

/** `PUT /v1/pair/:channel/request` */
export const putRequest: OpenHandler = (deps, body, c) => {
  const channel = channelOf(c);
  if (isRefusal(channel)) return channel;
  const message = parseMessage(deps, body);
  return isRefusal(message) ? message : answerOf(deps.pairing.putRequest(channel, message));
};

/** `GET /v1/pair/:channel/request?wait` */
export const getRequest: SignedHandler = async (deps, { account, device }, c) => {
  const channel = channelOf(c);
  const waitMs = waitMsOf(deps, c);
  if (isRefusal(channel)) return channel;
  if (isRefusal(waitMs)) return waitMs;
  const leave = waitMs > 0 ? deps.polls.enter(deviceKey(account, device)) : () => {};
  if (!leave) return refuse('TOO_MANY', 1);
  try {
    const ends = [c.req.raw.signal, deps.stopping];
    const read = async () => deps.pairing.request(channel, { account, device });
    return answerOf(await longPoll({ hub: deps.hub, topic: pairTopic(channel), waitMs, ends, read }));
  } finally {
    leave();
  }
};

/** `PUT /v1/pair/:channel/reply` */
export const putReply: SignedHandler = (deps, { account, device, body }, c) => {
  const channel = channelOf(c);
  if (isRefusal(channel)) return channel;
  const message = parseMessage(deps, body);
  return isRefusal(message)
    ? message
    : answerOf(deps.pairing.putReply(channel, { account, device }, message));
};

/** `GET /v1/pair/:channel/reply?wait` */
export const getReply: OpenHandler = async (deps, _body, c) => {
  const channel = channelOf(c);
  const waitMs = waitMsOf(deps, c);
  if (isRefusal(channel)) return channel;
  if (isRefusal(waitMs)) return waitMs;
  const leave = waitMs > 0 ? deps.replyPolls.enter(channel) : () => {};
  if (!leave) return refuse('TOO_MANY', 1);
  const { signal } = c.req.raw;
  try {
    const ends = [signal, deps.stopping];
    const read = async () => deps.pairing.hasReply(channel) || null;
    await longPoll({ hub: deps.hub, topic: pairTopic(channel), waitMs, ends, read });
    // Nobody is there to read it: the reply stays for the next try.
    return signal.aborted ? emptyAnswer() : answerOf(deps.pairing.takeReply(channel));
  } finally {
    leave();
  }
};
