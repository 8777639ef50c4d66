/** Nothing begins by itself while there is no network, or one that costs; what the person asks for does. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
let a: TestDevice;
beforeEach(async () => {
  world = await SyncWorld.paired(2);
  [a] = world.devices as [TestDevice];
});
afterEach(() => {
  vi.unstubAllGlobals();
  world.end();
});

const browserSays = (navigator: object) => vi.stubGlobal('navigator', { userAgent: '', ...navigator });
const state = () => a.run(() => a.sync.state());
/** As the alarm does it each minute, with something to send. */
async function asked(): Promise<string[]> {
  await a.visit('one.example', `/${Math.random()}`);
  a.network.forget();
  world.pass();
  await a.run(() => a.sync.wake());
  return a.network.sent.map(({ path }) => path);
}

it.each([
  ['offline', { onLine: false }, 'offline'],
  ['asked to save data', { connection: { saveData: true } }, 'metered'],
  ['on a phone’s network', { connection: { type: 'cellular' } }, 'metered'],
])('%s: it waits, says so, and goes on afterwards', async (_, navigator, holds) => {
  browserSays(navigator);
  expect(await asked()).toEqual([]);
  expect(state().holds).toBe(holds);
  const waiting = await a.outbox();
  expect(waiting).toBeGreaterThan(0);
  browserSays({ onLine: true, connection: { type: 'wifi', saveData: false } });
  expect(await asked()).not.toEqual([]);
  expect(state().holds).toBeUndefined();
  expect(await a.outbox()).toBe(0);
});

it.each([{}, { onLine: true }, { connection: { type: 'unknown' } }])(
  'with %j it begins',
  async (navigator) => {
    browserSays(navigator);
    expect(await asked()).not.toEqual([]);
  },
);

it('what the person asks for is done, metered or not', async () => {
  browserSays({ connection: { saveData: true } });
  await a.visit('one.example', '/');
  expect((await a.round()).holds).toBe('metered');
  expect(await a.outbox()).toBe(0);
});

it('always, and only when asked, are the person’s to choose', async () => {
  browserSays({ connection: { saveData: true } });
  await a.run(() => a.sync.when('always'));
  expect(await asked()).not.toEqual([]);
  browserSays({});
  await a.run(() => a.sync.when('asked'));
  expect(await asked()).toEqual([]);
  expect(state()).toMatchObject({ when: 'asked', holds: 'asked' });
  await a.restart();
  expect(await asked()).toEqual([]);
  await a.round();
  expect(await a.outbox()).toBe(0);
});

it('a service on this computer needs no network', async () => {
  const account = await a.run(() => a.sync.accountId());
  expect(account).toBeDefined();
  browserSays({ onLine: false });
  vi.spyOn(URL.prototype, 'hostname', 'get').mockReturnValue('127.0.0.1');
  expect(await asked()).not.toEqual([]);
  vi.restoreAllMocks();
});
