/** Runs a check on a store of its own: every database of the origin is deleted before and after. */
import { type ContextProfile, contextOnProfile } from '../support/context-on-profile.ts';
import { openProfile } from '../support/store-profile.ts';
import type { Check } from './check.ts';

/** @throws Error when somebody still has it open: the check would wait for ever. */
const deleteDatabase = (name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error(`${name} was left open`));
  });

async function deleteAll(): Promise<void> {
  for (const { name } of await indexedDB.databases()) if (name !== undefined) await deleteDatabase(name);
}

export async function runOnFreshStore(check: Check): Promise<void> {
  await deleteAll();
  const both: ContextProfile = contextOnProfile(await openProfile());
  try {
    await check.run(both);
  } finally {
    both.profile.store.close();
  }
  await deleteAll();
}
