/** Parts of days as they lie at the service: opening them, and adding what they have. */
import { equalBytes } from '../base/bytes.ts';
import { type Day, dayOf } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import { type AeadKey, kidOf } from '../crypto/envelope.ts';
import {
  countsAtMs,
  type EventId,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
  recordOf,
} from '../model/interaction.ts';
import { withoutLinks } from '../model/links.ts';
import { parseEvent } from '../model/parse-event.ts';
import type { DeviceId, Slot } from '../protocol/ids.ts';
import { decodeEvents } from '../storage/codec.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { eventsOf } from '../storage/vault.ts';
import { type AccountState, deviceIdOf, signerOf } from './account-state.ts';
import { type EraseCommand, type MeantUntil, meantUntil, readCommands } from './erasures.ts';
import { erasedOutsideUntil } from './left.ts';
import { type ObjectScope, type OpenedHeader, openBody } from './objects.ts';
import { keyOfPart, type Rings } from './rings.ts';
import type { Transport, TransportFailure } from './transport.ts';

export interface PullSession {
  readonly store: LocalStore;
  readonly transport: Transport;
  readonly scope: ObjectScope;
  readonly account: AccountState;
  /** Filled as they are met. */
  readonly rings: Rings;
  /** Devices that are listed now, where that is known. */
  readonly authors?: ReadonlySet<string>;
}

export interface Taken {
  readonly commands: EraseCommand[];
  /** Who gave each of them. */
  readonly authors: Map<string, DeviceId>;
  readonly events: Map<Day, InteractionEvent[]>;
  /**
   * Days of which somebody else's part has events of this device, or an own part that only its published key opens: it sends
   * them itself, and anew.
   */
  readonly returned: Set<Day>;
  /** Where each update of a visit came from. */
  readonly updates: Map<EventId, Slot>;
}

export const nothingTaken = (): Taken => ({
  commands: [],
  authors: new Map(),
  events: new Map(),
  returned: new Set(),
  updates: new Map(),
});

/**
 * `no-key`: a part whose key its author does not publish (any more): it was destroyed, or is yet to come. `partly`: some of
 * its events are none that we know. `newer`: a device of the account wrote what this version does not know. `broken`: does not open, or is
 * not what it says.
 */
export type Outcome = 'taken' | 'partly' | 'no-key' | 'newer' | 'broken';

export interface OpenedPart {
  readonly day: Day;
  /** Those that this version knows, and that lie on the part's day. */
  readonly events: readonly InteractionEvent[];
  /** How many there are in all. */
  readonly count: number;
  /** Own, and opened by its published key only: what it was sealed with was destroyed here. */
  readonly isOut: boolean;
}

export async function openPart(
  session: PullSession,
  slot: Slot,
  object: OpenedHeader,
): Promise<Result<OpenedPart | 'no-key' | 'broken', TransportFailure>> {
  const { store, scope, account } = session;
  const { author, day } = object.header;
  if (day === undefined) return ok('broken');
  const own = deviceIdOf(store);
  const kept = author === own ? await ownKey(store, object) : null;
  const key = kept ? ok(kept) : await keyOfPart(session, signerOf(store, account.account), author, object);
  if (!key.ok) return key;
  if (!key.value) return ok('no-key');
  const payload = await openBody(scope, slot, object, key.value);
  const events: unknown = payload && (await decodeEvents(payload).catch(() => null));
  if (!Array.isArray(events)) return ok('broken');
  const parsed = events.flatMap((event) => parseEvent(event) ?? []).filter((event) => liesOn(event, day));
  return ok({ day, events: parsed, count: events.length, isOut: author === own && !kept });
}

export async function takePart(
  session: PullSession,
  slot: Slot,
  object: OpenedHeader,
  into: Taken,
): Promise<Result<Outcome, TransportFailure>> {
  const { store, scope } = session;
  const opened = await openPart(session, slot, object);
  if (!opened.ok) return opened;
  if (typeof opened.value === 'string') return ok(opened.value);
  const { day, events: parsed, count, isOut } = opened.value;
  const own = deviceIdOf(store);
  const { author } = object.header;
  const isOwn = ({ id }: { readonly id: EventId }) => id.startsWith(`${own}.`);
  const isBack = isOut || (author !== own && parsed.some(isOwn));
  let taken = parsed;
  if (isBack) {
    // What this device sent, or others sent for it, and it erased while it was out of the account.
    const until = await erasedOutsideUntil(store, scope);
    taken = await withoutErased(parsed, async (record, as) =>
      isOut || isOwn(record) ? until(record, as) : undefined,
    );
  }
  into.events.set(day, [...(into.events.get(day) ?? []), ...taken]);
  for (const { kind, id } of taken) if (kind === 'visit-update') into.updates.set(id, slot);
  if (isOut || (isBack && !(await hasAll(store, day, taken.filter(isOwn))))) into.returned.add(day);
  return ok(parsed.length === count ? 'taken' : 'partly');
}

/** Whether this device has these events and sends them itself: also of a day that is away, which it did before (away.ts). */
async function hasAll(store: LocalStore, day: Day, own: readonly InteractionEvent[]): Promise<boolean> {
  if (day in (await store.awayDays())) return true;
  const there = new Set((await store.eventsOfDay(day)).events.map(({ id }) => id));
  return own.every(({ id }) => there.has(id));
}

/**
 * Of a day's events, without records that were erased and without links to what was, there or elsewhere. Those that lose nothing
 * stay the same objects.
 */
export async function withoutErased(
  events: readonly InteractionEvent[],
  until: MeantUntil,
): Promise<InteractionEvent[]> {
  const gone = new Set<EventId>();
  const urls = new Map<string, number>();
  for (const record of foldEvents(events)) {
    if ((await until(record)) === undefined) continue;
    gone.add(record.id);
    const untilMs = await until(record, 'linked');
    if (untilMs !== undefined && 'url' in record)
      urls.set(record.url, Math.max(untilMs, urls.get(record.url) ?? untilMs));
  }
  const isOfDay = (record: InteractionRecord) =>
    'url' in record && countsAtMs(record) <= (urls.get(record.url) ?? Number.NEGATIVE_INFINITY);
  return withoutLinks(
    events.filter((event) => !gone.has(recordOf(event))),
    async (record) => isOfDay(record) || (await until(record, 'link')) !== undefined,
  );
}

/** What lay on another day than that of its time, no erasure of a span would find. An update lies with its visit. */
const liesOn = (event: InteractionEvent, day: Day): boolean =>
  event.kind === 'visit-update' || dayOf(event.atMs) === day;

async function ownKey(store: LocalStore, { header, sealedBody }: OpenedHeader): Promise<AeadKey | null> {
  const key = await store.vault.key(eventsOf(header.day ?? ''), header.generation ?? 0).catch(() => null);
  const kid = kidOf(sealedBody);
  return key && kid && equalBytes(kid, key.aead.kid) ? key.aead : null;
}

/**
 * Adds what is not there yet and was not erased, sealed with this device's key of the day. What was erased is asked for in
 * the step that adds: an erasure here either is known by then, or comes after and takes what was added. Resolves with updates
 * whose visit is not here: they are left out, because it may have been erased, and they would tell of it for ever.
 */
export async function addEvents(
  { store, scope }: PullSession,
  days: ReadonlyMap<Day, readonly InteractionEvent[]>,
): Promise<EventId[]> {
  const orphans: EventId[] = [];
  if (days.size === 0) return orphans;
  let erased: MeantUntil | undefined;
  const away = await store.awayDays();
  await store.addDays(days, async (day, received, known) => {
    erased ??= meantUntil(await readCommands(store), scope.keys.naming);
    const kept = await withoutErased(received, erased);
    const visits = new Set<EventId>(foldEvents(kept).map(({ id }) => id));
    if (kept.every((event) => visits.has(recordOf(event)))) return kept;
    for (const { id } of await known(day)) visits.add(id);
    // Of a day that is away they lie where its visits are, and come back with those.
    if (!(day in away)) for (const event of kept) if (!visits.has(recordOf(event))) orphans.push(event.id);
    return kept.filter((event) => visits.has(recordOf(event)));
  });
  return orphans;
}
