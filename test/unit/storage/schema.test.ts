/** The seed's indexes (§6.2) and metadata (§2.1) are there, in a new store and in one of an older schema. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { expect, it } from 'vitest';
import { type Database, openData } from '../../../src/storage/database.ts';
import { DATA_DB, DATA_VERSION, METADATA } from '../../../src/storage/schema.ts';

const events = { onBlocked() {}, onClosed() {} };

async function expectSeed(db: Database): Promise<void> {
  const indexes = ['contexts', 'interactions', 'profiles'] as const;
  expect(
    indexes.map((store) => {
      const { indexNames } = db.transaction(store).store;
      return [...indexNames].map((name) => [
        store,
        name,
        db.transaction(store).store.index(name as never).keyPath,
      ]);
    }),
  ).toEqual([
    [['contexts', 'userId_timestamp', ['userId', 'timestamp']]],
    [['interactions', 'userId_date_type', ['userId', 'date', 'type']]],
    [['profiles', 'userId', 'userId']],
  ]);
  expect(METADATA).toEqual({ version: 'version', lastSync: 'last_sync', cacheStats: 'cache_stats' });
  expect(await db.get('metadata', 'version')).toBe(DATA_VERSION);
  expect(await db.get('metadata', 'last_sync')).toBeNull();
  expect(await db.get('metadata', 'cache_stats')).toEqual({
    l1: { hits: 0, misses: 0 },
    l2: { hits: 0, misses: 0 },
  });
}

it('in a new store', async () => {
  globalThis.indexedDB = new IDBFactory();
  const db = await openData(events);
  await expectSeed(db);
  db.close();
});

it('in one that was made by version 2, which keeps its rows', async () => {
  globalThis.indexedDB = new IDBFactory();
  const old = await openDB(DATA_DB, 2, {
    upgrade(db) {
      db.createObjectStore('packs', { keyPath: ['userId', 'date', 'seq'] });
      db.createObjectStore('digests', { keyPath: ['userId', 'month'] });
      for (const name of ['contexts', 'profiles', 'models'])
        db.createObjectStore(name, { keyPath: ['userId', 'name'] });
      db.createObjectStore('interactions', { keyPath: ['userId', 'date', 'type', 'seq'] });
      db.createObjectStore('metadata');
    },
  });
  const block = { userId: 'u', date: '2026-01-01', type: 'clicks', seq: 1, box: new Uint8Array(1) };
  await old.put('interactions', block);
  old.close();
  const db = await openData(events);
  await expectSeed(db);
  expect(await db.getAllFromIndex('interactions', 'userId_date_type', ['u', '2026-01-01', 'clicks'])).toEqual(
    [block],
  );
  db.close();
});
