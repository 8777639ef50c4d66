/**
 * The receiving end: sorts senders by what the browser says of them, parses bodies, and drops (and counts) the rest. A
 * content script shares our extension id, so the id alone proves nothing.
 */
import * as v from 'valibot';
import { type Failure, ok, type Result } from '../base/result.ts';
import { extensionId, extensionRoot, onMessage, type Sender } from '../platform/runtime.ts';
import type { AnswerOf } from './answers.ts';
import { MESSAGE_BYTES, MESSAGES, type MessageType, type SenderClass } from './messages.ts';

export type ParsedBody<T extends MessageType> = v.InferOutput<(typeof MESSAGES)[T]['body']>;

export type Handlers = {
  readonly [T in MessageType]: (body: ParsedBody<T>, sender: Sender) => Promise<Result<AnswerOf<T>>>;
};

/** Who sent it; `null` = nobody we listen to. */
export function senderClass(
  sender: Sender & { readonly origin?: string },
  id: string,
  root: string,
): SenderClass | null {
  if (sender.id !== id) return null;
  const url = sender.url ?? '';
  if (url.startsWith(root)) {
    // Firefox before 126 does not say the origin; ours require newer ones, so a missing origin is not a page of ours.
    return sender.origin === root.replace(/\/$/, '') ? 'page' : null;
  }
  return sender.tab !== undefined ? 'content' : null;
}

const envelope = v.strictObject({ type: v.string(), body: v.unknown() });
const types = new Map<string, (typeof MESSAGES)[MessageType]>(Object.entries(MESSAGES));

/** What to do with a message: the parsed call, or `null` to drop it. */
export function parseMessage(
  raw: unknown,
  from: SenderClass | null,
): { readonly type: MessageType; readonly body: unknown } | null {
  if (from === null) return null;
  const parsed = v.safeParse(envelope, raw);
  if (!parsed.success) return null;
  const entry = types.get(parsed.output.type);
  if (entry?.from !== from) return null;
  const { body } = parsed.output;
  try {
    if (JSON.stringify(body).length > MESSAGE_BYTES) return null;
  } catch {
    return null;
  }
  const checked = v.safeParse(entry.body, body);
  return checked.success ? { type: parsed.output.type as MessageType, body: checked.output } : null;
}

/**
 * Starts listening. Content scripts are told `true` when their message was dealt with and nothing else. `failure` puts what a
 * handler threw into words.
 */
export function listen(handlers: Handlers, onDrop: () => void, failure: (error: unknown) => Failure): void {
  onMessage((raw, sender) => {
    const from = senderClass(sender, extensionId(), extensionRoot());
    const message = parseMessage(raw, from);
    if (!message) {
      onDrop();
      return undefined;
    }
    const handler = handlers[message.type] as (body: unknown, sender: Sender) => Promise<Result<unknown>>;
    const answer = handler(message.body, sender).catch((error: unknown) => {
      console.error(`${message.type} failed`, error);
      return { ok: false, error: failure(error) } as const;
    });
    return from === 'content' ? answer.then((result) => result.ok) : answer;
  });
}

export const answer = <T>(value: T): Result<T> => ok(value);
