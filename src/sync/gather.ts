/**
 * What was recorded goes out within seconds, so a day lies at the service as many small objects. When it is over, its author sends it
 * once more as a whole, and the small ones go: an account holds only so many, and whoever joins reads each.
 */
import { type Clock, type Day, dayOf } from '../base/clock.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { GATHERED, queueDay } from './outbox.ts';

/** With fewer it is not worth sending anything twice. */
const LOOSE_PARTS = 8;
/** Days in one go: what an older version left may be years. */
const DAYS_AT_ONCE = 7;

/** Once a day. Days that are at the service only, and days of which something does not open here, stay as they are. */
export async function gatherParts(store: LocalStore, clock: Clock): Promise<void> {
  const today = dayOf(clock.nowMs());
  if ((await store.db.get('metadata', GATHERED)) === today) return;
  const loose = new Map<Day, number>();
  for (const { own, kind, day, whole } of await store.db.getAll('peers'))
    if (own && kind === 'part' && !whole && day !== undefined && day < today)
      loose.set(day, (loose.get(day) ?? 0) + 1);
  const away = await store.awayDays();
  const days = [...loose]
    .flatMap(([day, parts]) => (parts >= LOOSE_PARTS && !(day in away) ? [day] : []))
    .sort();
  for (const day of days.slice(0, DAYS_AT_ONCE))
    if ((await store.eventsOfDay(day)).damaged === 0) await queueDay(store, day);
  await store.db.put('metadata', today, GATHERED);
}
