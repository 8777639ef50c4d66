/** What is promised of saved contexts. */
import { DAY_MS } from '../../src/base/clock.ts';
import { searchAt, someContext, visitAt } from '../support/some-interactions.ts';
import { type Check, equal, isTypeError, rejects } from './check.ts';

const numbers = (found: readonly ({ readonly id: string } | null)[]) =>
  found.map((one) => one && Number(one.id.slice(-12)));

export const CONTEXT_CHECKS: readonly Check[] = [
  {
    name: 'a saved context comes back as it was, also after a restart; an unknown id gives null',
    async run(both) {
      const context = someContext(both.storage.userId, 1, both.profile.nowMs);
      await both.storage.saveContext(context);
      equal(await both.storage.loadContext(context.id), context);
      await both.reopen();
      equal(await both.storage.loadContext(context.id), context);
      equal(await both.storage.loadContext(someContext('', 2, 0).id), null);
    },
  },
  {
    name: 'a context that is saved again replaces the one of its id',
    async run({ storage, profile }) {
      const changed = someContext(storage.userId, 1, profile.nowMs, { userSegment: 'researcher' });
      await storage.saveContext(someContext(storage.userId, 1, profile.nowMs));
      await storage.saveContext(changed);
      equal(await storage.listContexts(storage.userId, 9), [changed]);
    },
  },
  {
    name: 'the list of contexts is newest first, of one user, and as long as was asked for',
    async run({ storage, profile: { nowMs } }) {
      const { userId } = storage;
      for (const [n, daysAgo] of [
        [2, 1],
        [1, 40],
        [4, 0],
        [3, 1 / 48],
      ] as const)
        await storage.saveContext(someContext(userId, n, nowMs - daysAgo * DAY_MS));
      await storage.saveContext(someContext('somebody else', 9, nowMs));
      equal(numbers(await storage.listContexts(userId, 9)), [4, 3, 2, 1]);
      equal(numbers(await storage.listContexts(userId, 2)), [4, 3]);
      equal(await storage.listContexts(userId, 0), []);
      equal(numbers(await storage.listContexts('somebody else', 9)), [9]);
    },
  },
  {
    name: 'the latest context is the newest by its time, and goes back when that one is deleted',
    async run(both) {
      const { nowMs } = both.profile;
      const { userId } = both.storage;
      equal(await both.storage.latestContext(), null);
      for (const [n, daysAgo] of [
        [2, 0],
        [1, 3],
      ] as const)
        await both.storage.saveContext(someContext(userId, n, nowMs - daysAgo * DAY_MS));
      await both.reopen();
      equal(numbers([await both.storage.latestContext()]), [2]);
      await both.storage.deleteContext(someContext(userId, 2, nowMs).id);
      equal(numbers([await both.storage.latestContext()]), [1]);
    },
  },
  {
    name: 'a deleted context is gone at once and after a restart; others stay; deleting what is not there changes nothing',
    async run(both) {
      const contexts = [1, 2].map((n) => someContext(both.storage.userId, n, both.profile.nowMs));
      for (const context of contexts) await both.storage.saveContext(context);
      await both.storage.deleteContext(contexts[0]?.id ?? '');
      await both.storage.deleteContext(contexts[0]?.id ?? '');
      equal(numbers(await both.storage.listContexts(both.storage.userId, 9)), [2]);
      await both.reopen();
      equal(await both.storage.loadContext(contexts[0]?.id ?? ''), null);
      equal(await both.storage.loadContext(contexts[1]?.id ?? ''), contexts[1]);
    },
  },
  {
    name: 'contexts come as a cursor that opens no further day than is consumed',
    async run({ storage, profile: { nowMs } }) {
      for (const n of [1, 2, 3])
        await storage.saveContext(someContext(storage.userId, n, nowMs - n * DAY_MS));
      let rowsRead = 0;
      const metrics = (cost: { readonly rowsRead: number }) => {
        rowsRead = cost.rowsRead;
      };
      for await (const { id } of storage.contextsCursor(storage.userId, { metrics })) {
        equal(numbers([{ id }]), [1]);
        break;
      }
      equal(rowsRead, 1, 'rows read');
    },
  },
  {
    name: 'what is no context is refused and not saved',
    async run({ storage, profile: { nowMs } }) {
      for (const wrong of [{ id: 'no uuid' }, { confidenceScore: 2 }, { timestamp: new Date(Number.NaN) }])
        await rejects(storage.saveContext(someContext(storage.userId, 1, nowMs, wrong)), isTypeError);
      equal(await storage.listContexts(storage.userId, 9), []);
    },
  },
  {
    name: 'the current context is made of what is in the store, newest first, and can be saved',
    async run({ storage, profile: { nowMs } }) {
      await storage.saveInteractions([
        visitAt(nowMs - 40 * DAY_MS, 'https://old.example/'),
        searchAt(nowMs - DAY_MS, 'first'),
        searchAt(nowMs, 'second'),
        visitAt(nowMs, 'https://new.example/'),
      ]);
      const context = await storage.currentContext();
      equal(context.recentSearches, ['second', 'first']);
      equal(context.recentVisits, ['https://new.example/', 'https://old.example/']);
      equal(context.locationHint, 'Europe');
      await storage.saveContext(context);
      equal(await storage.latestContext(), context);
    },
  },
];
