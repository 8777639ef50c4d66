/** Opening the database, and what can go wrong with it in words. */
import { deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { Failure } from '../base/result.ts';
import type { StorageStats } from '../model/query.ts';
import { type ArqData, DATA_DB, DATA_VERSION, METADATA, TO_MIGRATE } from './schema.ts';

export type Database = IDBPDatabase<ArqData>;

export interface DatabaseEvents {
  /** An older copy of the extension still has the database open. */
  onBlocked(): void;
  /** The connection is closed: by the browser (disk trouble, "clear site data"), or for a newer copy of the extension. */
  onClosed(): void;
}

const NO_HITS: StorageStats = { l1: { hits: 0, misses: 0 }, l2: { hits: 0, misses: 0 } };

export async function openData(events: DatabaseEvents, version = DATA_VERSION): Promise<Database> {
  const db = await openDB<ArqData>(DATA_DB, version, {
    upgrade(database, oldVersion, _newVersion, tx) {
      if (oldVersion < 2) {
        database.createObjectStore('packs', { keyPath: ['userId', 'date', 'seq'] });
        database.createObjectStore('digests', { keyPath: ['userId', 'month'] });
      }
      if (oldVersion === 1) tx.objectStore('metadata').put(true, TO_MIGRATE);
      if (oldVersion < 1) createFirstStores(database);
      if (oldVersion < 3) {
        // The seed's three indexes (§6.2) and metadata (§2.1).
        tx.objectStore('contexts').createIndex('userId_timestamp', ['userId', 'timestamp']);
        tx.objectStore('interactions').createIndex('userId_date_type', ['userId', 'date', 'type']);
        tx.objectStore('profiles').createIndex('userId', 'userId');
        tx.objectStore('metadata').put(null, METADATA.lastSync);
        tx.objectStore('metadata').put(NO_HITS, METADATA.cacheStats);
      }
      tx.objectStore('metadata').put(version, METADATA.version);
    },
    blocked: events.onBlocked,
    blocking: () => {
      db.close();
      events.onClosed();
    },
    terminated: events.onClosed,
  });
  return db;
}

function createFirstStores(database: Database): void {
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
  if (name === 'VersionError') {
    return {
      code: 'storage-newer',
      message: 'The stored data was written by a newer version of ARQ Context. Update the extension.',
    };
  }
  if (name === 'UnknownError' || name === 'DataError' || name === 'NotReadableError') {
    return {
      code: 'storage-corrupt',
      message:
        'The browser cannot read the stored data. Restart the browser; if this stays, restore a backup or reinstall.',
    };
  }
  if (name === 'InvalidStateError' || name === 'AbortError') {
    return {
      code: 'storage-closed',
      message: 'The browser closed the store. It is opened again; if this stays, restart the browser.',
    };
  }
  if (error instanceof MemoryFullError) {
    return {
      code: 'storage-full',
      message:
        'The browser gives no more memory for what is kept in memory only, so it is not recorded. Close some pages, or choose another level.',
    };
  }
  if (error instanceof DamagedError) return { code: 'storage-corrupt', message: error.message };
  return {
    code: 'storage-error',
    message:
      'Something went wrong. Try again; if it stays, restart the browser. What was recorded before is not lost.',
  };
}

export const BLOCKED: Failure = {
  code: 'storage-blocked',
  message:
    'Another copy of ARQ Context still holds the store. Close its pages, or restart the browser; nothing is lost.',
};

/** Something in the store does not open with the key it should open with, or is not what was sealed. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';

  constructor(message = 'A part of the stored data is damaged and was left out.') {
    super(message);
  }
}

/** Reads a format: whatever goes wrong in there means that the bytes are damaged. @throws DamagedError */
export async function decoding<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch {
    throw new DamagedError();
  }
}

/** The browser's memory for what is never stored takes nothing more. */
export class MemoryFullError extends Error {
  override readonly name = 'MemoryFullError';
}
