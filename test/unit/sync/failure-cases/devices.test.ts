/** Failure cases S2, S9, S12 and S13 of the design: devices that change the same things at once, or are not in the account any more. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { refusalOf } from '../../../../server/test/support/in-process.ts';
import type { Rule } from '../../../../src/model/rules.ts';
import { LIMITS } from '../../../../src/protocol/limits.ts';
import { objectsOf } from '../../../support/at-service.ts';
import { Oracle } from '../../../support/sync-oracle.ts';
import { SyncWorld, type TestDevice } from '../../../support/sync-world.ts';

let world: SyncWorld;
let oracle: Oracle;
afterEach(() => {
  vi.restoreAllMocks();
  world.end();
});
async function pair(): Promise<[TestDevice, TestDevice]> {
  world = await SyncWorld.paired(2);
  oracle = new Oracle(world);
  return world.devices as [TestDevice, TestDevice];
}

const isBatch = ({ url }: { readonly url: string }) => url.endsWith('/v1/batch');
const skip = (id: string, host: string): Rule => ({ id, host, capture: 'skip' });

/**
 * What of a profile travels is the level and the rules (docs/protocol.md, "Settings"). They are registers that keep every concurrent value
 * until somebody who saw all of them writes; until then the strictest is in force, so nobody has to be asked before it holds.
 */
it('S2: of settings that two devices change offline none is lost, and the stricter one is in force on both', async () => {
  const [a, b] = await pair();
  await a.set({ rules: [skip('old', 'old.example')] });
  await world.settle();
  for (const device of [a, b]) device.network.down();
  await a.set({
    level: 'anonymous',
    rules: [
      skip('old', 'old.example'),
      skip('a', 'a.example'),
      { id: 'x', host: 'both.example', capture: 'full' },
    ],
  });
  await b.set({
    level: 'public',
    // It takes `old` away, which A left as it was.
    rules: [skip('b', 'b.example'), { id: 'y', host: 'both.example', capture: 'domain' }],
  });
  for (const device of [a, b]) {
    await device.round();
    await device.restart();
    device.network.up();
  }
  await world.settle();
  const inForce = {
    level: 'anonymous',
    rules: [
      skip('a', 'a.example'),
      skip('b', 'b.example'),
      { id: 'y', host: 'both.example', capture: 'domain' },
    ],
  };
  for (const device of [a, b]) expect(device.settings(), device.name).toEqual(inForce);
  expect((await objectsOf(world, a, 'settings')).size).toBe(1);
  // Somebody who knows of both chooses, also what keeps more; it holds on both.
  await b.set({ level: 'private', rules: [{ id: 'x', host: 'both.example', capture: 'full' }] });
  await world.settle();
  for (const device of [a, b])
    expect(device.settings(), device.name).toEqual({
      level: 'private',
      rules: [{ id: 'x', host: 'both.example', capture: 'full' }],
    });
});

/**
 * A refused write is merged and tried again at once, without parking: it was refused because another device's went through, so nobody is
 * refused more often than there are other devices. After 20 tries (`MAX_ROUNDS`) it would wait, with jitter (`backoff.test.ts`).
 */
it('S9: as many devices as there can be, which change the settings at the same moment, converge in one round each', async () => {
  const count = LIMITS.devices;
  world = await SyncWorld.paired(count);
  oracle = new Oracle(world);
  for (const [n, device] of world.devices.entries()) {
    await oracle.visit(device, 'one.example', `/${n}`);
    await device.set({
      level: n === 7 ? 'anonymous' : 'public',
      rules: [skip(device.name, `${device.name}.example`)],
    });
  }
  // Everybody has read the feed before anybody writes.
  let waiting = 0;
  let allHaveRead = () => {};
  const start = new Promise<void>((resolve) => {
    allHaveRead = resolve;
  });
  const tries = new Map<TestDevice, number>();
  for (const device of world.devices) {
    let isFirst = true;
    device.network.tamper = async (request, answer) => {
      if (isBatch(request)) tries.set(device, (tries.get(device) ?? 0) + 1);
      if (request.url.includes('/v1/changes') && isFirst) {
        isFirst = false;
        waiting += 1;
        if (waiting === count) allHaveRead();
        await start;
      }
      return answer;
    };
  }
  const states = await Promise.all(world.devices.map((device) => device.round()));
  expect(waiting).toBe(count);
  expect(states.map(({ phase }) => phase)).toEqual(Array(count).fill('synced'));
  const all = [...tries.values()];
  expect(all).toHaveLength(count);
  // It came to a storm, and nobody had to try more often than there are devices; once more for what merging made new.
  expect(all.filter((times) => times > 1).length).toBeGreaterThan(count / 2);
  expect(Math.max(...all)).toBeLessThanOrEqual(count + 1);
  for (const device of world.devices) device.network.up();
  await world.settle();
  await oracle.check();
  const [first] = world.devices as [TestDevice];
  expect(first.settings().level).toBe('anonymous');
  expect(first.settings().rules).toHaveLength(count);
});

/**
 * The service does not know epochs and refuses nothing as stale. What was sealed under the older key is read by everybody until all
 * devices have moved, and wrapped anew (src/sync/epochs.ts, docs/decisions/0014); what is left of the older key goes only then.
 */
describe('S12: a new master key while a device that was not told of it sends', () => {
  it.each([
    ['what it sent is read by all, and it moves with its next round', false],
    ['where that was wrapped anew before it could write it moves, and writes under the new one', true],
  ])('%s', async (_, hasChangedSettings) => {
    const [a, b] = await pair();
    await oracle.visit(a, 'one.example', '/a');
    await world.settle();
    await oracle.visit(b, 'one.example', '/under-the-older-key');
    if (hasChangedSettings) await b.set({ level: 'anonymous' });
    let isRotated = false;
    // B has read the device list and the feed, and is about to send.
    b.network.tamper = async (request, answer) => {
      if (request.url.includes('/v1/changes') && !isRotated) {
        isRotated = true;
        await a.rotate();
      }
      return answer;
    };
    const before = (await world.changes()).length;
    expect(await b.round()).toMatchObject({ phase: 'synced' });
    expect(isRotated).toBe(true);
    expect([a.epoch, b.epoch]).toEqual([2, hasChangedSettings ? 2 : 1]);
    const sent = (await world.changes()).slice(before);
    expect(sent.some(({ device }) => device === b.store.vault.deviceId)).toBe(true);
    b.network.up();
    expect((await a.round()).phase).toBe('synced');
    expect(await a.urls()).toEqual(oracle.urls());
    expect(a.settings().level).toBe(hasChangedSettings ? 'anonymous' : 'private');
    await world.settle();
    expect([a.epoch, b.epoch]).toEqual([2, 2]);
    for (const { store } of [a, b])
      expect(store.vault.epoch.carried?.older.map(({ record }) => record !== undefined)).toEqual([false]);
    await world.join(a, await world.device('newcomer'));
    await world.settle();
    await oracle.check();
  });

  it('and is taken out by it: nothing of it is written, and it keeps what it has', async () => {
    const [a, b] = await pair();
    await oracle.visit(a, 'one.example', '/a');
    await world.settle();
    await b.visit('one.example', '/too-late');
    let isRotated = false;
    b.network.tamper = async (request, answer) => {
      if (request.url.includes('/v1/changes') && !isRotated) {
        isRotated = true;
        await a.rotate(b);
      }
      return answer;
    };
    expect((await b.round()).message).toMatch(/^This device is not part of the account any more/);
    expect(isRotated).toBe(true);
    const writers = (await world.changes()).slice(-2).map(({ device }) => device);
    expect(writers).not.toContain(b.store.vault.deviceId);
    await world.settle([a]);
    expect(await a.urls()).toEqual(['https://one.example/a']);
    expect(await b.urls()).toEqual(['https://one.example/a', 'https://one.example/too-late']);
    expect(await b.outbox()).toBeGreaterThan(0);
  });
});

describe('S13: requests that are sent again, as they were captured,', () => {
  const captureOf = (device: TestDevice, isHeldBack: (request: Request) => boolean = () => false) => {
    const captured: Request[] = [];
    device.network.fate = (_, request) => {
      captured.push(request.clone());
      return isHeldBack(request) ? 'lost-request' : 'ok';
    };
    return captured;
  };
  const replay = (captured: readonly Request[]) =>
    Promise.all(captured.map((request) => refusalOf(world.service.send(request.clone()))));

  it('of a device that was taken out do nothing: neither what arrived before, nor what was held back', async () => {
    const [a] = await pair();
    const c = await world.device('c');
    await world.join(a, c);
    await world.settle();
    const captured = captureOf(c, isBatch);
    await c.visit('one.example', '/of c');
    await c.round();
    const held = captured.filter(isBatch);
    expect(held).toHaveLength(1);
    expect(captured.length).toBeGreaterThan(2);
    await a.rotate(c);
    world.devices.pop();
    await world.settle();
    const before = await world.changes();
    for (const answer of await replay(captured)) expect(answer).toMatch(/^40[13] /);
    expect(await replay(held)).toEqual(['403 UNKNOWN_DEVICE']);
    world.pass((LIMITS.skewSeconds + 1) * 1000);
    for (const answer of await replay(captured)) expect(answer).toMatch(/^40[13] /);
    // What it signs anew is refused for the list alone.
    c.network.up();
    expect((await c.round()).message).toMatch(/^This device is not part of the account any more/);
    expect(await world.changes()).toEqual(before);
    await world.settle();
    await oracle.check();
  });

  it('of a device that is listed do nothing either', async () => {
    const [, b] = await pair();
    const captured = captureOf(b);
    await oracle.visit(b, 'one.example', '/b');
    await b.round();
    expect(captured.filter(isBatch)).toHaveLength(1);
    const before = await world.changes();
    expect(new Set(await replay(captured))).toEqual(new Set(['401 REPLAYED']));
    world.pass((LIMITS.skewSeconds + 1) * 1000);
    expect(new Set(await replay(captured))).toEqual(new Set(['401 CLOCK_SKEW']));
    expect(await world.changes()).toEqual(before);
    b.network.up();
    await world.settle();
    await oracle.check();
  });
});
