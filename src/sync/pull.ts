/**
 * Taking over what others sent: pages of the change feed, one after another, each applied whole before the cursor moves. A
 * page that is applied twice, or in another order, gives the same.
 *
 * Over 300 lines, because the order in which a page is applied decides what a worker that is stopped leaves.
 */
import * as v from 'valibot';
import { toHex } from '../base/bytes.ts';
import { canonical } from '../base/canonical.ts';
import type { Clock, Day } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/primitives.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import { mergeShared, parseShared } from '../model/shared-settings.ts';
import type { CheckedChain } from '../protocol/device-list.ts';
import type { Slot } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Change, ChangesAnswer } from '../protocol/wire.ts';
import { DamagedError, PartlyErasedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { PeerRow } from '../storage/schema.ts';
import { inTransaction, STRICT } from '../storage/transaction.ts';
import { ACCOUNT_FULL, changeSharedSettings, deviceIdOf, noteSettings, signerOf } from './account-state.ts';
import { attested, attestedSchema } from './attested.ts';
import { queueMeant } from './away.ts';
import { BRAKED, type Brake, countDeleted, isMassDeletion } from './brake.ts';
import { dropCovered } from './covered-commands.ts';
import { lastSettled } from './epochs.ts';
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
import { extended, type Feed, follows, moveCursor, notAsSent, openFeed, readPage } from './feed.ts';
import { type Fetched, fetchSlots } from './fetch.ts';
import { contradicted, headSchema, headsBeyond, readHeads, stopFor, takeHead } from './heads.ts';
import { parseJson } from './json.ts';
import {
  epochField,
  epochOfNewer,
  type ObjectScope,
  type OpenedHeader,
  openBody,
  openHeader,
  slotOf,
} from './objects.ts';
import { erasuresWaiting, partsSent, queueDay, queueRecord, readStaged } from './outbox.ts';
import { addEvents, nothingTaken, type Outcome, type PullSession, type Taken, takePart } from './parts.ts';
import { cardSchema, noteReceipts, tellRecordsAnew } from './receipts.ts';
import { parseRing } from './rings.ts';
import type { LieKind, SaidHead } from './service-lie.ts';
import type { Signer, Transport, TransportFailure } from './transport.ts';
import { carriedOut, noteTried, readTried, readUnerased } from './unerased.ts';
import { countBroken, mayOpen, readUnread, type Unread, writeUnread } from './unread.ts';

export interface Pulled {
  /** Records or settings are different now. */
  readonly changed: boolean;
  /** Objects at the service that do not open; they are left there, tried again with later changes, and reported. */
  readonly unreadable: number;
}

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
  /** Devices that are listed now. */
  readonly authors: ReadonlySet<string>;
  readonly clock: Clock;
  readonly eraseHere: EraseHere;
  readonly brake: Brake;
}

export async function pull(session: RoundSession): Promise<Result<Pulled, TransportFailure>> {
  const { store, transport, account } = session;
  const signer = signerOf(store, account.account);
  let changed = (await eraseWaiting(session)) > 0;
  const opened = await openFeed(store, transport, signer);
  if (!opened.ok) return opened;
  if (!opened.value) return stopFor(session, null, { what: 'shorter', at: 0 });
  for (let feed = opened.value; ; ) {
    const since = feed.seq;
    const due = await dueSeq(session, feed);
    const page = await readPage(transport, signer, since);
    if (!page.ok) return page;
    const { changes, head } = page.value;
    if (head < since) return stopFor(session, feed, { what: 'shorter', at: since });
    if (head < due.seq) return stopFor(session, feed, { what: 'hidden', at: due.seq, ...due.there });
    const last = changes.at(-1);
    if (!follows(feed, changes) || (last ? last.seq > head : head > since))
      return stopFor(session, feed, { what: 'gap', at: since + 1 });
    if (!last) {
      // What was given is not what any entry says: an older version of it.
      if (Object.keys(feed.ahead).length > 0)
        return stopFor(session, feed, { what: 'old-object', at: since });
      return done(session, changed);
    }
    let isMissing = false;
    for (const some of inPieces(changes)) {
      const next = await extended(feed, some);
      const fault = await faultIn(session, feed, next, some);
      if (fault) return fault;
      const unread = await readUnread(store);
      const wanted = await wantedSlots(store, some, unread, feed.seq);
      const objects = await fetchSlots(transport, signer, wanted);
      if (!objects.ok) return objects;
      const applied = await apply(session, wanted, objects.value, some, next);
      if (!applied.ok) return applied;
      changed ||= applied.value.changed;
      isMissing ||= applied.value.isMissing;
      for (const { device, at } of some) await store.db.put('metadata', at, `seen/${device}`);
      feed = { ...next, ahead: { ...next.ahead, ...applied.value.ahead } };
      await moveCursor(store, feed);
    }
    const waits =
      isMissing || Object.keys(feed.ahead).length > 0 || (await dueSeq(session, feed)).seq > last.seq;
    if (last.seq >= head && !waits) return done(session, changed);
  }
}

/** Of objects that are in memory at once, and that are fetched again when the worker is stopped meanwhile; as the service says it. */
const PIECE_BYTES = 1024 * 1024;
/** Deletions have 1,400. They are judged together (brake.ts), so they make no piece end. */
const SMALL_BYTES = 2048;

/** Entries of a page, in order, as many as say to be no more than that, at least one. */
function inPieces(changes: readonly Change[]): Change[][] {
  const pieces: Change[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const change of changes) {
    const own = change.ops.reduce((sum, { size }) => sum + (size > SMALL_BYTES ? size : 0), 0);
    if (bytes + own > PIECE_BYTES) {
      pieces.push([]);
      bytes = 0;
    }
    pieces.at(-1)?.push(change);
    bytes += own;
  }
  return pieces;
}

/** How far the feed has to be by now: what listed devices say that they have read, and what this one was told that it wrote. */
async function dueSeq(
  session: RoundSession,
  feed: Feed,
): Promise<{ readonly seq: number; readonly there?: { readonly there: SaidHead } }> {
  const sent = Math.max(0, ...feed.sent.map(({ seq }) => seq));
  const beyond = await headsBeyond(session, feed.seq);
  const furthest = beyond.reduce<(typeof beyond)[number] | undefined>(
    (most, one) => (most && most[1].seq >= one[1].seq ? most : one),
    undefined,
  );
  if (!furthest || furthest[1].seq <= sent) return { seq: sent };
  const [device, { seq, said }] = furthest;
  return { seq, there: { there: { device, ...said } } };
}

/** Whether the next entries are not what other devices, or the service itself, said of them. Nothing of them was taken yet. */
async function faultIn(
  session: RoundSession,
  feed: Feed,
  next: Feed,
  changes: readonly Change[],
): Promise<Result<never, TransportFailure> | undefined> {
  const { store } = session;
  const dropped = await notAsSent(feed, deviceIdOf(store), changes);
  if (dropped !== undefined) return stopFor(session, next, { what: 'dropped', at: dropped });
  const taken = await takenAway(store, changes);
  if (taken) return stopFor(session, next, taken);
  const device = await contradicted(session, feed.seq, next);
  const head = device === undefined ? undefined : (await readHeads(store))[device];
  if (device === undefined || !head) return undefined;
  return stopFor(session, next, { what: 'forked', at: head.seq, there: { device, ...head.said } });
}

/** The first entry that deletes what nobody deletes: of all objects only parts go, each by its author. */
async function takenAway(
  store: LocalStore,
  changes: readonly Change[],
): Promise<{ readonly what: LieKind; readonly at: number } | undefined> {
  for (const { seq, ops } of changes) {
    for (const { slot, etag } of ops) {
      const known = etag === null ? await store.db.get('peers', slot) : undefined;
      if (known && known.kind !== 'part') return { what: known.own ? 'dropped' : 'hidden', at: seq };
    }
  }
  return undefined;
}

/** Days of own parts that these entries delete, and that this device did not ask to be deleted: they are sent again. */
async function daysTaken(store: LocalStore, gone: readonly Slot[]): Promise<Set<Day>> {
  const days = new Map<Slot, Day>();
  for (const slot of gone) {
    const known = await store.db.get('peers', slot);
    if (known?.own && known.day !== undefined) days.set(slot, known.day);
  }
  if (days.size === 0) return new Set();
  // A batch whose answer never came.
  for (const { peers } of await readStaged(store))
    for (const peer of peers) if ('gone' in peer) days.delete(peer.slot as Slot);
  return new Set(days.values());
}

/** A page of the change feed, without a gap. */
export async function changesSince(
  transport: Transport,
  signer: Signer,
  since: number,
): Promise<Result<ChangesAnswer, TransportFailure>> {
  const page = await readPage(transport, signer, since);
  if (!page.ok) return page;
  const { changes, head } = page.value;
  return changes.some(({ seq }, index) => seq !== since + 1 + index) || head < since
    ? { ok: false, error: { ...LOST.error, status: 200 } }
    : page;
}

/** Who does not know all that lies there would send less than there is: nothing is taken or sent until this device knows it. */
export const NEWER = {
  ok: false,
  error: {
    code: 'newer-version',
    status: 200,
    message:
      'Another of your devices has a newer version of ARQ Context. Update it here: until then sync waits, and nothing is lost.',
  },
} as const;

const LOST = fail(
  'inconsistent',
  'The sync service lost part of its history. Sync has stopped; nothing here was changed.',
);

async function done({ store, clock }: RoundSession, changed: boolean): Promise<Result<Pulled, never>> {
  await noteReceipts(store, clock.nowMs());
  await tellRecordsAnew(store);
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
    if (theirs.length > 0) await countDeleted(store, count, clock.nowMs());
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

/** What the newest of these entries says of each slot. */
const latestOf = (changes: readonly Change[]): ReadonlyMap<Slot, string | null> =>
  new Map(changes.flatMap(({ ops }) => ops.map(({ slot, etag }) => [slot, etag] as const)));

/** What a page leaves in the slots that others wrote, and what did not open before. */
async function wantedSlots(
  store: LocalStore,
  changes: readonly Change[],
  unread: Unread,
  since: number,
): Promise<Slot[]> {
  const latest = latestOf(changes);
  const wanted = new Set<Slot>();
  for (const [slot, etag] of latest) {
    if (etag !== null && (await store.db.get('peers', slot))?.etag !== etag) wanted.add(slot);
  }
  for (const slot of retried(mayOpen(unread), since)) {
    if (latest.get(slot) !== null) wanted.add(slot);
  }
  return [...wanted];
}

/** As many as one question may name, others each time: some that never open must not keep the rest waiting. */
export function retried(slots: readonly Slot[], since: number): Slot[] {
  const start = slots.length === 0 ? 0 : since % slots.length;
  return [...slots.slice(start), ...slots.slice(0, start)].slice(0, LIMITS.getSlots);
}

interface Applied {
  readonly changed: boolean;
  /** Objects in a version that none of the entries read so far names. */
  readonly ahead: Readonly<Record<string, string>>;
  /** Something was not given: the next entries may say why. */
  readonly isMissing: boolean;
}

/** Everything of a page but the cursor. `feed`: with this page read. */
async function apply(
  session: RoundSession,
  wanted: readonly Slot[],
  objects: readonly Fetched[],
  changes: readonly Change[],
  feed: Feed,
): Promise<Result<Applied, TransportFailure>> {
  const { store, scope } = session;
  const newest = latestOf(changes);
  const ahead: Record<string, string> = {};
  const peers: PeerRow[] = [];
  const ownParts: number[] = [];
  const unread = { ...(await readUnread(store)) };
  const into = nothingTaken();
  const opened = await openHeaders(scope, objects);
  const settled = await lastSettled(store);
  const late = new Set<string>(
    changes.flatMap(({ seq, ops }) => (settled && seq > settled.seq ? ops.map(({ slot }) => slot) : [])),
  );
  // First what others say of the feed: where it does not fit, nothing of the page is taken.
  for (const object of headsFirst(objects, opened)) {
    const header = opened.get(object.slot);
    const own = header?.header.author === deviceIdOf(store);
    const known = await store.db.get('peers', object.slot);
    // An older version of something that we have seen newer is not taken over.
    const older = known?.version !== undefined && (header?.header.counter ?? 0) < known.version;
    // All devices have moved to another master key: only one that was taken out could still write under the old one.
    const newerEpoch = header ? null : await epochOfNewer(scope, object.slot, object.body);
    const epoch = header?.epoch ?? newerEpoch ?? undefined;
    const stale = epoch !== undefined && settled && epoch < settled.epoch && late.has(object.slot);
    // What is known and was only wrapped anew has been done.
    const isDone = known?.kind === 'erase' && header?.header.kind === 'erase';
    const outcome: Result<Outcome, TransportFailure> =
      header && !older && !stale
        ? isDone
          ? ok('taken')
          : await take(session, object.slot, header, into, feed)
        : ok(newerEpoch !== null && !stale ? 'newer' : 'broken');
    if (!outcome.ok) return outcome;
    // What was taken of the page so far is taken again when it can be read whole.
    if (outcome.value === 'newer') return NEWER;
    delete unread[object.slot];
    const lateDay = stale && own && header?.header.kind === 'part' ? header.header.day : undefined;
    if (lateDay !== undefined) {
      // A request of this device that was under way all that time, and has been repeated since: it goes when its day is sent anew.
      await queueDay(store, lateDay);
      const etag = toHex(await sha256(object.body));
      // As of the epoch of now, or it would be wrapped anew, and what nobody takes would be taken.
      peers.push({
        slot: object.slot,
        etag,
        kind: 'part',
        own,
        day: lateDay,
        ...epochField(scope.keys.epoch),
      });
    } else if (stale) unread[object.slot] = 'late';
    else if (outcome.value === 'broken' || outcome.value === 'partly') unread[object.slot] = 'broken';
    // Ours, and its key was destroyed here: an object to be taken away.
    else if (outcome.value === 'no-key' && !own) unread[object.slot] = 'no-key';
    if (!header || outcome.value === 'broken' || (outcome.value === 'no-key' && !own)) continue;
    // It opens, so a device of the account wrote it; the feed has to say when.
    // Counted here: what the service says of it may be something else.
    const etag = toHex(await sha256(object.body));
    if (newest.has(object.slot) && newest.get(object.slot) !== etag) ahead[object.slot] = etag;
    const { kind, counter, day } = header.header;
    if (outcome.value === 'no-key' && day !== undefined) await queueDay(store, day);
    if (own && kind === 'part') ownParts.push(counter);
    peers.push({
      slot: object.slot,
      etag,
      kind,
      own,
      ...(kind === 'part' ? {} : { version: counter }),
      ...(day === undefined ? {} : { day }),
      ...epochField(header.epoch),
    });
  }
  const there = new Set<string>(objects.map(({ slot }) => slot));
  // Left out of the answer: it was deleted or replaced meanwhile, which an entry that is yet to come says, or the service keeps it back.
  const missing = wanted.filter((slot) => !there.has(slot) && (newest.get(slot) ?? null) !== null);
  for (const slot of missing) unread[slot] = 'broken';
  const theirs: EraseCommand[] = [];
  for (const one of into.commands) if (!(await isGivenHere(store, scope, one.id))) theirs.push(one);
  if (await isMassDeletion(session, theirs, into.authors)) return BRAKED;
  await addCommands(store, into.commands);
  const gone = changes.flatMap(({ ops }) => ops.flatMap(({ slot, etag }) => (etag === null ? [slot] : [])));
  for (const day of await daysTaken(store, gone)) into.returned.add(day);
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
  // A profile that was put back from a backup learns here which of its numbers are used.
  const sent = await partsSent(store);
  const parts = Math.max(sent, ...ownParts);
  await inTransaction(store.db.transaction(['peers', 'metadata'], 'readwrite', STRICT), (tx, ask) => {
    for (const slot of gone) ask(tx.objectStore('peers').delete(slot));
    for (const peer of peers) ask(tx.objectStore('peers').put(peer));
    if (parts > sent) ask(tx.objectStore('metadata').put(parts, 'parts'));
  });
  // What was deleted, also by a later change, is not waited for.
  for (const slot of gone) if (!there.has(slot) && !missing.includes(slot)) delete unread[slot];
  await writeUnread(store, unread);
  return ok({ changed: peers.length > 0, ahead, isMissing: missing.length > 0 });
}

const headsFirst = (objects: readonly Fetched[], opened: ReadonlyMap<Slot, OpenedHeader>): Fetched[] => {
  const rank = ({ slot }: Fetched) => (opened.get(slot)?.header.kind === 'head' ? 0 : 1);
  return [...objects].sort((a, b) => rank(a) - rank(b));
};

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
  feed: Feed,
): Promise<Result<Outcome, TransportFailure>> {
  const { store, scope, ever } = session;
  const { header } = object;
  if (header.kind === 'part') return takePart(session, slot, object, into);
  if (header.kind === 'erase') {
    const command = await openCommand(session, slot, object);
    if (command === 'newer') return ok('newer');
    if (!command) return ok('broken');
    into.commands.push(command);
    into.authors.set(command.id, header.author);
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
    case 'head': {
      const said = await attested('head', scope.account, header.author, ever.get(header.author)?.sign, value);
      const head = v.safeParse(headSchema, said);
      if (!head.success) return ok('broken');
      const taken = await takeHead(session, header.author, head.output, v.parse(attestedSchema, value), feed);
      return taken.ok ? ok('taken') : taken;
    }
    case 'settings': {
      const theirs = parseShared(value);
      if (!theirs) return ok('newer');
      await noteSettings(store);
      const merged = await changeSharedSettings(store, (ours) => mergeShared(ours, theirs));
      // Each of the two is taken, the sum is not: what is in force here stays, and is not written over theirs.
      if (!merged) return { ok: false, error: { code: 'settings-full', status: 200, message: ACCOUNT_FULL } };
      // We know more than what lies there: send the sum. Not where names only come in another order, or two devices that know the same
      // would go on correcting each other.
      if (canonical(merged) !== canonical(theirs)) await queueRecord(store, 'settings');
      return ok('taken');
    }
  }
}

/**
 * What an object of kind `erase` says; `null` unless it opens, a device that was listed says it, and it has the name that it lies under;
 * `newer` when it says what this version does not know.
 */
export async function openCommand(
  { scope, ever }: Pick<RoundSession, 'scope' | 'ever'>,
  slot: Slot,
  object: OpenedHeader,
): Promise<EraseCommand | 'newer' | null> {
  const { author, name } = object.header;
  const payload = await openBody(scope, slot, object, object.record);
  const value = payload && parseJson(payload);
  const said = await attested('erase', scope.account, author, ever.get(author)?.sign, value);
  if (said === undefined) return null;
  const command = parseCommand(said);
  if (!command) return 'newer';
  return command.id === name ? command : null;
}
