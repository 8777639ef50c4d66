/**
 * The way in for other extensions: who sent a message, what it may say, and what comes back. Whoever is not allowed gets the
 * same answer to everything, namely none, so that nobody learns whether the API is on or who else is allowed.
 */
import * as v from 'valibot';
import { TokenBuckets } from '../base/token-buckets.ts';
import { fieldsSchema, shownText } from '../model/plugin-schema.ts';
import { isPluginId, PLUGIN_LIMITS, type PluginField } from '../model/plugins.ts';
import type { PublicItem } from '../model/public-item.ts';
import { type ExternalSender, onExternalMessage } from '../platform/external.ts';
import { extensionId, extensionRoot } from '../platform/runtime.ts';
import { isPlain } from './plain.ts';

export const EXTERNAL_VERSION = 1;
/** Larger messages (as JSON) are refused before they are parsed. In UTF-16 code units. */
export const EXTERNAL_SIZE = 4096;
/** A flood costs its sender everything, also what it would be told. */
const HEARD_PER_SECOND = 20;
const MAX_SENDERS = 200;

export const MAX_ITEMS = 50;

/**
 * The id of the extension that sent it, or `null`. By what the browser says alone: the id, and that it was a page or worker of
 * that extension. A content script has its extension's id, too, but runs in somebody's page, whose process may be taken over.
 */
export function externalSender(sender: ExternalSender, ownId: string, ownRoot: string): string | null {
  const { id, url, origin, nativeApplication } = sender;
  if (typeof id !== 'string' || !isPluginId(id) || id === ownId || nativeApplication !== undefined)
    return null;
  if (typeof url !== 'string' || typeof origin !== 'string') return null;
  const scheme = ownRoot.slice(0, ownRoot.indexOf('://') + 3);
  // Chromium's addresses have the id in them; Firefox's are random, and known to nobody but itself.
  const expected = scheme === 'chrome-extension://' ? `${scheme}${id}` : origin;
  if (!expected.startsWith(scheme) || expected === ownRoot.replace(/\/$/, '')) return null;
  return origin === expected && url.startsWith(`${expected}/`) ? id : null;
}

const span = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const list = {
  words: v.exactOptional(
    v.pipe(
      v.string(),
      v.maxLength(200),
      v.check((text) => text.isWellFormed()),
    ),
  ),
  limit: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_ITEMS))),
  from: v.exactOptional(span),
  to: v.exactOptional(span),
};

const querySchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('access') }),
  v.strictObject({ kind: v.literal('visits'), ...list }),
  v.strictObject({ kind: v.literal('searches'), ...list }),
  v.strictObject({ kind: v.literal('counts'), from: list.from, to: list.to }),
]);
export type PluginQuery = v.InferOutput<typeof querySchema>;

const requestSchema = v.strictObject({
  name: shownText(PLUGIN_LIMITS.name),
  fields: fieldsSchema,
  reason: shownText(PLUGIN_LIMITS.reason),
});
export type PluginRequest = v.InferOutput<typeof requestSchema>;

const messageSchema = v.union([
  v.strictObject({ arq: v.literal(EXTERNAL_VERSION), query: querySchema }),
  v.strictObject({ arq: v.literal(EXTERNAL_VERSION), request: requestSchema }),
]);
export type ExternalMessage = v.InferOutput<typeof messageSchema>;

/** Codes are stable; sentences are for the developer and say what to do. */
export const EXTERNAL_ERRORS = {
  'bad-message':
    'This is not a message of version 1. Send {arq: 1, query: {kind}} with the keys of docs/plugin-api.md and no others.',
  'unknown-version': 'This version of the API is not known here. Send {arq: 1, …}.',
  'too-large': 'The message is too large. Send at most 4096 characters of JSON.',
  'rate-limited': 'Too many queries. Ask at most once a second; wait a second before the next.',
  'not-allowed-field':
    'That needs a field that the person did not choose. Ask {kind: "access"} for what was chosen; from and to need "hour".',
  'bad-span': 'Give from and to as full hours, from before to, at most 31 days apart.',
  unavailable: 'The records cannot be read now. Ask again in a minute.',
} as const;
export type ExternalErrorCode = keyof typeof EXTERNAL_ERRORS;

export interface PublicCount {
  readonly category: string;
  readonly visits: number;
  readonly searches: number;
}

export type ExternalAnswer =
  | { readonly arq: 1; readonly ok: true; readonly items: readonly PublicItem[] }
  | { readonly arq: 1; readonly ok: true; readonly counts: readonly PublicCount[] }
  | { readonly arq: 1; readonly ok: true; readonly fields: readonly PluginField[]; readonly until: number }
  /** A request was noted, or would have changed nothing. */
  | { readonly arq: 1; readonly ok: true }
  | {
      readonly arq: 1;
      readonly ok: false;
      readonly error: { readonly code: ExternalErrorCode; readonly message: string };
    };

export const externalError = (code: ExternalErrorCode): ExternalAnswer => ({
  arq: EXTERNAL_VERSION,
  ok: false,
  error: { code, message: EXTERNAL_ERRORS[code] },
});

/** The message, or why it is none. */
export function parseExternal(raw: unknown): ExternalMessage | ExternalErrorCode {
  if (raw === undefined || !isPlain(raw)) return 'bad-message';
  if (JSON.stringify(raw).length > EXTERNAL_SIZE) return 'too-large';
  const parsed = v.safeParse(messageSchema, raw);
  if (parsed.success) return parsed.output;
  const version = v.safeParse(v.looseObject({ arq: v.number() }), raw);
  return version.success && version.output.arq !== EXTERNAL_VERSION ? 'unknown-version' : 'bad-message';
}

export interface ExternalListening {
  nowMs(): number;
  /** What an extension is told; `undefined` = nothing. May throw. */
  answer(id: string, message: ExternalMessage | ExternalErrorCode): Promise<ExternalAnswer | undefined>;
}

/** Never rejects. */
export function externalHandler({ nowMs, answer }: ExternalListening) {
  const heard = new TokenBuckets(nowMs, HEARD_PER_SECOND, MAX_SENDERS);
  return async (raw: unknown, sender: ExternalSender): Promise<ExternalAnswer | undefined> => {
    const id = externalSender(sender, extensionId(), extensionRoot());
    if (id === null || !heard.take(id)) return undefined;
    try {
      return await answer(id, parseExternal(raw));
    } catch (error) {
      // Also to who is allowed: that the store does not open says nothing of who that is.
      console.error('another extension could not be answered', error);
      return undefined;
    }
  };
}

/** Starts listening; must be called while the worker starts. */
export const listenExternal = (listening: ExternalListening): void =>
  onExternalMessage(externalHandler(listening));
