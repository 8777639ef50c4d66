/** A service that shows its devices what it likes: other feeds, older objects, less than there is. Works on answers on their way. */
import { etagOf } from '../../server/src/auth/digest.ts';
import { decodeFrame, encodeFrame, splitBodies } from '../../src/protocol/frame.ts';
import type { Slot } from '../../src/protocol/ids.ts';
import type { Change, ChangesAnswer } from '../../src/protocol/wire.ts';
import type { Found } from './other-objects.ts';
import type { SyncWorld, TestDevice } from './sync-world.ts';

/** Puts another feed in the place of the real one. `change` is given all entries and says which the device is shown. */
export function feedBecomes(
  world: SyncWorld,
  device: TestDevice,
  change: (all: readonly Change[]) => readonly Change[],
): void {
  device.network.tamper = async (request, answer) => {
    const url = new URL(request.url);
    if (url.pathname !== '/v1/changes') return answer;
    const feed = change(await world.changes());
    const since = Number(url.searchParams.get('since'));
    const limit = Number(url.searchParams.get('limit'));
    const shown: ChangesAnswer = { changes: feed.slice(since, since + limit), head: feed.length };
    return Response.json(shown);
  };
}

/** Entries with the numbers of their places. */
export const numbered = (entries: readonly Change[]): Change[] =>
  entries.map((entry, index) => ({ ...entry, seq: index + 1 }));

/** Gives `device` these bodies with their own etags, in the place of what is there. */
export function givesInstead(device: TestDevice, bodies: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): void {
  device.network.tamper = async (request, answer) => {
    if (!request.url.endsWith('/v1/get')) return answer;
    const frame = decodeFrame(new Uint8Array(await answer.arrayBuffer()));
    if (!frame) return answer;
    const { found, rest } = frame.head as { found: Found[]; rest: Slot[] };
    const sizes = found.map(({ size }) => size);
    const given = (splitBodies(frame.rest, sizes) ?? []).map(
      (body, index) => bodies.get(found[index]?.slot as Slot) ?? body,
    );
    const head = {
      found: await Promise.all(
        found.map(async ({ slot }, index) => {
          const body = given[index] as Uint8Array<ArrayBuffer>;
          return { slot, etag: await etagOf(body), size: body.length };
        }),
      ),
      rest,
    };
    return new Response(encodeFrame(head, given));
  };
}
