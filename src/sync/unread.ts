/**
 * Objects at the service that could not be taken over. They are remembered and tried again with every page of changes: a
 * key may come later, an update of this extension may know more, the service may give back what it spoiled or kept back.
 */
import type { Slot } from '../protocol/ids.ts';
import type { LocalStore } from '../storage/local-store.ts';

/**
 * By slot. `no-key`: its author does not publish its key, which is what erasing does; `waits`: it has updates of a visit that
 * is not here, because it was erased or is yet to come. Nobody needs to hear of these two. `late`: of an epoch that was over when it came.
 */
export type Unread = Readonly<Record<string, 'broken' | 'no-key' | 'waits' | 'late'>>;

export const UNREAD = 'unread';

export const readUnread = async (store: LocalStore): Promise<Unread> =>
  ((await store.db.get('metadata', UNREAD)) as Unread | undefined) ?? {};

export async function writeUnread(store: LocalStore, unread: Unread): Promise<void> {
  await store.db.put('metadata', unread, UNREAD);
}

export const countBroken = (unread: Unread): number =>
  Object.values(unread).filter((why) => why === 'broken' || why === 'late').length;

/** Those that are tried again. What came too late stays so, whenever it is looked at. */
export const mayOpen = (unread: Unread): Slot[] =>
  (Object.keys(unread) as Slot[]).filter((slot) => unread[slot] !== 'late');
