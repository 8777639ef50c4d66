import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Bytes, concat, u32, utf8 } from '../../src/base/bytes.ts';
import { decodeFrame, encodeFrame, splitBodies } from '../../src/protocol/frame.ts';
import type { Etag, Slot } from '../../src/protocol/ids.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { batchAnswerSchema, getAnswerSchema } from '../../src/protocol/wire.ts';
import { etagOf } from '../src/auth/digest.ts';
import { LOGGED_OP_BYTES } from '../src/quota.ts';
import { newKey, slotOf } from './contract/store-contract.ts';
import { type ClientWrite, frameOf, type TestClient } from './support/client.ts';
import { randomBytes } from './support/identity.ts';
import { inProcess, refusalOf } from './support/in-process.ts';

const [A, B, C] = [slotOf(1), slotOf(2), slotOf(3)];
const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());
const put = (slot: Slot, body: string, ifMatch: Etag | null = null): ClientWrite => ({
  op: 'put',
  slot,
  ifMatch,
  body: utf8(body),
});
const answerOf = async (response: Promise<Response>) =>
  v.parse(batchAnswerSchema, await (await response).json());

describe('PUT, GET and DELETE of an object', () => {
  test('what was put is read back, with its etag', async () => {
    const client = await inProcess().join();
    const body = randomBytes(1_000);
    const etag = await etagOf(body);
    expect(await (await client.put(A, body)).json()).toEqual({ seq: 1, etag });
    const response = await client.get(A);
    expect([response.status, response.headers.get('etag')]).toEqual([200, `"${etag}"`]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await bodyOf(response)).toEqual(body);
  });

  test('an empty body is a body', async () => {
    const client = await inProcess().join();
    expect((await client.put(A, new Uint8Array(0))).status).toBe(200);
    const response = await client.get(A);
    expect([response.status, await bodyOf(response)]).toEqual([200, new Uint8Array(0)]);
  });

  test('a write in conflict is answered with what is in the way', async () => {
    const client = await inProcess().join();
    await client.put(A, utf8('there'));
    const etag = await etagOf(utf8('there'));
    for (const response of [
      await client.put(A, utf8('other')),
      await client.put(A, utf8('other'), await etagOf(utf8('gone'))),
      await client.call('DELETE', PATHS.object(A), {
        headers: { 'if-match': `"${await etagOf(utf8('gone'))}"` },
      }),
    ]) {
      expect([response.status, response.headers.get('etag')]).toEqual([412, `"${etag}"`]);
      expect(await bodyOf(response)).toEqual(utf8('there'));
    }
  });

  test('a conflict with an empty slot is answered with nothing', async () => {
    const client = await inProcess().join();
    const response = await client.put(A, utf8('other'), await etagOf(utf8('gone')));
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([412, null, '']);
  });

  test('replacing and deleting need the etag that is there, or none for a delete', async () => {
    const client = await inProcess().join();
    const etag = await etagOf(utf8('one'));
    await client.put(A, utf8('one'));
    expect(await (await client.put(A, utf8('two'), etag)).json()).toMatchObject({ seq: 2 });
    const deleted = await client.call('DELETE', PATHS.object(A), {
      headers: { 'if-match': `"${await etagOf(utf8('two'))}"` },
    });
    expect(await deleted.json()).toEqual({ seq: 3, etag: null });
    expect(await refusalOf(client.get(A))).toBe('404 NOT_FOUND');
    expect(await (await client.call('DELETE', PATHS.object(A))).json()).toEqual({ seq: 3, etag: null });
  });

  test.each<readonly [string, string, Record<string, string>]>([
    ['no condition', 'PUT', {}],
    ['both conditions', 'PUT', { 'if-none-match': '*', 'if-match': `"${'0'.repeat(64)}"` }],
    ['an etag to be absent', 'PUT', { 'if-none-match': `"${'0'.repeat(64)}"` }],
    ['an etag without quotes', 'PUT', { 'if-match': '0'.repeat(64) }],
    ['a weak etag', 'PUT', { 'if-match': `W/"${'0'.repeat(64)}"` }],
    ['an etag in capitals', 'PUT', { 'if-match': `"${'A'.repeat(64)}"` }],
    ['any etag', 'PUT', { 'if-match': '*' }],
    ['two etags', 'PUT', { 'if-match': `"${'0'.repeat(64)}", "${'1'.repeat(64)}"` }],
    ['a delete of an empty slot', 'DELETE', { 'if-none-match': '*' }],
    ['a delete with a bad etag', 'DELETE', { 'if-match': '""' }],
  ])('a bad precondition is refused: %s', async (_what, method, headers) => {
    const client = await inProcess().join();
    const body = method === 'PUT' ? { body: utf8('x') } : {};
    expect(await refusalOf(client.call(method, PATHS.object(A), { headers, ...body }))).toBe(
      '400 BAD_REQUEST',
    );
  });

  test.each([
    'short',
    `${A}A`,
    A.replace('Q', '+'),
    `${A.slice(0, -1)}F`,
    encodeURIComponent('/'),
    '..%2f..',
  ])('a slot that is none is refused: %s', async (slot) => {
    const client = await inProcess().join();
    const headers = { 'if-none-match': '*' };
    const path = PATHS.object(slot as Slot);
    expect(await refusalOf(client.call('GET', path))).toBe('400 BAD_REQUEST');
    expect(await refusalOf(client.call('DELETE', path))).toBe('400 BAD_REQUEST');
    expect(await refusalOf(client.call('PUT', path, { headers, body: utf8('x') }))).toBe('400 BAD_REQUEST');
  });

  test('a body of exactly the limit is taken', async () => {
    const client = await inProcess().join();
    expect((await client.put(A, randomBytes(64 * 1024))).status).toBe(200);
    const big = new Uint8Array(512 * 1024).fill(1);
    expect((await client.put(B, big)).status).toBe(200);
    expect(await bodyOf(await client.get(B))).toEqual(big);
  });

  test("another account's object is as missing as any", async () => {
    const service = inProcess();
    const [mine, other] = [await service.join(), await service.join()];
    await mine.put(A, utf8('mine'));
    const answers = async (slot: Slot) => {
      const got = await other.get(slot);
      return [got.status, await got.text(), [...got.headers]];
    };
    expect(await answers(A)).toEqual(await answers(C));
    const deleted = await other.call('DELETE', PATHS.object(A));
    expect(await deleted.json()).toEqual({ seq: 0, etag: null });
    const { found } = await getMany(other, [A, C]);
    expect(found).toEqual([]);
    expect(await (await other.call('GET', PATHS.changes)).json()).toEqual({ changes: [], head: 0 });
    expect(await (await other.call('GET', PATHS.export)).text()).not.toContain(A);
    expect(await bodyOf(await mine.get(A))).toEqual(utf8('mine'));
  });
});

describe('POST /v1/batch', () => {
  test('one batch is one entry; each write answers for itself', async () => {
    const client = await inProcess().join();
    await client.put(A, utf8('a'));
    const answer = await answerOf(client.batch([put(A, 'no'), put(B, 'yes'), { op: 'delete', slot: C }]));
    expect(answer).toEqual({
      seq: 2,
      results: [
        { ok: false, etag: await etagOf(utf8('a')) },
        { ok: true, etag: await etagOf(utf8('yes')) },
        { ok: true, etag: null },
      ],
    });
    expect(await bodyOf(await client.get(B))).toEqual(utf8('yes'));
  });

  test('atomic: one conflict and nothing is written', async () => {
    const client = await inProcess().join();
    await client.put(A, utf8('a'));
    const answer = await answerOf(client.batch([put(B, 'no'), put(A, 'no')], { atomic: true }));
    expect(answer).toEqual({
      seq: 1,
      results: [
        { ok: false, etag: null },
        { ok: false, etag: await etagOf(utf8('a')) },
      ],
    });
    expect(await refusalOf(client.get(B))).toBe('404 NOT_FOUND');
  });

  test('a repeat under its key gives the first answer, also from another device of the account', async () => {
    const client = await inProcess().join();
    const key = newKey();
    const first = await answerOf(client.batch([put(A, 'a')], { key }));
    await client.call('DELETE', PATHS.object(A));
    expect(await answerOf(client.batch([put(A, 'a')], { key }))).toEqual(first);
    expect(await refusalOf(client.get(A))).toBe('404 NOT_FOUND');
  });

  const good = { key: newKey(), atomic: false };
  const op = { op: 'put', slot: A, ifMatch: null, size: 1 };
  const one = utf8('1');
  const frames: readonly (readonly [string, Bytes])[] = [
    ['nothing', new Uint8Array(0)],
    ['no frame', utf8('{"key":"x"}')],
    ['a head longer than the frame', concat(u32(1_000), utf8('{}'))],
    ['a head that is no JSON', concat(u32(2), utf8('{['))],
    ['a head that is not UTF-8', concat(u32(2), new Uint8Array([0xff, 0xfe]))],
    ['a head that is no object', encodeFrame([1], [])],
    ['a byte too many', encodeFrame({ ...good, ops: [op] }, [utf8('12')])],
    ['a byte too few', encodeFrame({ ...good, ops: [{ ...op, size: 2 }] }, [one])],
    ['an unknown key', encodeFrame({ ...good, ops: [op], more: 1 }, [one])],
    ['an unknown key in a write', encodeFrame({ ...good, ops: [{ ...op, more: 1 }] }, [one])],
    ['a key named __proto__', concat(u32(14), utf8('{"__proto__":1}'))],
    ['an unknown write', encodeFrame({ ...good, ops: [{ ...op, op: 'append' }] }, [one])],
    ['no writes', encodeFrame({ ...good, ops: [] }, [])],
    ['a slot twice', frameOf([put(A, '1'), { op: 'delete', slot: A }])],
    ['a key that is too short', encodeFrame({ ...good, key: 'short', ops: [op] }, [one])],
    ['no key', encodeFrame({ atomic: false, ops: [op] }, [one])],
    ['a put without a condition', encodeFrame({ ...good, ops: [{ op: 'put', slot: A, size: 1 }] }, [one])],
    ['a negative size', encodeFrame({ ...good, ops: [{ ...op, size: -1 }] }, [one])],
    ['half a byte', encodeFrame({ ...good, ops: [{ ...op, size: 0.5 }] }, [one])],
    ['a bad slot', encodeFrame({ ...good, ops: [{ ...op, slot: 'x' }] }, [one])],
    [
      '101 writes',
      frameOf(Array.from({ length: 101 }, (_, index) => ({ op: 'delete' as const, slot: slotOf(index) }))),
    ],
  ];
  test.each(frames)('a malformed batch is refused: %s', async (_what, body) => {
    const client = await inProcess().join();
    const response = client.call('POST', PATHS.batch, { body });
    expect(await refusalOf(response)).toBe('400 BAD_REQUEST');
    expect(await (await client.call('GET', PATHS.changes)).json()).toEqual({ changes: [], head: 0 });
  });

  test('the published limits hold, also where they are lower than the usual ones', async () => {
    const client = await inProcess({ batchOps: 2, bodyBytes: 10 }).join();
    const three = [put(A, '1'), put(B, '2'), put(C, '3')];
    expect(await refusalOf(client.batch(three))).toBe('400 BAD_REQUEST');
    expect(await refusalOf(client.batch([put(A, '12345678901')]))).toBe('413 TOO_LARGE');
    expect((await answerOf(client.batch([put(A, '1234567890')]))).seq).toBe(1);
  });
});

async function getMany(client: TestClient, slots: readonly Slot[]) {
  const response = await client.call('POST', PATHS.get, { body: JSON.stringify({ slots }) });
  const frame = decodeFrame(await bodyOf(response));
  if (!frame) throw new Error('not a frame');
  const { found, rest } = v.parse(getAnswerSchema, frame.head);
  const bodies = splitBodies(
    frame.rest,
    found.map(({ size }) => size),
  );
  if (!bodies) throw new Error('the bodies do not add up');
  return { found, rest, bodies, size: Number(response.headers.get('content-length')) };
}

describe('POST /v1/get', () => {
  test('gives what is there, in order', async () => {
    const client = await inProcess().join();
    await client.batch([put(A, 'a'), put(C, 'c')]);
    const { found, rest, bodies } = await getMany(client, [C, B, A]);
    expect(found).toEqual([
      { slot: C, etag: await etagOf(utf8('c')), size: 1 },
      { slot: A, etag: await etagOf(utf8('a')), size: 1 },
    ]);
    expect([rest, bodies]).toEqual([[], [utf8('c'), utf8('a')]]);
  });

  test('an answer never grows over the request limit, and asking for the rest gets everything', async () => {
    const client = await inProcess().join();
    const slots = Array.from({ length: 100 }, (_, index) => slotOf(index));
    for (const slot of slots) await client.put(slot, randomBytes(25_000));
    const all: Slot[] = [];
    let asked: readonly Slot[] = slots;
    let answers = 0;
    while (asked.length > 0) {
      const { found, rest, size } = await getMany(client, asked);
      expect(size).toBeLessThanOrEqual(1024 * 1024);
      all.push(...found.map(({ slot }) => slot));
      asked = rest;
      answers += 1;
    }
    expect(all).toEqual(slots);
    expect(answers).toBe(3);
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no slots', '{"slots":[]}'],
    ['an unknown key', JSON.stringify({ slots: [A], more: 1 })],
    ['a bad slot', '{"slots":["x"]}'],
    ['101 slots', JSON.stringify({ slots: Array.from({ length: 101 }, (_, index) => slotOf(index)) })],
  ])('a malformed request is refused: %s', async (_what, body) => {
    const client = await inProcess().join();
    expect(await refusalOf(client.call('POST', PATHS.get, { body }))).toBe('400 BAD_REQUEST');
  });
});

describe('quota', () => {
  test('an account that is full is told so, and can make room', async () => {
    const client = await inProcess({ objects: 2 }).join();
    expect((await client.batch([put(A, 'a'), put(B, 'b')])).status).toBe(200);
    expect(await refusalOf(client.put(C, utf8('c')))).toBe('507 QUOTA');
    expect(await refusalOf(client.batch([put(C, 'c')]))).toBe('507 QUOTA');
    expect((await client.call('DELETE', PATHS.object(A))).status).toBe(200);
    expect((await client.put(C, utf8('c'))).status).toBe(200);
  });

  test('bytes count, and one account does not count for another', async () => {
    const service = inProcess({ accountBytes: 1_000 + 2 * LOGGED_OP_BYTES });
    const [client, other] = [await service.join(), await service.join()];
    expect((await client.put(A, randomBytes(1_000))).status).toBe(200);
    expect(await refusalOf(client.put(B, randomBytes(1_000)))).toBe('507 QUOTA');
    expect((await other.put(B, randomBytes(1_000))).status).toBe(200);
  });
});
