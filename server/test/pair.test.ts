import { describe, expect, test } from 'vitest';
import { toBase64Url } from '../../src/base/bytes.ts';
import type { ChannelId } from '../../src/protocol/ids.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { createApp } from '../src/app.ts';
import { Hub } from '../src/notify.ts';
import { PairingRelay } from '../src/pairing.ts';
import type { TestClient } from './support/client.ts';
import { newDevice, nextList, randomBytes } from './support/identity.ts';
import { inProcess, refusalOf } from './support/in-process.ts';

const OFFER = toBase64Url(randomBytes(32));
const REQUEST = toBase64Url(randomBytes(500));
const REPLY = toBase64Url(randomBytes(900));
const newChannel = (): ChannelId => toBase64Url(randomBytes(16)) as ChannelId;
const json = (value: unknown) => ({ body: JSON.stringify(value) });

/** A service, a device that invites, and a channel with its offer. */
async function invited() {
  const service = inProcess();
  const inviter = await service.join();
  const channel = newChannel();
  const opened = await inviter.call('POST', PATHS.pair(channel), json({ offer: OFFER }));
  const joiner = {
    offer: () => service.plain('GET', PATHS.pair(channel)),
    ask: (message = REQUEST) => service.plain('PUT', PATHS.pairRequest(channel), json({ message })),
    reply: (query = '') => service.plain('GET', `${PATHS.pairReply(channel)}${query}`),
  };
  const host = (client: TestClient = inviter) => ({
    request: (query = '') => client.call('GET', `${PATHS.pairRequest(channel)}${query}`),
    reply: (message = REPLY) => client.call('PUT', PATHS.pairReply(channel), json({ message })),
  });
  return { service, inviter, channel, opened, joiner, host };
}

describe('the pairing relay', () => {
  test('carries an offer, a request and a reply, and is used up', async () => {
    const { service, opened, joiner, host } = await invited();
    expect([opened.status, await opened.json()]).toEqual([
      201,
      { expiresAt: service.clock.nowMs() + 300_000 },
    ]);
    expect(await (await joiner.offer()).json()).toEqual({ offer: OFFER });
    expect((await host().request()).status).toBe(204);
    expect((await joiner.reply()).status).toBe(204);
    expect((await joiner.ask()).status).toBe(204);
    expect(await (await host().request()).json()).toEqual({ message: REQUEST });
    expect((await host().reply()).status).toBe(204);
    expect(await (await joiner.reply()).json()).toEqual({ message: REPLY });
    expect(await refusalOf(joiner.reply())).toBe('410 GONE');
    expect(await refusalOf(joiner.offer())).toBe('410 GONE');
    expect(await refusalOf(joiner.ask())).toBe('410 GONE');
    expect(await refusalOf(host().request())).toBe('410 GONE');
    expect(await refusalOf(host().reply())).toBe('410 GONE');
  });

  test('takes each message once', async () => {
    const { joiner, host, inviter, channel } = await invited();
    expect(await refusalOf(inviter.call('POST', PATHS.pair(channel), json({ offer: OFFER })))).toBe(
      '409 EXISTS',
    );
    await joiner.ask();
    expect(await refusalOf(joiner.ask('b3RoZXI'))).toBe('410 GONE');
    expect(await (await host().request()).json()).toEqual({ message: REQUEST });
    await host().reply();
    expect(await refusalOf(host().reply('b3RoZXI'))).toBe('410 GONE');
    expect(await (await joiner.reply()).json()).toEqual({ message: REPLY });
  });

  test('takes no reply before there is a request', async () => {
    const { joiner, host } = await invited();
    expect(await refusalOf(host().reply())).toBe('412 CONFLICT');
    await joiner.ask();
    expect((await host().reply()).status).toBe(204);
  });

  test('is, to every device but the inviting one, not there', async () => {
    const { service, inviter, joiner, host, channel } = await invited();
    const other = await newDevice();
    const both = await nextList(inviter.made.first, inviter.device, [inviter.device, other]);
    await inviter.postList(both.signed);
    await joiner.ask();
    for (const client of [await service.join(), inviter.as(other)]) {
      expect(await refusalOf(host(client).request())).toBe('404 NOT_FOUND');
      expect(await refusalOf(host(client).reply())).toBe('404 NOT_FOUND');
      // Only that the id is taken can be found out, by who knows it already.
      expect(await refusalOf(client.call('POST', PATHS.pair(channel), json({ offer: OFFER })))).toBe(
        '409 EXISTS',
      );
    }
  });

  test('expires, and nobody can take its place before it is forgotten', async () => {
    const { service, joiner, host, channel, inviter } = await invited();
    await joiner.ask();
    service.clock.add(300_000 - 1);
    expect((await joiner.offer()).status).toBe(200);
    service.clock.add(1);
    expect(await refusalOf(joiner.offer())).toBe('410 GONE');
    expect(await refusalOf(host().request())).toBe('410 GONE');
    expect(await refusalOf(host().reply())).toBe('410 GONE');
    expect(await refusalOf(joiner.reply())).toBe('410 GONE');
    expect(await refusalOf(inviter.call('POST', PATHS.pair(channel), json({ offer: OFFER })))).toBe(
      '409 EXISTS',
    );
    service.clock.add(300_000);
    expect(await refusalOf(joiner.offer())).toBe('404 NOT_FOUND');
    expect((await inviter.call('POST', PATHS.pair(channel), json({ offer: OFFER }))).status).toBe(201);
  });

  test('goes with its account', async () => {
    const { inviter, joiner } = await invited();
    await inviter.call('DELETE', PATHS.account);
    expect(await refusalOf(joiner.offer())).toBe('410 GONE');
  });

  test('a channel that nobody opened is not there', async () => {
    const { service, inviter } = await invited();
    for (const channel of [newChannel(), 'nonsense' as ChannelId]) {
      const answers = [
        service.plain('GET', PATHS.pair(channel)),
        service.plain('PUT', PATHS.pairRequest(channel), json({ message: REQUEST })),
        service.plain('GET', PATHS.pairReply(channel)),
        service.plain('GET', `${PATHS.pairReply(channel)}?wait=25`),
        inviter.call('GET', PATHS.pairRequest(channel)),
        inviter.call('PUT', PATHS.pairReply(channel), json({ message: REPLY })),
      ];
      for (const answer of answers) expect(await refusalOf(answer)).toBe('404 NOT_FOUND');
    }
    const bad = inviter.call('POST', PATHS.pair('nonsense' as ChannelId), json({ offer: OFFER }));
    expect(await refusalOf(bad)).toBe('404 NOT_FOUND');
  });

  test.each([
    ['no JSON', '{'],
    ['an unknown key', JSON.stringify({ message: 'AA', offer: 'AA', more: 1 })],
    ['no text', JSON.stringify({ message: 1 })],
    ['not base64url', JSON.stringify({ message: 'ä' })],
  ])('a malformed message is refused: %s', async (_what, body) => {
    const { service, inviter, channel } = await invited();
    for (const answer of [
      inviter.call('POST', PATHS.pair(newChannel()), { body }),
      service.plain('PUT', PATHS.pairRequest(channel), { body }),
      inviter.call('PUT', PATHS.pairReply(channel), { body }),
    ]) {
      expect(await refusalOf(answer)).toBe('400 BAD_REQUEST');
    }
  });

  test('a message over the limit is refused, one of exactly the limit is carried', async () => {
    const { joiner, host } = await invited();
    expect(await refusalOf(joiner.ask('A'.repeat(17_000)))).toBe('413 TOO_LARGE');
    expect((await joiner.ask('A'.repeat(16_384))).status).toBe(204);
    expect(((await (await host().request()).json()) as { message: string }).message).toHaveLength(16_384);
  });

  test('holds no more channels than it has room for', async () => {
    const service = inProcess();
    const client = await service.join();
    const pairing = new PairingRelay(service.clock, { pairSeconds: 300 }, new Hub(), 1);
    const app = createApp({ ...service.deps, pairing });
    const open = async () =>
      app.request(await client.signedRequest('POST', PATHS.pair(newChannel()), json({ offer: OFFER })));
    expect((await open()).status).toBe(201);
    expect(await refusalOf(open())).toBe('503 UNAVAILABLE');
  });
});

describe('waiting on the relay', () => {
  test('ends with the message', async () => {
    const { service, joiner, host } = await invited();
    const asked = host().request('?wait=25');
    await service.untilWaiting(1);
    await joiner.ask();
    expect(await (await asked).json()).toEqual({ message: REQUEST });
    const replied = joiner.reply('?wait=25');
    await service.untilWaiting(2);
    await host().reply();
    expect(await (await replied).json()).toEqual({ message: REPLY });
  });

  test('ends when the service stops', async () => {
    const { service, joiner } = await invited();
    const waiting = joiner.reply('?wait=25');
    await service.untilWaiting(1);
    service.stop.abort();
    expect((await waiting).status).toBe(204);
  });

  test('a reply that the joining device did not wait for is still there', async () => {
    const { service, joiner, host, channel } = await invited();
    const gone = new AbortController();
    const path = `${PATHS.pairReply(channel)}?wait=25`;
    const waiting = service.plain('GET', path, { signal: gone.signal });
    await service.untilWaiting(1);
    gone.abort();
    expect((await waiting).status).toBe(204);
    await joiner.ask();
    await host().reply();
    expect(await (await joiner.reply()).json()).toEqual({ message: REPLY });
  });

  test('two may wait for one reply, a third may not', async () => {
    const { service, joiner } = await invited();
    const waiting = [joiner.reply('?wait=25'), joiner.reply('?wait=25')];
    await service.untilWaiting(2);
    expect(await refusalOf(joiner.reply('?wait=25'))).toBe('429 TOO_MANY');
    service.stop.abort();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([204, 204]);
  });

  test('two requests may wait per device', async () => {
    const { service, host } = await invited();
    const waiting = [host().request('?wait=25'), host().request('?wait=25')];
    await service.untilWaiting(2);
    expect(await refusalOf(host().request('?wait=25'))).toBe('429 TOO_MANY');
    service.stop.abort();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([204, 204]);
  });

  test.each(['?wait=x', '?wait=-1', '?wait=1&wait=2', '?other=1', '?wait=1.5'])(
    'a malformed query is refused: %s',
    async (query) => {
      const { joiner, host } = await invited();
      expect(await refusalOf(joiner.reply(query))).toBe('400 BAD_REQUEST');
      expect(await refusalOf(host().request(query))).toBe('400 BAD_REQUEST');
    },
  );
});
