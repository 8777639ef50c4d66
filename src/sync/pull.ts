/**
 * Taking over what others sent: pages of the change feed, one after another, each applied whole before the cursor moves. A
 * page that is applied twice, or in another order, gives the same.
 *
 * Over 300 lines, because the order in which a page is applied decides what a worker that is stopped leaves.
 */
import * as v from 'valibot';
import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import { mergeShared, parseShared } from '../model/shared-settings.ts';
import type { CheckedChain } from '../protocol/device-list.ts';
import type { Slot } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { PATHS } from '../protocol/routes.ts';
import { type Change, type ChangesAnswer, changesAnswerSchema } from '../protocol/wire.ts';
import { DamagedError, PartlyErasedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { PeerRow } from '../storage/schema.ts';
import { changeSharedSettings, deviceIdOf, noteSettings, signerOf } from './account-state.ts';
import { attested } from './attested.ts';
import { queueMeant } from './away.ts';
import { dropCovered } from './covered-commands.ts';
import { settledSeq } from './epochs.ts';
import {
  addCommands,
  type EraseCommand,
  type Erasure,
  eraseAs,
  erasedBy,
  isErasure,
  logErasures,
  parseCommand,
  readCommands,
} from './erasures.ts';
import { type Fetched, fetchSlots } from './fetch.ts';
import { epochField, type ObjectScope, type OpenedHeader, openBody, openHeader, slotOf } from './objects.ts';
import { erasuresWaiting, queueDay, queueRecord } from './outbox.ts';
import { addEvents, type Outcome, type PullSession, type Taken, takePart } from './parts.ts';
import { cardSchema, noteReceipts } from './receipts.ts';
import { parseJson, parseRing } from './rings.ts';
import type { Signer, Transport, TransportFailure } from './transport.ts';
import { carriedOut, noteTried, readTried, readUnerased } from './unerased.ts';
import { countBroken, readUnread, type Unread, writeUnread } from './unread.ts';

export interface Pulled {
  /** Records or settings are different now. */
  readonly changed: boolean;
  /** Objects at the service that do not open; they are left there, tried again with later changes, and reported. */
  readonly unreadable: number;
}

/** An answer of more than a megabyte is not taken, and an entry of the feed may name a hundred slots. */
const PAGE = Math.min(LIMITS.changesPage, 100);

/** What commands mean that are carried out together. */
export interface Commanded {
  means(record: InteractionRecord): Promise<boolean>;
  readonly everything: boolean;
}

/**
 * Carries out what commands mean on whatever the device has beside the store, in memory too. `erase`: does so in the store, and
 * resolves with how many records went; what it throws is thrown on. Resolves with how many went in all.
 */
export type EraseHere = (commanded: Commanded, erase: () => Promise<number>) => Promise<number>;

/** `ever`: every device that was listed in the account: who may have signed what lies there. */
export interface RoundSession extends PullSession {
  readonly ever: CheckedChain['ever'];
  readonly clock: Clock;
  readonly eraseHere: EraseHere;
}

export async function pull(session: RoundSession): Promise<Result<Pulled, TransportFailure>> {
  const { store, transport, account } = session;
  const signer = signerOf(store, account.account);
  let changed = (await eraseWaiting(session)) > 0;
  for (;;) {
    const since = ((await store.db.get('metadata', 'cursor')) as number | undefined) ?? 0;
    const page = await changesSince(transport, signer, since);
    if (!page.ok) return page;
    const { changes, head } = page.value;
    const last = changes.at(-1);
    if (!last) return done(session, changed);
    const unread = await readUnread(store);
    const objects = await fetchSlots(transport, signer, await wantedSlots(store, changes, unread, since));
    if (!objects.ok) return objects;
    const applied = await apply(session, objects.value, changes);
    if (!applied.ok) return applied;
    changed ||= applied.value;
    for (const { device, at } of changes) await store.db.put('metadata', at, `seen/${device}`);
    await store.db.put('metadata', last.seq, 'cursor');
    if (last.seq >= head) return done(session, changed);
  }
}

/** A page of the change feed, without a gap. */
export async function changesSince(
  transport: Transport,
  signer: Signer,
  since: number,
): Promise<Result<ChangesAnswer, TransportFailure>> {
  const call = { method: 'GET', path: `${PATHS.changes}?since=${since}&limit=${PAGE}` } as const;
  const page = await transport.json(changesAnswerSchema, call, signer);
  if (!page.ok) return page;
  const { changes, head } = page.value;
  return changes.some(({ seq }, index) => seq !== since + 1 + index) || head < since
    ? { ok: false, error: { ...LOST.error, status: 200 } }
    : page;
}

const LOST = fail(
  'inconsistent',
  'The sync service lost part of its history. Sync has stopped; nothing here was changed.',
);

async function done({ store, clock }: RoundSession, changed: boolean): Promise<Result<Pulled, never>> {
  await noteReceipts(store, clock.nowMs());
  return ok({ changed, unreadable: countBroken(await readUnread(store)) });
}

/**
 * Carries out every command that was not yet, given here or elsewhere, before anything more is told to the others. Damage may keep
 * what a command means: it is tried again in each round until it is gone. Resolves with how many records went.
 */
async function eraseWaiting({ store, scope, clock, eraseHere }: RoundSession): Promise<number> {
  const waiting = await readUnerased(store);
  if (waiting.size === 0) return 0;
  const commands = (await readCommands(store)).filter(isErasure).filter(({ id }) => waiting.has(id));
  if (commands.length === 0) return 0;
  const { naming } = scope.keys;
  const means = erasedBy(commands, naming);
  const everything = commands.some(({ target }) => target.what === 'all');
  const log = async (count: number, keptDays = 0) => {
    if (count === 0) return;
    const theirs: Erasure[] = [];
    for (const one of commands) if (!(await isGivenHere(store, scope, one.id))) theirs.push(one);
    await logErasures(store, theirs, count, clock.nowMs(), keptDays);
  };
  const ids = commands.map(({ id }) => id);
  const tried = await readTried(store);
  const again = ids.every((id) => tried.has(id));
  try {
    const count = await eraseHere({ means, everything }, () => eraseAs(store, commands, naming, again));
    await log(count);
    await queueMeant(store, commands);
    await carriedOut(store, ids);
    return count;
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    if (!(error instanceof PartlyErasedError)) return 0;
    await log(error.count, error.kept.length);
    if (!again) await noteTried(store, ids);
    return error.count;
  }
}

/** A deletion that was asked for here is in the log already. Its command waits to be sent, or is known as this device's own object. */
async function isGivenHere(store: LocalStore, scope: ObjectScope, id: string): Promise<boolean> {
  if ((await erasuresWaiting(store)).includes(id)) return true;
  const header = { kind: 'erase', author: deviceIdOf(store), incarnation: 0, counter: 0, name: id } as const;
  return (await store.db.get('peers', await slotOf(scope, header)))?.own === true;
}

/** What a page leaves in the slots that others wrote, and what did not open before. */
async function wantedSlots(
  store: LocalStore,
  changes: readonly Change[],
  unread: Unread,
  since: number,
): Promise<Slot[]> {
  const latest = new Map<Slot, string | null>();
  for (const change of changes) for (const { slot, etag } of change.ops) latest.set(slot, etag);
  const wanted = new Set<Slot>();
  for (const [slot, etag] of latest) {
    if (etag !== null && (await store.db.get('peers', slot))?.etag !== etag) wanted.add(slot);
  }
  for (const slot of retried(Object.keys(unread) as Slot[], since)) {
    if (latest.get(slot) !== null) wanted.add(slot);
  }
  return [...wanted];
}

/** As many as one question may name, others each time: some that never open must not keep the rest waiting. */
export function retried(slots: readonly Slot[], since: number): Slot[] {
  const start = slots.length === 0 ? 0 : since % slots.length;
  return [...slots.slice(start), ...slots.slice(0, start)].slice(0, LIMITS.getSlots);
}

/** Everything of a page but the cursor. */
async function apply(
  session: RoundSession,
  objects: readonly Fetched[],
  changes: readonly Change[],
): Promise<Result<boolean, TransportFailure>> {
  const { store, scope } = session;
  const peers: PeerRow[] = [];
  const unread = { ...(await readUnread(store)) };
  const into: Taken = { commands: [], events: new Map(), returned: new Set(), updates: new Map() };
  const opened = await openHeaders(scope, objects);
  const settled = await settledSeq(store);
  const late = new Set<string>(
    changes.flatMap(({ seq, ops }) => (settled !== null && seq > settled ? ops.map(({ slot }) => slot) : [])),
  );
  for (const object of objects) {
    const header = opened.get(object.slot);
    const own = header?.header.author === deviceIdOf(store);
    const known = await store.db.get('peers', object.slot);
    // An older version of something that we have seen newer is not taken over.
    const older = known?.version !== undefined && (header?.header.counter ?? 0) < known.version;
    // All devices have moved to another master key: only one that was taken out could still write under the old one.
    const stale = header !== undefined && header.epoch < scope.keys.epoch && late.has(object.slot);
    // What is known and was only wrapped anew has been done.
    const isDone = known?.kind === 'erase' && header?.header.kind === 'erase';
    const outcome: Result<Outcome, TransportFailure> =
      header && !older && !stale
        ? isDone
          ? ok('taken')
          : await take(session, object.slot, header, into)
        : ok('broken');
    if (!outcome.ok) return outcome;
    delete unread[object.slot];
    if (outcome.value === 'broken' || outcome.value === 'partly') unread[object.slot] = 'broken';
    // Ours, and its key was destroyed here: an object to be taken away.
    else if (outcome.value === 'no-key' && !own) unread[object.slot] = 'no-key';
    if (!header || outcome.value === 'broken' || (outcome.value === 'no-key' && !own)) continue;
    const { kind, counter, day } = header.header;
    if (outcome.value === 'no-key' && day !== undefined) await queueDay(store, day);
    peers.push({
      slot: object.slot,
      etag: object.etag,
      kind,
      own,
      ...(kind === 'part' ? {} : { version: counter }),
      ...(day === undefined ? {} : { day }),
      ...epochField(header.epoch),
    });
  }
  await addCommands(store, into.commands);
  for (const day of into.returned) await queueDay(store, day);
  for (const update of await addEvents(session, into.events)) {
    const slot = into.updates.get(update);
    if (slot !== undefined) unread[slot] ??= 'waits';
  }
  if (into.commands.length > 0) {
    await eraseWaiting(session);
    await queueMeant(store, into.commands);
    await dropCovered(store);
  }
  const tx = store.db.transaction('peers', 'readwrite', { durability: 'strict' });
  for (const { ops } of changes) {
    for (const { slot, etag } of ops) {
      if (etag !== null) continue;
      tx.store.delete(slot);
    }
  }
  for (const peer of peers) tx.store.put(peer);
  await tx.done;
  // What was deleted, also by a later change, is not waited for.
  const gone = changes.flatMap(({ ops }) => ops.flatMap(({ slot, etag }) => (etag === null ? [slot] : [])));
  const there = new Set<string>(objects.map(({ slot }) => slot));
  for (const slot of gone) if (!there.has(slot)) delete unread[slot];
  await writeUnread(store, unread);
  return ok(peers.length > 0);
}

async function openHeaders(
  scope: ObjectScope,
  objects: readonly Fetched[],
): Promise<Map<Slot, OpenedHeader>> {
  const opened = new Map<Slot, OpenedHeader>();
  for (const { slot, body } of objects) {
    const header = await openHeader(scope, slot, body);
    if (header) opened.set(slot, header);
  }
  return opened;
}

async function take(
  session: RoundSession,
  slot: Slot,
  object: OpenedHeader,
  into: Taken,
): Promise<Result<Outcome, TransportFailure>> {
  const { store, scope, ever } = session;
  const { header } = object;
  if (header.kind === 'part') return takePart(session, slot, object, into);
  if (header.kind === 'erase') {
    const command = await openCommand(session, slot, object);
    if (!command) return ok('broken');
    into.commands.push(command);
    return ok('taken');
  }
  const payload = await openBody(scope, slot, object, object.record);
  const value = payload && parseJson(payload);
  if (value === null || value === undefined) return ok('broken');
  switch (header.kind) {
    case 'ring': {
      const ring = await parseRing(value);
      if (!ring) return ok('broken');
      session.rings.set(header.author, ring);
      return ok('taken');
    }
    case 'card': {
      const said = await attested('card', scope.account, header.author, ever.get(header.author)?.sign, value);
      const card = v.safeParse(cardSchema, said);
      if (!card.success) return ok('broken');
      await store.writeNamed(`card/${header.author}`, card.output);
      return ok('taken');
    }
    case 'settings': {
      const theirs = parseShared(value);
      if (!theirs) return ok('broken');
      await noteSettings(store);
      const merged = await changeSharedSettings(store, (ours) => mergeShared(ours, theirs));
      // We know more than what lies there: send the sum.
      if (canonical(merged) !== canonical(theirs)) await queueRecord(store, 'settings');
      return ok('taken');
    }
  }
}

/** What an object of kind `erase` says; `null` unless it opens, a device that was listed says it, and it has the name that it lies under. */
export async function openCommand(
  { scope, ever }: Pick<RoundSession, 'scope' | 'ever'>,
  slot: Slot,
  object: OpenedHeader,
): Promise<EraseCommand | null> {
  const { author, name } = object.header;
  const payload = await openBody(scope, slot, object, object.record);
  const value = payload && parseJson(payload);
  const said = await attested('erase', scope.account, author, ever.get(author)?.sign, value);
  const command = parseCommand(said);
  return command?.id === name ? command : null;
}

/** JSON with sorted names: two devices that know the same must not go on correcting each other for the order of it. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
