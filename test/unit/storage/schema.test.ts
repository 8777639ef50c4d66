/** The seed's indexes (§6.2) and metadata (§2.1) are there. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { expect, it } from 'vitest';
import { type Database, OldDataError, openData, storageFailure } from '../../../src/storage/database.ts';
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

it('a store from before the first release is refused with a sentence, and left as it is', async () => {
  globalThis.indexedDB = new IDBFactory();
  const old = await openDB(DATA_DB, 3, {
    upgrade: (db) => void db.createObjectStore('metadata').put(3, 'version'),
  });
  old.close();
  const refusal = await openData(events).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(OldDataError);
  expect(storageFailure(refusal)).toMatchObject({ code: 'storage-old' });
  const again = await openDB(DATA_DB, 3);
  expect(await again.get('metadata', 'version')).toBe(3);
  again.close();
});
