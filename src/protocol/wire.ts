/**
 * What travels between a device and the service. The parsers are used by both: the service for requests, the device for
 * answers (the service is not trusted). Times are ms since 1970, sizes are bytes.
 */
import * as v from 'valibot';
import {
  type AccountId,
  type DeviceId,
  type Etag,
  parseAccountId,
  parseDeviceId,
  parseEtag,
  parseSlot,
  type Slot,
} from './ids.ts';
import { LIMITS } from './limits.ts';

const text = <T extends string>(parse: (text: string) => T | null) =>
  v.pipe(
    v.string(),
    v.check((value) => parse(value) !== null),
    v.transform((value) => value as T),
  );

export const accountIdSchema = text<AccountId>(parseAccountId);
export const deviceIdSchema = text<DeviceId>(parseDeviceId);
export const slotSchema = text<Slot>(parseSlot);
export const etagSchema = text<Etag>(parseEtag);
export const seqSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sizeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(LIMITS.bodyBytes));
const base64 = (max: number) => v.pipe(v.string(), v.maxLength(max), v.regex(/^[A-Za-z0-9_-]*$/));

/**
 * One write of a batch. `ifMatch: null` = the slot must be empty; an etag = it must hold exactly that body. A delete
 * without `ifMatch` removes whatever is there and succeeds when nothing is.
 */
export const batchOpSchema = v.variant('op', [
  v.strictObject({
    op: v.literal('put'),
    slot: slotSchema,
    ifMatch: v.nullable(etagSchema),
    size: sizeSchema,
  }),
  v.strictObject({ op: v.literal('delete'), slot: slotSchema, ifMatch: v.optional(etagSchema) }),
]);
export type BatchOp = v.InferOutput<typeof batchOpSchema>;

/**
 * Head of the frame of `POST /v1/batch`; the bodies of its puts follow in order. `key` makes a repeat of the same batch
 * answer with the first result. `atomic`: all or nothing; else each write stands for itself.
 */
export const batchHeadSchema = v.strictObject({
  key: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22,64}$/)),
  atomic: v.boolean(),
  ops: v.pipe(v.array(batchOpSchema), v.minLength(1), v.maxLength(LIMITS.batchOps)),
});
export type BatchHead = v.InferOutput<typeof batchHeadSchema>;

/** `etag` is what the slot holds now: after a success the new body's (`null` after a delete), after a conflict the one that was in the way. */
export const batchAnswerSchema = v.strictObject({
  /** The sequence number of the log entry, or the account's latest when nothing was written. */
  seq: seqSchema,
  results: v.array(v.strictObject({ ok: v.boolean(), etag: v.nullable(etagSchema) })),
});
export type BatchAnswer = v.InferOutput<typeof batchAnswerSchema>;

export const getHeadSchema = v.strictObject({
  slots: v.pipe(v.array(slotSchema), v.minLength(1), v.maxLength(LIMITS.getSlots)),
});

/**
 * Head of the frame that answers `POST /v1/get`, bodies following in order. Slots that do not exist are left out; when
 * the answer would grow over the request limit, the slots from `rest` on are to be asked for again.
 */
export const getAnswerSchema = v.strictObject({
  found: v.pipe(
    v.array(v.strictObject({ slot: slotSchema, etag: etagSchema, size: sizeSchema })),
    v.maxLength(LIMITS.getSlots),
  ),
  rest: v.pipe(v.array(slotSchema), v.maxLength(LIMITS.getSlots)),
});

/** One accepted batch. `etag: null` = deleted. */
export const changeSchema = v.strictObject({
  seq: seqSchema,
  device: deviceIdSchema,
  at: seqSchema,
  ops: v.array(v.strictObject({ slot: slotSchema, etag: v.nullable(etagSchema), size: seqSchema })),
});
export type Change = v.InferOutput<typeof changeSchema>;

/** Answer of `GET /v1/changes?since=S&limit=N&wait=T`: entries `since+1 …` without a gap, and the account's latest number. */
export const changesAnswerSchema = v.strictObject({
  changes: v.pipe(v.array(changeSchema), v.maxLength(LIMITS.changesPage)),
  head: seqSchema,
});
export type ChangesAnswer = v.InferOutput<typeof changesAnswerSchema>;

/** A signed device list as it travels: the signed bytes themselves, so that nothing has to be canonicalised. */
export const signedListSchema = v.strictObject({ body: base64(32_768), signature: base64(86) });
export type SignedList = v.InferOutput<typeof signedListSchema>;

/**
 * The most that an answer of `GET /v1/devices` may take: as many versions as there can be, with all devices in each, are about 10 MB
 * (docs/decisions/0014).
 */
export const CHAIN_BYTES = 12 * 1024 * 1024;

/** `GET /v1/devices`: the whole chain, oldest first. */
export const devicesAnswerSchema = v.strictObject({
  chain: v.pipe(v.array(signedListSchema), v.minLength(1), v.maxLength(10_000)),
});

/**
 * `GET /v1/account`: since when it is there, the newest number of its log, objects that lie there, the bytes of them together, and writes
 * that are in the log, also of what is gone.
 */
export const accountAnswerSchema = v.object({
  createdAt: seqSchema,
  head: seqSchema,
  usage: v.object({ objects: seqSchema, bodyBytes: seqSchema, loggedOps: seqSchema }),
});
export type AccountAnswer = v.InferOutput<typeof accountAnswerSchema>;

/** `POST /v1/account` and `POST /v1/devices`. */
export const listRequestSchema = v.strictObject({ list: signedListSchema });

/** `POST /v1/pair/:channel` (signed): the inviting device's one-time public key. */
export const pairOfferSchema = v.strictObject({ offer: base64(64) });
/** `PUT /v1/pair/:channel/request` and `/reply`: one sealed message each way, each accepted once. */
export const pairMessageSchema = v.strictObject({ message: base64(LIMITS.pairMessageBytes) });

export const ticketSchema = v.strictObject({ ticket: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22,64}$/)) });
export const errorSchema = v.looseObject({ code: v.string() });
/** What a WebSocket at `/v1/ws` carries, one way: one byte that says "there is news". */
export const TICKLE = '.';
/** Sub-protocols of the socket: this word and, as a second one, the ticket. */
export const SOCKET_PROTOCOL = 'arq.v1';
