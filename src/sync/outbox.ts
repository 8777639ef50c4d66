/** What waits to be sent, and the batch that is under way. */
import type { Bytes } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { daysWithData } from '../storage/days.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { OutboxRow, PeerRow } from '../storage/schema.ts';
import { DEVICES_SEEN } from './account.ts';
import { SETTINGS_CAME } from './account-state.ts';
import { UNREAD } from './unread.ts';

/** A sealed batch, kept until it is answered: a repeat sends the same bytes under the same key. */
export interface Staged {
  readonly frame: Bytes;
  /** What is known of its slots once it is accepted: for each write of the batch, in order. */
  readonly peers: readonly (PeerRow | { readonly slot: string; readonly gone: true })[];
  /** For each write, which entry of `rows` it belongs to; or that this group of writes goes on in the next batch. */
  readonly groupOf: readonly (number | 'none' | 'goes on')[];
  /** Outbox rows, by group: settled when every write of the group was accepted. */
  readonly rows: readonly (readonly number[])[];
}

const STAGED = 'staged';

/** Batches that are sent one after another: what waited may be more than one batch takes. */
export const readStaged = async (store: LocalStore): Promise<readonly Staged[]> =>
  ((await store.db.get('metadata', STAGED)) as readonly Staged[] | undefined) ?? [];

export async function stage(store: LocalStore, staged: readonly Staged[], parts: number): Promise<void> {
  const tx = store.db.transaction('metadata', 'readwrite', { durability: 'strict' });
  tx.store.put(staged, STAGED);
  tx.store.put(parts, 'parts');
  await tx.done;
}

/** The service refused the first batch as a whole: what waits is made into batches anew, perhaps with less in them. */
export const unstage = (store: LocalStore): Promise<void> => store.db.delete('metadata', STAGED);

/**
 * What the service accepted is settled in one step; what it refused stays in the outbox. When that goes on in the batches
 * behind, they are given up too: its rows are made into batches anew.
 */
export async function settle(
  store: LocalStore,
  [first, ...rest]: readonly Staged[],
  accepted: readonly boolean[],
): Promise<void> {
  if (!first) return;
  const refused = new Set(first.groupOf.filter((_, index) => !accepted[index]));
  const tx = store.db.transaction(['metadata', 'outbox', 'peers'], 'readwrite', { durability: 'strict' });
  for (const [group, rows] of first.rows.entries()) {
    if (!refused.has(group)) for (const row of rows) tx.objectStore('outbox').delete(row);
  }
  for (const [index, peer] of first.peers.entries()) {
    if (!accepted[index]) continue;
    if ('gone' in peer) tx.objectStore('peers').delete(peer.slot);
    else tx.objectStore('peers').put(peer);
  }
  if (rest.length > 0 && !refused.has('goes on')) tx.objectStore('metadata').put(rest, STAGED);
  else tx.objectStore('metadata').delete(STAGED);
  await tx.done;
}

export const partsSent = async (store: LocalStore): Promise<number> =>
  ((await store.db.get('metadata', 'parts')) as number | undefined) ?? 0;

export type QueuedRow = OutboxRow & { readonly key: number };

export async function queued(store: LocalStore, limit: number): Promise<QueuedRow[]> {
  return (await store.db.getAll('outbox', undefined, limit)) as QueuedRow[];
}

export async function queueRecord(store: LocalStore, name: string): Promise<void> {
  const tx = store.db.transaction('outbox', 'readwrite', { durability: 'strict' });
  tx.store.add({ what: 'record', name });
  await tx.done;
}

/** A day is to be sent again as a whole; what was sent of it before goes. */
export async function queueDay(store: LocalStore, day: Day): Promise<void> {
  const rows = await store.db.getAll('outbox');
  if (rows.some((row) => row.what === 'day' && row.day === day)) return;
  const tx = store.db.transaction('outbox', 'readwrite', { durability: 'strict' });
  tx.store.add({ what: 'day', day });
  await tx.done;
}

/** Names of erase commands that were not sent yet. */
export async function queuedErasures(store: LocalStore): Promise<Set<string>> {
  const rows = await store.db.getAll('outbox');
  return new Set(
    rows.flatMap((row) => (row.what === 'record' && row.name.startsWith('erase/') ? [row.name] : [])),
  );
}

/** What is remembered of one account, and means nothing in another. */
const OF_ACCOUNT = ['cursor', STAGED, UNREAD, DEVICES_SEEN, SETTINGS_CAME, 'retry'] as const;

async function forgetAccount(store: LocalStore, rows: readonly OutboxRow[]): Promise<void> {
  const tx = store.db.transaction(['outbox', 'peers', 'metadata'], 'readwrite', { durability: 'strict' });
  tx.objectStore('outbox').clear();
  tx.objectStore('peers').clear();
  for (const key of OF_ACCOUNT) tx.objectStore('metadata').delete(key);
  for (const row of rows) tx.objectStore('outbox').add(row);
  await tx.done;
}

/** From now on new events are queued, and every day that has data is queued as a whole. */
export async function startQueueing(store: LocalStore, records: readonly string[]): Promise<void> {
  await store.exclusive(async () => {
    const days: Day[] = await daysWithData(store.db, store.vault);
    await forgetAccount(store, [
      ...records.map((name) => ({ what: 'record', name }) as const),
      ...days.map((day) => ({ what: 'day', day }) as const),
    ]);
    store.syncing = true;
  });
}

/** Sync is off: nothing waits, nothing is remembered of the service. What was recorded stays. */
export async function stopQueueing(store: LocalStore): Promise<void> {
  await store.exclusive(async () => {
    store.syncing = false;
    await forgetAccount(store, []);
  });
}
