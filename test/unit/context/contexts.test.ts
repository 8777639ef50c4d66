/** The contract of saved contexts, and that what is erased leaves them too. */

import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/base/clock.ts';
import { ErasedMeanwhile } from '../../../src/context/context-storage.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { type ContextProfile, contextProfile, someContext, visitAt } from '../../support/context-profile.ts';
import { KILLED, killedAt } from '../../support/kill.ts';

let both: ContextProfile;
let userId: string;
beforeEach(async () => {
  both = await contextProfile();
  userId = both.storage.userId;
});
const context = (n: number, daysAgo = 0, more: object = {}) =>
  someContext(userId, n, both.profile.nowMs - daysAgo * DAY_MS, more);
const ids = (found: readonly { readonly id: string }[]) => found.map(({ id }) => Number(id.slice(-12)));
const save = async (...contexts: ReturnType<typeof context>[]) => {
  for (const one of contexts) await both.storage.saveContext(one);
};
const ring = async () =>
  (await both.profile.store.keys.ring()).filter(({ store }) => store === 'derived').map((r) => r.generation);

describe('a saved context', () => {
  it('comes back as it was, also after a restart', async () => {
    await save(context(1));
    expect(await both.storage.loadContext(context(1).id)).toEqual(context(1));
    await both.reopen();
    expect(await both.storage.loadContext(context(1).id.toUpperCase())).toEqual(context(1));
    expect(await both.storage.loadContext(context(2).id)).toBeNull();
    expect(await both.storage.loadContext('latest')).toBeNull();
  });

  it('is replaced by one of the same id', async () => {
    await save(context(1), context(1, 0, { userSegment: 'researcher' }));
    expect(await both.storage.listContexts(userId, 9)).toEqual([
      context(1, 0, { userSegment: 'researcher' }),
    ]);
  });

  it.each([
    ['id', { id: 'not-a-uuid' }],
    ['confidenceScore', { confidenceScore: 1.1 }],
    ['recentSearches', { recentSearches: Array(101).fill('secret') }],
    ['timestamp', { timestamp: new Date(Number.NaN) }],
    ['deviceInfo.os', { deviceInfo: { browser: 'secret', screenSize: '' } }],
  ])('is refused with a wrong %s, without telling the value', async (field, wrong) => {
    const error = await both.storage.saveContext(context(1, 0, wrong)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(field);
    expect(String(error)).not.toContain('secret');
  });

  it('does not open under the name of another', async () => {
    await save(context(1), context(2));
    const { db } = both.profile.store;
    const one = await db.get('contexts', [userId, context(1).id]);
    const two = await db.get('contexts', [userId, context(2).id]);
    if (!one || !two) throw new Error('not stored');
    await db.put('contexts', { ...two, box: one.box });
    await expect(both.storage.loadContext(context(2).id)).rejects.toBeInstanceOf(DamagedError);
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([1]);
    expect(both.profile.damaged).toBe(1);
  });
});

describe('the list', () => {
  it('is newest first, of one user, and as long as was asked for', async () => {
    await save(context(2, 1), context(1, 3), context(4), context(3, 1 / 48));
    await save({ ...context(9), userId: 'somebody else' });
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([4, 3, 2, 1]);
    expect(ids(await both.storage.listContexts(userId, 2))).toEqual([4, 3]);
    expect(await both.storage.listContexts(userId, 0)).toEqual([]);
    expect(ids(await both.storage.listContexts('somebody else', 9))).toEqual([9]);
    await expect(both.storage.listContexts(userId, Number.NaN)).rejects.toBeInstanceOf(TypeError);
  });

  it('is cut to the newest of its user where that is asked for', async () => {
    await save({ ...context(9, 9), userId: 'somebody else' });
    await save(context(1, 3), context(2, 2), context(3, 1));
    await both.storage.saveContext(context(4), { keep: 2 });
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([4, 3]);
    await both.storage.saveContext(context(4, -1), { keep: 2 });
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([4, 3]);
    expect(ids(await both.storage.listContexts('somebody else', 9))).toEqual([9]);
    expect(await both.storage.contextCount()).toBe(3);
    await expect(both.storage.saveContext(context(5), { keep: 0 })).rejects.toBeInstanceOf(TypeError);
  });

  it('is cut by the id as it is stored, however that is spelled', async () => {
    const id = 'ABCDEF00-0000-4000-8000-000000000002';
    await both.storage.saveContext(context(1, 1), { keep: 2 });
    for (const _ of [1, 2]) await both.storage.saveContext(context(2, 0, { id }), { keep: 2 });
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([2, 1]);
  });

  it('has the newest of a cut, also when an older one, or one of the same time, is saved last', async () => {
    await both.storage.saveContext(context(1), { keep: 1 });
    await both.storage.saveContext(context(2, 1), { keep: 1 });
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([1]);
    await both.storage.saveContext(context(3), { keep: 1 });
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([3]);
    expect((await both.storage.latestContext())?.id).toBe(context(3).id);
    // One that was kept and moves behind the others goes.
    await both.storage.saveContext(context(4, -1));
    await both.storage.saveContext(context(4, 1), { keep: 1 });
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([3]);
    expect((await both.storage.latestContext())?.id).toBe(context(3).id);
  });

  it('opens only the days that are consumed', async () => {
    await save(context(1, 3), context(2, 2), context(3, 1));
    let rowsRead = 0;
    await both.storage.listContexts(userId, 1, { metrics: (m) => (rowsRead = m.rowsRead) });
    expect(rowsRead).toBe(1);
  });
});

describe('the latest', () => {
  const latest = async (of = userId) =>
    ids([await both.storage.latestContext(of)].flatMap((one) => one ?? []))[0];

  it('is the newest by its time, whatever was saved last', async () => {
    expect(await latest()).toBeUndefined();
    await save(context(2, 1), context(1, 2));
    expect(await latest()).toBe(2);
    await save(context(3));
    await both.reopen();
    expect(await latest()).toBe(3);
  });

  it('goes back when it is deleted, or moved to an earlier time', async () => {
    await save(context(1, 2), context(2, 1), context(3));
    await both.storage.deleteContext(context(3).id);
    expect(await latest()).toBe(2);
    await save(context(2, 5));
    expect(await latest()).toBe(1);
    await both.storage.deleteContext(context(1).id);
    await both.storage.deleteContext(context(2).id);
    expect(await latest()).toBeUndefined();
  });

  it('is the newest also when what says so does not open, and after an erasure then', async () => {
    await save(context(1), { ...context(9), userId: 'other' });
    const { db } = both.profile.store;
    const row = await db.get('contexts', [userId, 'latest']);
    if (!row) throw new Error('not stored');
    await db.put('contexts', { ...row, box: row.box.slice(0, 20) });
    expect([await latest(), await latest('other')]).toEqual([1, 9]);
    await both.storage.saveInteractions([visitAt(both.profile.nowMs, 'https://x.example/')]);
    await both.profile.store.erase((record) => record.kind === 'visit');
    await save(context(2, 1));
    expect([await latest(), await latest('other')]).toEqual([1, 9]);
  });

  it('moves to another user with its context', async () => {
    await save(context(1, 1), context(2), { ...context(2), userId: 'other' });
    expect(await latest()).toBe(1);
    expect(await latest('other')).toBe(2);
  });
});

describe('deleting', () => {
  it('removes the row and destroys the key; others stay', async () => {
    await save(context(1), context(2));
    expect(await ring()).toEqual([1]);
    await both.storage.deleteContext(context(1).id);
    expect(await ring()).toEqual([2]);
    await both.reopen();
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([2]);
    await both.storage.deleteContext(context(2).id);
    expect(await ring()).toEqual([]);
    expect(await both.profile.store.db.count('contexts')).toBe(0);
  });

  it('that is interrupted anywhere is as if it had not been, or finished at the next start', async () => {
    const { nowMs } = both.profile;
    let finished = 0;
    for (let call = 1; ; call++) {
      both = await contextProfile();
      const [gone, stays] = [1, 2].map((n) => someContext(both.storage.userId, n, nowMs));
      if (!gone || !stays) throw new Error('two were made');
      await save(gone, stays);
      const outcome = await killedAt(call, () => both.storage.deleteContext(gone.id));
      if (outcome !== KILLED) break;
      await both.reopen();
      const isThere = (await both.storage.loadContext(gone.id)) !== null;
      if (!isThere) finished += 1;
      // A further key that nothing was sealed with yet does no harm.
      expect((await ring()).includes(1), `stopped at call ${call}`).toBe(isThere);
      expect(await both.storage.loadContext(stays.id)).toEqual(stays);
      expect(await both.profile.store.db.get('metadata', 'erasing')).toBeUndefined();
      both.profile.store.close();
    }
    expect(finished).toBeGreaterThan(3);
  });

  it('of what is not there changes nothing', async () => {
    await save(context(1));
    await both.storage.deleteContext(context(2).id);
    await both.storage.deleteContext('latest');
    expect(await ring()).toEqual([1]);
    expect(ids(await both.storage.listContexts(userId, 9))).toEqual([1]);
  });
});

/** It rests on more records than a context lists: nobody can say that none of them was erased. */
const NOTHING_DERIVED = {
  clickPatterns: [],
  userSegment: 'unknown',
  confidenceScore: 0,
  interestTopics: [],
  predictedNextActions: [],
  recommendedContent: [],
};

it('is not saved when something was erased since it was made', async () => {
  const { store, nowMs } = both.profile;
  await both.storage.saveInteractions([visitAt(nowMs, 'https://a.example/'), visitAt(nowMs)]);
  const asOf = await store.erasure();
  await both.storage.saveContext(context(1), { asOf });
  await store.erase((record) => record.kind === 'visit' && record.url === 'https://a.example/');
  await expect(both.storage.saveContext(context(2), { asOf })).rejects.toBeInstanceOf(ErasedMeanwhile);
  expect(ids(await both.storage.listContexts(userId, 9))).toEqual([1]);
  await both.storage.saveContext(context(2), { asOf: await store.erasure() });
  await both.storage.saveContext(context(3));
});

describe('erasing records', () => {
  const erase = (url: string) => both.profile.store.erase((r) => r.kind === 'visit' && r.url === url);
  beforeEach(async () => {
    const { nowMs } = both.profile;
    await both.storage.saveInteractions([
      visitAt(nowMs, 'https://a.example/'),
      visitAt(nowMs, 'https://x.example/'),
    ]);
  });

  it('takes their lines, and what was derived, out of every context, and destroys the key', async () => {
    await save(context(1), context(2, 1, { recentVisits: ['https://b.example/'] }));
    await erase('https://a.example/');
    expect(await both.storage.loadContext(context(1).id)).toEqual({
      ...context(1),
      recentVisits: ['https://b.example/'],
      ...NOTHING_DERIVED,
    });
    expect(await both.storage.loadContext(context(2).id)).toEqual({
      ...context(2, 1, { recentVisits: ['https://b.example/'] }),
      ...NOTHING_DERIVED,
    });
    expect(await ring()).toEqual([2]);
    expect(ids([await both.storage.latestContext()].flatMap((one) => one ?? []))).toEqual([1]);
  });

  it('of something else leaves the lines alone; erasing nothing leaves the key alone', async () => {
    await save(context(1));
    await erase('https://nowhere.example/');
    expect(await ring()).toEqual([1]);
    await erase('https://x.example/');
    expect(await ring()).toEqual([2]);
    expect(await both.storage.loadContext(context(1).id)).toEqual({ ...context(1), ...NOTHING_DERIVED });
  });

  it('of other contexts, and moving days into an archive, leaves contexts as they are', async () => {
    await save(context(1), context(2));
    await both.storage.deleteContext(context(2).id);
    await both.storage.archiveOldData(new Date(both.profile.nowMs + DAY_MS), { sink: () => {} });
    expect(await ring()).toEqual([3]);
    expect(await both.storage.loadContext(context(1).id)).toEqual(context(1));
  });

  it('all of them takes every context too', async () => {
    await save(context(1));
    await both.storage.getContextStats('all');
    await both.profile.store.erase(() => true, true);
    expect(await ring()).toEqual([]);
    expect(await both.storage.listContexts(userId, 9)).toEqual([]);
    expect(await both.profile.store.db.count('models')).toBe(0);
  });

  it('that is interrupted before keys are destroyed takes every context at the next start', async () => {
    await save(context(1));
    const { vault } = both.profile.store;
    const { shred } = vault;
    vault.shred = () => Promise.reject(new Error('stopped'));
    await expect(erase('https://a.example/')).rejects.toThrow('stopped');
    vault.shred = shred;
    await both.reopen();
    expect(await ring()).toEqual([]);
    expect(await both.storage.listContexts(userId, 9)).toEqual([]);
  });
});
