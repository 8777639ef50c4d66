/** What waits to be sent, and the batch that is under way. */
import { type Bytes, fromBase64Url, toBase64Url } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { parseShared, type SharedSettings } from '../model/shared-settings.ts';
import { AWAY_KEYS } from '../storage/away.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { OutboxRow, PeerRow } from '../storage/schema.ts';
import { inTransaction, STRICT } from '../storage/transaction.ts';
import {
  DEVICES_SEEN,
  EPOCH_SETTLED,
  RENEWAL_WISHED,
  readSharedSettings,
  SETTINGS_CAME,
  SettingsFullError,
  writeSharedSettings,
} from './account-state.ts';
import { type EraseCommand, isErasure, readCommands, writeCommands } from './erasures.ts';
import { CURSOR, FEED } from './feed.ts';
import { HEADS } from './heads.ts';
import { EVIDENCE } from './service-lie.ts';
import { noteUnerased, TRIED, UNERASED } from './unerased.ts';
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

/**
 * Where they are kept: a batch may hold keys of days (our key ring) and what they open, so it is sealed with a key that any
 * erasure destroys, and goes with it. What it would have told is made into batches anew.
 */
const BATCHES = 'sync/batches';

/** Batches that are sent one after another: what waited may be more than one batch takes. */
export async function readStaged(store: LocalStore): Promise<readonly Staged[]> {
  const stored = await store.derived.read('models', BATCHES).catch((error: unknown) => {
    // Erased while it was read.
    if (error instanceof DamagedError) return undefined;
    throw error;
  });
  const staged = (stored ?? []) as readonly (Omit<Staged, 'frame'> & { readonly frame: string })[];
  return staged.map((one) => ({ ...one, frame: fromBase64Url(one.frame) ?? new Uint8Array(0) }));
}

async function writeStaged(store: LocalStore, staged: readonly Staged[]): Promise<void> {
  const value = staged.map((one) => ({ ...one, frame: toBase64Url(one.frame) }));
  if (staged.length > 0) await store.derived.write('models', [{ name: BATCHES, value }]);
  else await store.derived.write('models', [], [BATCHES]);
}

/** The caller holds the write lock. */
export async function stage(store: LocalStore, staged: readonly Staged[], parts: number): Promise<void> {
  // First: a number is never used for two parts.
  await inTransaction(store.db.transaction('metadata', 'readwrite', STRICT), (tx, ask) =>
    ask(tx.store.put(parts, 'parts')),
  );
  await writeStaged(store, staged);
}

/** The service refused the first batch as a whole: what waits is made into batches anew, perhaps with less in them. */
export const unstage = (store: LocalStore): Promise<void> => store.exclusive(() => writeStaged(store, []));

/**
 * What the service accepted is settled; what it refused stays in the outbox. When that goes on in the batches behind, they
 * are given up too: its rows are made into batches anew. Should the worker be stopped half-way, the same batch is sent and
 * settled once more.
 */
export const settle = (
  store: LocalStore,
  [first, ...rest]: readonly Staged[],
  accepted: readonly boolean[],
): Promise<void> =>
  store.exclusive(async () => {
    if (!first) return;
    const refused = new Set(first.groupOf.filter((_, index) => !accepted[index]));
    await inTransaction(store.db.transaction(['outbox', 'peers'], 'readwrite', STRICT), async (tx, ask) => {
      for (const [group, rows] of first.rows.entries()) {
        if (!refused.has(group)) for (const row of rows) ask(tx.objectStore('outbox').delete(row));
      }
      const peers = tx.objectStore('peers');
      for (const [index, peer] of first.peers.entries()) {
        if (!accepted[index]) continue;
        if ('gone' in peer) ask(peers.delete(peer.slot));
        else if (!isNewer(await peers.get(peer.slot), peer)) ask(peers.put(peer));
      }
    });
    // Gone: something was erased while the first was under way.
    const areThere = (await store.derived.names('models', BATCHES)).length > 0;
    await writeStaged(store, areThere && !refused.has('goes on') ? rest : []);
  });

/** Another device replaced it, and that came before the answer did: what lies there now is theirs. */
const isNewer = (there: PeerRow | undefined, { version = 0 }: Pick<PeerRow, 'version'>): boolean =>
  (there?.version ?? 0) > version;

export const partsSent = async (store: LocalStore): Promise<number> =>
  ((await store.db.get('metadata', 'parts')) as number | undefined) ?? 0;

export type QueuedRow = OutboxRow & { readonly key: number };

/** Days that are to be sent again as wholes. */
export const daysOfRows = (rows: readonly OutboxRow[]): Set<Day> =>
  new Set(rows.flatMap((row) => (row.what === 'day' ? [row.day] : [])));

/**
 * What can be sent: days that are away wait until they were fetched back (away.ts), and days with something that is about to be
 * erased until that was done or undone.
 */
export async function queued(store: LocalStore, limit: number): Promise<QueuedRow[]> {
  const away = await store.awayDays();
  if (Object.keys(away).length === 0 && !store.isHiding())
    return (await store.db.getAll('outbox', undefined, limit)) as QueuedRow[];
  const rows = (await store.db.getAll('outbox')) as QueuedRow[];
  const waits = (row: QueuedRow) =>
    row.what !== 'record' && ((row.what === 'day' && row.day in away) || store.isHiding(row.day));
  return rows.filter((row) => !waits(row)).slice(0, limit);
}

export async function queueRecord(store: LocalStore, name: string): Promise<void> {
  await inTransaction(store.db.transaction('outbox', 'readwrite', STRICT), (tx, ask) =>
    ask(tx.store.add({ what: 'record', name })),
  );
}

/**
 * Erase commands that are given here, before they are carried out: kept and queued; those that were given already are not given
 * again. Queued first: should the worker be stopped in between, a row that leads to nothing is dropped, but a command that no row
 * names would never reach the others.
 */
export const giveCommands = (store: LocalStore, commands: readonly EraseCommand[]): Promise<void> =>
  store.exclusive(async () => {
    const known = await readCommands(store);
    const ids = new Set(known.map(({ id }) => id));
    const fresh = commands.filter(({ id }) => !ids.has(id));
    if (fresh.length === 0) return;
    const names = fresh.map(({ id }) => `erase/${id}`);
    await noteUnerased(
      store,
      fresh.filter(isErasure).map(({ id }) => id),
      names,
    );
    await writeCommands(store, [...known, ...fresh]);
  });

/** Shared settings that are changed here, the same way. Resolves with `false` when nothing is different now. @throws SettingsFullError */
export const shareSettings = (
  store: LocalStore,
  change: (shared: SharedSettings) => SharedSettings,
): Promise<boolean> =>
  store.exclusive(async () => {
    const before = await readSharedSettings(store);
    const after = change(before);
    if (JSON.stringify(after) === JSON.stringify(before)) return false;
    if (!parseShared(after)) throw new SettingsFullError();
    await queueRecord(store, 'settings');
    await writeSharedSettings(store, after);
    return true;
  });

/** A day is to be sent again as a whole; what was sent of it before goes. */
export async function queueDay(store: LocalStore, day: Day, all?: true): Promise<void> {
  const rows = await store.db.getAll('outbox');
  if (rows.some((row) => row.what === 'day' && row.day === day && (row.all || !all))) return;
  await inTransaction(store.db.transaction('outbox', 'readwrite', STRICT), (tx, ask) =>
    ask(tx.store.add({ what: 'day', day, ...(all ? { all } : {}) })),
  );
}

/** Days that were to be sent with what others recorded are not, so that nothing else waits for room for them. */
export async function unqueueWhole(store: LocalStore): Promise<void> {
  const tx = store.db.transaction('outbox', 'readwrite', { durability: 'strict' });
  for (let cursor = await tx.store.openCursor(); cursor; cursor = await cursor.continue())
    if (cursor.value.what === 'day' && cursor.value.all) cursor.delete();
  await tx.done;
}

const ERASE = 'erase/';

/** Ids of erase commands that wait to be sent. */
export const erasuresWaiting = async (store: LocalStore): Promise<string[]> =>
  (await store.db.getAll('outbox')).flatMap((row) =>
    row.what === 'record' && row.name.startsWith(ERASE) ? [row.name.slice(ERASE.length)] : [],
  );

/** What waits of what a person recorded, changed or deleted here; of that, how many erase commands. */
export async function waitingHere(
  store: LocalStore,
): Promise<{ readonly rows: number; readonly erasures: number }> {
  // A card says only what this device is called and has carried out.
  const rows = (await store.db.getAll('outbox')).filter(
    (row) => row.what !== 'record' || row.name !== 'card',
  );
  return { rows: rows.length, erasures: (await erasuresWaiting(store)).length };
}

/** In `metadata`: the day on which small parts were last made into whole ones (gather.ts). */
export const GATHERED = 'parts-gathered';

/** What is remembered of one account, and means nothing in another. */
const OF_ACCOUNT = [
  CURSOR,
  FEED,
  HEADS,
  EVIDENCE,
  UNREAD,
  DEVICES_SEEN,
  RENEWAL_WISHED,
  EPOCH_SETTLED,
  SETTINGS_CAME,
  GATHERED,
  UNERASED,
  TRIED,
  'retry',
  ...AWAY_KEYS,
] as const;

async function forgetAccount(store: LocalStore, rows: readonly OutboxRow[]): Promise<void> {
  await writeStaged(store, []);
  await inTransaction(
    store.db.transaction(['outbox', 'peers', 'metadata'], 'readwrite', STRICT),
    (tx, ask) => {
      for (const name of ['outbox', 'peers'] as const) ask(tx.objectStore(name).clear());
      for (const key of OF_ACCOUNT) ask(tx.objectStore('metadata').delete(key));
      for (const row of rows) ask(tx.objectStore('outbox').add(row));
    },
  );
}

/** From now on new events are queued, and every day that has data is queued as a whole. */
export async function startQueueing(store: LocalStore, records: readonly string[]): Promise<void> {
  await store.exclusive(async () => {
    const days: Day[] = await store.days();
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
