/** Clocks that are set back or are far ahead: what a deletion means does not depend on them (docs/decisions/0016). */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

let world: SyncWorld;
afterEach(() => {
  vi.restoreAllMocks();
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});
const pair = async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  return world.devices as [WholeDevice, WholeDevice];
};
const SITE = { what: 'site', host: 'gone.example' } as const;

it('what is recorded after a deletion with the clock set back is on the other devices, too', async () => {
  const [a, b] = await pair();
  await a.visit('gone.example', '/old');
  await world.settle();
  world.pass(1000);
  await a.flag({ what: 'all' });
  a.skewMs = -3_600_000;
  await a.run(() => a.services.erasures.settle());
  await a.visit('gone.example', '/new');
  a.skewMs = 0;
  await world.settle();
  expect(await a.urls()).toEqual(['https://gone.example/new']);
  expect(await b.urls()).toEqual(['https://gone.example/new']);
});

it('a device whose clock was years ahead when it deleted takes what others record later', async () => {
  const [a, b] = await pair();
  await a.visit('gone.example', '/old');
  await world.settle();
  a.skewMs = 5 * 365 * DAY_MS;
  await a.erase(SITE);
  a.skewMs = 0;
  await world.settle();
  world.pass(DAY_MS);
  await b.visit('gone.example', '/new');
  await world.settle();
  expect(await b.urls()).toEqual(['https://gone.example/new']);
  expect(await a.urls()).toEqual(['https://gone.example/new']);
});

it('with the clock set back, an own later record survives a round in the middle of carrying out', async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  const [a] = world.devices as [WholeDevice, WholeDevice];
  await a.visit('gone.example', '/old');
  await world.settle();
  world.pass(1000);
  await a.flag({ what: 'all' });
  a.skewMs = -60_000;
  await a.visit('gone.example', '/new');
  const purge = a.store.purge.bind(a.store);
  vi.spyOn(a.store, 'purge').mockImplementationOnce(async (...args) => {
    await a.round();
    return purge(...args);
  });
  await a.run(() => a.services.erasures.settle());
  await a.round();
  expect(await a.urls()).toEqual(['https://gone.example/new']);
});

it('a day that went away and comes back has what was recorded after a deletion with the clock ahead', async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  const [a, b] = world.devices as [WholeDevice, WholeDevice];
  await a.visit('gone.example', '/old');
  await world.settle();
  a.skewMs = 365 * DAY_MS;
  await a.erase({ what: 'site', host: 'gone.example' });
  a.skewMs = 0;
  await world.settle();
  world.pass(DAY_MS);
  await a.visit('gone.example', '/new');
  const day = dayOf(a.clock.nowMs());
  await world.settle();
  world.pass(2 * DAY_MS);
  await world.settle();
  const dropped = await a.run(() => a.sync.days.dropSent([day], []));
  expect(dropped).toEqual([day]);
  expect(await a.run(() => a.sync.days.fetchBack([day]))).toMatchObject({ ok: true });
  await world.settle();
  expect([await a.urls(), await b.urls()]).toEqual([
    ['https://gone.example/new'],
    ['https://gone.example/new'],
  ]);
});

it('a link that is followed after a deletion with a slow clock stays, here and on the other device', async () => {
  const [a, b] = await pair();
  await a.visit('gone.example', '/old');
  await world.settle();
  world.pass(60_000);
  await b.erase(SITE);
  a.skewMs = -10 * 60_000;
  await world.settle();
  await a.visit('gone.example', '/new');
  await a.append({
    kind: 'visit',
    atMs: a.clock.nowMs(),
    level: 'private',
    url: 'https://next.example/',
    title: '',
    transition: 'link',
    referrer: 'https://gone.example/new',
  });
  await world.settle();
  const links = async (device: WholeDevice) =>
    (await device.records()).flatMap((record) => ('referrer' in record ? [record.referrer] : []));
  for (const device of [a, b]) expect(await links(device), device.name).toEqual(['https://gone.example/new']);
});
