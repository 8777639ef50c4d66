/**
 * The receiving end: sorts senders by what the browser says of them, parses bodies, and drops (and counts) the rest. A
 * content script shares our extension id, so the id alone proves nothing.
 */
import * as v from 'valibot';
import type { Failure, Result } from '../base/result.ts';
import { extensionId, extensionRoot, onMessage, type Sender } from '../platform/runtime.ts';
import type { AnswerOf } from './answers.ts';
import { MESSAGE_BYTES, MESSAGES, type MessageType, type SenderClass } from './messages.ts';
import { parsePlain } from './plain.ts';

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
    // No page of ours is ever in a frame.
    if ((sender.frameId ?? 0) !== 0) return null;
    // Firefox before 126 does not say the origin; ours require newer ones, so a missing origin is not a page of ours.
    return sender.origin === root.replace(/\/$/, '') ? 'page' : null;
  }
  // Also in a frame, or in a page that is rendered before anybody sees it: nothing of those is recorded (background/handlers.ts).
  return sender.tab !== undefined && /^https?:\/\//.test(url) ? 'content' : null;
}

const envelope = v.strictObject({ type: v.string(), body: v.unknown() });
const types = new Map<string, (typeof MESSAGES)[MessageType]>(Object.entries(MESSAGES));

/** What to do with a message: the parsed call, or `null` to drop it. */
export function parseMessage(
  raw: unknown,
  from: SenderClass | null,
): { readonly type: MessageType; readonly body: unknown } | null {
  const parsed = from === null ? null : parsePlain(envelope, raw);
  if (parsed === null) return null;
  const { type, body } = parsed;
  const entry = types.get(type);
  if (entry?.from !== from) return null;
  // To a schema that knows no keys, an empty list is an object.
  if (body === undefined || Array.isArray(body) || JSON.stringify(body).length > MESSAGE_BYTES) return null;
  const checked = v.safeParse(entry.body, body);
  return checked.success ? { type: type as MessageType, body: checked.output } : null;
}

export interface Listening {
  readonly handlers: Handlers;
  /** Whether one more message of a content script in this tab is listened to. */
  admit(tabId: number): boolean;
  onDrop(): void;
  /** Puts what a handler threw into words. */
  failure(error: unknown): Failure;
}

/**
 * Starts listening. Content scripts are told `true` when their message was dealt with and nothing else: also when it was
 * dropped, since a repeat would be dropped and counted again.
 */
export function listen({ handlers, admit, onDrop, failure }: Listening): void {
  onMessage((raw, sender) => {
    const from = senderClass(sender, extensionId(), extensionRoot());
    const isHeard = from !== 'content' || admit(sender.tab?.id ?? -1);
    const message = isHeard ? parseMessage(raw, from) : null;
    if (!message) {
      onDrop();
      return from === 'content' ? Promise.resolve(true) : undefined;
    }
    const handler = handlers[message.type] as (body: unknown, sender: Sender) => Promise<Result<unknown>>;
    const answer = handler(message.body, sender).catch((error: unknown) => {
      console.error(`${message.type} failed`, error);
      return { ok: false, error: failure(error) } as const;
    });
    return from === 'content' ? answer.then((result) => result.ok) : answer;
  });
}
