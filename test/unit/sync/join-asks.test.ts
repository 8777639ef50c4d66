/** What a device recorded by itself is not deleted by what the account deleted before, unless the person says so. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { type JoinPreview, PREVIEW_LISTED } from '../../../src/model/join-preview.ts';
import { reductionOf } from '../../../src/model/reduction.ts';
import { previewText } from '../../../src/options/join-words.ts';
import { SERVICE_URL, SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

let world: SyncWorld;
let a: WholeDevice;
let b: WholeDevice;
let c: WholeDevice;
const SITE = { what: 'site', host: 'gone.example' } as const;
const [GONE, KEPT] = ['https://gone.example/mine', 'https://kept.example/mine'];

beforeEach(async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  [a, b] = world.devices as [WholeDevice, WholeDevice];
  await a.visit('theirs.example', '/');
  c = (await world.device('c')) as WholeDevice;
  await c.visit('gone.example', '/mine', a.clock.nowMs() - 300 * DAY_MS);
  await c.visit('kept.example', '/mine');
  world.pass();
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

const records = () => c.run(() => c.sync.preview()?.deleted.records);
/** To what is shown. */
const agree = () => c.run(() => c.sync.agree(c.sync.preview()?.deleted.of ?? ''));
/** The account deletes something, and C joins it. */
async function joined(target: Parameters<WholeDevice['erase']>[0] = SITE): Promise<void> {
  await a.erase(target);
  await world.settle([a, b]);
  await world.join(a, c);
}

it('waits, says what it would be, and until then takes nothing over, sends nothing and deletes nothing', async () => {
  await joined();
  const sent = (await world.changes()).length;
  expect((await c.round()).phase).toBe('asks');
  const preview = c.run(() => c.sync.preview());
  expect(preview?.deleted).toMatchObject({ records: 1, sites: 1, listed: [{ url: GONE }] });
  // Whatever happens meanwhile: what is recorded, other devices' news, a restart.
  await c.visit('new.example', '/');
  await a.visit('theirs.example', '/later');
  await world.settle([a, b]);
  const by = (await world.changes()).length;
  await c.round();
  await c.restart();
  expect(c.run(() => c.sync.state()).phase).not.toBe('synced');
  expect((await c.round()).phase).toBe('asks');
  expect(await records()).toBe(1);
  expect(await c.urls()).toEqual([GONE, KEPT, 'https://new.example/']);
  expect((await world.changes()).length).toBe(by);
  expect(by).toBeGreaterThan(sent);
});

it('says what comes and what changes, beside what would be deleted', async () => {
  for (let n = 0; n < 30; n++) await a.visit('theirs.example', `/${n}`);
  await a.set({ level: 'anonymous', rules: [{ id: 'r', host: 'ruled.example', capture: 'skip' }] });
  await joined();
  expect((await c.round()).phase).toBe('asks');
  const preview = c.run(() => c.sync.preview());
  expect(preview).toMatchObject({ joining: true, changed: { level: 'anonymous', rules: 1 } });
  // They are told as they grow, not one by one.
  expect(preview?.added).toBeGreaterThan(20);
  expect(preview?.added).toBeLessThanOrEqual(31);
  expect(previewText(preview as JoinPreview)).toMatch(
    /^New here: about \d+ records; changed: level anonymous, rules of 1 site; deleted: 1 record\.$/,
  );
  await agree();
  await c.round();
  expect(c.settings()).toMatchObject({ level: 'anonymous', rules: [{ host: 'ruled.example' }] });
});

it('asks, too, where rules were applied to what is stored that keep nothing of it', async () => {
  const rule = { id: 'gone', host: 'gone.example', capture: 'skip' } as const;
  await a.run(async () => {
    await a.storedRules.start(reductionOf(rule, 'private', [rule]));
    await a.storedRules.settled();
  });
  await world.settle([a, b]);
  await world.join(a, c);
  expect((await c.round()).phase).toBe('asks');
  expect(await records()).toBe(1);
  expect(await c.urls()).toEqual([GONE, KEPT]);
});

it('is said wherever health is shown', async () => {
  await c.run(() => c.profile.change({ consent: 'accepted' }));
  await joined();
  await c.round();
  expect((await c.run(() => c.services.status())).health.code).toBe('join-asks');
});

it('asks the service for nothing more while it waits', async () => {
  await joined();
  await c.round();
  c.network.forget();
  await c.visit('new.example', '/');
  for (let i = 0; i < 3; i++) await c.round();
  expect(c.network.sent).toEqual([]);
});

it('joins when the person agrees, and all have the same', async () => {
  await joined();
  await c.round();
  expect(await agree()).toEqual({ ok: true, value: null });
  await world.settle();
  for (const device of [a, b, c]) expect(await device.urls()).toEqual([KEPT, 'https://theirs.example/']);
  expect(c.run(() => c.sync.preview())).toBeNull();
  const { entries } = await c.run(() => c.store.deletions.read());
  expect(entries[0]).toMatchObject({ reason: 'other-device', records: 1 });
});

it('asks again when the account deleted more since it was asked', async () => {
  await joined();
  await c.round();
  await a.erase({ what: 'site', host: 'kept.example' });
  await world.settle([a, b]);
  await agree();
  expect(c.run(() => c.sync.state()).phase).toBe('asks');
  expect(await records()).toBe(2);
  expect(await c.urls()).toEqual([GONE, KEPT]);
  await agree();
  await world.settle();
  expect(await c.urls()).toEqual(['https://theirs.example/']);
});

it('does not join when the person says so: both are as they were', async () => {
  await joined();
  await c.round();
  expect(await c.run(() => c.sync.end('leave'))).toEqual({ ok: true, value: null });
  expect(c.run(() => c.sync.state())).toEqual({ phase: 'off' });
  expect(await c.urls()).toEqual([GONE, KEPT]);
  await world.settle([a, b]);
  expect(await b.urls()).toEqual(['https://theirs.example/']);
  expect(a.run(() => a.sync.state()).devices).toHaveLength(2);
  // It asks the next time as well, unless there is nothing left to ask about.
  await world.join(a, c);
  expect((await c.round()).phase).toBe('asks');
  expect(await c.run(() => c.sync.end('leave'))).toEqual({ ok: true, value: null });
  await c.erase(SITE);
  await world.join(a, c);
  await world.settle();
  for (const device of [a, b, c]) expect(await device.urls()).toEqual([KEPT, 'https://theirs.example/']);
});

it('says that the service does not answer, and does not join without it when the person says so', async () => {
  await joined();
  await c.round();
  c.network.fate = () => 'lost-request';
  expect(await c.run(() => c.sync.end('leave'))).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  expect(c.run(() => c.sync.state()).phase).toBe('asks');
  expect(await c.run(() => c.sync.end('leave', true))).toMatchObject({ ok: true });
  expect(await c.urls()).toEqual([GONE, KEPT]);
});

it('looks again when the service could not be asked', async () => {
  await joined();
  c.network.fate = (_, { url }) => (url.endsWith('/v1/get') ? 'lost-request' : 'ok');
  expect((await c.round()).phase).toBe('offline');
  expect(await c.urls()).toEqual([GONE, KEPT]);
  c.network.up();
  expect((await c.round()).phase).toBe('asks');
});

describe('of which the deletions mean', () => {
  it('nothing: it joins at once', async () => {
    await joined({ what: 'site', host: 'other.example' });
    await world.settle();
    for (const device of [a, b, c])
      expect(await device.urls()).toEqual([GONE, KEPT, 'https://theirs.example/']);
  });

  it('everything: as many as there are, and a list that ends', async () => {
    for (let i = 0; i < PREVIEW_LISTED; i++) await c.visit('many.example', `/${i}`);
    world.pass();
    await joined({ what: 'all' });
    await c.round();
    const deleted = c.run(() => c.sync.preview())?.deleted;
    expect(deleted).toMatchObject({ records: PREVIEW_LISTED + 2, sites: 3 });
    expect(deleted?.listed).toHaveLength(PREVIEW_LISTED);
    const times = deleted?.listed.map(({ atMs }) => atMs) ?? [];
    expect(times).toEqual([...times].sort((one, other) => other - one));
  });

  it('what is in memory only: it is counted, too', async () => {
    const record = (await c.records())[0];
    if (!record) throw new Error('there is none');
    c.run(() => {
      c.sync.inMemory = async () => [{ ...record, id: 'x.1.1' as never }];
    });
    await joined();
    await c.round();
    expect(await records()).toBe(2);
  });
});

it('a device with nothing of its own is asked nothing, also not of what it records before its first round, and fetches nothing twice', async () => {
  await a.erase({ what: 'all' });
  await world.settle([a, b]);
  const d = (await world.device('d')) as WholeDevice;
  await world.join(a, d);
  await d.visit('gone.example', '/after joining');
  world.pass();
  await a.erase(SITE);
  await world.settle([a, b]);
  d.network.forget();
  expect((await d.round()).phase).toBe('synced');
  expect(d.network.sent.filter(({ path }) => path.startsWith('/v1/changes?since=0&'))).toHaveLength(1);
});

it('also one that comes back with the recovery phrase is asked', async () => {
  const secret = await a.run(() => a.store.vault.recoverySecret());
  if (!secret) throw new Error('the first device has the phrase');
  await a.erase(SITE);
  await world.settle([a, b]);
  expect(await c.run(() => c.sync.restore(SERVICE_URL, secret, 'c'))).toMatchObject({ ok: true });
  expect((await c.round()).phase).toBe('asks');
  expect(await c.urls()).toEqual([GONE, KEPT]);
});

describe('joining as a person does it, with records', () => {
  const joinAsked = async () => {
    const invited = await a.run(() => a.sync.invite());
    if (!invited.ok) throw new Error(invited.error.message);
    return c.run(() => c.sync.join(invited.value.code, 'c', 'always'));
  };

  it('shows first what comes, also where nothing is deleted: nothing moves until the person goes on', async () => {
    await world.settle([a, b]);
    expect(await joinAsked()).toEqual({ ok: true, value: null });
    const sent = (await world.changes()).length;
    for (let n = 0; n < 2; n++) {
      expect((await c.round()).phase).toBe('asks');
      expect(c.run(() => c.sync.preview())).toMatchObject({ joining: true, deleted: { records: 0 } });
      await c.restart();
    }
    expect(await c.urls()).toEqual([GONE, KEPT]);
    expect((await world.changes()).length).toBe(sent);
    await c.round();
    await agree();
    await world.settle();
    expect(c.run(() => c.sync.preview())).toBeNull();
    for (const device of [a, b, c]) expect(await device.urls()).toHaveLength(3);
  });

  it('asks once more where others delete something after it was shown', async () => {
    await world.settle([a, b]);
    await joinAsked();
    await c.round();
    await a.erase(SITE);
    await world.settle([a, b]);
    await agree();
    expect((await c.round()).phase).toBe('asks');
    expect(await records()).toBe(1);
  });
});
