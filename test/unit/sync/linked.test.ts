/** Links to what was erased on one device go on all of them, and do not come back with what was recorded elsewhere. */
import { expect, it } from 'vitest';
import type { TestDevice } from '../../support/sync-world.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();

const SECRET = 'https://secret.example/ring';
const follow = (device: TestDevice) =>
  device.append({
    kind: 'visit',
    atMs: device.clock.nowMs(),
    level: 'private',
    url: `https://next.example/${device.name}`,
    title: '',
    transition: 'link',
    referrer: SECRET,
  });
const referrers = async (device: TestDevice) =>
  (await device.records()).flatMap((record) => ('referrer' in record ? [record.referrer] : []));

it('also what a device recorded while it was away', async () => {
  await a.visit('secret.example', '/ring');
  await follow(a);
  await world.settle();
  expect(await referrers(b)).toEqual([SECRET]);
  b.network.down();
  await follow(b);
  world.pass(1);
  await a.erase({ what: 'site', host: 'secret.example' });
  await a.round();
  expect(await referrers(a)).toEqual([]);
  b.network.up();
  world.pass();
  await world.settle();
  expect(await a.urls()).toEqual(['https://next.example/d0', 'https://next.example/d1']);
  expect(await b.urls()).toEqual(await a.urls());
  expect([await referrers(a), await referrers(b)]).toEqual([[], []]);
  // A newcomer gets none either.
  const c = await world.device('d2');
  await world.join(a, c);
  await world.settle();
  expect(await referrers(c)).toEqual([]);
});
