/** What holds for every answer: CORS, unknown paths, failures, and a log that tells nothing about anyone. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { createMemoryStore } from '../src/store/memory.ts';
import { AccountDamaged, type Store, StoreUnavailable } from '../src/store/store.ts';
import { slotOf } from './contract/store-contract.ts';
import { frameOf } from './support/client.ts';
import { ADDRESS, inProcess, ORIGIN, refusalOf } from './support/in-process.ts';
import { CHANNEL, MESSAGE, SIGNED_ROUTES } from './support/routes.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('CORS', () => {
  const asked =
    'signature, signature-input, content-digest, x-arq-account, content-type, if-match, if-none-match';

  test.each(['/v1/batch', '/v1/o/x', '/nowhere'])('a preflight of %s needs no signature', async (path) => {
    const { plain } = inProcess();
    const response = await plain('OPTIONS', path, {
      headers: {
        origin: 'moz-extension://1234',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': asked,
      },
    });
    expect(response.status).toBe(204);
    const header = (name: string) => response.headers.get(`access-control-${name}`);
    expect(header('allow-origin')).toBe('*');
    expect(header('max-age')).toBe('7200');
    expect(header('allow-methods')).toBe('GET,PUT,POST,DELETE');
    expect(header('allow-credentials')).toBeNull();
    const allowed = new Set(header('allow-headers')?.split(/, ?/));
    for (const name of asked.split(', ')) expect(allowed).toContain(name);
  });

  test('every answer may be read from anywhere, a refusal and a failure too', async () => {
    const store = createMemoryStore();
    const service = inProcess({}, store);
    const client = await service.join();
    vi.spyOn(store, 'changes').mockRejectedValue(new Error('broken'));
    const answers = [
      await service.plain('GET', PATHS.health),
      await service.plain('GET', '/nowhere'),
      await service.plain('GET', PATHS.devices),
      await client.put(slotOf(1), utf8('x')),
      await client.call('GET', PATHS.changes),
      await client.call('GET', PATHS.export),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 401, 200, 500, 200]);
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-expose-headers')).toBe('ETag,Retry-After');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('what is not there', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/v2/health'],
    ['GET', '/v1/health/'],
    ['GET', '/v1/o/'],
    ['POST', '/v1/health'],
    ['PATCH', '/v1/account'],
    ['PUT', '/v1/account'],
    ['GET', '/v1/%00'],
  ])('%s %s', async (method, path) => {
    expect(await refusalOf(inProcess().plain(method, path))).toBe('404 NOT_FOUND');
  });

  test('an address that is too long is refused', async () => {
    const { plain } = inProcess();
    expect(await refusalOf(plain('GET', `${PATHS.health}?${'x'.repeat(2_048)}`))).toBe('400 BAD_REQUEST');
  });

  test('a body where none belongs is refused', async () => {
    const { send } = inProcess();
    const request = new Request(`${ORIGIN}${PATHS.health}`, { headers: { 'content-length': '5' } });
    expect(await refusalOf(send(request))).toBe('413 TOO_LARGE');
  });
});

describe('a failure', () => {
  const failing = async (error: Error) => {
    const store = createMemoryStore();
    const service = inProcess({}, store);
    const client = await service.join();
    const fail = () => Promise.reject(error);
    const broken: Partial<Store> = { changes: fail, commit: fail, get: fail, deviceChain: fail };
    Object.assign(store, broken);
    return { service, client };
  };

  test.each<readonly [string, Error, string, string | null]>([
    ['of the program', new TypeError('slot and all'), '500 INTERNAL', null],
    ['of the disk', new StoreUnavailable('no'), '503 UNAVAILABLE', '5'],
    [
      'of what is stored',
      new AccountDamaged('abcdefgh' as AccountId, 'a log entry'),
      '503 UNAVAILABLE',
      '3600',
    ],
  ])('%s is answered with a code and nothing else, and logged', async (_what, error, answer, retryAfter) => {
    const { service, client } = await failing(error);
    for (const response of [
      await client.call('GET', PATHS.changes),
      await client.get(slotOf(1)),
      await client.put(slotOf(1), utf8('x')),
      await client.call('GET', PATHS.devices),
    ]) {
      expect(response.headers.get('retry-after')).toBe(retryAfter);
      expect(await refusalOf(response)).toBe(answer);
    }
    const troubles = service.logLines.filter((line) => line.includes('"trouble"'));
    expect(troubles).toHaveLength(4);
    expect(troubles[0]).toContain(error.name);
    expect(troubles[0]).not.toContain('slot and all');
  });

  test('an export that breaks in the middle has no end line', async () => {
    const store = createMemoryStore();
    const service = inProcess({}, store);
    const client = await service.join();
    const dump = store.dump.bind(store);
    store.dump = async function* (account) {
      for await (const holding of dump(account)) {
        yield holding;
        throw new AccountDamaged(account, 'a body');
      }
    };
    const response = await client.call('GET', PATHS.export);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(service.logLines.filter((line) => line.includes('"trouble":"export"'))).toHaveLength(1);
  });
});

describe('the log', () => {
  /** Every route once, signed and unsigned, with an address and a query that must not show. */
  const everything = async () => {
    const service = inProcess();
    const client = await service.join();
    await client.put(slotOf(1), utf8('body-body-body'));
    await client.batch([{ op: 'put', slot: slotOf(2), ifMatch: null, body: utf8('body-body-body') }]);
    for (const { method, path, options } of SIGNED_ROUTES) {
      if (method === 'DELETE' && path === PATHS.account) continue;
      await client.call(method, path, {
        ...options,
        headers: { ...options?.headers, 'user-agent': 'agent-9' },
      });
      await service.plain(method, path, options);
    }
    await service.plain('GET', PATHS.pair(CHANNEL));
    await service.plain('PUT', PATHS.pairRequest(CHANNEL), { body: JSON.stringify({ message: MESSAGE }) });
    await service.plain('GET', '/somewhere/secret-path?secret-query=1');
    await client.call('GET', `${PATHS.changes}?since=123456`);
    await client.call('POST', PATHS.batch, { body: frameOf([]) });
    await client.call('DELETE', PATHS.account);
    return { service, client };
  };

  test('holds nothing of slots, bodies, addresses, queries, accounts or keys', async () => {
    const { service, client } = await everything();
    const log = service.logLines.join('\n');
    expect(service.logLines.length).toBeGreaterThan(30);
    for (const secret of [
      slotOf(1),
      slotOf(2),
      'body-body',
      ADDRESS,
      '123456',
      'secret',
      'somewhere',
      CHANNEL,
      MESSAGE,
      'agent-9',
      client.account,
      client.device.id,
      client.device.listed.sign,
    ]) {
      expect(log).not.toContain(secret);
    }
  });

  test('says of each request its route, status, size and time, and four characters of the device', async () => {
    const { service, client } = await everything();
    const lines = service.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const known = new Set(['time', 'method', 'route', 'status', 'ms', 'bytes', 'device']);
    for (const line of lines) for (const key of Object.keys(line)) expect(known).toContain(key);
    expect(lines).toContainEqual({
      time: service.clock.nowMs(),
      method: 'GET',
      route: '/v1/o/:slot',
      status: 200,
      ms: 0,
      bytes: 14,
      device: client.device.id.slice(0, 4),
    });
    const patterns = new Set<unknown>(
      Object.values(PATHS).map((path) => (typeof path === 'string' ? path : path(':slot' as never))),
    );
    patterns
      .add('/v1/pair/:channel')
      .add('/v1/pair/:channel/request')
      .add('/v1/pair/:channel/reply')
      .add('/*');
    for (const { route } of lines) expect(patterns).toContain(route);
  });
});
