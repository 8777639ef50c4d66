/** What has to hold for each signed route alike, besides who gets in (signature.test.ts). */
import { describe, expect, test } from 'vitest';
import { type Bytes, concat, utf8 } from '../../src/base/bytes.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { collect, slotOf } from './contract/store-contract.ts';
import { frameOf, plainRequest, type TestClient } from './support/client.ts';
import { randomBytes } from './support/identity.ts';
import { type InProcess, inProcess, ORIGIN } from './support/in-process.ts';
import { nameOf, SIGNED_ROUTES, type SignedRoute } from './support/routes.ts';

const ask = (client: TestClient, { method, path, options }: SignedRoute, body?: Bytes | string) =>
  client.call(method, path, { ...options, ...(body === undefined ? {} : { body }) });

/** A refusal is its status and its code: no sentence, no header that tells more. */
async function expectRefusal(response: Response, status: number, code: string): Promise<void> {
  expect([response.status, await response.text()]).toEqual([status, `{"code":"${code}"}`]);
  const known = ['access-control-', 'cache-control', 'content-', 'retry-after'];
  const more = [...response.headers.keys()].filter((name) => !known.some((start) => name.startsWith(start)));
  expect(more).toEqual([]);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.has('retry-after')).toBe(status === 429 || status === 503);
}

const MALFORMED: readonly (readonly [string, Bytes | string])[] = [
  ['nothing', ''],
  ['half of it', '{"list":{"body":'],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number', '1e999'],
  ['unknown keys', '{"more":1}'],
  ['a key named __proto__', '{"__proto__":{"list":1,"slots":1,"offer":1,"message":1}}'],
  ['a very deep list', '['.repeat(120)],
  ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe, 0xc0, 0x80])],
  ['noise', randomBytes(200)],
  ['a frame of noise', concat(new Uint8Array([0, 0, 0, 100]), randomBytes(100))],
  ['a frame that says it is huge', new Uint8Array([0xff, 0xff, 0xff, 0xff, 1])],
  ['JSON after a mark', '\ufeff{"slots":[]}'],
];

describe.each(SIGNED_ROUTES.map((route) => [nameOf(route), route] as const))('%s', (_name, route) => {
  test('is refused when its device has used up its rate', async () => {
    const client = await inProcess({ requestBurst: 1, requestsPerSecond: 1 }).join();
    expect((await client.call('GET', PATHS.changes)).status).toBe(200);
    await expectRefusal(await ask(client, route), 429, 'TOO_MANY');
  });

  test('wants no body where it takes none', async () => {
    if (route.maxBody > 0) return;
    const client = await inProcess().join();
    if (route.method === 'GET') {
      const after = (headers: Headers) => headers.set('content-length', '1');
      const declared = await client.call(route.method, route.path, { twist: { after } });
      await expectRefusal(declared, 413, 'TOO_LARGE');
    } else await expectRefusal(await ask(client, route, 'x'), 413, 'TOO_LARGE');
  });

  test.each(MALFORMED)('refuses what is malformed: %s', async (_what, body) => {
    // Any bytes are an object; only its size can be wrong.
    if (route.maxBody === 0 || route.path === PATHS.object(slotOf(1))) return;
    const service = inProcess();
    const client = await service.join();
    const before = await collect(service.deps.store.dump(client.account));
    await expectRefusal(await ask(client, route, body), 400, 'BAD_REQUEST');
    expect(await collect(service.deps.store.dump(client.account))).toEqual(before);
  });

  test('never reads or changes anything of another account', async () => {
    const service = inProcess();
    const [mine, other] = [await filled(service), await filled(service)];
    const before = await collect(service.deps.store.dump(other.account as AccountId));
    const response = await ask(mine, route);
    const answer = Buffer.from(await response.arrayBuffer());
    expect(await collect(service.deps.store.dump(other.account as AccountId))).toEqual(before);
    const theirs = [other.account, other.device.id, other.device.listed.sign, `body of ${other.account}`];
    for (const secret of theirs) expect(answer.includes(secret)).toBe(false);
  });

  test('is refused, signed or not, while the service stops', async () => {
    const service = inProcess();
    const client = await service.join();
    service.stop.abort();
    await expectRefusal(await ask(client, route), 503, 'UNAVAILABLE');
    await expectRefusal(await service.plain(route.method, route.path, route.options), 503, 'UNAVAILABLE');
  });

  test('has no HEAD', async () => {
    if (route.method !== 'GET') return;
    const service = inProcess();
    const client = await service.join();
    const request = await client.signedRequest('HEAD', route.path);
    expect((await service.send(request)).status).toBe(404);
    expect((await service.send(plainRequest(ORIGIN, 'HEAD', PATHS.health))).status).toBe(404);
  });
});

/** An account whose every record says whose it is. */
async function filled(service: InProcess): Promise<TestClient> {
  const client = await service.join();
  const body = utf8(`body of ${client.account}`);
  expect((await client.put(slotOf(1), body)).status).toBe(200);
  expect((await client.batch([{ op: 'put', slot: slotOf(2), ifMatch: null, body }])).status).toBe(200);
  return client;
}

test.each([
  ['PUT', PATHS.object(slotOf(3)), { body: utf8('x'), headers: { 'if-none-match': '*' } }],
  ['POST', PATHS.batch, { body: frameOf([{ op: 'put', slot: slotOf(3), ifMatch: null, body: utf8('x') }]) }],
] as const)('%s %s of a full account is refused by its code alone', async (method, path, options) => {
  const service = inProcess({ objects: 1 });
  const client = await service.join();
  await client.put(slotOf(1), utf8('x'));
  await expectRefusal(await client.call(method, path, options), 507, 'QUOTA');
});

describe('an export', () => {
  test('is one at a time of a device, until it was read or given up', async () => {
    const service = inProcess();
    const [client, other] = [await service.join(), await service.join()];
    const get = () => client.call('GET', PATHS.export);
    const first = await get();
    await expectRefusal(await get(), 429, 'TOO_MANY');
    expect((await other.call('GET', PATHS.export)).status).toBe(200);
    await first.text();
    const second = await get();
    expect(second.status).toBe(200);
    await second.body?.cancel();
    expect((await get()).status).toBe(200);
  });
});
