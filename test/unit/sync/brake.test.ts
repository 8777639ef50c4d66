/** What others delete is deleted here without asking, but not very much at once: then the person is asked, and nothing moves meanwhile. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { PREVIEW_LISTED } from '../../../src/model/join-preview.ts';
import { reductionOf } from '../../../src/model/reduction.ts';
import { readCommands } from '../../../src/sync/erasures.ts';
import { Oracle } from '../../support/sync-oracle.ts';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

let world: SyncWorld;
let oracle: Oracle;
let a: WholeDevice;
let b: WholeDevice;

beforeEach(async () => {
  world = await SyncWorld.paired(2, {}, WholeDevice);
  oracle = new Oracle(world);
  [a, b] = world.devices as [WholeDevice, WholeDevice];
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

const ALL = { what: 'all' } as const;
const SKIPPED = { id: 'r', host: 'much.example', capture: 'skip' } as const;
const site = (host: string) => ({ what: 'site', host }) as const;
/** So many pages of each site, recorded on A and known to both. */
async function recorded(sizes: Readonly<Record<string, number>>): Promise<void> {
  for (const [host, count] of Object.entries(sizes))
    for (let n = 0; n < count; n++) await oracle.visit(a, host, `/${n}`);
  await world.settle();
}
const preview = () => b.run(() => b.sync.preview());
/** To what is shown. */
const agree = () => b.run(() => b.sync.agree(b.sync.preview()?.deleted.of ?? ''));
const health = async () => (await b.run(() => b.services.status())).health;

describe('what another device deletes', () => {
  it('waits where it is most of what is here: with a list, over restarts, and nothing is sent or taken', async () => {
    await b.run(() => b.profile.change({ consent: 'accepted' }));
    await recorded({ 'much.example': 60, 'kept.example': 20 });
    await oracle.erase(a, site('much.example'));
    const deletedMs = (await a.run(() => readCommands(a.store)))[0]?.atMs;
    await oracle.visit(a, 'later.example', '/');
    await a.round();
    await oracle.visit(b, 'own.example', '/');
    await b.restart();
    const entries = (await world.changes()).length;
    for (let round = 0; round < 2; round++) {
      expect((await b.round()).phase).toBe('asks');
      expect(preview()).toMatchObject({ joining: false, deleted: { records: 60, sites: 1 } });
      // Which device that was, and when.
      expect(preview()?.by).toEqual([{ name: a.name, atMs: deletedMs }]);
      expect(preview()?.deleted.listed).toHaveLength(PREVIEW_LISTED);
      await b.restart();
    }
    await b.round();
    expect(await health()).toEqual({
      code: 'join-asks',
      message: expect.stringMatching(
        /^Recording\. Another device deletes much of what is here, so sync waits/,
      ),
    });
    expect(await b.urls()).toHaveLength(81);
    expect((await world.changes()).length).toBe(entries);
    await agree();
    expect(preview()).toBeNull();
    await world.settle();
    await oracle.check();
    expect(await b.urls()).toHaveLength(22);
  });

  it('that is more by the time the person agrees is asked for again', async () => {
    await recorded({ 'much.example': 60, 'more.example': 60 });
    await oracle.erase(a, site('much.example'));
    await a.round();
    await b.round();
    await oracle.erase(a, site('more.example'));
    await a.round();
    await agree();
    expect((await b.round()).phase).toBe('asks');
    expect(preview()?.deleted.records).toBe(120);
    // As many, but others.
    await b.run(() => b.sync.agree(preview()?.deleted.of.replaceAll(/./g, 'A') ?? ''));
    expect((await b.round()).phase).toBe('asks');
    expect(await b.urls()).toHaveLength(120);
    await agree();
    await world.settle();
    await oracle.check();
    expect(await b.urls()).toEqual([]);
  });

  it.each<[string, () => Promise<void>]>([
    ['everything', () => oracle.erase(a, ALL)],
    ['rules for what is stored', () => a.reduce(reductionOf(SKIPPED, 'private', [SKIPPED]))],
  ])('waits also when it is %s', async (_, deletes) => {
    await recorded({ 'much.example': 55 });
    await deletes();
    await a.round();
    expect((await b.round()).phase).toBe('asks');
    expect(preview()?.deleted.records).toBe(55);
    await agree();
    await world.settle();
    expect(await b.urls()).toEqual([]);
  });

  it('goes without a question where it is little, and where this device deletes it itself', async () => {
    await recorded({ 'little.example': 45, 'much.example': 60 });
    await oracle.erase(a, site('little.example'));
    await world.settle();
    await oracle.check();
    await oracle.erase(b, ALL);
    await oracle.visit(b, 'after.example', '/');
    // Also after its answer was lost, or its profile was opened anew.
    await b.restart();
    expect((await b.round()).phase).toBe('synced');
    expect(await b.urls()).toEqual(['https://after.example/']);
  });

  it('is added up over a day, however small each deletion is', async () => {
    await recorded({ 'a.example': 20, 'b.example': 20, 'c.example': 20, 'd.example': 20, 'kept.example': 5 });
    for (const host of ['a.example', 'b.example']) {
      await oracle.erase(a, site(host));
      await world.settle();
    }
    await oracle.erase(a, site('c.example'));
    await a.round();
    await b.restart();
    expect((await b.round()).phase).toBe('asks');
    expect(preview()?.deleted.records).toBe(20);
    await agree();
    await world.settle();
    await oracle.check();
    // It was asked about, so it is counted anew.
    await oracle.erase(a, site('d.example'));
    await world.settle();
    await oracle.check();
    expect(await b.urls()).toHaveLength(5);
  });

  it('of the day before is not added up', async () => {
    await recorded({ 'a.example': 45, 'b.example': 45 });
    await oracle.erase(a, site('a.example'));
    await world.settle();
    world.pass(DAY_MS);
    await oracle.erase(a, site('b.example'));
    await world.settle();
    expect(await b.urls()).toEqual([]);
  });

  it('is no reason to stay: who leaves keeps all of it', async () => {
    await recorded({ 'much.example': 60 });
    await oracle.erase(a, ALL);
    await a.round();
    await b.round();
    const left = await b.run(() => b.sync.end('leave', true));
    expect(left.ok).toBe(true);
    expect(b.sync.state().phase).toBe('off');
    expect(await b.urls()).toHaveLength(60);
  });
});
