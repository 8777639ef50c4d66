/** The WebSocket of the real service: who may open one, what it says, what it takes, and how it ends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toBase64Url, utf8 } from '../../src/base/bytes.ts';
import type { AccountId, DeviceId } from '../../src/protocol/ids.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { SOCKET_PROTOCOL, TICKLE } from '../../src/protocol/wire.ts';
import { Hub } from '../src/notify.ts';
import { Sockets } from '../src/sockets.ts';
import { slotOf } from './contract/store-contract.ts';
import { randomBytes } from './support/identity.ts';
import { type OnLoopback, onLoopback } from './support/on-loopback.ts';
import { openSocket, openWith, rawConnection, ticketOf } from './support/sockets.ts';

/** A busy machine takes its time. */
const SOON = { timeout: 5_000 };
const A_WHILE_MS = 150;
const aWhile = () => new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));

let service: OnLoopback;
beforeAll(async () => {
  service = await onLoopback({}, { linger: 200 });
});
afterAll(() => service.close());

describe('a socket is opened', () => {
  test('with a ticket, once, and says at once that there may be news', async () => {
    const { clients } = await service.join(1);
    const [client] = clients as [(typeof clients)[0]];
    const ticket = await ticketOf(client);
    const open = await openWith(service.url, [SOCKET_PROTOCOL, ticket]);
    if (typeof open === 'number') throw new Error(String(open));
    expect(open.socket.protocol).toBe(SOCKET_PROTOCOL);
    await expect.poll(() => open.got, SOON).toEqual([TICKLE]);
    expect(await openWith(service.url, [SOCKET_PROTOCOL, ticket])).toBe(401);
    open.socket.terminate();
  });

  test.each<readonly [string, (ticket: string) => string[], number]>([
    ['no ticket', () => [SOCKET_PROTOCOL], 400],
    ['no protocol', (ticket) => [ticket], 400],
    ['nothing', () => [], 400],
    ['the ticket first', (ticket) => [ticket, SOCKET_PROTOCOL], 400],
    ['more than a ticket', (ticket) => [SOCKET_PROTOCOL, ticket, 'more'], 400],
    ['another protocol', (ticket) => ['arq.v2', ticket], 400],
    ['a ticket that nobody was given', () => [SOCKET_PROTOCOL, toBase64Url(randomBytes(32))], 401],
    ['half a ticket', (ticket) => [SOCKET_PROTOCOL, ticket.slice(0, 20)], 401],
  ])('not with %s', async (_what, protocols, status) => {
    const { clients } = await service.join(1);
    const [client] = clients as [(typeof clients)[0]];
    expect(await openWith(service.url, protocols(await ticketOf(client)))).toBe(status);
  });

  test('not with a ticket in the address', async () => {
    const { clients } = await service.join(1);
    const [client] = clients as [(typeof clients)[0]];
    const path = `${PATHS.socket}?ticket=${await ticketOf(client)}`;
    expect(await openWith(service.url, [SOCKET_PROTOCOL], path)).toBe(400);
  });

  test('not by a device that was removed after it got its ticket', async () => {
    const { clients, keepOnly } = await service.join(2);
    const [first, second] = clients as [(typeof clients)[0], (typeof clients)[0]];
    const ticket = await ticketOf(second);
    await keepOnly([first]);
    expect(await openWith(service.url, [SOCKET_PROTOCOL, ticket])).toBe(403);
  });

  test('not as a third one of a device, until one of the two is closed', async () => {
    const { clients } = await service.join(2);
    const [first, second] = clients as [(typeof clients)[0], (typeof clients)[0]];
    const two = [await openSocket(first), await openSocket(first)];
    expect(await openWith(service.url, [SOCKET_PROTOCOL, await ticketOf(first)])).toBe(429);
    const other = await openSocket(second);
    two[0]?.socket.close();
    await two[0]?.closed;
    await expect
      .poll(async () => typeof (await openWith(service.url, [SOCKET_PROTOCOL, await ticketOf(first)])), SOON)
      .toBe('object');
    for (const { socket } of [...two, other]) socket.terminate();
  });

  test('not anywhere else, also not by a signed request', async () => {
    const { clients } = await service.join(1);
    const [client] = clients as [(typeof clients)[0]];
    expect(await openWith(service.url, [], PATHS.health)).toBe(400);
    const request = await client.signedRequest('GET', PATHS.export);
    const headers = [...request.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const raw = await rawConnection(
      service.url,
      `GET ${PATHS.export} HTTP/1.1\r\nHost: ${new URL(service.url).host}\r\n${headers}` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await raw.ended;
    expect(raw.received()).toMatch(/^HTTP\/1\.1 400 /);
    raw.socket.destroy();
    // The device's one export is free: nothing began.
    expect((await client.call('GET', PATHS.export)).status).toBe(200);
  });

  test('without `Connection: upgrade` it is a mistake of the request, not of the service', async () => {
    const { clients } = await service.join(1);
    const [client] = clients as [(typeof clients)[0]];
    const protocols = `${SOCKET_PROTOCOL}, ${await ticketOf(client)}`;
    const raw = await rawConnection(
      service.url,
      `GET ${PATHS.socket} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Protocol: ${protocols}\r\nConnection: close\r\n\r\n`,
    );
    await raw.ended;
    expect(raw.received()).toMatch(/^HTTP\/1\.1 400 [\s\S]*\r\n\r\n\{"code":"BAD_REQUEST"\}$/);
    raw.socket.destroy();
  });
});

describe('a tickle', () => {
  test("comes with another device's write, and to nobody else", async () => {
    const [mine, other] = [await service.join(2), await service.join(1)];
    const [author, reader] = mine.clients as [(typeof mine.clients)[0], (typeof mine.clients)[0]];
    const sockets = [
      await openSocket(author),
      await openSocket(reader),
      await openSocket(reader),
      await openSocket(other.clients[0] as typeof author),
    ];
    await expect.poll(() => sockets.map(({ got }) => got.length), SOON).toEqual([1, 1, 1, 1]);
    expect((await author.put(slotOf(1), utf8('news'))).status).toBe(200);
    await expect.poll(() => sockets.map(({ got }) => got.length), SOON).toEqual([1, 2, 2, 1]);
    expect((await author.batch([{ op: 'delete', slot: slotOf(1) }])).status).toBe(200);
    await expect.poll(() => sockets.map(({ got }) => got.length), SOON).toEqual([1, 3, 3, 1]);
    // What changes nothing is no news.
    expect((await author.put(slotOf(2), utf8('x'), 'f'.repeat(64) as never)).status).toBe(412);
    expect((await author.batch([{ op: 'delete', slot: slotOf(1) }])).status).toBe(200);
    expect((await author.get(slotOf(1))).status).toBe(404);
    await aWhile();
    expect(sockets.map(({ got }) => got.length)).toEqual([1, 3, 3, 1]);
    expect(new Set(sockets.flatMap(({ got }) => got))).toEqual(new Set([TICKLE]));
    for (const { socket } of sockets) socket.terminate();
  });

  test('is not sent again to a peer that does not read', () => {
    const hub = new Hub();
    const sockets = new Sockets(hub, 2);
    const raw = { bufferedAmount: 0 };
    let sent = 0;
    const socket = { raw, send: () => (sent += 1), close: () => {} };
    sockets.attach('account' as AccountId, 'reader' as DeviceId, socket);
    for (const [bufferedAmount, after] of [
      [1_024, 2],
      [1_025, 2],
      [0, 3],
    ]) {
      raw.bufferedAmount = bufferedAmount as number;
      hub.publish('account', 'author' as DeviceId);
      expect(sent).toBe(after);
    }
  });
});

describe('what a peer says', () => {
  test('is not listened to', async () => {
    const { clients } = await service.join(1);
    const open = await openSocket(clients[0] as (typeof clients)[0]);
    for (const said of ['ping', '', 'x'.repeat(64), randomBytes(64)]) open.socket.send(said);
    const pong = new Promise((resolve) => open.socket.once('pong', resolve));
    open.socket.ping();
    await pong;
    expect([open.socket.readyState, open.got]).toEqual([open.socket.OPEN, [TICKLE]]);
    open.socket.terminate();
  });

  test.each<readonly [string, number, (say: (data: Uint8Array | string, options?: object) => void) => void]>([
    ['a text of 65 bytes', 1009, (say) => say('x'.repeat(65))],
    ['65 bytes', 1009, (say) => say(new Uint8Array(65))],
    ['a megabyte', 1009, (say) => say(new Uint8Array(1024 * 1024))],
    [
      '65 bytes in two pieces',
      1009,
      (say) => {
        say('x'.repeat(64), { fin: false });
        say('x', { fin: true });
      },
    ],
    ['a text that is not UTF-8', 1007, (say) => say(new Uint8Array([0xff]), { binary: false })],
  ])('is the end when it is %s', async (_what, code, speak) => {
    const { clients } = await service.join(1);
    const open = await openSocket(clients[0] as (typeof clients)[0]);
    speak((data, options = {}) => open.socket.send(data, options));
    expect(await open.closed).toBe(code);
  });

  test.each([
    ['a frame that is not masked', Buffer.from([0x81, 0x01, 0x78])],
    ['an unknown kind of frame', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['a compressed frame, which was not agreed on', Buffer.from([0xc1, 0x80, 0, 0, 0, 0])],
  ])('is the end when it is %s', async (_what, bytes) => {
    const { clients } = await service.join(1);
    const open = await openSocket(clients[0] as (typeof clients)[0]);
    const { _socket } = open.socket as unknown as { _socket: { write(bytes: Buffer): void } };
    _socket.write(bytes);
    expect(await open.closed).toBe(1002);
  });
});

describe('the end', () => {
  test('of a removed device, and of no other one', async () => {
    const { clients, keepOnly } = await service.join(2);
    const [first, second] = clients as [(typeof clients)[0], (typeof clients)[0]];
    const [kept, removed, too] = [
      await openSocket(first),
      await openSocket(second),
      await openSocket(second),
    ] as const;
    await keepOnly([first]);
    expect(await Promise.all([removed.closed, too.closed])).toEqual([1008, 1008]);
    expect(kept.socket.readyState).toBe(kept.socket.OPEN);
    kept.socket.terminate();
  });

  test('of a deleted account', async () => {
    const { clients } = await service.join(2);
    const [first, second] = clients as [(typeof clients)[0], (typeof clients)[0]];
    const open = [await openSocket(first), await openSocket(second)];
    expect((await first.call('DELETE', PATHS.account)).status).toBe(204);
    expect(await Promise.all(open.map(({ closed }) => closed))).toEqual([1008, 1008]);
  });

  test('of the service: each is told that it goes away, and the stop waits for none', async () => {
    const stopping = await onLoopback();
    const { clients } = await stopping.join(2);
    const open = await Promise.all(clients.map(openSocket));
    await stopping.close();
    expect(await Promise.all(open.map(({ closed }) => closed))).toEqual([1001, 1001]);
  });

  test('of a peer that answers no ping, whose place is then free', async () => {
    const strict = await onLoopback({ socketsPerDevice: 1 }, { heartbeat: 100 });
    const { clients } = await strict.join(2);
    const [first, second] = clients as [(typeof clients)[0], (typeof clients)[0]];
    const [silent, lively] = [await openSocket(first), await openSocket(second)];
    // What does not read its socket does not answer.
    (silent.socket as unknown as { _socket: { pause(): void } })._socket.pause();
    await expect
      .poll(async () => typeof (await openWith(strict.url, [SOCKET_PROTOCOL, await ticketOf(first)])), {
        timeout: 5_000,
      })
      .toBe('object');
    expect(lively.socket.readyState).toBe(lively.socket.OPEN);
    silent.socket.terminate();
    await strict.close();
  });
});

describe('connections that do not hang up', () => {
  const upgrade = (to: string) =>
    `GET ${PATHS.socket} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${to}\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

  test.each(['websocket', 'h2c', 'nonsense'])('are ended when their upgrade to %s is refused', async (to) => {
    const raw = await rawConnection(service.url, upgrade(to));
    await raw.ended;
    expect(raw.received()).toMatch(/^HTTP\/1\.1 400 /);
    await raw.gone();
  });

  test('do not keep the service from stopping', async () => {
    const stopping = await onLoopback({}, { drain: 300 });
    const { clients } = await stopping.join(1);
    const silent = await openSocket(clients[0] as (typeof clients)[0]);
    (silent.socket as unknown as { _socket: { pause(): void } })._socket.pause();
    const refused = await rawConnection(stopping.url, upgrade('h2c'));
    const half = await rawConnection(stopping.url, 'GET /v1/health HTTP/1.1\r\nHost: x\r\n');
    const began = Date.now();
    await stopping.close();
    expect(Date.now() - began).toBeLessThan(3_000);
    silent.socket.terminate();
    await Promise.all([refused.gone(), half.gone()]);
  });
});
