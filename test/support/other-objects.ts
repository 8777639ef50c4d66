/** A service that gives back something else than what was stored. */
import type { Bytes } from '../../src/base/bytes.ts';
import { decodeFrame, encodeFrame, splitBodies } from '../../src/protocol/frame.ts';
import type { Slot } from '../../src/protocol/ids.ts';
import type { TestDevice } from './sync-world.ts';

export interface Found {
  slot: Slot;
  etag: string;
  size: number;
}

/**
 * Puts other bodies in the place of those that a device fetches; `null`: the service says that the slot is empty. `how`: they come in
 * another order, or each of them again.
 */
export function objectsBecome(
  device: TestDevice,
  change: (
    found: readonly Found[],
    bodies: readonly Bytes[],
  ) => readonly (Bytes | null)[] | Promise<readonly (Bytes | null)[]>,
  how: 'as asked' | 'reversed' | 'twice' = 'as asked',
): void {
  device.network.tamper = async (request, answer) => {
    if (!request.url.endsWith('/v1/get')) return answer;
    const frame = decodeFrame(new Uint8Array(await answer.arrayBuffer()));
    if (!frame) return answer;
    const { found, rest } = frame.head as { found: Found[]; rest: Slot[] };
    const bodies = splitBodies(
      frame.rest,
      found.map(({ size }) => size),
    ) as Bytes[];
    const changed = await change(found, bodies);
    const asked = found.flatMap((one, i) => {
      const body = changed[i];
      return body ? [{ ...one, size: body.length, body }] : [];
    });
    const left = how === 'twice' ? [...asked, ...asked] : how === 'reversed' ? asked.toReversed() : asked;
    const head = { found: left.map(({ body: _, ...one }) => one), rest };
    return new Response(
      encodeFrame(
        head,
        left.map(({ body }) => body),
      ),
    );
  };
}
