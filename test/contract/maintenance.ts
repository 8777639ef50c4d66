/** What is promised of compacting, archiving and the size. */
import type { Bytes } from '../../src/base/bytes.ts';
import { DAY_MS, dayOf } from '../../src/base/clock.ts';
import type { QueryMetrics } from '../../src/model/query.ts';
import { someContext, visitAt } from '../support/some-interactions.ts';
import { answersOf, someInteractions } from './answers.ts';
import { type Check, equal, isDamaged, isTypeError, rejects } from './check.ts';
import { visitEvent } from './durability.ts';

export const MAINTENANCE_CHECKS: readonly Check[] = [
  {
    name: 'compactDatabase keeps every answer the same, however often, and after a restart',
    async run(both) {
      await both.storage.saveInteractions(someInteractions(both.profile.nowMs));
      const before = await answersOf(both);
      await both.storage.compactDatabase();
      equal(await answersOf(both), before, 'compacted');
      await both.storage.compactDatabase();
      await both.reopen();
      equal(await answersOf(both), before, 'compacted twice and reopened');
      equal(both.profile.damaged, 0, 'damaged rows');
    },
  },
  {
    name: 'what is archived leaves the store with a stub, and comes back as it was, once',
    async run(both) {
      const { nowMs } = both.profile;
      const all = someInteractions(nowMs);
      await both.storage.saveInteractions(all);
      await both.storage.compactDatabase();
      const before = await answersOf(both);
      const files: Bytes[] = [];
      const archive = () =>
        both.storage.archiveOldData(new Date(nowMs - 30 * DAY_MS), { sink: (file) => void files.push(file) });
      equal([await archive(), await archive(), files.length], [3, 0, 1], 'records that went');
      const left = await both.storage.queryInteractions({});
      equal(left.length, all.length - 3, 'what is left');
      await both.reopen();
      const stub = Object.fromEntries([31, 60, 61].map((back) => [dayOf(nowMs - back * DAY_MS), 1]));
      equal(await both.storage.archivedDays(), stub);
      const [file] = files;
      if (!file) throw new Error('no file came');
      await both.storage.restoreArchive(file);
      await both.storage.restoreArchive(file);
      equal(await answersOf(both), before, 'restored');
      equal(await both.storage.archivedDays(), {});
    },
  },
  {
    name: 'an archive that could not be kept leaves everything where it was',
    async run(both) {
      const { nowMs } = both.profile;
      await both.storage.saveInteractions(someInteractions(nowMs));
      const before = await answersOf(both);
      const failing = { sink: () => Promise.reject(new Error('no disk')) };
      await rejects(
        both.storage.archiveOldData(new Date(nowMs), failing),
        ({ message }) => message === 'no disk',
      );
      await rejects(both.storage.archiveOldData(new Date(nowMs), {} as never), isTypeError, 'no sink');
      equal(await answersOf(both), before);
      equal(await both.storage.archivedDays(), {});
    },
  },
  {
    name: 'a file that is brought back while its days are still here adds nothing, wherever they lie',
    async run(both) {
      const { profile, storage } = both;
      await storage.saveInteractions(someInteractions(profile.nowMs));
      await profile.store.append({ event: visitEvent('journal', profile.nowMs - 50 * DAY_MS) });
      const before = await answersOf(both);
      const files: Bytes[] = [];
      // As when the browser ends after the file was kept and before the days went.
      const sink = (file: Bytes) => {
        files.push(file);
        throw new Error('ended');
      };
      await rejects(
        storage.archiveOldData(new Date(profile.nowMs), { sink }),
        ({ message }) => message === 'ended',
      );
      const [file] = files;
      if (!file) throw new Error('no file came');
      equal(await profile.store.restoreArchive(file), 0, 'events that were added');
      equal(await answersOf(both), before, 'the answers');
    },
  },
  {
    name: 'restoring is stopped by its signal between days: those that came stay, the others are still archived',
    async run({ storage, profile: { nowMs, store } }) {
      await storage.saveInteractions([1, 2, 3].map((n) => visitAt(nowMs - (n + 40) * DAY_MS)));
      const files: Bytes[] = [];
      await storage.archiveOldData(new Date(nowMs), { sink: (one) => void files.push(one) });
      const [file] = files;
      if (!file) throw new Error('no file came');
      const stop = new AbortController();
      const { importDay } = store;
      store.importDay = async (...of) => {
        const added = await importDay.apply(store, of);
        stop.abort(new Error('stopped'));
        return added;
      };
      await rejects(
        storage.restoreArchive(file, { signal: stop.signal }),
        ({ message }) => message === 'stopped',
      );
      store.importDay = importDay;
      equal((await storage.queryInteractions({})).length, 1, 'records that came');
      equal(Object.keys(await storage.archivedDays()).length, 2, 'days that are archived still');
      const told: QueryMetrics[] = [];
      await storage.restoreArchive(file, { metrics: (cost) => void told.push(cost) });
      const events = told.map(({ rowsRead, rowsReturned }) => [rowsRead, rowsReturned]);
      equal(events, [[3, 2]], 'events that were read and added');
      equal(await storage.archivedDays(), {});
    },
  },
  {
    name: 'an archive that was changed does not open, and none opens after everything was erased',
    async run(both) {
      const { nowMs } = both.profile;
      await both.storage.saveInteractions([visitAt(nowMs - 50 * DAY_MS)]);
      const files: Bytes[] = [];
      await both.storage.archiveOldData(new Date(nowMs), { sink: (one) => void files.push(one) });
      const [file] = files;
      if (!file) throw new Error('no file came');
      const changed = file.slice();
      changed[file.length - 20] = (changed[file.length - 20] ?? 0) ^ 1;
      await rejects(both.storage.restoreArchive(changed), isDamaged, 'a changed file');
      await both.profile.store.erase(() => true, true);
      await rejects(both.storage.restoreArchive(file), isDamaged, 'a file whose key is gone');
      equal(await both.storage.queryInteractions({}), []);
    },
  },
  {
    name: 'the estimated size is nothing when nothing is stored, grows with it, and falls when it is erased',
    async run({ storage, profile }) {
      equal(await storage.estimateSize(), 0);
      const sizes: number[] = [];
      const measure = async () => void sizes.push(await storage.estimateSize());
      await storage.saveInteractions(someInteractions(profile.nowMs));
      await measure();
      await storage.saveContext(someContext(storage.userId, 1, profile.nowMs));
      await measure();
      const [interactions = 0, withContext = 0] = sizes;
      equal([interactions > 0, withContext > interactions], [true, true], `grows: ${sizes}`);
      await profile.store.erase(() => true, true);
      await measure();
      equal((sizes[2] ?? 0) < interactions / 2, true, `falls: ${sizes}`);
    },
  },
];
