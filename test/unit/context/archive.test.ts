/** Archiving moves whole days into a sealed file, loses nothing on the way, and the file dies with its key. */
import { beforeEach, expect, it } from 'vitest';
import type { Bytes } from '../../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../../src/base/clock.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import {
  type ContextProfile,
  clickAt,
  contextProfile,
  searchAt,
  someContext,
  visitAt,
} from '../../support/context-profile.ts';

let both: ContextProfile;
let now: number;
let files: Bytes[];
const sink = (file: Bytes) => void files.push(file);
beforeEach(async () => {
  both = await contextProfile();
  now = both.profile.nowMs;
  files = [];
  await both.storage.saveInteractions([
    visitAt(now - 50 * DAY_MS, 'https://secretword.example/', { dwellMs: 99 }),
    searchAt(now - 49 * DAY_MS, 'secretword'),
    clickAt(now - 49 * DAY_MS),
    visitAt(now - 10 * DAY_MS),
  ]);
});
const archive = () => both.storage.archiveOldData(new Date(now - 10 * DAY_MS), { sink });
const all = () => both.storage.queryInteractions({});

it('moves the days before, keeps a stub, and brings them back as they were', async () => {
  const before = await all();
  await both.storage.compactDatabase();
  expect(await archive()).toBe(3);
  expect(await all()).toEqual(before.slice(0, 1));
  const stub = { [dayOf(now - 50 * DAY_MS)]: 1, [dayOf(now - 49 * DAY_MS)]: 2 };
  expect(await both.storage.archivedDays()).toEqual(stub);
  expect(await archive()).toBe(0);
  expect(files).toHaveLength(1);
  await both.reopen();
  expect(await both.storage.archivedDays()).toEqual(stub);
  await both.storage.compactDatabase();
  await both.storage.restoreArchive(files[0] as Bytes);
  await both.storage.restoreArchive(files[0] as Bytes);
  expect(await all()).toEqual(before);
  expect(await both.storage.archivedDays()).toEqual({});
});

it('is sealed: no word of it is readable, a changed or foreign file does not open', async () => {
  await archive();
  const [file] = files as [Bytes];
  expect(Buffer.from(file).toString('latin1')).not.toContain('secretword');
  for (const at of [0, 3, 5, 9, 40, file.length - 1]) {
    const changed = file.slice();
    changed[at] = (changed[at] as number) ^ 1;
    await expect(both.storage.restoreArchive(changed)).rejects.toBeInstanceOf(DamagedError);
  }
  await expect(both.storage.restoreArchive(file.subarray(0, 10))).rejects.toBeInstanceOf(DamagedError);
  const other = await contextProfile();
  await expect(other.storage.restoreArchive(file)).rejects.toBeInstanceOf(DamagedError);
});

it('that could not be kept leaves everything where it was', async () => {
  const before = await all();
  const failing = { sink: () => Promise.reject(new Error('disk')) };
  await expect(both.storage.archiveOldData(new Date(now), failing)).rejects.toThrow('disk');
  // Nor does it wait to be confirmed.
  expect(await both.profile.store.archives.made()).toBeUndefined();
  expect(await all()).toEqual(before);
  expect(await both.storage.archivedDays()).toEqual({});
});

it('is no erasure: contexts keep their lines', async () => {
  const context = someContext(both.storage.userId, 1, now, { recentVisits: ['https://secretword.example/'] });
  await both.storage.saveContext(context);
  await archive();
  expect(await both.storage.loadContext(context.id)).toEqual(context);
});

it('opens nowhere after everything was erased', async () => {
  await archive();
  await both.profile.store.erase(() => true, true);
  await expect(both.storage.restoreArchive(files[0] as Bytes)).rejects.toBeInstanceOf(DamagedError);
  expect(await both.profile.store.keys.ring()).toEqual([]);
  expect(await both.storage.archivedDays()).toEqual({});
});

it('that is brought back while sync is on is queued to be sent', async () => {
  await archive();
  both.profile.store.syncing = true;
  await both.storage.restoreArchive(files[0] as Bytes);
  const days = (await both.profile.store.db.getAll('outbox')).map((row) => row.what === 'day' && row.day);
  expect(days).toEqual([dayOf(now - 50 * DAY_MS), dayOf(now - 49 * DAY_MS)]);
});

it('is refused while sync is on, without a sink, and for no date', async () => {
  both.profile.store.syncing = true;
  await expect(archive()).rejects.toMatchObject({ name: 'InvalidStateError' });
  both.profile.store.syncing = false;
  await expect(both.storage.archiveOldData(new Date(now), {} as never)).rejects.toBeInstanceOf(TypeError);
  await expect(both.storage.archiveOldData(new Date(Number.NaN), { sink })).rejects.toBeInstanceOf(TypeError);
  expect(await all()).toHaveLength(4);
});
