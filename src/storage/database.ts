/** Opening the database, and what can go wrong with it in words. */
import { deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { Failure } from '../base/result.ts';
import { type ArqData, DATA_DB, DATA_VERSION } from './schema.ts';

export type Database = IDBPDatabase<ArqData>;

export interface DatabaseEvents {
  /** An older copy of the extension still has the database open. */
  onBlocked(): void;
  /** The browser closed the connection (disk trouble, "clear site data"). */
  onTerminated(): void;
}

export async function openData(events: DatabaseEvents): Promise<Database> {
  const db = await openDB<ArqData>(DATA_DB, DATA_VERSION, {
    upgrade(database, oldVersion) {
      if (oldVersion >= 1) return;
      database.createObjectStore('contexts', { keyPath: ['userId', 'name'] });
      database.createObjectStore('profiles', { keyPath: ['userId', 'name'] });
      database.createObjectStore('interactions', { keyPath: ['userId', 'date', 'type', 'seq'] });
      database.createObjectStore('models', { keyPath: ['userId', 'name'] });
      database.createObjectStore('metadata');
      database.createObjectStore('journal', { keyPath: 'n' }).createIndex('day', 'day');
      database.createObjectStore('outbox', { keyPath: 'key', autoIncrement: true });
      database.createObjectStore('sealed', { keyPath: 'n' });
      database.createObjectStore('peers', { keyPath: 'slot' });
      database.createObjectStore('tabs', { keyPath: 'tabId' });
      database.createObjectStore('seen');
    },
    blocked: events.onBlocked,
    // A newer copy wants to upgrade: let it, the next call here opens again.
    blocking: () => db.close(),
    terminated: events.onTerminated,
  });
  return db;
}

export const deleteData = (): Promise<void> => deleteDB(DATA_DB);

/** What a storage error means for the person. Quota, blocked and corrupt have their own codes; see model/recording. */
export function storageFailure(error: unknown): Failure {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'QuotaExceededError') {
    return {
      code: 'storage-full',
      message: 'The disk is full: nothing more can be recorded. Free some space or delete old records.',
    };
  }
  if (name === 'UnknownError' || name === 'DataError' || name === 'NotReadableError') {
    return {
      code: 'storage-corrupt',
      message:
        'The browser cannot read the stored data. Restart the browser; if this stays, restore a backup or reinstall.',
    };
  }
  if (error instanceof DamagedError) return { code: 'storage-corrupt', message: error.message };
  return {
    code: 'storage-error',
    message: 'Storing failed. Restart the browser; what was recorded before is not lost.',
  };
}

/** Something in the store does not open with the key it should open with. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
}
