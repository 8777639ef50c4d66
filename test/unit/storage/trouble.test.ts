/** What the store says when the browser lets it down. */
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NewEvent } from '../../../src/model/interaction.ts';
import { DamagedError, openData, storageFailure } from '../../../src/storage/database.ts';
import { DATA_DB, DATA_VERSION } from '../../../src/storage/schema.ts';
import { emptyProfile, type LocalProfile } from '../../support/local-profile.ts';

let profile: LocalProfile;
beforeEach(async () => {
  profile = await emptyProfile();
});
afterEach(() => vi.restoreAllMocks());

const visit = (atMs: number): NewEvent => ({
  kind: 'visit',
  atMs,
  level: 'private',
  url: 'https://a.example/',
  title: 'a',
  transition: 'link',
});
const add = () => profile.store.append({ event: visit(profile.nowMs) });

describe('what the browser lost', () => {
  it('is nothing in a profile that was closed and opened', async () => {
    await add();
    await profile.store.pack();
    await profile.reopen();
    expect(profile.store.loss).toBeUndefined();
    await profile.store.erase(() => true, true);
    await profile.store.pack();
    await profile.reopen();
    expect(profile.store.loss).toBeUndefined();
  });

  it('is noticed when the store opens empty, and told until it was read', async () => {
    await add();
    await profile.store.pack();
    const sentinel = structuredClone(profile.sentinel);
    const beforeMs = profile.nowMs;
    const empty = await emptyProfile(profile.nowMs + 60_000);
    empty.sentinel = sentinel;
    await empty.reopen();
    expect(empty.store.loss).toEqual({ what: 'all', beforeMs });
    await empty.reopen();
    expect(empty.store.loss).toEqual({ what: 'all', beforeMs });
    await empty.store.lossSeen();
    await empty.reopen();
    expect(empty.store.loss).toBeUndefined();
  });

  it('is noticed when the last events are missing; their numbers are not used for others', async () => {
    const first = await add();
    const lost = await add();
    await profile.store.pack();
    await profile.store.db.delete('journal', 2);
    await profile.store.db.put('metadata', 2, 'counter');
    const { incarnation } = profile.store.vault;
    await profile.reopen();
    expect(profile.store.loss).toEqual({ what: 'some', beforeMs: profile.nowMs });
    expect(profile.store.vault.incarnation).not.toBe(incarnation);
    const next = await add();
    expect(new Set([first?.id, lost?.id, next?.id]).size).toBe(3);
    await profile.reopen();
    expect(profile.store.vault.incarnation).not.toBe(incarnation);
  });

  it.each([undefined, 'x', { userId: 1 }, { userId: 'u', counter: 1.5, atMs: 1 }])(
    'is not made up from something else in the place of the sentinel: %j',
    async (stored) => {
      profile.sentinel = stored;
      await profile.reopen();
      expect(profile.store.loss).toBeUndefined();
    },
  );
});

describe('rows that do not open', () => {
  it('are counted and left alone', async () => {
    await add();
    await add();
    const row = await profile.store.db.get('journal', 1);
    if (!row) throw new Error('no row');
    row.box.set([(row.box.at(-1) ?? 0) ^ 1], row.box.length - 1);
    await profile.store.db.put('journal', row);
    let records = 0;
    for await (const day of profile.store.recordsByDay()) records += day.records.length;
    expect([records, profile.damaged]).toEqual([1, 1]);
    await profile.store.pack(true);
    expect(await profile.store.db.getAllKeys('journal')).toEqual([1]);
    await expect(profile.store.erase((record) => record.kind === 'visit')).rejects.toThrow(DamagedError);
    await profile.store.erase(() => true, true);
    expect(await profile.store.db.count('journal')).toBe(0);
  });
});

describe('the connection', () => {
  it('is given up for a newer copy, which is told', async () => {
    const calls: string[] = [];
    const events = { onBlocked: () => calls.push('blocked'), onClosed: () => calls.push('closed') };
    profile.store.close();
    const older = await openData(events);
    const newer = await openData(events, DATA_VERSION + 1);
    expect(calls).toEqual(['closed']);
    expect(() => older.transaction('journal')).toThrow();
    newer.close();
    const error = await openData(events).catch((thrown: unknown) => thrown);
    expect(storageFailure(error)).toMatchObject({ code: 'storage-newer' });
  });

  it('says that another copy blocks it', async () => {
    const calls: string[] = [];
    profile.store.close();
    // Holds on, whoever asks.
    const other = await openDB(DATA_DB, DATA_VERSION);
    const opening = openData(
      { onBlocked: () => calls.push('blocked'), onClosed: () => calls.push('closed') },
      DATA_VERSION + 1,
    );
    await expect.poll(() => calls).toEqual(['blocked']);
    other.close();
    (await opening).close();
  });
});

it.each([
  [new DOMException('', 'QuotaExceededError'), 'storage-full'],
  [new DOMException('', 'UnknownError'), 'storage-corrupt'],
  [new DOMException('', 'VersionError'), 'storage-newer'],
  [new DOMException('', 'InvalidStateError'), 'storage-closed'],
  [new DamagedError('The key of a day is missing.'), 'storage-corrupt'],
  [new TypeError('a bug'), 'storage-error'],
])('%s is %s, with a sentence', (error, code) => {
  const failure = storageFailure(error);
  expect(failure.code).toBe(code);
  expect(failure.message).toMatch(/^[A-Z].*\.$/);
});

describe('the newest key ring is found', () => {
  const filled = async () => {
    const profile = await emptyProfile();
    const event = { kind: 'visit', level: 'private', title: '', transition: 'link' } as const;
    for (const n of [1, 2, 3])
      await profile.store.append({ event: { ...event, atMs: profile.nowMs, url: `https://${n}.example/` } });
    return profile;
  };
  const erase = ({ store }: Awaited<ReturnType<typeof filled>>, n: number) =>
    store.erase((record) => 'url' in record && record.url === `https://${n}.example/`);
  const rings = async () =>
    (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('arq-keys-') ? [name] : []));

  it('where the browser lists no databases and the sentinel is behind', async () => {
    const profile = await filled();
    await profile.reopen();
    await erase(profile, 1);
    await erase(profile, 2);
    vi.spyOn(indexedDB, 'databases').mockRejectedValueOnce(new DOMException('', 'UnknownError'));
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await profile.reopen();
    expect(profile.store.loss).toBeUndefined();
    expect(await profile.store.recordCount()).toBe(1);
    expect(await rings()).toEqual([`arq-keys-${profile.store.keys.generation()}`]);
  });

  it('beside an empty one that a rewrite did not come to fill', async () => {
    const profile = await filled();
    await erase(profile, 1);
    const own = profile.store.keys.generation();
    (
      await openDB(`arq-keys-${own + 1}`, 1, {
        upgrade(db) {
          db.createObjectStore('blobs');
          db.createObjectStore('ring', { keyPath: ['store', 'day', 'generation'] });
        },
      })
    ).close();
    await profile.reopen();
    expect(await profile.store.recordCount()).toBe(2);
    await erase(profile, 2);
    expect(await profile.store.recordCount()).toBe(1);
    expect(await rings()).toEqual([`arq-keys-${own + 1}`]);
  });

  it('and what a stopped worker left of the one before is swept out by the next start', async () => {
    const beside = async () =>
      (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('arq-beside-') ? [name] : []));
    const profile = await filled();
    const own = profile.store.keys.generation();
    await erase(profile, 1);
    await profile.store.keys.swept();
    expect(await beside()).toEqual([`arq-beside-${own + 1}`]);
    (await openDB(`arq-beside-${own}`, 1)).close();
    await profile.reopen();
    await profile.store.keys.swept();
    expect(await beside()).toEqual([`arq-beside-${own + 1}`]);
  });
});
