/**
 * What is promised of a write that fails: the disk is full at the k-th write, for every k. What failed says so, everything that
 * was acknowledged before is readable, nothing is half done, and once there is room the same work succeeds.
 */
import { DAY_MS, dayOf } from '../../src/base/clock.ts';
import type { InteractionEvent } from '../../src/model/interaction.ts';
import { isTargeted } from '../../src/model/selector.ts';
import type { ContextProfile } from '../support/context-on-profile.ts';
import { someContext, visitAt } from '../support/some-interactions.ts';
import { foundUrls } from './answers.ts';
import { type Check, equal } from './check.ts';
import { titlesOf, visitEvent } from './durability.ts';

/** Refuses the k-th write of `work`, as browsers do: the request fails, and its whole transaction. Tells whether there was one. */
async function withFullDisk(
  k: number,
  work: () => Promise<unknown>,
): Promise<{ failed: boolean; happened: boolean }> {
  const { put, add } = IDBObjectStore.prototype;
  let writes = 0;
  const refuse = (original: typeof put) =>
    function (this: IDBObjectStore, ...args: Parameters<typeof put>) {
      writes += 1;
      if (writes !== k) return original.apply(this, args);
      this.transaction.abort();
      throw new DOMException('no room', 'QuotaExceededError');
    };
  Object.assign(IDBObjectStore.prototype, { put: refuse(put), add: refuse(add) });
  try {
    const failed = await work().then(
      () => false,
      () => true,
    );
    return { failed, happened: writes >= k };
  } finally {
    Object.assign(IDBObjectStore.prototype, { put, add });
  }
}

const NAMES = ['today', 'yesterday', 'older', 'journal'];
async function filled({ profile }: ContextProfile): Promise<void> {
  const { nowMs } = profile;
  for (const [i, back] of [0, 1, 40].entries())
    await profile.store.append({ event: visitEvent(NAMES[i] ?? '', nowMs - back * DAY_MS) });
  await profile.store.pack(true);
  await profile.store.append({ event: visitEvent('journal', nowMs) });
}

/** `after`: the titles that are there when `work` was done, beside or without those before. Work may be done twice. */
const survives = (
  name: string,
  work: (both: ContextProfile) => Promise<unknown>,
  after: (titles: readonly string[]) => readonly string[],
): Check => ({
  name: `the disk is full while ${name}: everything before is readable, nothing is half done, and it works later`,
  async run(both) {
    const { profile } = both;
    const startMs = profile.nowMs;
    const before = [...NAMES].sort();
    const done = [...after(NAMES)].sort();
    for (let k = 1; ; k++) {
      await profile.store.erase(() => true, true);
      profile.nowMs = startMs;
      await filled(both);
      const { failed, happened } = await withFullDisk(k, () => work(both));
      if (!happened) {
        equal(failed, false, 'without a fault it fails');
        equal(k > 1, true, 'it writes');
        return;
      }
      await both.reopen();
      const left = (await titlesOf(both)).sort();
      if (JSON.stringify(left) !== JSON.stringify(done)) equal(left, before, `after a fault at write ${k}`);
      await work(both);
      equal((await titlesOf(both)).sort(), done, `done again after a fault at write ${k}`);
      equal((await foundUrls(both, 'example')).length, done.length, `found after a fault at write ${k}`);
      equal(profile.damaged, 0, 'damaged rows');
    }
  },
});

export const FAILURE_CHECKS: readonly Check[] = [
  survives(
    'a visit with its search, tab and nonce is appended',
    ({ profile }) =>
      profile.store.append({
        event: visitEvent('new', profile.nowMs),
        also: [visitEvent('also', profile.nowMs)],
        tab: { tabId: 1, keepsTitle: true },
        nonce: 'page:1',
      }),
    (titles) => [...titles, 'new', 'also'],
  ),
  survives(
    'days are packed and a month is merged',
    async ({ profile }) => {
      profile.nowMs += 40 * DAY_MS;
      await profile.store.pack(true);
    },
    (titles) => titles,
  ),
  survives(
    'events from elsewhere are added',
    ({ profile }) => {
      const atMs = profile.nowMs - DAY_MS;
      const event = { ...visitEvent('other', atMs), id: 'BBBBBBBBBBBBBBBBBBBBBB.1.1' } as InteractionEvent;
      return profile.store.addEvents(dayOf(atMs), [event]);
    },
    (titles) => [...titles, 'other'],
  ),
  survives(
    'a site is erased',
    ({ profile }) =>
      profile.store.erase((record) => isTargeted(record, { what: 'site', host: 'today.example' })),
    (titles) => titles.filter((title) => title !== 'today'),
  ),
  survives(
    'interactions of one day are saved',
    ({ storage, profile }) =>
      storage.saveInteractions([
        visitAt(profile.nowMs, 'https://saved.example/', { title: 'saved', dwellMs: 5 }),
      ]),
    (titles) => [...titles, 'saved'],
  ),
  {
    name: 'the disk is full while a context is saved: the one before stays, whole, and the list is right',
    async run(both) {
      const { profile } = both;
      const contextOf = (n: number) => someContext(both.storage.userId, n, profile.nowMs + n);
      await both.storage.saveContext(contextOf(1));
      for (let k = 1; ; k++) {
        const { failed, happened } = await withFullDisk(k, () => both.storage.saveContext(contextOf(2)));
        if (!happened) {
          equal([failed, k > 1], [false, true]);
          equal(await both.storage.latestContext(), contextOf(2));
          return;
        }
        await both.reopen();
        equal(
          await both.storage.listContexts(both.storage.userId, 9),
          [contextOf(1)],
          `a fault at write ${k}`,
        );
        equal(await both.storage.latestContext(), contextOf(1), `the latest, a fault at write ${k}`);
      }
    },
  },
];
