// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/device-context.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { type Bytes, concat } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { wholeSource } from '../../../src/storage/format/byte-source.ts';
import { SyncWorld } from '../../support/sync-world.ts';
import { WholeDevice } from '../../support/whole-device.ts';

let world: SyncWorld;
afterEach(() => {
  vi.restoreAllMocks();
  for (const device of world.devices) (device as WholeDevice).close();
  world.end();
});

it('what another device deletes while a file is brought back does not come with the rest of it', async () => {
  world = new SyncWorld({}, WholeDevice);
  const a = (await world.device('a')) as WholeDevice;
  const b = (await world.device('b')) as WholeDevice;
  for (const day of [3, 2]) await a.visit('gone.example', `/${day}`, a.clock.nowMs() - day * DAY_MS);
  const parts: Bytes[] = [];
  await a.run(async () => {
    const made = await a.store.archives.make(
      { before: dayOf(a.clock.nowMs()) },
      async (part) => void parts.push(part),
    );
    await a.store.archives.confirm(made?.id ?? '');
  });
  await world.create(b);
  await world.settle([b]);
  await world.join(b, a);
  await world.settle();
  const importDay = a.store.importDay.bind(a.store);
  vi.spyOn(a.store, 'importDay').mockImplementationOnce(async (...args) => {
    const added = await importDay(...args);
    await b.erase({ what: 'site', host: 'gone.example' });
    await b.round();
    await a.round();
    return added;
  });
  const back = await a.run(() => a.services.budget.fetchBack(wholeSource(concat(...parts))));
  expect(back.ok).toBe(true);
  await world.settle();
  expect(await a.urls()).toEqual([]);
});
