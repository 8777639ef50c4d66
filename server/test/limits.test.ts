import { describe, expect, test } from 'vitest';
import { toBase64Url } from '../../src/base/bytes.ts';
import type { ChannelId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import { PATHS } from '../../src/protocol/routes.ts';
import { ExpiringMap } from '../src/auth/expiring-map.ts';
import { TokenBuckets } from '../src/auth/token-buckets.ts';
import { countedAddress } from '../src/client-address.ts';
import { Gauge } from '../src/gauge.ts';
import { postAccount } from './support/client.ts';
import { newAccount, newDevice, nextList, randomBytes } from './support/identity.ts';
import { inProcess, ORIGIN, refusalOf } from './support/in-process.ts';

const stoppedClock = () => {
  let now = 5_000_000;
  return { nowMs: () => now, add: (ms: number) => (now += ms) };
};

describe('rates', () => {
  const usual = { requestsPerSecond: 10, requestBurst: 50 };

  test('a device may ask 50 times at once, then ten times a second', async () => {
    const service = inProcess(usual);
    const client = await service.join();
    const ask = () => client.call('GET', PATHS.changes);
    for (let count = 0; count < 50; count += 1) expect((await ask()).status).toBe(200);
    const refused = await ask();
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refusalOf(refused)).toBe('429 TOO_MANY');
    service.clock.add(1_000);
    const answers = await Promise.all(Array.from({ length: 12 }, () => refusalOf(ask())));
    expect(answers.filter((answer) => answer === '200')).toHaveLength(10);
  });

  test('of one device are not used up by another, nor by a bad signature', async () => {
    const service = inProcess({ requestsPerSecond: 1, requestBurst: 3 });
    const client = await service.join();
    const other = await newDevice();
    const both = await nextList(client.made.first, client.device, [client.device, other]);
    await client.postList(both.signed);
    const bad = { twist: { after: (headers: Headers) => headers.set('signature', 'arq=:AAAA:') } };
    for (let count = 0; count < 5; count += 1) {
      expect(await refusalOf(client.call('GET', PATHS.changes, bad))).toBe('401 BAD_SIGNATURE');
      await client.as(other).call('GET', PATHS.changes);
    }
    expect(await refusalOf(client.as(other).call('GET', PATHS.changes))).toBe('429 TOO_MANY');
    expect((await client.call('GET', PATHS.changes)).status).toBe(200);
  });

  test('accounts from one address', async () => {
    const service = inProcess({ accountsPerHour: 3 });
    const make = async () => postAccount(service.send, ORIGIN, (await newAccount()).first.signed);
    for (let count = 0; count < 3; count += 1) expect((await make()).status).toBe(201);
    const refused = await make();
    expect(refused.headers.get('retry-after')).toBe('1200');
    expect(await refusalOf(refused)).toBe('429 TOO_MANY');
    service.clock.add(1_200_000);
    expect((await make()).status).toBe(201);
    expect(await refusalOf(make())).toBe('429 TOO_MANY');
  });

  test('pairing channels of one account', async () => {
    const service = inProcess({ pairChannelsPerHour: 2 });
    const [client, other] = [await service.join(), await service.join()];
    const open = (by: typeof client) =>
      by.call('POST', PATHS.pair(toBase64Url(randomBytes(16)) as ChannelId), { body: '{"offer":"AA"}' });
    expect([(await open(client)).status, (await open(client)).status]).toEqual([201, 201]);
    expect(await refusalOf(open(client))).toBe('429 TOO_MANY');
    expect((await open(other)).status).toBe(201);
  });
});

describe('token buckets', () => {
  test('never hold more than their capacity, and a clock that goes back adds nothing', () => {
    const clock = stoppedClock();
    const buckets = new TokenBuckets(clock, { capacity: 2, perSecond: 1 });
    expect([buckets.take('a'), buckets.take('a')]).toEqual([null, null]);
    expect(buckets.take('a')).toEqual({ refused: 'TOO_MANY', retryAfterSeconds: 1 });
    clock.add(-10_000);
    expect(buckets.take('a')).not.toBeNull();
    clock.add(1_000_000);
    expect([buckets.take('a'), buckets.take('a')]).toEqual([null, null]);
    expect(buckets.take('a')).not.toBeNull();
  });

  test('are bounded: without room the answer is no, and full ones make room', () => {
    const clock = stoppedClock();
    const buckets = new TokenBuckets(clock, { capacity: 1, perSecond: 1 }, 2);
    expect([buckets.take('a'), buckets.take('b')]).toEqual([null, null]);
    expect(buckets.take('c')).toEqual({ refused: 'TOO_MANY', retryAfterSeconds: 60 });
    clock.add(60_000);
    expect(buckets.take('c')).toBeNull();
  });
});

describe('an expiring map', () => {
  test('knows an entry until its time is up, and gives it once when it is taken', () => {
    const clock = stoppedClock();
    const map = new ExpiringMap<number>(clock, 1_000, 10);
    expect([map.add('a', 1), map.add('a', 2), map.add('b', 2)]).toEqual(['added', 'exists', 'added']);
    expect([map.get('a'), map.take('b'), map.take('b')]).toEqual([1, 2, undefined]);
    clock.add(999);
    expect(map.get('a')).toBe(1);
    clock.add(1);
    expect([map.get('a'), map.take('a'), map.add('a', 3)]).toEqual([undefined, undefined, 'added']);
  });

  test('drops nothing for a new entry: it is full', () => {
    const clock = stoppedClock();
    const map = new ExpiringMap<number>(clock, 1_000, 2);
    expect([map.add('a', 1), map.add('b', 1), map.add('c', 1)]).toEqual(['added', 'added', 'full']);
    expect(map.add('a', 1)).toBe('exists');
    clock.add(1_000);
    expect(map.add('c', 1)).toBe('added');
  });
});

test('a gauge gives a place back when it is left', () => {
  const gauge = new Gauge(2);
  const leave = [gauge.enter('a'), gauge.enter('a')];
  expect([gauge.enter('a'), typeof gauge.enter('b')]).toEqual([null, 'function']);
  leave[0]?.();
  expect(typeof gauge.enter('a')).toBe('function');
  expect(gauge.enter('a')).toBeNull();
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('the address %s counts as %s', (address, counted) => {
  expect(countedAddress(address)).toBe(counted);
});

test('the effective limits are published', async () => {
  const { plain } = inProcess({ objects: 5 });
  const { requestsPerSecond, requestBurst, accountsPerHour, pairChannelsPerHour, ...rest } = LIMITS;
  expect(await (await plain('GET', PATHS.limits)).json()).toMatchObject({ ...rest, objects: 5 });
});
