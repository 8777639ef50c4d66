/** What a device that hangs up leaves behind at the real service: nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATHS } from '../../src/protocol/routes.ts';
import { slotOf } from './contract/store-contract.ts';
import type { TestClient } from './support/client.ts';
import { type OnLoopback, onLoopback } from './support/on-loopback.ts';
import { rawConnection } from './support/sockets.ts';

let service: OnLoopback;
beforeAll(async () => {
  service = await onLoopback({ longPollsPerDevice: 1 });
});
afterAll(() => service.close());

const join = async (): Promise<TestClient> => (await service.join(1)).clients[0] as TestClient;

test('a long poll gives its place back when its device hangs up', async () => {
  const client = await join();
  const poll = (signal?: AbortSignal) =>
    client.call('GET', `${PATHS.changes}?wait=25`, signal ? { signal } : {});
  /** Whether there is room for another one; it is given up soon. */
  const outcome = () =>
    poll(AbortSignal.timeout(300)).then(
      ({ status }) => status,
      () => 'waits',
    );
  const gone = new AbortController();
  const waiting = poll(gone.signal);
  // It has to be there before another one asks, or that one takes the place.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await expect.poll(outcome, { timeout: 5_000 }).toBe(429);
  gone.abort();
  await expect(waiting).rejects.toThrow();
  await expect.poll(outcome, { timeout: 5_000 }).toBe('waits');
});

test('an export gives its place back when its device hangs up in the middle', async () => {
  const client = await join();
  // More than the buffers on the way hold.
  for (let name = 0; name < 24; name += 1) await client.put(slotOf(name), new Uint8Array(500_000));
  const gone = new AbortController();
  const first = await client.call('GET', PATHS.export, { signal: gone.signal });
  expect(first.status).toBe(200);
  expect((await client.call('GET', PATHS.export)).status).toBe(429);
  gone.abort();
  await expect(first.text()).rejects.toThrow();
  const again = async () => {
    const response = await client.call('GET', PATHS.export);
    // Read to its end, or the service would wait for that when it stops.
    return [response.status, (await response.text()).endsWith('{"type":"end"}\n')];
  };
  await expect.poll(again, { timeout: 5_000 }).toEqual([200, true]);
});

test.each([
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}'],
  ['a folded header', 'X-A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}'],
  ['a space before the colon', 'Content-Length : 2\r\n\r\n{}'],
  ['a header of 17 KB', `X-A: ${'x'.repeat(17_000)}\r\n\r\n`],
  ['chunks that are none', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'],
])('a request that two readers could read differently is refused: %s', async (_what, rest) => {
  const raw = await rawConnection(
    service.url,
    `POST ${PATHS.account} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${rest}`,
  );
  await raw.ended;
  raw.socket.destroy();
  expect(raw.received()).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(raw.received().match(/HTTP\/1\.1/g)).toHaveLength(1);
});
