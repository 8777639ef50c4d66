/**
 * Who gets in: every signed route against every way to be wrong. Over 300 lines, because the ways are one table that every
 * route goes through.
 */
import { describe, expect, test } from 'vitest';
import { toBase64Url, utf8 } from '../../src/base/bytes.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { SIGNED_COMPONENTS } from '../../src/protocol/signature.ts';
import { createApp } from '../src/app.ts';
import { ExpiringMap } from '../src/auth/expiring-map.ts';
import { slotOf } from './contract/store-contract.ts';
import {
  digestOf,
  plainRequest,
  type RequestOptions,
  type TestClient,
  type Twist,
} from './support/client.ts';
import { newAccount, newDevice, nextList, randomBytes } from './support/identity.ts';
import { inProcess, ORIGIN, refusalOf } from './support/in-process.ts';
import { nameOf, SIGNED_ROUTES } from './support/routes.ts';

const SKEW = 120;

const without = (...names: string[]) => SIGNED_COMPONENTS.filter((name) => !names.includes(name));
const flip = (text: string, at: number) =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;

/** Each is an otherwise honest request. */
const wrong: readonly (readonly [
  what: string,
  answer: string,
  twist: (client: TestClient) => Twist | Promise<Twist>,
])[] = [
  ['no signature', '401 UNSIGNED', () => ({ after: (headers) => headers.delete('signature') })],
  ['no signature input', '401 UNSIGNED', () => ({ after: (headers) => headers.delete('signature-input') })],
  ['no digest', '401 UNSIGNED', () => ({ after: (headers) => headers.delete('content-digest') })],
  ['no account', '401 UNSIGNED', () => ({ after: (headers) => headers.delete('x-arq-account') })],
  [
    'an account that is none',
    '401 BAD_SIGNATURE',
    () => ({ after: (headers) => headers.set('x-arq-account', 'nonsense') }),
  ],
  [
    'a signature of something else',
    '401 BAD_SIGNATURE',
    () => ({
      after: (headers) => headers.set('signature', flip(headers.get('signature') ?? '', 12)),
    }),
  ],
  [
    'a signature that is no structured field',
    '401 BAD_SIGNATURE',
    () => ({ after: (headers) => headers.set('signature', 'arq=:!!!:') }),
  ],
  ['another label', '401 BAD_SIGNATURE', () => ({ label: 'sig1' })],
  [
    'the label twice',
    '401 BAD_SIGNATURE',
    () => ({
      after: (headers) =>
        headers.set('signature', `${headers.get('signature')}, ${headers.get('signature')}`),
    }),
  ],
  [
    'a parameter twice',
    '401 BAD_SIGNATURE',
    () => ({
      after: (headers) => headers.set('signature-input', `${headers.get('signature-input')};keyid="x"`),
    }),
  ],
  ...SIGNED_COMPONENTS.map(
    (name) => [`${name} not covered`, '401 BAD_SIGNATURE', () => ({ components: without(name) })] as const,
  ),
  ['no nonce', '401 BAD_SIGNATURE', () => ({ parameters: { nonce: undefined } })],
  ['a nonce of another form', '401 BAD_SIGNATURE', () => ({ nonce: 'short' })],
  ['no time', '401 BAD_SIGNATURE', () => ({ parameters: { created: undefined } })],
  ['no key id', '401 BAD_SIGNATURE', () => ({ parameters: { keyid: undefined } })],
  [
    'another algorithm',
    '401 BAD_SIGNATURE',
    () => ({
      after: (headers) =>
        headers.set('signature-input', `${headers.get('signature-input')};alg="hmac-sha256"`),
    }),
  ],
  [
    'a signature that expired',
    '401 BAD_SIGNATURE',
    (client) => ({ parameters: { expires: Math.floor(client.nowMs() / 1000) - SKEW - 1 } }),
  ],
  [
    'another digest than signed',
    '401 BAD_SIGNATURE',
    async () => {
      const other = await digestOf(utf8('other'));
      return { after: (headers) => headers.set('content-digest', other) };
    },
  ],
  [
    'a signed digest of another body',
    '401 BAD_SIGNATURE',
    async () => ({ digest: await digestOf(utf8('other')) }),
  ],
  ['a digest of another kind', '401 BAD_SIGNATURE', () => ({ digest: 'sha-512=:AAAA:' })],
  [
    'too old',
    '401 CLOCK_SKEW',
    (client) => ({ createdSeconds: Math.floor(client.nowMs() / 1000) - SKEW - 1 }),
  ],
  [
    'from the future',
    '401 CLOCK_SKEW',
    (client) => ({ createdSeconds: Math.floor(client.nowMs() / 1000) + SKEW + 1 }),
  ],
  ['a device that is not listed', '403 UNKNOWN_DEVICE', async () => ({ keyid: (await newDevice()).id })],
  ['a key id that is no device', '403 UNKNOWN_DEVICE', () => ({ keyid: 'nobody' })],
  [
    'a compressed body',
    '400 BAD_REQUEST',
    () => ({ after: (headers) => headers.set('content-encoding', 'gzip') }),
  ],
  [
    'a length that is no number',
    '400 BAD_REQUEST',
    () => ({ after: (headers) => headers.set('content-length', '0x10') }),
  ],
  [
    'a declared length over any limit',
    '413 TOO_LARGE',
    () => ({ after: (headers) => headers.set('content-length', String(2 ** 40)) }),
  ],
];

describe.each(SIGNED_ROUTES.map((route) => [nameOf(route), route] as const))('%s', (_name, route) => {
  const { method, path, options = {}, maxBody } = route;
  const ask = (client: TestClient, more: RequestOptions = {}) =>
    client.call(method, path, { ...options, ...more });

  test('lets an honest request in', async () => {
    const client = await inProcess().join();
    expect((await refusalOf(ask(client))).slice(0, 3)).not.toMatch(/401|403|500/);
  });

  test.each(wrong)('%s: %s', async (_what, answer, twist) => {
    const client = await inProcess().join();
    expect(await refusalOf(ask(client, { twist: await twist(client) }))).toBe(answer);
  });

  test('unsigned altogether', async () => {
    const { plain } = inProcess();
    expect(await refusalOf(plain(method, path, options))).toBe('401 UNSIGNED');
  });

  test('a signature at the edge of the skew is good, both ways', async () => {
    const client = await inProcess().join();
    const now = Math.floor(client.nowMs() / 1000);
    for (const createdSeconds of [now - SKEW, now + SKEW]) {
      const fresh = await inProcess().join();
      expect(await refusalOf(ask(fresh, { twist: { createdSeconds } }))).not.toMatch(/^401/);
    }
  });

  test('a nonce is used once', async () => {
    const client = await inProcess().join();
    const nonce = toBase64Url(randomBytes(16));
    const request = await client.signedRequest(method, path, { ...options, twist: { nonce } });
    const copy = request.clone();
    // Another request with the nonce of this one is as refused as this one again.
    expect(await refusalOf(client.send(request))).not.toMatch(/^401/);
    expect(await refusalOf(client.send(copy))).toBe(
      method === 'DELETE' && path === PATHS.account ? '403 UNKNOWN_DEVICE' : '401 REPLAYED',
    );
  });

  test('a body over the limit is refused although no length was declared', async () => {
    if (method === 'GET') return;
    const client = await inProcess().join();
    const body = new Uint8Array(maxBody + 1);
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
    });
    expect(await refusalOf(ask(client, { body }))).toBe('413 TOO_LARGE');
    expect(await refusalOf(ask(client, { twist: { sentBody: endless } }))).toBe('413 TOO_LARGE');
  });

  test('a removed device is refused from then on', async () => {
    const service = inProcess();
    const client = await service.join();
    const other = await newDevice();
    const both = await nextList(client.made.first, client.device, [client.device, other]);
    expect((await client.postList(both.signed)).status).toBe(200);
    const alone = await nextList(both, client.device, [client.device]);
    expect((await client.postList(alone.signed)).status).toBe(200);
    expect(await refusalOf(ask(client.as(other)))).toBe('403 UNKNOWN_DEVICE');
  });

  test('an unknown account, an unknown device and a device of another account look alike', async () => {
    const service = inProcess();
    const [a, b] = [await service.join(), await service.join()];
    const nobody = await newAccount();
    const answers = await Promise.all(
      [a.as(nobody.device, nobody.id), a.as(nobody.device), a.as(b.device), b.as(a.device)].map(
        async (client) => {
          const response = await ask(client);
          return [response.status, await response.text(), [...response.headers]];
        },
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.slice(0, 2)).toEqual([403, '{"code":"UNKNOWN_DEVICE"}']);
  });
});

describe('a signature', () => {
  const path = PATHS.object(slotOf(1));

  test.each([
    ['another method', (request: Request) => new Request(request, { method: 'DELETE' })],
    ['another path', (request: Request) => new Request(`${ORIGIN}${PATHS.object(slotOf(2))}`, request)],
    ['another query', (request: Request) => new Request(`${request.url}?x=1`, request)],
    ['another host', (request: Request) => new Request(`http://other.example${path}`, request)],
  ])('does not carry over to %s', async (_what, moved) => {
    const client = await inProcess().join();
    const request = await client.signedRequest('GET', path);
    expect(await refusalOf(client.send(moved(request)))).toBe('401 BAD_SIGNATURE');
  });

  test('tells a clock that is off what time it is', async () => {
    const client = await inProcess().join();
    const response = await client.call('GET', path, { twist: { createdSeconds: 1 } });
    expect(await response.json()).toEqual({ code: 'CLOCK_SKEW', serverTime: client.nowMs() });
  });

  test('may be accompanied by another one', async () => {
    const client = await inProcess().join();
    const after = (headers: Headers) => {
      headers.set('signature', `${headers.get('signature')}, proxy=:AAAA:`);
      headers.set('signature-input', `${headers.get('signature-input')}, proxy=("@method");created=1`);
    };
    expect(await refusalOf(client.call('GET', path, { twist: { after } }))).toBe('404 NOT_FOUND');
  });

  test('of one device cannot use up the nonces of another', async () => {
    const client = await inProcess().join();
    const other = await newDevice();
    const both = await nextList(client.made.first, client.device, [client.device, other]);
    await client.postList(both.signed);
    const nonce = toBase64Url(randomBytes(16));
    expect(await refusalOf(client.call('GET', path, { twist: { nonce } }))).toBe('404 NOT_FOUND');
    expect(await refusalOf(client.as(other).call('GET', path, { twist: { nonce } }))).toBe('404 NOT_FOUND');
  });

  test('from the future cannot be replayed for as long as it is good', async () => {
    const service = inProcess();
    const client = await service.join();
    const createdSeconds = Math.floor(client.nowMs() / 1000) + SKEW;
    const request = await client.signedRequest('GET', path, { twist: { createdSeconds } });
    expect(await refusalOf(client.send(request.clone()))).toBe('404 NOT_FOUND');
    const answers: string[] = [];
    for (let second = 0; second <= 2 * SKEW + 1; second += 1) {
      answers.push(await refusalOf(client.send(request.clone())));
      service.clock.add(1_000);
    }
    expect(answers.filter((answer) => answer === '401 REPLAYED')).toHaveLength(2 * SKEW + 1);
    expect(answers.at(-1)).toBe('401 CLOCK_SKEW');
  });

  test('is refused when its nonce cannot be remembered', async () => {
    const service = inProcess();
    const client = await service.join();
    const nonces = new ExpiringMap<true>(service.clock, 1_000, 2);
    const app = createApp({ ...service.deps, nonces });
    const crowded = client.as(client.device);
    const get = async () => app.request(await crowded.signedRequest('GET', path));
    expect(await refusalOf(get())).toBe('404 NOT_FOUND');
    expect(await refusalOf(get())).toBe('404 NOT_FOUND');
    const full = await get();
    expect(full.headers.get('retry-after')).toBe(String(SKEW));
    expect(await refusalOf(full)).toBe('503 UNAVAILABLE');
    service.clock.add(1_000);
    expect(await refusalOf(get())).toBe('404 NOT_FOUND');
  });

  test('is verified before the body is read', async () => {
    const client = await inProcess().join();
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull: (controller) => {
          pulled += 1;
          controller.enqueue(new Uint8Array(10));
        },
      },
      { highWaterMark: 0 },
    );
    const twist: Twist = { sentBody: body, after: (headers) => headers.set('signature', 'arq=:AAAA:') };
    const put = client.call('PUT', path, { headers: { 'if-none-match': '*' }, twist });
    expect(await refusalOf(put)).toBe('401 BAD_SIGNATURE');
    expect(pulled).toBe(0);
  });
});

test('an unsigned route wants no signature', async () => {
  const { send } = inProcess();
  expect(await (await send(plainRequest(ORIGIN, 'GET', PATHS.health))).json()).toEqual({ ok: true });
});
