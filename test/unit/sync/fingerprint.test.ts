import { expect, it } from 'vitest';
import { fromBase64Url } from '../../../src/base/bytes.ts';
import { wordsOf } from '../../../src/crypto/phrase.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

const said = (device: typeof a) => device.run(() => device.sync.fingerprint());

it('is the same on devices that were shown the same, and tells how far each has read', async () => {
  await oracle.visit(a, 'one.example', '/a');
  await world.settle();
  const before = await said(a);
  expect(before).not.toBeNull();
  expect(await said(b)).toEqual(before);
  await oracle.visit(a, 'one.example', '/b');
  // It reads what it sent in the round after.
  for (let i = 0; i < 2; i++) await a.round();
  const ahead = await said(a);
  expect(ahead?.entries).toBeGreaterThan(before?.entries ?? 0);
  expect(ahead?.digest).not.toBe(before?.digest);
  await world.settle();
  expect(await said(b)).toEqual(await said(a));
  expect(wordsOf(fromBase64Url(before?.digest ?? '') ?? new Uint8Array(0))).toHaveLength(8);
});

it('is another one where the service shows another feed of the same length', async () => {
  await world.settle();
  await oracle.visit(a, 'one.example', '/a');
  for (let i = 0; i < 2; i++) await a.round();
  b.network.tamper = async (request, answer) => {
    if (!new URL(request.url).pathname.endsWith('/changes')) return answer;
    const page = (await answer.clone().json()) as { changes: { at: number }[] };
    const changes = page.changes.map((change) => ({ ...change, at: change.at + 1 }));
    return new Response(JSON.stringify({ ...page, changes }), { status: 200, headers: answer.headers });
  };
  await b.round();
  const [one, other] = [await said(a), await said(b)];
  expect(other?.entries).toBe(one?.entries);
  expect(other?.digest).not.toBe(one?.digest);
});

it('words are those of the list, by 11 bits each', () => {
  expect(wordsOf(new Uint8Array(11))).toEqual(Array.from({ length: 8 }, () => 'abandon'));
  expect(wordsOf(new Uint8Array(11).fill(255))).toEqual(Array.from({ length: 8 }, () => 'zoo'));
  // 0b00000000001 and 0b00000000010, with zeros behind.
  expect(wordsOf(new Uint8Array([0, 0x20, 0x08, 0]))).toEqual(['ability', 'able']);
});
