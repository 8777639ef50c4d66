/** Reading objects from the service. */
import * as v from 'valibot';
import { type Bytes, utf8 } from '../base/bytes.ts';
import { ok, type Result } from '../base/result.ts';
import { decodeFrame, splitBodies } from '../protocol/frame.ts';
import type { Slot } from '../protocol/ids.ts';
import { PATHS } from '../protocol/routes.ts';
import { getAnswerSchema } from '../protocol/wire.ts';
import { notAService, type Signer, type Transport, type TransportFailure } from './transport.ts';

export interface Fetched {
  readonly slot: Slot;
  readonly etag: string;
  readonly body: Bytes;
}

/** What lies in these slots. Empty ones are left out. */
export async function fetchSlots(
  transport: Transport,
  signer: Signer,
  slots: readonly Slot[],
): Promise<Result<Fetched[], TransportFailure>> {
  const fetched: Fetched[] = [];
  const { getSlots } = transport.limits;
  let rest = [...slots];
  while (rest.length > 0) {
    const ask = new Set(rest.slice(0, getSlots));
    const answer = await transport.call(
      {
        method: 'POST',
        path: PATHS.get,
        body: utf8(JSON.stringify({ slots: [...ask] })),
        type: 'application/json',
      },
      signer,
    );
    if (!answer.ok) return answer;
    const frame = decodeFrame(answer.value.body);
    const head = v.safeParse(getAnswerSchema, frame?.head);
    const bodies =
      frame && head.success
        ? splitBodies(
            frame.rest,
            head.output.found.map(({ size }) => size),
          )
        : null;
    if (!head.success || !bodies) return notAService(answer.value.status);
    const found = new Set<Slot>();
    for (const [index, { slot, etag }] of head.output.found.entries()) {
      const body = bodies[index];
      if (!body || !ask.has(slot) || found.has(slot)) return notAService(answer.value.status);
      found.add(slot);
      fetched.push({ slot, etag, body });
    }
    const again = head.output.rest.filter((slot) => ask.has(slot) && !found.has(slot));
    // An answer with nothing in it but "ask again" would go on for ever.
    if (again.length > 0 && found.size === 0) return notAService(answer.value.status);
    rest = [...rest.slice(getSlots), ...again];
  }
  return ok(fetched);
}
