/**
 * Erasing: the survivors of each touched day are sealed anew under a new key, then the old key is destroyed. Until that
 * last step is done the day is "stale" and `finishErasing` does it at the next start.
 */
import type { Day } from '../base/clock.ts';
import { foldEvents, type InteractionEvent, type InteractionRecord } from '../model/interaction.ts';
import { DamagedError, type Database } from './database.ts';
import { daysWithData, eventsOfDay } from './interactions.ts';
import { sealSegments } from './segments.ts';
import { forgetShown, forgetTraces } from './traces.ts';
import type { Vault } from './vault.ts';

export type Targeted = (record: InteractionRecord) => boolean | Promise<boolean>;

async function split(
  events: readonly InteractionEvent[],
  targeted: Targeted,
): Promise<{ gone: Set<string>; survivors: InteractionEvent[] }> {
  const gone = new Set<string>();
  for (const record of foldEvents(events)) if (await targeted(record)) gone.add(record.id);
  const survivors = events.filter(
    (event) => !gone.has(event.kind === 'visit-update' ? event.visit : event.id),
  );
  return { gone, survivors };
}

export async function countTargeted(db: Database, vault: Vault, targeted: Targeted): Promise<number> {
  let count = 0;
  for (const day of await daysWithData(db, vault)) {
    const { events } = await eventsOfDay(db, vault, day);
    count += (await split(events, targeted)).gone.size;
  }
  return count;
}

/**
 * Erases and resolves with how many records went. While syncing, days that lost something are queued to be sent again.
 * Data that does not open is kept, except when everything goes. The caller holds the write lock.
 */
export async function erase(
  db: Database,
  vault: Vault,
  targeted: Targeted,
  options: { readonly syncing: boolean; readonly everything: boolean },
): Promise<number> {
  let count = 0;
  const shred = new Map<Day, 'superseded' | 'all'>();
  if (options.everything) await forgetTraces(db);
  for (const day of await daysWithData(db, vault)) {
    const { events, damaged } = await eventsOfDay(db, vault, day);
    const { gone, survivors } = await split(events, targeted);
    const whole = survivors.length === 0 && (damaged === 0 || options.everything);
    if (gone.size === 0 && !(whole && options.everything)) continue;
    // Rows that do not open cannot be sealed anew: such a day keeps its old key until they are repaired.
    if (damaged > 0 && !whole)
      throw new DamagedError(
        `Some records of ${day} are damaged, so nothing of that day can be erased alone. Erase everything, or restore a backup.`,
      );
    const segments = whole ? [] : await sealSegments(vault, day, await vault.newKey(day), survivors, []);
    const tx = db.transaction(['journal', 'interactions', 'outbox', 'tabs'], 'readwrite', {
      durability: 'strict',
    });
    for (const n of await tx.objectStore('journal').index('day').getAllKeys(day))
      tx.objectStore('journal').delete(n);
    tx.objectStore('interactions').delete(IDBKeyRange.bound([vault.userId, day], [vault.userId, day, []]));
    for (const segment of segments) tx.objectStore('interactions').put(segment);
    // Events of the day that wait to be sent are sealed with the key that goes; the day is sent as a whole instead.
    for (let cursor = await tx.objectStore('outbox').openCursor(); cursor; cursor = await cursor.continue()) {
      if (cursor.value.what === 'event' && cursor.value.day === day) cursor.delete();
    }
    if (options.syncing) tx.objectStore('outbox').add({ what: 'day', day });
    await forgetShown(tx.objectStore('tabs'), gone);
    await tx.done;
    shred.set(day, whole ? 'all' : 'superseded');
    count += gone.size;
  }
  if (shred.size > 0) await vault.shred(shred);
  return count;
}

/** At start: destroys keys that an interrupted erasure left. */
export async function finishErasing(db: Database, vault: Vault): Promise<void> {
  const stale = new Map<Day, 'superseded' | 'all'>(vault.staleDays().map((day) => [day, 'superseded']));
  const withData = new Set(await daysWithData(db, vault));
  const today = new Set((await vault.ring()).map((key) => key.day));
  for (const day of today) if (!withData.has(day)) stale.set(day, 'all');
  // A new key that was made but never used supersedes nothing: data of the older generation is still there.
  for (const [day, what] of stale) {
    if (what !== 'superseded') continue;
    const rows = [
      ...(await db.getAllFromIndex('journal', 'day', day)),
      ...(await db.getAll('interactions', IDBKeyRange.bound([vault.userId, day], [vault.userId, day, []]))),
    ];
    const newest = Math.max(
      ...(await vault.ring()).filter((key) => key.day === day).map((key) => key.generation),
    );
    if (rows.some((row) => row.generation !== newest)) stale.delete(day);
  }
  if (stale.size > 0) await vault.shred(stale);
}
