import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { fromBase64Url, toBase64Url, utf8 } from '../../src/base/bytes.ts';
import { checkChain } from '../../src/protocol/device-list.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { devicesAnswerSchema, type SignedList } from '../../src/protocol/wire.ts';
import { etagOf, listChecks } from '../src/auth/digest.ts';
import { LIST_VERSIONS } from '../src/quota.ts';
import type { CheckedList } from '../src/store/store.ts';
import { slotOf } from './contract/store-contract.ts';
import { postAccount } from './support/client.ts';
import { newAccount, newDevice, nextList, randomBytes, signList } from './support/identity.ts';
import { inProcess, ORIGIN, refusalOf } from './support/in-process.ts';

const spoil = (text: string): string => {
  const bytes = fromBase64Url(text) ?? new Uint8Array(0);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return toBase64Url(bytes);
};

describe('POST /v1/account', () => {
  test('makes an account once; the same again is the same, another beginning is refused', async () => {
    const { send } = inProcess();
    const { id, first, genesis } = await newAccount();
    const other = await signList({ ...first.list, devices: [(await newDevice()).listed] }, genesis);
    const answers = [first.signed, first.signed, other].map((list) => () => postAccount(send, ORIGIN, list));
    const [made, again, taken] = [await answers[0]?.(), await answers[1]?.(), await answers[2]?.()];
    expect([made?.status, await made?.json()]).toEqual([201, { account: id }]);
    expect([again?.status, await again?.json()]).toEqual([200, { account: id }]);
    expect(await refusalOf(taken as Response)).toBe('409 EXISTS');
  });

  test('the answer is the same after the list went on', async () => {
    const service = inProcess();
    const client = await service.join();
    await client.postList((await nextList(client.made.first, client.device, [client.device])).signed);
    expect((await postAccount(service.send, ORIGIN, client.made.first.signed)).status).toBe(200);
  });

  const lists: readonly (readonly [string, () => Promise<SignedList>])[] = [
    ['an unsigned list', async () => ({ ...(await newAccount()).first.signed, signature: '' })],
    [
      'a wrong signature',
      async () => {
        const { signed } = (await newAccount()).first;
        return { ...signed, signature: spoil(signed.signature) };
      },
    ],
    [
      'a list signed by its device',
      async () => {
        const { first, device } = await newAccount();
        return signList(first.list, device.key);
      },
    ],
    [
      'a later version',
      async () => {
        const { first, device } = await newAccount();
        return (await nextList(first, device, [device])).signed;
      },
    ],
    [
      "another account's id",
      async () => {
        const { first, genesis } = await newAccount();
        return signList({ ...first.list, account: (await newAccount()).id }, genesis);
      },
    ],
    [
      'no device',
      async () => {
        const { first, genesis } = await newAccount();
        return signList({ ...first.list, devices: [] }, genesis);
      },
    ],
    [
      'a body that is no list',
      async () => ({ body: toBase64Url(utf8('{}')), signature: toBase64Url(randomBytes(64)) }),
    ],
  ];
  test.each(lists)('%s is refused', async (_what, list) => {
    const { send } = inProcess();
    expect(await refusalOf(postAccount(send, ORIGIN, await list()))).toBe('400 BAD_REQUEST');
  });

  test.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['an unknown key', '{"list":{"body":"","signature":""},"more":1}'],
    ['a list that is too long', JSON.stringify({ list: { body: 'A'.repeat(16_388), signature: '' } })],
  ])('%s is refused', async (_what, body) => {
    const { plain } = inProcess();
    expect(await refusalOf(plain('POST', PATHS.account, { body }))).toBe('400 BAD_REQUEST');
  });

  test('a body over the limit is refused, declared or not', async () => {
    const { plain, send } = inProcess();
    const body = 'x'.repeat(36 * 1024 + 1);
    expect(await refusalOf(plain('POST', PATHS.account, { body }))).toBe('413 TOO_LARGE');
    const declared = plain('POST', PATHS.account, { body: '{}', headers: { 'content-length': '999999' } });
    expect(await refusalOf(declared)).toBe('413 TOO_LARGE');
    const stream = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000)) });
    const request = new Request(`${ORIGIN}${PATHS.account}`, {
      method: 'POST',
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(await refusalOf(send(request))).toBe('413 TOO_LARGE');
  });
});

describe('the device list', () => {
  test('goes on by one version, and the chain checks out', async () => {
    const client = await inProcess().join();
    const { first } = client.made;
    const second = await nextList(first, client.device, [client.device, await newDevice()]);
    expect(await (await client.postList(second.signed)).json()).toEqual({ version: 2 });
    const { chain } = v.parse(devicesAnswerSchema, await (await client.call('GET', PATHS.devices)).json());
    expect(chain).toEqual([first.signed, second.signed]);
    expect((await checkChain(chain, client.account, listChecks))?.list).toEqual(second.list);
  });

  test('posted once more, as after a lost answer, it is no conflict', async () => {
    const client = await inProcess().join();
    const second = await nextList(client.made.first, client.device, [client.device]);
    await client.postList(second.signed);
    expect(await (await client.postList(second.signed)).json()).toEqual({ version: 2 });
    expect((await (await client.call('GET', PATHS.devices)).json()).chain).toHaveLength(2);
  });

  test('a list that follows another version is in conflict', async () => {
    const client = await inProcess().join();
    const { first } = client.made;
    const [second, sibling] = await Promise.all([
      nextList(first, client.device, [client.device]),
      nextList(first, client.device, [client.device, await newDevice()]),
    ]);
    await client.postList(second.signed);
    expect(await refusalOf(client.postList(sibling.signed))).toBe('412 CONFLICT');
    expect(await refusalOf(client.postList(first.signed))).toBe('412 CONFLICT');
    const afterSibling = await nextList(sibling, client.device, [client.device]);
    expect(await refusalOf(client.postList(afterSibling.signed))).toBe('412 CONFLICT');
  });

  test('of two next versions at once one is taken and one is in conflict', async () => {
    const client = await inProcess().join();
    const { first } = client.made;
    const lists = await Promise.all(
      [1, 2].map(async () => nextList(first, client.device, [client.device, await newDevice()])),
    );
    const answers = await Promise.all(lists.map(({ signed }) => refusalOf(client.postList(signed))));
    expect(answers.toSorted()).toEqual(['200', '412 CONFLICT']);
  });

  test('a list that is not signed by a device before, or is of another account, is refused', async () => {
    const service = inProcess();
    const [client, other] = [await service.join(), await service.join()];
    const { first } = client.made;
    const stranger = await newDevice();
    const lists = [
      await nextList(first, stranger, [client.device]),
      await nextList(first, client.device, [client.device], { signer: stranger.id }),
      await nextList(first, client.device, [client.device, client.device]),
      await nextList(other.made.first, other.device, [other.device]),
      await nextList(first, client.device, [client.device], { recovery: other.made.first.list.recovery }),
    ];
    for (const { signed } of lists) expect(await refusalOf(client.postList(signed))).toBe('400 BAD_REQUEST');
    expect((await (await client.call('GET', PATHS.devices)).json()).chain).toHaveLength(1);
  });

  test('holds no more devices than the limit', async () => {
    const client = await inProcess({ devices: 2 }).join();
    const more = [client.device, await newDevice(), await newDevice()];
    const three = await nextList(client.made.first, client.device, more);
    expect(await refusalOf(client.postList(three.signed))).toBe('507 QUOTA');
    const two = await nextList(client.made.first, client.device, more.slice(0, 2));
    expect((await client.postList(two.signed)).status).toBe(200);
  });

  test('has no more versions than can be answered at once', async () => {
    const service = inProcess();
    const client = await service.join();
    let newest: CheckedList = client.made.first;
    for (let version = 2; version <= LIST_VERSIONS; version += 1) {
      newest = await nextList(newest, client.device, [client.device]);
      if (version < LIST_VERSIONS) await service.deps.store.appendList(newest.list.account, newest);
    }
    expect((await client.postList(newest.signed)).status).toBe(200);
    const oneMore = await nextList(newest, client.device, [client.device]);
    expect(await refusalOf(client.postList(oneMore.signed))).toBe('507 QUOTA');
  });

  test('without devices, the account is still there', async () => {
    const service = inProcess();
    const client = await service.join();
    const empty = await nextList(client.made.first, client.device, []);
    expect((await client.postList(empty.signed)).status).toBe(200);
    expect(await refusalOf(client.call('GET', PATHS.devices))).toBe('403 UNKNOWN_DEVICE');
    expect((await postAccount(service.send, ORIGIN, client.made.first.signed)).status).toBe(200);
  });
});

describe('DELETE /v1/account', () => {
  test('takes everything away, of this account only', async () => {
    const service = inProcess();
    const [client, other] = [await service.join(), await service.join()];
    await client.put(slotOf(1), utf8('mine'));
    await other.put(slotOf(1), utf8('theirs'));
    expect((await client.call('DELETE', PATHS.account)).status).toBe(204);
    expect(await refusalOf(client.get(slotOf(1)))).toBe('403 UNKNOWN_DEVICE');
    expect((await other.get(slotOf(1))).status).toBe(200);
    expect((await postAccount(service.send, ORIGIN, client.made.first.signed)).status).toBe(201);
    expect(await refusalOf(client.get(slotOf(1)))).toBe('404 NOT_FOUND');
  });
});

describe('GET /v1/account', () => {
  test('tells how much is held, and what was written since', async () => {
    const service = inProcess();
    const client = await service.join();
    const createdAt = service.clock.nowMs();
    service.clock.add(1_000);
    await client.put(slotOf(1), randomBytes(3_000));
    await client.put(slotOf(2), randomBytes(500));
    await client.batch([{ op: 'delete', slot: slotOf(1) }]);
    expect(await (await client.call('GET', PATHS.account)).json()).toEqual({
      createdAt,
      head: 3,
      usage: { objects: 1, bodyBytes: 500, loggedOps: 3 },
    });
  });
});

describe('GET /v1/export', () => {
  test('gives everything, line by line, and says when it is complete', async () => {
    const service = inProcess();
    const client = await service.join();
    const body = randomBytes(3_000);
    await client.put(slotOf(1), body);
    const key = toBase64Url(randomBytes(16));
    const batch = await client.batch([{ op: 'delete', slot: slotOf(1) }], { key });
    await client.put(slotOf(2), body);
    const etag = await etagOf(body);
    const at = service.clock.nowMs();
    const device = client.device.id;
    const response = await client.call('GET', PATHS.export);
    expect(response.headers.get('content-type')).toBe('application/jsonl');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const usage = { objects: 1, bodyBytes: 3_000, loggedOps: 3 };
    expect(lines).toEqual([
      { type: 'account', account: client.account, createdAt: at, head: 3, usage },
      { type: 'devices', list: client.made.first.signed },
      { type: 'change', seq: 1, device, at, ops: [{ slot: slotOf(1), etag, size: 3_000 }] },
      { type: 'change', seq: 2, device, at, ops: [{ slot: slotOf(1), etag: null, size: 0 }] },
      { type: 'change', seq: 3, device, at, ops: [{ slot: slotOf(2), etag, size: 3_000 }] },
      { type: 'object', slot: slotOf(2), etag, size: 3_000, at, body: toBase64Url(body) },
      { type: 'answer', key, at, answer: await batch.json() },
      { type: 'end' },
    ]);
    const without = await client.call('GET', `${PATHS.export}?bodies=none`);
    const told = (await without.text()).trimEnd().split('\n');
    expect(told.map((line) => JSON.parse(line) as unknown)).toEqual(
      lines.map((line) => {
        const { body: _, ...rest } = line as { body?: string };
        return rest;
      }),
    );
    expect(await refusalOf(client.call('GET', `${PATHS.export}?bodies=some`))).toBe('400 BAD_REQUEST');
  });
});
