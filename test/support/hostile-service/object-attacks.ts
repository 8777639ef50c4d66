/** Services that give other objects than those that were stored. */
import { etagOf } from '../../../server/src/auth/digest.ts';
import { concat, u16, utf8 } from '../../../src/base/bytes.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import { bodies, type Given, objects } from './proxy.ts';
import { type Attack, DAMAGE, type Stage, written } from './stage.ts';

/** Of what is given, some is changed: what is changed always would be met at the first object. */
const some = ({ rng }: Stage) => {
  const share = rng.pick([0.3, 1]);
  return () => rng.chance(share);
};

/** Where the sealed header's version and suite stand: after its length and the magic. */
const VERSION_AT = 2 + 2;

function changedAt({ body }: Given, at: number, by: number): Given['body'] {
  const copy = body.slice();
  copy[at] = (copy[at] ?? 0) ^ by;
  return copy;
}

export const OBJECT_ATTACKS: readonly Attack[] = [
  {
    name: 'swapped objects',
    begin: (stage) => {
      const isMet = some(stage);
      return bodies((one, all) => (isMet() ? stage.rng.pick(all).body : one.body));
    },
  },
  {
    name: 'swapped halves: the header of one, the body of another',
    isMore: true,
    begin: (stage) =>
      bodies((one, all) => {
        const other = stage.rng.pick(all).body;
        const end = (body: Given['body']) => 2 + ((body[0] ?? 0) << 8) + (body[1] ?? 0);
        return concat(one.body.subarray(0, end(one.body)), other.subarray(end(other)));
      }),
  },
  {
    name: 'replay: an older version of each object',
    begin: (stage) => bodies(({ slot, body }) => stage.bodies.get(slot)?.[0]?.body ?? body),
  },
  {
    name: 'replay: an older version is written again',
    whom: 'all',
    stays: DAMAGE,
    begin: async (stage) => {
      const { world, account, rng } = stage;
      const again = [...stage.bodies].filter(([, all]) => all.length > 1);
      const [slot, all] = again.length > 0 ? rng.pick(again) : [];
      const [old] = all ?? [];
      const [now] = slot ? (await world.service.deps.store.get(account, [slot], 1e9)).found : [];
      const author = stage.before.at(-1)?.device;
      if (slot && old && now && author)
        await written(stage, author, [
          { op: 'put', slot, ifMatch: now.etag, etag: await etagOf(old.body), body: old.body },
        ]);
      return (request, forward) => forward(request);
    },
  },
  {
    name: 'truncated objects',
    begin: (stage) => {
      const isMet = some(stage);
      return bodies(({ body }) => (isMet() ? body.slice(0, stage.rng.below(body.length)) : body));
    },
  },
  {
    name: 'flipped bits',
    begin: (stage) => {
      const isMet = some(stage);
      return bodies((one) =>
        isMet() ? changedAt(one, stage.rng.below(one.body.length), 1 << stage.rng.below(8)) : one.body,
      );
    },
  },
  {
    name: 'unknown suite',
    begin: ({ rng }) => bodies((one) => changedAt(one, VERSION_AT + rng.below(2), 2)),
  },
  {
    name: 'plaintext record',
    begin: ({ rng }) => {
      const event = {
        kind: 'visit',
        id: 'AAAAAAAAAAAAAAAAAAAAAA.0.1',
        atMs: 1_800_000_000_000,
        level: 'public',
        url: 'https://planted.example/',
        title: 'planted',
        transition: 'link',
      };
      const text = utf8(JSON.stringify(rng.chance(0.5) ? [event] : event));
      const header = utf8(JSON.stringify({ kind: 'part', day: '2027-01-15', generation: 1 }));
      return bodies(() => (rng.chance(0.5) ? text : concat(u16(header.length), header, text)));
    },
  },
  {
    name: 'left out objects',
    begin: (stage) => {
      const isMet = some(stage);
      return objects((given) => given.filter(() => !isMet()));
    },
  },
  {
    name: 'etag lies with objects',
    begin: () => objects((given) => given.map((one) => ({ ...one, etag: 'cd'.repeat(32) }))),
  },
  {
    name: 'objects twice, or that nobody asked for',
    isMore: true,
    begin: ({ rng, bodies: known }) =>
      objects((given) => {
        const slot = rng.pick([...known.keys()]);
        return rng.chance(0.5)
          ? [...given, ...given]
          : [...given, { slot, etag: 'cd'.repeat(32), body: new Uint8Array(3) }];
      }),
  },
  {
    name: 'the rest never comes',
    isMore: true,
    begin: () =>
      objects(
        () => [],
        (given) => given.map(({ slot }) => slot),
      ),
  },
  {
    name: 'oversize objects',
    isMore: true,
    begin: () => bodies(() => new Uint8Array(LIMITS.bodyBytes + 1)),
  },
];
