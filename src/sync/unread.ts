/**
 * Objects at the service that could not be taken over. They are remembered and tried again with every page of changes: a
 * key may come later, an update of this extension may know more, the service may give back what it spoiled or kept back.
 */
import type { LocalStore } from '../storage/local-store.ts';

/**
 * By slot. `no-key`: its author does not publish its key, which is what erasing does; `waits`: it has updates of a visit that
 * is not here, because it was erased or is yet to come. Nobody needs to hear of these two.
 */
export type Unread = Readonly<Record<string, 'broken' | 'no-key' | 'waits'>>;

export const UNREAD = 'unread';

export const readUnread = async (store: LocalStore): Promise<Unread> =>
  ((await store.db.get('metadata', UNREAD)) as Unread | undefined) ?? {};

export async function writeUnread(store: LocalStore, unread: Unread): Promise<void> {
  await store.db.put('metadata', unread, UNREAD);
}

export const countBroken = (unread: Unread): number =>
  Object.values(unread).filter((why) => why === 'broken').length;
