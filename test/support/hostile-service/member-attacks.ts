/** A service that works together with somebody who was in the account. */
import type { Write } from '../../../server/src/store/store.ts';
import { encodeFrame } from '../../../src/protocol/frame.ts';
import { parseEtag, parseSlot } from '../../../src/protocol/ids.ts';
import { PATHS } from '../../../src/protocol/routes.ts';
import type { SignedList } from '../../../src/protocol/wire.ts';
import { leadTo } from '../second-service.ts';
import type { TestDevice } from '../sync-world.ts';
import { type Between, etagsOf, honest, pathOf, readBatch } from './proxy.ts';
import { type Attack, DAMAGE, deviceIdOf, type Stage, written } from './stage.ts';

/**
 * The service goes on serving a device that was taken out: shows it everything, hides from it that it is out, and writes what it sends, in the name
 * of a device that is listed.
 */
function servesOutlaw(stage: Stage, chain: readonly SignedList[], inNameOf: TestDevice): Between {
  const { world, account } = stage;
  const { store } = world.service.deps;
  return async (request, forward) => {
    const { searchParams } = new URL(request.url);
    switch (pathOf(request)) {
      case PATHS.devices:
        return request.method === 'GET' ? Response.json({ chain }) : forward(request);
      case PATHS.changes:
        return Response.json(
          await store.changes(account, Number(searchParams.get('since')), Number(searchParams.get('limit'))),
        );
      case PATHS.get: {
        const asked: unknown = await request.json();
        const slots = asked && typeof asked === 'object' && 'slots' in asked ? asked.slots : [];
        const parsed = Array.isArray(slots) ? slots.flatMap((slot) => parseSlot(String(slot)) ?? []) : [];
        const { found } = await store.get(account, parsed, 1e9);
        const head = {
          found: found.map(({ slot, etag, body }) => ({ slot, etag, size: body.length })),
          rest: [],
        };
        return new Response(
          encodeFrame(
            head,
            found.map(({ body }) => body),
          ),
        );
      }
      case PATHS.batch: {
        const batch = await readBatch(request);
        if (!batch) return new Response(null, { status: 400 });
        const etags = await etagsOf(batch);
        const left = [...batch.bodies];
        const ops = batch.head.ops.map((op, index): Write => {
          if (op.op === 'delete') return { op: op.op, slot: op.slot, ifMatch: op.ifMatch };
          const [body, etag] = [left.shift(), etags[index]];
          const parsed = parseEtag(etag ?? '');
          if (!body || !parsed) throw new Error('a put has a body');
          return { op: op.op, slot: op.slot, ifMatch: op.ifMatch, etag: parsed, body };
        });
        return Response.json(await written(stage, deviceIdOf(inNameOf), ops));
      }
      default:
        return forward(request);
    }
  };
}

export const MEMBER_ATTACKS: readonly Attack[] = [
  {
    name: 'revoked author, with keys of an old epoch',
    devices: 3,
    whom: 'all',
    stays: DAMAGE,
    begin: async (stage) => {
      const { world, account, truth } = stage;
      const [first, ...others] = world.devices;
      const outlaw = others.at(-1);
      if (!first || !outlaw) throw new Error('there have to be three devices');
      await world.settle();
      const chain = await world.service.deps.store.deviceChain(account);
      await first.rotate(outlaw);
      await world.settle(world.devices.filter((device) => device !== outlaw));
      truth.outlaws.add(outlaw);
      const serves = servesOutlaw(stage, chain, first);
      const forward = async (request: Request) => world.service.send(request);
      leadTo(outlaw, { ...world.service, send: (request) => serves(request, forward) });
      return honest;
    },
  },
];
