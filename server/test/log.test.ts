/**
 * The log of the real process at its most talkative: a useful line for each request, and nothing that came with a request
 * or that would name an account, a device, a slot or a channel.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toBase64Url, utf8 } from '../../src/base/bytes.ts';
import type { ChannelId, Slot } from '../../src/protocol/ids.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { SOCKET_PROTOCOL } from '../../src/protocol/wire.ts';
import { newTemporaryFolder, removeFolder } from '../../test/support/profile-folder.ts';
import { etagOf } from '../src/auth/digest.ts';
import { joinService, plainRequest } from './support/client.ts';
import { randomBytes } from './support/identity.ts';
import { type Ended, startProcess } from './support/process.ts';
import { openWith, rawConnection, ticketOf } from './support/sockets.ts';

/** Stands in every place of a request where something can stand. */
const MARK = 'kanarienvogel';

const folder = newTemporaryFolder('log');
/** What must not be found, by what it is. */
const secrets = new Map<string, string>([['a marked string', MARK]]);
let ended: Ended;
let devicePrefix = '';
let requests = 0;

const send = (request: Request): Promise<Response> => {
  requests += 1;
  return fetch(request);
};

async function rawRequest(url: string, text: string): Promise<string> {
  const raw = await rawConnection(url, text);
  await raw.ended;
  raw.socket.destroy();
  return raw.received();
}

beforeAll(async () => {
  const service = await startProcess({ settings: { ARQ_PORT: '0', ARQ_DATA: folder, ARQ_LOG: 'requests' } });
  const { url } = service;
  const client = await joinService(send, url, Date.now);
  const { account, device } = client;
  devicePrefix = device.id.slice(0, 4);
  const slot = toBase64Url(randomBytes(32)) as Slot;
  const channel = toBase64Url(randomBytes(16)) as ChannelId;
  const body = utf8(`${MARK}-${'body '.repeat(20)}`);
  const marked = {
    headers: { 'user-agent': MARK, 'x-forwarded-for': `${MARK}.example`, cookie: `a=${MARK}` },
  };
  const plain = (method: string, path: string, options = {}) =>
    send(plainRequest(url, method, path, { ...marked, ...options }));
  const json = (value: unknown) => ({ ...marked, body: JSON.stringify(value) });

  // What an honest device does.
  await (await client.put(slot, body)).text();
  await (await client.put(slot, utf8('other'))).text();
  await (await client.get(slot)).text();
  await (await client.batch([{ op: 'put', slot, ifMatch: await etagOf(body), body: utf8(MARK) }])).text();
  await (await client.call('POST', PATHS.get, json({ slots: [slot] }))).text();
  await (await client.call('GET', `${PATHS.changes}?since=0`, marked)).text();
  await (await client.call('GET', PATHS.devices, marked)).text();
  await (await client.call('GET', PATHS.export, marked)).text();
  await client.call('POST', PATHS.pair(channel), json({ offer: toBase64Url(utf8(MARK)) }));
  await plain('GET', PATHS.pair(channel));
  await plain('PUT', PATHS.pairRequest(channel), json({ message: toBase64Url(utf8(MARK)) }));
  await (await client.call('GET', PATHS.pairRequest(channel))).text();
  await client.call('PUT', PATHS.pairReply(channel), json({ message: toBase64Url(utf8(MARK)) }));
  await (await plain('GET', PATHS.pairReply(channel))).text();
  const ticket = await ticketOf(client);
  const open = await openWith(url, [SOCKET_PROTOCOL, ticket]);
  if (typeof open !== 'number') open.socket.terminate();
  requests += 1;

  // What is wrong in some way.
  for (const [method, path] of [
    ['GET', `/${MARK}`],
    ['GET', `/v1/o/${MARK}`],
    ['PUT', `/v1/o/${MARK}?${MARK}=${MARK}`],
    ['GET', `${PATHS.health}?${MARK}=1`],
    ['GET', `${PATHS.health}?${MARK.repeat(200)}`],
    ['DELETE', `/v1/pair/${MARK}/${MARK}`],
    ['PROPFIND', `/${MARK}`],
    ['HEAD', `/v1/o/${slot}`],
    ['OPTIONS', `/${MARK}`],
  ] as const)
    await (await plain(method, path)).text();
  await client.call('GET', `${PATHS.changes}?${MARK}=1`, marked);
  await client.call('GET', PATHS.object(MARK as Slot), marked);
  await client.call('POST', PATHS.batch, { ...marked, body: MARK });
  await client.call('POST', PATHS.get, json({ [MARK]: MARK }));
  await client.call('POST', PATHS.devices, json({ list: { body: toBase64Url(body), signature: MARK } }));
  await plain('POST', PATHS.account, json({ list: { body: toBase64Url(body), signature: MARK } }));
  await plain('POST', PATHS.account, { ...marked, body: `{"${MARK}":` });
  await client.call('GET', PATHS.devices, {
    ...marked,
    twist: { after: (headers) => headers.set('signature', `arq=:${btoa(MARK)}:`) },
  });
  await client.call('GET', PATHS.devices, { ...marked, twist: { keyid: MARK } });
  await client.call('GET', PATHS.devices, { ...marked, twist: { nonce: MARK } });
  await client.call('GET', PATHS.devices, { ...marked, twist: { label: MARK } });
  await client.call('GET', PATHS.devices, { ...marked, twist: { createdSeconds: 1 } });
  await client.call('DELETE', PATHS.account);

  // What is hardly HTTP: answered before there is a request that could be logged.
  const host = `Host: ${new URL(url).host}\r\n`;
  for (const text of [
    `${MARK}\r\n\r\n`,
    `GET /${MARK} HTTP/9.9\r\n\r\n`,
    `GET http://[${MARK}/ HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${MARK} ${MARK}\r\nConnection: close\r\n\r\n`,
    `GET /\\${MARK} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}${MARK}: ${'x'.repeat(17_000)}\r\n\r\n`,
    `POST /v1/account HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${MARK}`,
    `POST /v1/account HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${MARK}\r\n`,
    `GET /v1/ws HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: ${MARK}\r\n\r\n`,
  ])
    expect(await rawRequest(url, text)).toMatch(/^HTTP\/1\.1 4\d\d /);

  for (const [what, secret] of [
    ['the account', account],
    ['the device', device.id],
    ['its key', device.listed.sign],
    ['the slot', slot],
    ['an etag', await etagOf(body)],
    ['the channel', channel],
    ['the ticket', ticket],
    ['a body in base64url', toBase64Url(utf8(MARK))],
    ['a body in base64', btoa(MARK)],
    ['the address', '127.0.0.1'],
  ] as const)
    secrets.set(what, secret);
  ended = await service.end('SIGTERM');
});
afterAll(() => removeFolder(folder));

test('the process said on standard output where it listens, and nothing else', () => {
  expect(ended.code).toBe(0);
  expect(ended.stdout).toMatch(/^ARQ sync service on http:\S+, data in \S+\n$/);
});

describe('the log', () => {
  const lines = () =>
    ended.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('is JSON, a line for each request, with nothing but what it promises', () => {
    const kinds = { time: 'number', method: 'string', route: 'string', status: 'number', ms: 'number' };
    const logged = lines();
    for (const line of logged) {
      for (const [name, kind] of Object.entries(kinds)) expect(typeof line[name]).toBe(kind);
      const more = Object.keys(line).filter((name) => !(name in kinds));
      for (const name of more) expect(['bytes', 'device']).toContain(name);
      expect(line.route).toMatch(/^(?:\/\*|\/v1(?:\/:?[a-z]+)+)$/);
    }
    // Some of what is hardly HTTP gets as far as a line too.
    expect(logged.length).toBeGreaterThanOrEqual(requests);
    expect(logged.length).toBeLessThanOrEqual(requests + 3);
  });

  test('tells routes, outcomes and devices apart', () => {
    const told = new Set(
      lines().map(({ method, route, status, device }) => [method, route, status, device ?? '-'].join(' ')),
    );
    for (const line of [
      'POST /v1/account 201 -',
      `PUT /v1/o/:slot 200 ${devicePrefix}`,
      `PUT /v1/o/:slot 412 ${devicePrefix}`,
      'PUT /v1/o/:slot 401 -',
      `GET /v1/o/:slot 400 ${devicePrefix}`,
      `POST /v1/batch 200 ${devicePrefix}`,
      `POST /v1/batch 400 ${devicePrefix}`,
      `GET /v1/changes 400 ${devicePrefix}`,
      `PUT /v1/pair/:channel/reply 204 ${devicePrefix}`,
      'GET /v1/devices 403 -',
      'GET /v1/devices 401 -',
      'GET /v1/ws 200 -',
      'GET /* 404 -',
    ])
      expect(told).toContain(line);
  });

  test('holds nothing that came with a request, and nobody', () => {
    for (const [what, secret] of secrets)
      expect(`${what}: ${ended.stderr.includes(secret)}`).toBe(`${what}: false`);
    expect(secrets.size).toBe(11);
  });
});
