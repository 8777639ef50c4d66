/** Opening the database, and what can go wrong with it in words. */
import { deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { Day } from '../base/clock.ts';
import type { Failure } from '../base/result.ts';
import type { StorageStats } from '../model/query.ts';
import { type ArqData, DATA_DB, DATA_VERSION, METADATA, OLDEST_VERSION } from './schema.ts';

export type Database = IDBPDatabase<ArqData>;

export interface DatabaseEvents {
  /** An older copy of the extension still has the database open. */
  onBlocked(): void;
  /** The connection is closed: by the browser (disk trouble, "clear site data"), or for a newer copy of the extension. */
  onClosed(): void;
}

const NO_HITS: StorageStats = { l1: { hits: 0, misses: 0 }, l2: { hits: 0, misses: 0 } };

/** @throws OldDataError, or DOMException when the browser's storage fails. */
export async function openData(events: DatabaseEvents, version = DATA_VERSION): Promise<Database> {
  let tooOld = false;
  try {
    const db = await openDB<ArqData>(DATA_DB, version, {
      upgrade(database, oldVersion, _newVersion, tx) {
        if (oldVersion > 0 && oldVersion < OLDEST_VERSION) {
          tooOld = true;
          tx.done.catch(() => {});
          tx.abort();
          return;
        }
        if (oldVersion === 0) createStores(database);
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
  } catch (error) {
    throw tooOld ? new OldDataError() : error;
  }
}

function createStores(database: Database): void {
  const contexts = database.createObjectStore('contexts', { keyPath: ['userId', 'name'] });
  const profiles = database.createObjectStore('profiles', { keyPath: ['userId', 'name'] });
  const interactions = database.createObjectStore('interactions', {
    keyPath: ['userId', 'date', 'type', 'seq'],
  });
  // The seed's three indexes (§6.2).
  contexts.createIndex('userId_timestamp', ['userId', 'timestamp']);
  interactions.createIndex('userId_date_type', ['userId', 'date', 'type']);
  profiles.createIndex('userId', 'userId');
  database.createObjectStore('packs', { keyPath: ['userId', 'date', 'seq'] });
  database.createObjectStore('tables', { keyPath: ['userId', 'date', 'seq', 'part', 'piece'] });
  database.createObjectStore('models', { keyPath: ['userId', 'name'] });
  const metadata = database.createObjectStore('metadata');
  metadata.put(null, METADATA.lastSync);
  metadata.put(NO_HITS, METADATA.cacheStats);
  database.createObjectStore('journal', { keyPath: 'n' }).createIndex('day', 'day');
  database.createObjectStore('outbox', { keyPath: 'key', autoIncrement: true });
  database.createObjectStore('sealed', { keyPath: 'n' });
  database.createObjectStore('peers', { keyPath: 'slot' });
  database.createObjectStore('tabs', { keyPath: 'tabId' });
  database.createObjectStore('seen');
}

/** The store is of a version that was never released. It is left as it is. */
export class OldDataError extends Error {
  override readonly name = 'OldDataError';
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
  if (error instanceof OldDataError) {
    return {
      code: 'storage-old',
      message:
        'This profile was recorded by a test version from before the first release, which this version cannot read. Export it with that version, or remove the extension and install it again to begin anew.',
    };
  }
  if (error instanceof MemoryFullError) {
    return {
      code: 'storage-full',
      message:
        'The browser gives no more memory for what is kept in memory only, so it is not recorded. Close some pages, or choose another level.',
    };
  }
  if (error instanceof LockedError) return LOCKED;
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

const LOCKED: Failure = {
  code: 'locked',
  message: 'ARQ Context is locked. Unlock it with your passphrase first.',
};

/** The profile is locked, and this needs its keys. */
export class LockedError extends Error {
  override readonly name = 'LockedError';

  constructor() {
    super(LOCKED.message);
  }
}

/** Something in the store does not open with the key it should open with, or is not what was sealed. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';

  constructor(message = 'A part of the stored data is damaged and was left out.') {
    super(message);
  }
}

const listed = (days: readonly Day[]): string =>
  days.length > 4 ? `${days.slice(0, 3).join(', ')} and ${days.length - 3} more days` : days.join(', ');

/** What can be erased was, and opens no more; of the days in `kept` nothing was, because data of those in `damaged` is damaged. */
export class PartlyErasedError extends DamagedError {
  constructor(
    /** Records that went. */
    readonly count: number,
    readonly kept: readonly Day[],
    readonly damaged: readonly Day[],
  ) {
    const went = count === 0 ? 'Nothing was' : count === 1 ? '1 record was' : `${count} records were`;
    super(
      `${went} deleted. What was meant of ${listed(kept)} is still there, because stored data of ${listed(damaged)} is damaged. ` +
        `To delete it, first delete all of ${damaged.length === 1 ? 'that day' : 'these days, those of one month at once'}, with the day before and the day after; then delete this once more. Deleting everything works in any case.`,
    );
  }
}

/** Reads a format: whatever goes wrong in there means that the bytes are damaged. @throws DamagedError */
export async function decoding<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    // What the database says is no damage.
    if (error instanceof DOMException) throw error;
    throw new DamagedError();
  }
}

/** The browser's memory for what is never stored takes nothing more. */
export class MemoryFullError extends Error {
  override readonly name = 'MemoryFullError';
}
