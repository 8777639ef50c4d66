/**
 * What stands between a device and the honest service and answers in its place. Each of these changes one kind of answer; what it does not
 * change goes through.
 */
import * as v from 'valibot';
import { etagOf } from '../../../server/src/auth/digest.ts';
import type { Bytes } from '../../../src/base/bytes.ts';
import { decodeFrame, encodeFrame, splitBodies } from '../../../src/protocol/frame.ts';
import type { Slot } from '../../../src/protocol/ids.ts';
import { PATHS } from '../../../src/protocol/routes.ts';
import {
  type BatchAnswer,
  type BatchHead,
  batchAnswerSchema,
  batchHeadSchema,
  type ChangesAnswer,
  changesAnswerSchema,
  devicesAnswerSchema,
  getAnswerSchema,
  type SignedList,
} from '../../../src/protocol/wire.ts';

/** What the honest service answers. */
export type Forward = (request: Request) => Promise<Response>;
export type Between = (request: Request, forward: Forward) => Response | Promise<Response>;

type Maybe<T> = T | Promise<T>;

export const honest: Between = (request, forward) => forward(request);

export const pathOf = (request: Request): string => new URL(request.url).pathname;

/** Something else than an answer to what is asked at `path`; everywhere without one. */
export const instead =
  (answer: (request: Request) => Maybe<Response>, path?: string): Between =>
  (request, forward) =>
    path === undefined || pathOf(request) === path ? answer(request) : forward(request);

/** Changes what is answered at `path`; refusals go through. */
const answered =
  (path: string, change: (answer: Response, request: Request) => Maybe<Response>): Between =>
  async (request, forward) => {
    const answer = await forward(request);
    return answer.ok && pathOf(request) === path ? change(answer, request) : answer;
  };

/** Pages of the change feed. `change` may return what is none. */
export const feedPages = (
  change: (page: ChangesAnswer, since: number, limit: number) => Maybe<unknown>,
): Between =>
  answered(PATHS.changes, async (answer, request) => {
    const { searchParams } = new URL(request.url);
    const page = v.parse(changesAnswerSchema, await answer.json());
    return Response.json(
      await change(page, Number(searchParams.get('since')), Number(searchParams.get('limit'))),
    );
  });

/** The chain of device lists. */
export const deviceChains = (
  change: (chain: readonly SignedList[]) => Maybe<readonly SignedList[]>,
): Between =>
  answered(PATHS.devices, async (answer, request) =>
    request.method === 'GET'
      ? Response.json({ chain: await change(v.parse(devicesAnswerSchema, await answer.json()).chain) })
      : answer,
  );

export interface Given {
  readonly slot: Slot;
  readonly etag: string;
  readonly body: Bytes;
}

/** Objects that are fetched. `change`: others in their place, of any form. */
export const objects = (
  change: (given: readonly Given[], rest: readonly Slot[]) => Maybe<readonly Given[]>,
  restAs: (given: readonly Given[], rest: readonly Slot[]) => readonly Slot[] = (_, rest) => rest,
): Between =>
  answered(PATHS.get, async (answer) => {
    const frame = decodeFrame(new Uint8Array(await answer.arrayBuffer()));
    const { found, rest } = v.parse(getAnswerSchema, frame?.head);
    const bodies =
      splitBodies(
        frame?.rest ?? new Uint8Array(0),
        found.map(({ size }) => size),
      ) ?? [];
    const given = found.map(({ slot, etag }, index) => ({
      slot,
      etag,
      body: bodies[index] ?? new Uint8Array(0),
    }));
    const changed = await change(given, rest);
    const head = {
      found: changed.map(({ slot, etag, body }) => ({ slot, etag, size: body.length })),
      rest: restAs(given, rest),
    };
    return new Response(
      encodeFrame(
        head,
        changed.map(({ body }) => body),
      ),
    );
  });

/** Other bodies in the place of those that are fetched, with the etags that they would have. */
export const bodies = (change: (one: Given, all: readonly Given[]) => Maybe<Bytes>): Between =>
  objects((given) =>
    Promise.all(
      given.map(async (one) => {
        const body = await change(one, given);
        return { slot: one.slot, etag: await etagOf(body), body };
      }),
    ),
  );

/** A batch as a device sends it; `null` where it is none. */
export async function readBatch(
  request: Request,
): Promise<{ readonly head: BatchHead; readonly bodies: readonly Bytes[] } | null> {
  if (pathOf(request) !== PATHS.batch) return null;
  const frame = decodeFrame(new Uint8Array(await request.clone().arrayBuffer()));
  if (!frame) return null;
  const head = v.parse(batchHeadSchema, frame.head);
  const sizes = head.ops.flatMap((op) => (op.op === 'put' ? [op.size] : []));
  return { head, bodies: splitBodies(frame.rest, sizes) ?? [] };
}

/** Batches that never reach the service: what is said of them. */
export const batchesNotWritten = (
  say: (batch: { readonly head: BatchHead; readonly bodies: readonly Bytes[] }) => Maybe<BatchAnswer>,
): Between =>
  instead(async (request) => {
    const batch = await readBatch(request);
    return batch ? Response.json(await say(batch)) : new Response(null, { status: 400 });
  }, PATHS.batch);

/** Batches that are written, with another answer. */
export const batchAnswers = (change: (answer: BatchAnswer) => unknown): Between =>
  answered(PATHS.batch, async (answer) =>
    Response.json(change(v.parse(batchAnswerSchema, await answer.json()))),
  );

/** For each write of a batch, in order, the etag that it would leave. */
export async function etagsOf(batch: {
  readonly head: BatchHead;
  readonly bodies: readonly Bytes[];
}): Promise<(string | null)[]> {
  const left = [...batch.bodies];
  const etags: (string | null)[] = [];
  for (const { op } of batch.head.ops) {
    const body = op === 'put' ? left.shift() : undefined;
    etags.push(body ? await etagOf(body) : null);
  }
  return etags;
}
