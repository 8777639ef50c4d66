import { encodeFrame, FRAME_TYPE } from '../../../src/protocol/frame.ts';
import { type Etag, parseEtag, parseSlot } from '../../../src/protocol/ids.ts';
import { getHeadSchema } from '../../../src/protocol/wire.ts';
import { bytesAnswer, conflictAnswer, jsonAnswer, objectAnswer } from '../answer.ts';
import type { SignedRequest } from '../auth/authenticate.ts';
import { etagOf } from '../auth/digest.ts';
import type { Deps } from '../deps.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Write } from '../store/store.ts';
import { commit } from './commit.ts';
import type { SignedHandler } from './handler.ts';
import { parseJson } from './parse.ts';

/** What one slot costs at most in the head of an answer: its name, etag and size, or its name in `rest`. */
const HEAD_BYTES_PER_SLOT = 192;

/** `null` = the slot must be empty, `undefined` = no condition. */
function precondition(headers: Headers): Etag | null | undefined | Refusal {
  const match = headers.get('if-match');
  const noneMatch = headers.get('if-none-match');
  if (match === null && noneMatch === null) return undefined;
  if (match === null) return noneMatch === '*' ? null : refuse('BAD_REQUEST');
  const etag = parseEtag(/^"([^"]*)"$/.exec(match)?.[1] ?? '');
  return noneMatch === null && etag ? etag : refuse('BAD_REQUEST');
}

async function writeOne(
  deps: Deps,
  { account, device }: SignedRequest,
  write: Write,
): Promise<Response | Refusal> {
  const committed = await commit(deps, account, { key: null, device, atomic: true, ops: [write] });
  if (isRefusal(committed)) return committed;
  const { seq, results } = committed;
  if (results[0]?.ok) return jsonAnswer({ seq, etag: results[0].etag });
  const { found } = await deps.store.get(account, [write.slot], 0);
  return conflictAnswer(found[0]);
}

/** `PUT /v1/o/:slot` */
export const putObject: SignedHandler = async (deps, request, c) => {
  const slot = parseSlot(c.req.param('slot') ?? '');
  const ifMatch = precondition(c.req.raw.headers);
  if (!slot || ifMatch === undefined) return refuse('BAD_REQUEST');
  if (isRefusal(ifMatch)) return ifMatch;
  const { body } = request;
  return writeOne(deps, request, { op: 'put', slot, ifMatch, etag: await etagOf(body), body });
};

/** `DELETE /v1/o/:slot` */
export const deleteObject: SignedHandler = async (deps, request, c) => {
  const slot = parseSlot(c.req.param('slot') ?? '');
  const ifMatch = precondition(c.req.raw.headers);
  if (!slot || ifMatch === null) return refuse('BAD_REQUEST');
  if (isRefusal(ifMatch)) return ifMatch;
  return writeOne(deps, request, { op: 'delete', slot, ifMatch });
};

/** `GET /v1/o/:slot` */
export const getObject: SignedHandler = async (deps, { account }, c) => {
  const slot = parseSlot(c.req.param('slot') ?? '');
  if (!slot) return refuse('BAD_REQUEST');
  const [object] = (await deps.store.get(account, [slot], 0)).found;
  return object ? objectAnswer(object.etag, object.body) : refuse('NOT_FOUND');
};

/** `POST /v1/get` */
export const getObjects: SignedHandler = async (deps, { account, body }) => {
  const parsed = parseJson(getHeadSchema, body);
  if (isRefusal(parsed)) return parsed;
  const { slots } = parsed;
  if (slots.length > deps.limits.getSlots) return refuse('BAD_REQUEST');
  const room = deps.limits.requestBytes - slots.length * HEAD_BYTES_PER_SLOT;
  const { found, rest } = await deps.store.get(account, slots, room);
  const head = { found: found.map(({ slot, etag, body }) => ({ slot, etag, size: body.length })), rest };
  return bytesAnswer(
    encodeFrame(
      head,
      found.map((object) => object.body),
    ),
    FRAME_TYPE,
  );
};
