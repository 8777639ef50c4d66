/** What waits to be sent, and the batch that is under way. */
import type { Bytes } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { daysWithData } from '../storage/interactions.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { OutboxRow, PeerRow } from '../storage/schema.ts';

/** A sealed batch, kept until it is answered: a repeat sends the same bytes under the same key. */
export interface Staged {
  readonly frame: Bytes;
  /** What is known of its slots once it is accepted: for each write of the batch, in order. */
  readonly peers: readonly (PeerRow | { readonly slot: string; readonly gone: true })[];
  /** For each write, which entry of `rows` it belongs to; -1 for none. */
  readonly groupOf: readonly number[];
  /** Outbox rows, by group: settled when every write of the group was accepted. */
  readonly rows: readonly (readonly number[])[];
}

export const readStaged = async (store: LocalStore): Promise<Staged | undefined> =>
  (await store.db.get('metadata', 'staged')) as Staged | undefined;

export async function stage(store: LocalStore, staged: Staged, parts: number): Promise<void> {
  const tx = store.db.transaction('metadata', 'readwrite', { durability: 'strict' });
  tx.store.put(staged, 'staged');
  tx.store.put(parts, 'parts');
  await tx.done;
}

/** What the service accepted is settled in one step; what it refused stays in the outbox. */
export async function settle(store: LocalStore, staged: Staged, accepted: readonly boolean[]): Promise<void> {
  const refused = new Set(staged.groupOf.filter((_, index) => !accepted[index]));
  const tx = store.db.transaction(['metadata', 'outbox', 'peers'], 'readwrite', { durability: 'strict' });
  for (const [group, rows] of staged.rows.entries()) {
    if (!refused.has(group)) for (const row of rows) tx.objectStore('outbox').delete(row);
  }
  for (const [index, peer] of staged.peers.entries()) {
    if (!accepted[index]) continue;
    if ('gone' in peer) tx.objectStore('peers').delete(peer.slot);
    else tx.objectStore('peers').put(peer);
  }
  tx.objectStore('metadata').delete('staged');
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

/** From now on new events are queued, and every day that has data is queued as a whole. */
export async function startQueueing(store: LocalStore, records: readonly string[]): Promise<void> {
  await store.exclusive(async () => {
    const days: Day[] = await daysWithData(store.db, store.vault);
    const tx = store.db.transaction(['outbox', 'peers', 'metadata'], 'readwrite', { durability: 'strict' });
    tx.objectStore('outbox').clear();
    tx.objectStore('peers').clear();
    for (const key of ['cursor', 'staged']) tx.objectStore('metadata').delete(key);
    for (const name of records) tx.objectStore('outbox').add({ what: 'record', name });
    for (const day of days) tx.objectStore('outbox').add({ what: 'day', day });
    await tx.done;
    store.syncing = true;
  });
}

/** Sync is off: nothing waits, nothing is remembered of the service. What was recorded stays. */
export async function stopQueueing(store: LocalStore): Promise<void> {
  await store.exclusive(async () => {
    store.syncing = false;
    const tx = store.db.transaction(['outbox', 'peers', 'metadata'], 'readwrite', { durability: 'strict' });
    tx.objectStore('outbox').clear();
    tx.objectStore('peers').clear();
    for (const key of ['cursor', 'staged']) tx.objectStore('metadata').delete(key);
    await tx.done;
  });
}
