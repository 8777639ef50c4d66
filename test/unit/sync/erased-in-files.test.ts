/**
 * A deletion that came from another device names sites and pages by hashes of the account: nobody can say whether a day that is only
 * in a file of this device has them, so what contexts repeat of such days goes.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import { SyncWorld, type TestDevice } from '../../support/sync-world.ts';

let world: SyncWorld;
let a: TestDevice;
let b: TestDevice;
beforeEach(async () => {
  world = new SyncWorld();
  [a, b] = [await world.device('a'), await world.device('b')];
  await a.visit('secret.example', '/a');
  await a.visit('other.example', '/a');
  await a.run(async () => a.profile.context.saveContext(await a.profile.context.currentContext()));
});
afterEach(() => world.end());

/** `a` moves its days into a file, or not, and joins the account of `b`. */
async function joined(archived: boolean): Promise<void> {
  world.pass(2 * DAY_MS);
  if (archived)
    await a.run(async () => {
      const made = await a.store.archives.make({ before: dayOf(a.clock.nowMs()) }, async () => {});
      expect(await a.store.archives.confirm(made?.id ?? '')).toBe(2);
    });
  await world.create(b);
  await world.settle([b]);
  await world.join(b, a);
  await b.visit('secret.example', '/b');
  await world.settle();
  world.pass(1);
}
const erase = async (target: EraseTarget) => {
  await b.erase(target);
  await world.settle();
};
const lines = async () => (await a.run(() => a.profile.context.latestContext()))?.recentVisits;
const BOTH = ['https://other.example/a', 'https://secret.example/a'];

it.each<[string, EraseTarget]>([
  ['site', { what: 'site', host: 'secret.example' }],
  ['page', { what: 'page', url: 'https://secret.example/a' }],
])('of a %s takes the saved contexts while a day is in a file', async (_what, target) => {
  await joined(true);
  expect(await lines()).toEqual(BOTH);
  await erase(target);
  expect(await lines()).toBeUndefined();
  expect(await a.run(() => a.profile.context.contextCount())).toBe(0);
});

it('of a site takes them also where the list of files does not open', async () => {
  await joined(true);
  await a.run(() => a.store.db.put('metadata', new Uint8Array(40), 'archives'));
  await a.restart();
  await erase({ what: 'site', host: 'secret.example' });
  expect(await lines()).toBeUndefined();
});

it('of a site takes only its lines while no day is in a file', async () => {
  await joined(false);
  await erase({ what: 'site', host: 'secret.example' });
  expect(await lines()).toEqual(['https://other.example/a']);
});

it('of a single time leaves contexts alone when it means no day of a file', async () => {
  await joined(true);
  const nowMs = b.clock.nowMs();
  await erase({ what: 'range', fromMs: nowMs + 1, toMs: nowMs + 2 });
  expect(await lines()).toEqual(BOTH);
});
