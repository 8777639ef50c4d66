/** Of a span that was deleted, every link to it goes on every device, also where its records never were. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/base/clock.ts';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

// Many real steps: a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

let world: SyncWorld;
afterEach(() => {
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

const page = (n: number) => `https://r.example/${n}`;
const link = (device: WholeDevice, referrer: string) =>
  device.append({
    kind: 'visit',
    atMs: device.clock.nowMs(),
    level: 'private',
    url: `https://next.example/${device.name}`,
    title: '',
    transition: 'link',
    referrer,
  });
const referrers = async (device: WholeDevice) =>
  (await device.records()).flatMap((record) => ('referrer' in record ? [record.referrer] : []));

it('however many records it had', async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  const [a, b] = world.devices as [WholeDevice, WholeDevice];
  const count = 40;
  a.network.down();
  const fromMs = a.clock.nowMs();
  for (let n = 0; n < count; n++) await a.visit('r.example', `/${n}`, fromMs + n);
  world.pass(60_000);
  const toMs = a.clock.nowMs();
  world.pass(60_000);
  // Where another device saw these pages it does not say: by a rule they were not recorded there.
  for (const n of [0, 1, count - 1]) await link(b, page(n));
  await link(b, 'https://never.example/');
  await link(a, page(0));
  world.pass(1_000);
  expect(await a.flag({ what: 'range', fromMs, toMs })).toBe(count);
  await a.due(world);
  // Followed after it was deleted.
  world.pass(60_000);
  await link(a, page(2));
  a.network.up();
  await world.settle();
  const c = (await world.device('d2')) as WholeDevice;
  await world.join(a, c);
  await world.settle();
  const left = ['https://never.example/', page(2)];
  for (const device of world.devices as WholeDevice[])
    expect((await referrers(device)).sort(), device.name).toEqual(left);
});

it('on each of the days that it has a part of, and on no other', async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  const [a, b] = world.devices as [WholeDevice, WholeDevice];
  const startMs = Math.ceil(a.clock.nowMs() / DAY_MS) * DAY_MS;
  world.pass(startMs - a.clock.nowMs() + HOUR_MS);
  a.network.down();
  await link(b, page(1));
  const fromMs = a.clock.nowMs() + HOUR_MS;
  world.pass(2 * HOUR_MS);
  for (let n = 0; n < 40; n++) await a.visit('r.example', `/${n}`);
  world.pass(DAY_MS);
  await link(b, page(1));
  world.pass(DAY_MS);
  for (let n = 0; n < 40; n++) await a.visit('r.example', `/${n}`);
  world.pass(1);
  const toMs = a.clock.nowMs();
  world.pass(HOUR_MS);
  await link(b, page(1));
  world.pass(DAY_MS);
  // A day after the span: it was followed from a page that is still there, as far as anybody knows.
  await link(b, page(1));
  world.pass(1_000);
  await a.flag({ what: 'range', fromMs, toMs });
  await a.due(world);
  a.network.up();
  await world.settle();
  for (const device of [a, b]) expect(await referrers(device), device.name).toEqual([page(1)]);
});
