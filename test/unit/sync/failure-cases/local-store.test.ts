/**
 * Failure cases S10 and S16 of the design: a device in an account that has no room for a write, or whose deletion is interrupted. The store
 * alone is in `full-disk.test.ts` and `erasures-killed.test.ts`.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../../support/device-context.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../../src/base/clock.ts';
import { UNDO_MS } from '../../../../src/model/purge.ts';
import { failWrite } from '../../../support/fail-write.ts';
import { KILLED, killedAt } from '../../../support/kill.ts';
import { Oracle } from '../../../support/sync-oracle.ts';
import { SyncWorld } from '../../../support/sync-world.ts';
import { WholeDevice } from '../../../support/whole-device.ts';

let world: SyncWorld;
let oracle: Oracle;
let [a, b]: [WholeDevice, WholeDevice] = [] as never;
beforeEach(async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  oracle = new Oracle(world);
  [a, b] = world.devices as typeof world.devices & [WholeDevice, WholeDevice];
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

/**
 * Nothing that was recorded is ever dropped for want of room (docs/decisions/0007): a write that finds none fails whole, and at the limit that
 * the person set, what can be made again goes.
 */
describe('S10: no room', () => {
  it('at any write of what is recorded: it is refused whole, and what waits to be sent stays', async () => {
    await oracle.visit(b, 'one.example', '/waits');
    for (let k = 1, happened = true; happened; k++) {
      const [urls, waiting] = [await b.urls(), await b.outbox()];
      const full = failWrite(k);
      const visited = await b.visit('one.example', `/${k}`).catch(() => null);
      happened = full.happened();
      vi.restoreAllMocks();
      expect(visited === null, `write ${k}`).toBe(happened);
      if (happened) expect([await b.urls(), await b.outbox()], `write ${k}`).toEqual([urls, waiting]);
      else await b.erase({ what: 'record', id: visited?.id ?? '' });
    }
    await world.settle();
    expect([await a.urls(), await b.urls()]).toEqual([oracle.urls(), oracle.urls()]);
  });

  it('at any write of a round: it is said, and when there is room nothing is missing and nothing is there twice', async () => {
    let failures = 0;
    for (let k = 1, happened = true; happened; k++) {
      // Of more within a day B would be asked (brake.ts).
      if (k % 40 === 0) world.pass(DAY_MS);
      await oracle.visit(a, 'gone.example', `/${k}`);
      await world.settle();
      world.pass(60_000);
      await oracle.visit(a, 'one.example', `/${k}`);
      await oracle.erase(a, { what: 'page', url: `https://gone.example/${k}` });
      await a.set({ level: k % 2 ? 'anonymous' : 'private' });
      await a.round();
      await oracle.visit(b, 'two.example', `/${k}`);
      await b.set({ rules: [{ id: 'b', host: 'b.example', capture: k % 2 ? 'skip' : 'domain' }] });
      vi.spyOn(console, 'error').mockImplementation(() => {});
      const full = failWrite(k, 'aborts');
      const state = await b.round().catch(() => null);
      happened = full.happened();
      vi.restoreAllMocks();
      failures += Number(state?.phase !== 'synced');
      // What was acknowledged can be read, whatever failed.
      expect(await b.urls(), `write ${k}`).toContain(`https://two.example/${k}`);
      await b.restart();
      await world.settle();
      await oracle.check();
    }
    expect(failures).toBeGreaterThan(10);
  });

  it('below the limit that the person set: caches go first, and neither records nor what waits to be sent', async () => {
    for (let n = 0; n < 40; n++) await oracle.visit(b, 'one.example', `/${n}`);
    world.pass(2 * DAY_MS);
    await oracle.visit(b, 'two.example', '/');
    await world.settle();
    await b.run(() => b.store.pack(true));
    world.pass(2 * DAY_MS);
    await b.run(() => b.services.profile.context.getContextStats('all'));
    const cached = () => b.run(() => b.store.derived.names('models', ''));
    expect((await cached()).length).toBeGreaterThan(0);
    b.network.down();
    await oracle.visit(b, 'three.example', '/waits');
    const waiting = await b.run(() => b.store.db.getAll('outbox'));
    expect(waiting.length).toBeGreaterThan(0);
    const used = await b.run(() => b.store.usedBytes());
    await b.run(async () => {
      await b.profile.change({ budgetBytes: Math.floor(used / 1.02) });
      await b.services.budget.check();
      await b.services.budget.settled();
    });
    expect(await cached()).toEqual([]);
    expect(await b.run(() => b.store.db.getAll('outbox'))).toEqual(waiting);
    expect(await b.urls()).toEqual(oracle.urls());
    b.network.up();
    await b.run(() => b.profile.change({ budgetBytes: 1e9 }));
    await world.settle();
    await oracle.check();
  });
});

/** Every how-manieth call to the database ends the worker, from where on. */
const STEP = 8;
const seed = Number(process.env.ARQ_SEED ?? Math.floor(Math.random() * 2 ** 31));

it(`S16: a deletion that is interrupted at any step goes on, and what it means opens nowhere, here or elsewhere (ARQ_SEED=${seed})`, async () => {
  const keysOf = async (day: string) =>
    (await a.run(() => a.store.vault.ring('interactions')))
      .filter((key) => key.day === day)
      .map(({ raw }) => toBase64Url(raw));
  let kills = 0;
  for (let call = 1 + (seed % STEP), isKilled = true; isKilled; call += STEP) {
    const site = `gone${call}.example`;
    const day = dayOf(a.clock.nowMs());
    await a.visit(site, '/packed');
    await oracle.visit(a, 'kept.example', `/${call}`);
    await a.run(() => a.store.pack(true));
    await a.visit(site, '/in-the-journal');
    await b.visit(site, '/of-the-other');
    await world.settle();
    const before = await keysOf(day);
    expect(before.length).toBeGreaterThan(0);
    await a.flag({ what: 'site', host: site });
    world.pass(UNDO_MS);
    isKilled = (await a.run(() => killedAt(call, () => a.services.erasures.tick()))) === KILLED;
    kills += Number(isKilled);
    for (const device of [a, b]) await device.restart();
    await a.run(() => a.services.erasures.settle());
    await world.settle();
    await oracle.check();
    const now = await keysOf(day);
    for (const key of before) expect(now, `call ${call}`).not.toContain(key);
    // What is to be deleted next lies on a day of its own.
    world.pass(DAY_MS);
  }
  expect(kills).toBeGreaterThan(10);
});
