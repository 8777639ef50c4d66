/** What another device deleted is in the log of deletions here, whenever it was carried out. */
import { beforeEach, expect, it, vi } from 'vitest';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import type { LogEntry } from '../../../src/model/deletion-log.ts';
import { CARRIED_OUT } from '../../../src/model/purge.ts';
import { PartlyErasedError } from '../../../src/storage/database.ts';
import { a, b, usePair, world } from '../../support/two-devices.ts';

usePair();
const SITE = { what: 'site', host: 'gone.example' } as const;
const log = async (): Promise<readonly LogEntry[]> => (await a.run(() => a.store.deletions.read())).entries;

beforeEach(async () => {
  await b.visit('gone.example', '/old');
  await world.settle();
  world.pass(1000);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

it('also where the first try failed', async () => {
  await b.erase(SITE);
  await b.round();
  vi.spyOn(a.store, 'erase').mockRejectedValueOnce(new Error('no'));
  await a.round();
  expect(await a.urls()).not.toEqual([]);
  world.pass(DAY_MS / 24);
  await world.settle();
  expect(await a.urls()).toEqual([]);
  const entries = await log();
  expect(entries.map(({ step }) => step)).toEqual(CARRIED_OUT);
  expect(entries[0]).toMatchObject({ reason: 'other-device', kind: 'site', records: 1 });
});

it('with how many days damage kept', async () => {
  await b.erase(SITE);
  await b.round();
  const day = dayOf(a.clock.nowMs());
  vi.spyOn(a.store, 'erase').mockRejectedValueOnce(new PartlyErasedError(1, [day], [day]));
  await a.round();
  expect((await log())[0]).toMatchObject({ reason: 'other-device', records: 1, keptDays: 1 });
});

it('but not what was asked for here and a round carried out, whether it was sent by then or not', async () => {
  for (const sent of [false, true]) {
    await a.visit('gone.example', '/again');
    await world.settle();
    world.pass(1000);
    // As when damage keeps it from being done: it waits.
    await a.run(async () => a.sync.deleting.erasing([SITE], async () => false, await a.deletion()));
    if (sent) {
      vi.spyOn(a.store, 'erase').mockRejectedValueOnce(new PartlyErasedError(0, [], []));
      await a.round();
    }
    await world.settle();
    expect(await a.urls()).toEqual([]);
    expect(await log()).toEqual([]);
  }
});
