import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { changesAnswerSchema } from '../../src/protocol/wire.ts';
import { slotOf } from './contract/store-contract.ts';
import { postAccount, type TestClient } from './support/client.ts';
import { newDevice, nextList } from './support/identity.ts';
import { type InProcess, inProcess, refusalOf } from './support/in-process.ts';

const changes = (client: TestClient, query: string, signal?: AbortSignal) =>
  client.call('GET', `${PATHS.changes}${query}`, signal ? { signal } : {});
const seqsOf = async (response: Response | Promise<Response>) => {
  const answer = v.parse(changesAnswerSchema, await (await response).json());
  return [answer.changes.map(({ seq }) => seq), answer.head];
};

/** An account with two devices. */
async function twoDevices(service: InProcess) {
  const first = await service.join();
  const device = await newDevice();
  const both = await nextList(first.made.first, first.device, [first.device, device]);
  await first.postList(both.signed);
  return { first, second: first.as(device), both };
}

describe('GET /v1/changes', () => {
  test('pages through the log without a gap', async () => {
    const client = await inProcess({ changesPage: 3 }).join();
    for (let index = 0; index < 5; index += 1) await client.put(slotOf(index), utf8('x'));
    expect(await seqsOf(changes(client, ''))).toEqual([[1, 2, 3], 5]);
    expect(await seqsOf(changes(client, '?since=3'))).toEqual([[4, 5], 5]);
    expect(await seqsOf(changes(client, '?since=1&limit=2'))).toEqual([[2, 3], 5]);
    expect(await seqsOf(changes(client, '?since=0&limit=9999'))).toEqual([[1, 2, 3], 5]);
    expect(await seqsOf(changes(client, '?since=5'))).toEqual([[], 5]);
  });

  test('tells at once, waiting or not, that it is behind what the device knows', async () => {
    const client = await inProcess().join();
    expect(await seqsOf(changes(client, '?since=7&wait=25'))).toEqual([[], 0]);
  });

  test.each([
    '?since=-1',
    '?since=x',
    '?since=1e3',
    '?since=1&since=2',
    '?limit=0',
    '?since=99999999999999999',
    '?more=1',
  ])('a malformed query is refused: %s', async (query) => {
    const client = await inProcess().join();
    expect(await refusalOf(changes(client, query))).toBe('400 BAD_REQUEST');
  });
});

describe('a long poll', () => {
  test('does not wait when there is news already', async () => {
    const client = await inProcess().join();
    await client.put(slotOf(1), utf8('x'));
    expect(await seqsOf(changes(client, '?since=0&wait=25'))).toEqual([[1], 1]);
  });

  test('ends with the next write of the account, from whichever device', async () => {
    const service = inProcess();
    const { first, second } = await twoDevices(service);
    const waiting = [changes(first, '?since=0&wait=25'), changes(second, '?since=0&wait=25')];
    await service.untilWaiting(2);
    await second.put(slotOf(1), utf8('x'));
    expect(await Promise.all(waiting.map(seqsOf))).toEqual([
      [[1], 1],
      [[1], 1],
    ]);
  });

  test('is not woken by another account', async () => {
    const service = inProcess();
    const [mine, other] = [await service.join(), await service.join()];
    let answered = false;
    const waiting = changes(mine, '?since=0&wait=25').then((response) => {
      answered = true;
      return response;
    });
    await service.untilWaiting(1);
    await other.put(slotOf(1), utf8('x'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    service.stop.abort();
    expect(await seqsOf(waiting)).toEqual([[], 0]);
  });

  test('ends, empty, with a new device list', async () => {
    const service = inProcess();
    const { first, second, both } = await twoDevices(service);
    const waiting = changes(second, '?since=0&wait=25');
    await service.untilWaiting(1);
    const same = await nextList(both, first.device, [first.device, second.device]);
    await first.postList(same.signed);
    expect(await seqsOf(waiting)).toEqual([[], 0]);
  });

  test('of a device that is removed ends with a refusal', async () => {
    const service = inProcess();
    const { first, second, both } = await twoDevices(service);
    const waiting = changes(second, '?since=0&wait=25');
    await service.untilWaiting(1);
    await first.postList((await nextList(both, first.device, [first.device])).signed);
    expect(await refusalOf(waiting)).toBe('403 UNKNOWN_DEVICE');
  });

  test('of an account that is deleted ends with a refusal, also when the account begins again', async () => {
    const service = inProcess();
    const { first, second } = await twoDevices(service);
    const waiting = changes(second, '?since=0&wait=25');
    await service.untilWaiting(1);
    const [deleted] = await Promise.all([first.call('DELETE', PATHS.account), refusalOf(waiting)]);
    expect(deleted.status).toBe(204);
    expect(await refusalOf(changes(second, '?since=0'))).toBe('403 UNKNOWN_DEVICE');
    expect((await postAccount(service.send, first.origin, first.made.first.signed)).status).toBe(201);
    expect(await refusalOf(changes(second, '?since=0'))).toBe('403 UNKNOWN_DEVICE');
  });

  test('ends when its time is up', async () => {
    const service = inProcess({ waitSeconds: 0.01 });
    const client = await service.join();
    expect(await seqsOf(changes(client, '?since=0&wait=25'))).toEqual([[], 0]);
  });

  test('ends when the service stops', async () => {
    const service = inProcess();
    const client = await service.join();
    const waiting = changes(client, '?since=0&wait=25');
    await service.untilWaiting(1);
    service.stop.abort();
    expect(await seqsOf(waiting)).toEqual([[], 0]);
    expect(await refusalOf(changes(client, '?since=0'))).toBe('503 UNAVAILABLE');
  });

  test('ends when the client is gone, and gives its place back', async () => {
    const service = inProcess();
    const client = await service.join();
    const gone = new AbortController();
    const waiting = [changes(client, '?wait=25', gone.signal), changes(client, '?wait=25', gone.signal)];
    await service.untilWaiting(2);
    expect(await refusalOf(changes(client, '?wait=25'))).toBe('429 TOO_MANY');
    expect((await changes(client, '?since=0')).status).toBe(200);
    gone.abort();
    await Promise.all(waiting);
    const next = changes(client, '?wait=25');
    await service.untilWaiting(3);
    service.stop.abort();
    expect((await next).status).toBe(200);
  });

  test('holds no more places than the limit, each device its own', async () => {
    const service = inProcess({ longPollsPerDevice: 1 });
    const { first, second } = await twoDevices(service);
    const waiting = [changes(first, '?wait=25'), changes(second, '?wait=25')];
    await service.untilWaiting(2);
    const refused = await changes(first, '?wait=25');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refusalOf(refused)).toBe('429 TOO_MANY');
    service.stop.abort();
    await Promise.all(waiting);
  });
});
