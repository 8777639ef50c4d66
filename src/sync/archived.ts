/**
 * Days that this device has at the service only. What was sent of a day, and what others sent of it, is all there: a day that
 * has to make room is dropped here when the service was seen to have every record of it, and fetched back from its parts.
 *
 * While it is away it must not be sent again as a whole: that would replace the parts by what is left of it here, which is
 * loss. So whatever wants to send it (an erasure, an import) queues it, and the round fetches it back first.
 */
import type { Day } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import { foldEvents, type InteractionEvent } from '../model/interaction.ts';
import type { Slot } from '../protocol/ids.ts';
import type { Pinned } from '../storage/archiving.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { deviceIdOf, signerOf } from './account-state.ts';
import { erasedBy, readCommands } from './erasures.ts';
import { fetchSlots } from './fetch.ts';
import { openHeader } from './objects.ts';
import { readStaged } from './outbox.ts';
import { addEvents, type PullSession, type Taken, takePart } from './parts.ts';
import type { TransportFailure } from './transport.ts';

export const daysAway = async (store: LocalStore): Promise<Set<Day>> =>
  new Set((await store.stubs()).flatMap(({ day, where }) => (where === 'service' ? [day] : [])));

interface AtService {
  readonly events: readonly InteractionEvent[];
  /** Parts that are not there or do not open, though nothing says that they were erased. */
  readonly missing: number;
}

/** What the service has of a day, by the parts that the last pull knew. */
async function eventsAtService(session: PullSession, day: Day): Promise<Result<AtService, TransportFailure>> {
  const { store, transport, scope, account } = session;
  const known = (await store.db.getAll('peers')).filter((peer) => peer.kind === 'part' && peer.day === day);
  const slots = known.map(({ slot }) => slot as Slot);
  const objects = await fetchSlots(transport, signerOf(store, account.account), slots);
  if (!objects.ok) return objects;
  const into: Taken = { commands: [], events: new Map(), updates: new Map() };
  let missing = slots.length - objects.value.length;
  for (const { slot, body } of objects.value) {
    const header = await openHeader(scope, slot, body);
    const isOwn = header?.header.author === deviceIdOf(store);
    const outcome = header?.header.day === day ? await takePart(session, slot, header, into) : ok('broken');
    if (!outcome.ok) return outcome;
    // Somebody else's part without a key was erased by them, who send what is left of it.
    if (outcome.value === 'broken' || (outcome.value === 'no-key' && isOwn)) missing += 1;
  }
  return ok({ events: into.events.get(day) ?? [], missing });
}

/** `missing`: the day stays where it is, because this many of its parts are not as they were sent. */
export interface CameBack {
  readonly missing: number;
}

/**
 * Fetches a day back, without what was erased meanwhile. When something was, or the day waits to be sent again, it gets a new
 * key: what opens the parts that lie there now is destroyed here.
 */
export async function fetchBack(session: PullSession, day: Day): Promise<Result<CameBack, TransportFailure>> {
  const { store, scope } = session;
  const found = await eventsAtService(session, day);
  if (!found.ok) return found;
  const { events, missing } = found.value;
  if (missing > 0) return ok({ missing });
  const erased = erasedBy(await readCommands(store), scope.keys.naming);
  let isLess = false;
  for (const record of foldEvents(events)) isLess ||= await erased(record);
  await addEvents(session, new Map([[day, events]]));
  await store.dayCameBack(day, isLess);
  return ok({ missing: 0 });
}

/**
 * Before anything is sent: days that wait to be sent again and are away come back. Resolves with how many parts are missing;
 * days that lack some stay away, and are not sent (push.ts).
 */
export async function fetchWaiting(session: PullSession): Promise<Result<number, TransportFailure>> {
  const { store } = session;
  const away = await daysAway(store);
  if (away.size === 0) return ok(0);
  const rows = await store.db.getAll('outbox');
  const waiting = new Set(rows.flatMap((row) => (row.what === 'day' && away.has(row.day) ? [row.day] : [])));
  let missing = 0;
  for (const day of waiting) {
    const back = await fetchBack(session, day);
    if (!back.ok) return back;
    missing += back.value.missing;
  }
  return ok(missing);
}

/** Whether all that was recorded or changed on a day was accepted by the service. Erasing and sending must stand still. */
async function isSettled(store: LocalStore, day: Day): Promise<boolean> {
  const rows = await store.db.getAll('outbox');
  if (rows.some((row) => row.what !== 'record' && row.day === day)) return false;
  const staged = await readStaged(store);
  return !staged.some(({ peers }) => peers.some((peer) => !('gone' in peer) && peer.day === day));
}

/**
 * Drops days whose every record the service has, by what it gives now, and leaves stubs. Days that were not sent completely
 * stay. Resolves with those that were dropped.
 */
export async function dropSent(
  session: PullSession,
  days: readonly Day[],
  pinned: Pinned,
): Promise<Result<Day[], TransportFailure>> {
  const { store } = session;
  const sent = new Map<Day, ReadonlySet<string>>();
  for (const day of days) {
    if (!(await isSettled(store, day))) continue;
    const found = await eventsAtService(session, day);
    if (!found.ok) return found;
    if (found.value.missing === 0) sent.set(day, new Set(found.value.events.map(({ id }) => id)));
  }
  return ok(await store.dropDays(sent, pinned, (day) => isSettled(store, day)));
}
