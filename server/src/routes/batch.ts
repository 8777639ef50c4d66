import * as v from 'valibot';
import type { Bytes } from '../../../src/base/bytes.ts';
import { decodeFrame, splitBodies } from '../../../src/protocol/frame.ts';
import type { Limits } from '../../../src/protocol/limits.ts';
import { type BatchHead, batchHeadSchema } from '../../../src/protocol/wire.ts';
import { jsonAnswer } from '../answer.ts';
import { etagOf } from '../auth/digest.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Write } from '../store/store.ts';
import { commit } from './commit.ts';
import type { SignedHandler } from './handler.ts';

interface Parsed {
  readonly head: BatchHead;
  /** Of the puts, in order. */
  readonly bodies: readonly Bytes[];
}

function parseBatch(bytes: Bytes, limits: Limits): Parsed | Refusal {
  const frame = decodeFrame(bytes);
  if (!frame) return refuse('BAD_REQUEST');
  const parsed = v.safeParse(batchHeadSchema, frame.head);
  if (!parsed.success) return refuse('BAD_REQUEST');
  const head = parsed.output;
  if (head.ops.length > limits.batchOps) return refuse('BAD_REQUEST');
  if (new Set(head.ops.map(({ slot }) => slot)).size !== head.ops.length) return refuse('BAD_REQUEST');
  const sizes = head.ops.flatMap((op) => (op.op === 'put' ? [op.size] : []));
  if (sizes.some((size) => size > limits.bodyBytes)) return refuse('TOO_LARGE');
  const bodies = splitBodies(frame.rest, sizes);
  return bodies ? { head, bodies } : refuse('BAD_REQUEST');
}

async function writesOf({ head, bodies }: Parsed): Promise<Write[]> {
  const rest = bodies.values();
  const writes: Write[] = [];
  for (const op of head.ops) {
    if (op.op === 'delete') writes.push({ op: 'delete', slot: op.slot, ifMatch: op.ifMatch });
    else {
      // A copy: the frame is not kept alive by one small body of it.
      const body = new Uint8Array(rest.next().value ?? []);
      writes.push({ op: 'put', slot: op.slot, ifMatch: op.ifMatch, etag: await etagOf(body), body });
    }
  }
  return writes;
}

/** `POST /v1/batch`: see `planBatch` for what is written, and `Store.commit` for what a repeated key answers. */
export const postBatch: SignedHandler = async (deps, { account, device, body }) => {
  const parsed = parseBatch(body, deps.limits);
  if (isRefusal(parsed)) return parsed;
  const { key, atomic } = parsed.head;
  const answer = await commit(deps, account, { key, device, atomic, ops: await writesOf(parsed) });
  return isRefusal(answer) ? answer : jsonAnswer(answer);
};
