/** A profile's store on fake-indexeddb. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { type LocalProfile, openProfile } from './store-profile.ts';

export type { LocalProfile };

/** An empty profile; every earlier one is gone. */
export async function emptyProfile(nowMs?: number): Promise<LocalProfile> {
  globalThis.indexedDB = new IDBFactory();
  return openProfile(nowMs);
}
