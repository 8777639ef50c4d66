/**
 * Days that this device has at the service only. What was sent of a day, and what others sent of it, is all there: a day that
 * has to make room is dropped here when the service gave back every record of it, and is fetched back from its parts.
 *
 * While it is away it must not be sent again as a whole: that would replace the parts by what is left of it here, which is
 * loss. Whatever wants to send it (a deletion, an import) queues it, and the round fetches it back first.
 */
import type { Day } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import type { Slot } from '../protocol/ids.ts';
import { readAwaySites } from '../storage/away.ts';
import { DamagedError } from '../storage/database.ts';
import { movedOf } from '../storage/erase.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { PeerRow } from '../storage/schema.ts';
import { deviceIdOf, signerOf } from './account-state.ts';
import type { PushSession } from './drafts.ts';
import { type EraseCommand, mayMean, meantUntil, readCommands, shortTokens } from './erasures.ts';
import { fetchSlots } from './fetch.ts';
import { openHeader } from './objects.ts';
import { daysOfRows, queueDay, readStaged, unqueueWhole } from './outbox.ts';
import { addEvents, nothingTaken, type PullSession, takePart, withoutErased } from './parts.ts';
import { push } from './push.ts';
import type { TransportFailure } from './transport.ts';
import { readUnread, writeUnread } from './unread.ts';

/** Days that are fetched back before something is sent: what comes back takes room until it can leave again. */
const DAYS_AT_ONCE = 8;

export interface AtService {
  readonly events: readonly InteractionEvent[];
  /** Parts that are not there or do not open, though nothing says that they were erased. */
  readonly missing: number;
  /** Parts without a key whose author is not in the account any more: nobody publishes one, and nobody takes them away. */
  readonly left: readonly Slot[];
}

/** Parts by day, as the last pull knew them. */
export async function partsByDay(store: LocalStore): Promise<Map<Day, PeerRow[]>> {
  const days = new Map<Day, PeerRow[]>();
  for (const peer of await store.db.getAll('peers')) {
    if (peer.kind !== 'part' || peer.day === undefined) continue;
    const known = days.get(peer.day);
    if (known) known.push(peer);
    else days.set(peer.day, [peer]);
  }
  return days;
}

export async function eventsAtService(
  session: PullSession,
  day: Day,
  parts: readonly PeerRow[],
): Promise<Result<AtService, TransportFailure>> {
  const { store, transport, scope, account } = session;
  const slots = parts.map(({ slot }) => slot as Slot);
  const objects = await fetchSlots(transport, signerOf(store, account.account), slots);
  if (!objects.ok) return objects;
  const into = nothingTaken();
  const left: Slot[] = [];
  let missing = slots.length - objects.value.length;
  for (const { slot, body } of objects.value) {
    const header = await openHeader(scope, slot, body);
    const outcome = header?.header.day === day ? await takePart(session, slot, header, into) : ok('broken');
    if (!outcome.ok) return outcome;
    const isLeft =
      outcome.value === 'no-key' && header && session.authors?.has(header.header.author) === false;
    if (isLeft) left.push(slot);
    // Also what has no key (any more): who destroyed it takes the part away, and until then nobody knows.
    else if (outcome.value !== 'taken') missing += 1;
  }
  return ok({ events: into.events.get(day) ?? [], missing, left });
}

/**
 * Fetches days back, without what was erased meanwhile. When something was, or the day waits to be sent again, it gets a new
 * key, and what opens the parts that lie there now is destroyed here. Resolves with how many parts are missing: days that lack
 * some stay where they are.
 */
export async function fetchBack(
  session: PullSession,
  days: readonly Day[],
): Promise<Result<number, TransportFailure>> {
  const { store, scope } = session;
  const parts = await partsByDay(store);
  let missing = 0;
  for (const day of days) {
    const found = await eventsAtService(session, day, parts.get(day) ?? []);
    if (!found.ok) return found;
    missing += found.value.missing;
    if (found.value.missing > 0) continue;
    const { events, left: keyless } = found.value;
    // Tried again with later changes, should the service have kept the key back.
    if (keyless.length > 0)
      await writeUnread(store, {
        ...(await readUnread(store)),
        ...Object.fromEntries(keyless.map((slot) => [slot, 'no-key'] as const)),
      });
    await addEvents(session, new Map([[day, events]]));
    const left = await withoutErased(events, meantUntil(await readCommands(store), scope.keys.naming));
    const kept = await store.coming(day, left, async () => []);
    const isLess = kept.length < events.length || kept.some((event, at) => event !== events[at]);
    try {
      await store.cameBack(day, isLess ? 'less' : 'whole');
    } catch (error) {
      // Something beside it is damaged, so its keys cannot be renewed: it is here, and is not sent.
      if (!(error instanceof DamagedError)) throw error;
      missing += 1;
    }
  }
  return ok(missing);
}

export interface Waited {
  /** Parts that are not as they were sent; their days stay away, and are not sent (push.ts). */
  readonly missing: number;
  /** Further days wait. */
  readonly more: boolean;
}

/** Before anything is sent: days that wait to be sent again and are away come back, some at a time. */
export async function fetchWaiting(
  session: PullSession,
  stuck: Set<Day>,
): Promise<Result<Waited, TransportFailure>> {
  const { store } = session;
  const away = await store.awayDays();
  if (Object.keys(away).length === 0) return ok({ missing: 0, more: false });
  const rows = daysOfRows(await store.db.getAll('outbox'));
  const waiting = [...rows].filter((day) => day in away && !stuck.has(day));
  const now = waiting.slice(0, DAYS_AT_ONCE);
  const back = await fetchBack(session, now);
  if (!back.ok) return back;
  const left = await store.awayDays();
  for (const day of now) if (day in left) stuck.add(day);
  return ok({ missing: back.value, more: waiting.length > now.length });
}

/** Days that are away and may have something that these commands mean. */
export async function daysMeant(store: LocalStore, commands: readonly EraseCommand[]): Promise<Day[]> {
  const days = Object.keys(await store.awayDays());
  if (days.length === 0 || commands.length === 0) return [];
  const sites = await readAwaySites(store.db, store.vault);
  return days.filter((day) => {
    const of = sites?.[day];
    return commands.some(mayMean(day, of && new Set(of)));
  });
}

/** Queues them: they are then fetched, filtered and sent anew. */
export async function queueMeant(store: LocalStore, commands: readonly EraseCommand[]): Promise<void> {
  for (const day of await daysMeant(store, commands)) await queueDay(store, day);
}

/** Whether all that was recorded or changed on a day was accepted by the service; certain only under the write lock. */
async function isSettled(store: LocalStore, day: Day): Promise<boolean> {
  const rows = await store.db.getAll('outbox');
  if (rows.some((row) => row.what !== 'record' && row.day === day)) return false;
  const staged = await readStaged(store);
  return !staged.some(({ peers }) => peers.some((peer) => !('gone' in peer) && peer.day === day));
}

export interface Dropped {
  readonly dropped: readonly Day[];
  /** Of which this device has not sent everything itself. */
  readonly borrowed: readonly Day[];
}

/**
 * Drops days whose every record the service has from this device, by what it gives now; what has not been sent completely stays.
 * What only others sent does not count: they may take it back, as when they keep it for a shorter time. `keep`: sites whose records
 * stay. `isWanted`: asked until the last moment.
 */
export async function dropSent(
  session: PullSession,
  days: readonly Day[],
  keep: readonly string[],
  isWanted: () => boolean = () => true,
): Promise<Result<Dropped, TransportFailure>> {
  const { store, scope } = session;
  const parts = await partsByDay(store);
  const sent = new Map<Day, ReadonlySet<string>>();
  const borrowed: Day[] = [];
  const own = `${deviceIdOf(store)}.`;
  for (const day of days) {
    if (!isWanted()) return ok({ dropped: [], borrowed: [] });
    // Nothing is asked for that would stay in any case.
    if (!(await isSettled(store, day)) || !(await store.mayLeave(day, keep))) continue;
    const mine = (parts.get(day) ?? []).filter((part) => part.own);
    const found = await eventsAtService(session, day, mine);
    if (!found.ok) return found;
    if (found.value.missing > 0) continue;
    const ids = new Set(found.value.events.map(({ id }) => id));
    const lacks = movedOf((await store.eventsOfDay(day)).events, keep).filter(({ id }) => !ids.has(id));
    if (lacks.length === 0) sent.set(day, ids);
    else if (lacks.every(({ id }) => !id.startsWith(own))) borrowed.push(day);
  }
  const dropped = await store.dropDays(
    sent,
    keep,
    async (day) => isWanted() && (await isSettled(store, day)),
    (events) => shortTokens(events, scope.keys.naming),
  );
  return ok({ dropped, borrowed });
}

/** Sends all that is here of days, also what others recorded; with it whatever waits. Where there is no room they are not sent. */
export async function sendWhole(
  session: PushSession,
  days: readonly Day[],
): Promise<Result<null, TransportFailure>> {
  for (const day of days) await queueDay(session.store, day, true);
  for (;;) {
    const pushed = await push(session);
    if (!pushed.ok) {
      if (pushed.error.code === 'QUOTA') await unqueueWhole(session.store);
      return pushed;
    }
    // What another device changed meanwhile is for a round to take in.
    if (pushed.value !== 'more') return ok(null);
  }
}
