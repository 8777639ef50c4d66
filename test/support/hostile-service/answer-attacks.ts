/** Services that do not keep to the protocol at all, and those that lie about who is in the account. */
import { toBase64Url } from '../../../src/base/bytes.ts';
import { sha256 } from '../../../src/crypto/primitives.ts';
import { sign } from '../../../src/crypto/signing.ts';
import {
  type DeviceList,
  deviceIdOf,
  encodeList,
  hashOfSigned,
  readList,
  signedBytes,
} from '../../../src/protocol/device-list.ts';
import { LIMITS } from '../../../src/protocol/limits.ts';
import { PATHS } from '../../../src/protocol/routes.ts';
import type { SignedList } from '../../../src/protocol/wire.ts';
import { type Between, deviceChains, instead, pathOf } from './proxy.ts';
import type { Attack, Stage } from './stage.ts';

const MIB = 1024 * 1024;

const refusal = (
  status: number,
  code: string,
  headers: Record<string, string> = {},
  more: object = {},
): Between => instead(() => Response.json({ code, ...more }, { status, headers }));

/** A next version of the list that has a device of the service's own in it. */
async function withStranger(chain: readonly SignedList[]): Promise<SignedList[]> {
  const last = chain.at(-1);
  const list = last && readList(last);
  if (!last || !list) throw new Error('there is no list');
  const [signKey, kemKey] = [
    await newKey('Ed25519', ['sign', 'verify']),
    await newKey('X25519', ['deriveBits']),
  ];
  const id = await deviceIdOf(signKey.raw, kemKey.raw, { sha256 });
  const { keys: _, ...before } = list;
  const next: DeviceList = {
    ...before,
    version: list.version + 1,
    previous: await hashOfSigned(last, { sha256 }),
    signer: id,
    devices: [
      ...list.devices,
      { id, sign: toBase64Url(signKey.raw), kem: toBase64Url(kemKey.raw), addedAt: 1 },
    ],
  };
  const body = encodeList(next);
  const signature = await sign(signKey.pair.privateKey, signedBytes(body));
  return [...chain, { body: toBase64Url(body), signature: toBase64Url(signature) }];
}

async function newKey(name: 'Ed25519' | 'X25519', usages: KeyUsage[]) {
  const pair = await crypto.subtle.generateKey(name, true, usages);
  if (!('privateKey' in pair)) throw new Error(`${name} has pairs of keys`);
  return { pair, raw: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)) };
}

/** Refuses the first batch as too large, so that its limits are asked for, and says some that are none, or very small. */
function absurdLimits({ rng }: Stage): Between {
  const number = () => rng.pick<unknown>([1, 2, 0, -1, 0.5, 1e300, '9', null]);
  let isFirst = true;
  return (request, forward) => {
    const path = pathOf(request);
    if (path === PATHS.limits)
      return Response.json(Object.fromEntries(Object.keys(LIMITS).map((name) => [name, number()])));
    if (path !== PATHS.batch || !isFirst) return forward(request);
    isFirst = false;
    return Response.json({ code: 'TOO_LARGE' }, { status: 413 });
  };
}

/** A body that comes piece by piece, as `fetch` shows it: ends with an error when the request is given up. */
function endless(
  request: Request,
  onPiece: (bytes: number) => void,
  piece: Uint8Array<ArrayBuffer>,
): Response {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      request.signal.addEventListener('abort', () => controller.error(request.signal.reason));
    },
    pull(controller) {
      onPiece(piece.length);
      if (!request.signal.aborted) controller.enqueue(piece);
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

/** So much of a bomb is there; who reads so much has no bound. */
const BOMB_BYTES = 24 * MIB;

function bomb(stage: Stage): Between {
  const piece = new Uint8Array(MIB).fill(0x20);
  return (request, forward) => {
    if (pathOf(request) === PATHS.devices) return forward(request);
    let read = 0;
    return endless(
      request,
      (bytes) => {
        read += bytes;
        if (read < BOMB_BYTES) return;
        stage.fault(`a device read ${read / MIB} MiB of one answer`);
        stage.timeOut();
      },
      piece,
    );
  };
}

/** Some bytes, then nothing for ever. */
function slowLoris(stage: Stage): Between {
  return (request) => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        controller.enqueue(new Uint8Array([0x7b]));
        request.signal.addEventListener('abort', () => controller.error(request.signal.reason));
        setImmediate(() => stage.timeOut());
      },
    });
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  };
}

/** What `fetch` does with a redirect: follows it, unless it was told not to. */
const redirect =
  (stage: Stage): Between =>
  (request) => {
    if (request.redirect === 'error') throw new TypeError('Failed to fetch');
    stage.fault(`a signed request would have gone elsewhere: ${request.method} ${pathOf(request)}`);
    return Response.json({});
  };

const wrongTime = ({ rng, world }: Stage): Between => {
  const serverTime = rng.pick([0, world.service.clock.nowMs() + 86_400_000, Number.MAX_SAFE_INTEGER, -1]);
  return refusal(401, 'CLOCK_SKEW', {}, { serverTime });
};

export const ANSWER_ATTACKS: readonly Attack[] = [
  {
    name: 'truncated answers',
    begin:
      ({ rng }) =>
      async (request, forward) => {
        const answer = await forward(request);
        const bytes = new Uint8Array(await answer.arrayBuffer());
        return new Response(bytes.slice(0, rng.below(bytes.length)), { status: answer.status });
      },
  },
  {
    name: 'oversize answers',
    begin: () => instead(() => new Response(new Uint8Array(13 * MIB).fill(0x20))),
  },
  { name: 'slow-loris: a body that never ends', begin: slowLoris },
  { name: 'gzip bomb: a body that goes on and on', begin: bomb },
  { name: 'redirect to another host', begin: redirect },
  {
    name: '200 with HTML',
    begin: () =>
      instead(
        () =>
          new Response('<!doctype html><title>Log in</title>', { headers: { 'content-type': 'text/html' } }),
      ),
  },
  {
    name: 'JSON of another form',
    isMore: true,
    begin: ({ rng }) =>
      instead(() => Response.json(rng.pick<unknown>([null, [], {}, 'ok', { __proto__: null, changes: 1 }]))),
  },
  { name: 'limits lies: takes nothing', begin: () => refusal(413, 'TOO_LARGE') },
  { name: 'limits lies: numbers that nothing fits into', isMore: true, begin: absurdLimits },
  { name: 'limits lies: the account is full', isMore: true, begin: () => refusal(507, 'QUOTA') },
  {
    name: 'limits lies: wait for ever',
    begin: ({ rng }) => {
      const wait = rng.pick(['99999999999', 'Fri, 31 Dec 9999 23:59:59 GMT', '-1', 'soon']);
      return refusal(429, 'TOO_MANY', { 'retry-after': wait });
    },
  },
  {
    name: 'refusals of every kind',
    isMore: true,
    begin: ({ rng }) =>
      instead(() => {
        const [status, code] = rng.pick([
          [400, 'BAD_REQUEST'],
          [404, 'NOT_FOUND'],
          [409, 'EXISTS'],
          [410, 'GONE'],
          [412, 'CONFLICT'],
          [500, 'INTERNAL'],
          [503, 'UNAVAILABLE'],
          [418, 'TEAPOT'],
        ] as const);
        return Response.json({ code }, { status });
      }),
  },
  { name: 'says that the device is out', isMore: true, begin: () => refusal(403, 'UNKNOWN_DEVICE') },
  { name: 'another time', isMore: true, begin: wrongTime },
  {
    name: 'device injection',
    begin: () => {
      let made: Promise<SignedList[]> | undefined;
      return deviceChains((chain) => (made ??= withStranger(chain)));
    },
  },
  {
    name: 'list rollback',
    begin: () => deviceChains((chain) => (chain.length > 1 ? chain.slice(0, -1) : chain)),
  },
  {
    name: 'list with another signature',
    isMore: true,
    begin: () =>
      deviceChains((chain) =>
        chain.map((one, index) => (index === chain.length - 1 ? { ...one, signature: 'A'.repeat(86) } : one)),
      ),
  },
  {
    name: 'list that is too long',
    isMore: true,
    begin: () =>
      deviceChains((chain) =>
        Array.from({ length: LIMITS.devices * 4 }, () => chain.at(-1)).flatMap((one) => one ?? []),
      ),
  },
];
