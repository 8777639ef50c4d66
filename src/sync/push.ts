/**
 * Sending what waits: turns outbox rows into sealed objects, keeps the sealed batch, sends it, settles it. A worker that is
 * stopped anywhere sends the same bytes again.
 */
import { type Bytes, toHex, utf8 } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { randomId } from '../base/random.ts';
import { ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/primitives.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import { SERVICE_ERRORS } from '../protocol/errors.ts';
import { encodeFrame, FRAME_TYPE } from '../protocol/frame.ts';
import type { Etag, Slot } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { PATHS } from '../protocol/routes.ts';
import { type BatchOp, batchAnswerSchema } from '../protocol/wire.ts';
import { encodeEvents } from '../storage/codec.ts';
import { DamagedError } from '../storage/database.ts';
import { openJournalRow } from '../storage/journal.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { PeerRow } from '../storage/schema.ts';
import { type AccountState, deviceIdOf, readSharedSettings, signerOf } from './account-state.ts';
import { readCommands } from './erasures.ts';
import { type ObjectHeader, type ObjectScope, sealObject, slotOf } from './objects.ts';
import {
  partsSent,
  type QueuedRow,
  queued,
  readStaged,
  type Staged,
  settle,
  stage,
  unstage,
} from './outbox.ts';
import { ringNote, ringPayload } from './rings.ts';
import type { Transport, TransportFailure } from './transport.ts';

/** Outbox rows taken at a time. */
const ROWS = 500;
/** Events in one part. */
const PART_EVENTS = 400;
/** Of a part before it is padded (by 12 % at most) and sealed: below the limit of one body. */
const PART_BYTES = Math.floor(LIMITS.bodyBytes * 0.85);
/** Sum of bodies in one batch, below the request limit. */
const BATCH_BYTES = 768 * 1024;

/** Answers that mean: nothing of this batch, and never with these bytes. */
const REFUSED_WHOLE: ReadonlySet<number> = new Set([
  SERVICE_ERRORS.BAD_REQUEST,
  SERVICE_ERRORS.TOO_LARGE,
  SERVICE_ERRORS.QUOTA,
]);

export interface PushSession {
  readonly store: LocalStore;
  readonly transport: Transport;
  readonly scope: ObjectScope;
  readonly account: AccountState;
  /** Devices in the account's list: they send their own events. */
  readonly authors: ReadonlySet<string>;
}

interface Draft {
  readonly op: BatchOp;
  readonly body: Bytes | null;
  readonly peer: Staged['peers'][number];
}

/** `more`: something still waits. `pull`: a shared record was changed by another device; pull, then push again. */
export type Pushed = 'done' | 'more' | 'pull';

export async function push(session: PushSession): Promise<Result<Pushed, TransportFailure>> {
  const { store, transport, account } = session;
  const waiting = await readStaged(store);
  const staged = waiting.length > 0 ? waiting : await prepare(session);
  const [first] = staged;
  if (!first) return ok('done');
  const answer = await transport.json(
    batchAnswerSchema,
    { method: 'POST', path: PATHS.batch, body: first.frame, type: FRAME_TYPE },
    signerOf(store, account.account),
  );
  if (!answer.ok) {
    // Nothing of it was written, and the same bytes would be refused for ever: also when, by now, there are deletions that
    // make room.
    if (REFUSED_WHOLE.has(answer.error.status)) await unstage(store);
    return answer;
  }
  const accepted = first.peers.map((peer, index) => {
    const result = answer.value.results[index];
    // A slot that holds exactly what we sent was written by us.
    // Deleting what somebody replaced meanwhile: theirs stays, ours is gone.
    return result !== undefined && (result.ok || 'gone' in peer || result.etag === peer.etag);
  });
  const conflict = first.peers.some((peer, index) => !accepted[index] && !('gone' in peer));
  await learnEtags(store, first, answer.value.results, accepted);
  await settle(store, staged, accepted);
  if (conflict) return ok('pull');
  return ok(staged.length > 1 || (await store.db.count('outbox')) > 0 ? 'more' : 'done');
}

/** Own objects whose etag we lost track of (an answer that never came): the next try replaces what is there. */
async function learnEtags(
  store: LocalStore,
  staged: Staged,
  results: readonly { etag: Etag | null }[],
  accepted: readonly boolean[],
): Promise<void> {
  for (const [index, peer] of staged.peers.entries()) {
    const etag = results[index]?.etag;
    if (accepted[index] || 'gone' in peer || !peer.own || peer.kind === 'part' || !etag) continue;
    // Without the note: what is there is not what was refused, so a key ring has to be sent again.
    const { note: _, ...known } = peer;
    await store.db.put('peers', { ...known, etag });
  }
}

async function prepare(session: PushSession): Promise<readonly Staged[]> {
  const { store } = session;
  return store.exclusive(async () => {
    const rows = await queued(store, ROWS);
    const drafts: Draft[] = [];
    const groupOf: number[] = [];
    const settled: number[][] = [];
    let parts = await partsSent(store);
    const nextPart = () => {
      parts += 1;
      return parts;
    };
    const days = new Set(rows.flatMap((row) => (row.what === 'day' ? [row.day] : [])));
    for (const group of groups(rows, days)) {
      if (drafts.length > 0 && (sizeOf(drafts) > BATCH_BYTES / 2 || drafts.length > LIMITS.batchOps / 2))
        break;
      const made = await draftsOf(session, group, nextPart);
      groupOf.push(...made.map(() => settled.length));
      drafts.push(...made);
      settled.push(group.rows.map(({ key }) => key));
    }
    const ring = await ringDraft(session, drafts);
    if (!ring && drafts.length === 0) {
      await drop(store, settled.flat());
      return [];
    }
    const staged = cut(ring, drafts, groupOf, settled);
    await stage(store, staged, parts);
    return staged;
  });
}

const sizeOf = (drafts: readonly Draft[]): number =>
  drafts.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);

/** Batches that the service takes, in order. The ring goes first: what comes later may need its keys. */
function cut(
  ring: Draft | null,
  drafts: readonly Draft[],
  groupOf: readonly number[],
  settled: readonly number[][],
): Staged[] {
  const batches: { drafts: Draft[]; groups: (number | 'none')[] }[] = [
    { drafts: ring ? [ring] : [], groups: ring ? ['none'] : [] },
  ];
  for (const [index, next] of drafts.entries()) {
    let batch = batches.at(-1);
    if (
      !batch ||
      batch.drafts.length >= LIMITS.batchOps ||
      (batch.drafts.length > 0 && sizeOf([...batch.drafts, next]) > BATCH_BYTES)
    ) {
      batch = { drafts: [], groups: [] };
      batches.push(batch);
    }
    batch.drafts.push(next);
    batch.groups.push(groupOf[index] ?? 'none');
  }
  const batchOf = (group: number) => batches.findLastIndex(({ groups: of }) => of.includes(group));
  return batches.map(({ drafts: of, groups: groupsOf }, at) => ({
    frame: encodeFrame(
      { key: randomId(), atomic: false, ops: of.map(({ op }) => op) },
      of.flatMap(({ body }) => (body ? [body] : [])),
    ),
    peers: of.map(({ peer }) => peer),
    groupOf: groupsOf.map((group) => (group === 'none' || batchOf(group) === at ? group : 'goes on')),
    // A group that came to nothing is done with the first batch.
    rows: settled.map((rows, group) => (Math.max(0, batchOf(group)) === at ? rows : [])),
  }));
}

/** Rows that came to nothing: what they were about was erased while they waited. */
async function drop(store: LocalStore, rows: readonly number[]): Promise<void> {
  const tx = store.db.transaction('outbox', 'readwrite');
  for (const key of rows) tx.store.delete(key);
  await tx.done;
}

interface Group {
  readonly what: 'events' | 'day' | 'record';
  readonly name: string;
  readonly rows: readonly QueuedRow[];
}

/**
 * Rows that are sent together: events of one day, a whole day (which covers its events), a record. What takes something
 * away goes first, so that a full account gets room.
 */
function groups(rows: readonly QueuedRow[], wholeDays: ReadonlySet<Day>): Group[] {
  const found = new Map<string, { what: Group['what']; name: string; rows: QueuedRow[] }>();
  for (const row of rows) {
    const what =
      row.what === 'record' ? 'record' : row.what === 'day' || wholeDays.has(row.day) ? 'day' : 'events';
    const name = row.what === 'record' ? row.name : row.day;
    const group = found.get(`${what}/${name}`) ?? { what, name, rows: [] };
    group.rows.push(row);
    found.set(`${what}/${name}`, group);
  }
  const order = { record: 0, day: 1, events: 2 } as const;
  return [...found.values()].sort((a, b) => order[a.what] - order[b.what]);
}

async function draftsOf(session: PushSession, group: Group, nextPart: () => number): Promise<Draft[]> {
  if (group.what === 'record') return recordDraft(session, group.name);
  const { store } = session;
  const day = group.name;
  if (group.what === 'events') {
    const events: InteractionEvent[] = [];
    for (const row of group.rows) {
      if (row.what !== 'event') continue;
      try {
        events.push(await openJournalRow(store.vault, row));
      } catch (error) {
        // Its key went while it waited: it was erased.
        if (!(error instanceof DamagedError)) throw error;
      }
    }
    return partDrafts(session, day, events, nextPart);
  }
  const { events } = await store.eventsOfDay(day);
  // Events of devices that are not in this account (any more) have nobody else to send them.
  const own = events.filter(
    (event) =>
      event.id.startsWith(`${store.vault.deviceId}.`) ||
      !session.authors.has(event.id.split('.', 1)[0] ?? ''),
  );
  const before = (await store.db.getAll('peers')).filter(
    (peer) => peer.own && peer.kind === 'part' && peer.day === day,
  );
  return [
    ...(await partDrafts(session, day, own, nextPart)),
    ...before.map(
      (peer): Draft => ({
        op: { op: 'delete', slot: peer.slot as Slot },
        body: null,
        peer: { slot: peer.slot, gone: true },
      }),
    ),
  ];
}

async function partDrafts(
  { store, scope }: PushSession,
  day: Day,
  events: readonly InteractionEvent[],
  nextPart: () => number,
): Promise<Draft[]> {
  const drafts: Draft[] = [];
  if (events.length === 0) return drafts;
  const key = await store.vault.currentKey(day);
  const payloads: Bytes[] = [];
  for (let i = 0; i < events.length; i += PART_EVENTS)
    payloads.push(...(await payloadsOf(events.slice(i, i + PART_EVENTS))));
  for (const payload of payloads) {
    const header: ObjectHeader = {
      kind: 'part',
      author: deviceIdOf(store),
      incarnation: store.vault.incarnation,
      counter: nextPart(),
      day,
      generation: key.generation,
    };
    const { slot, body } = await sealObject(scope, header, key.aead, payload);
    drafts.push(await draft(slot, body, null, { kind: 'part', day, own: true }));
  }
  return drafts;
}

/** Long addresses that do not compress make more than one body of it. */
async function payloadsOf(events: readonly InteractionEvent[]): Promise<Bytes[]> {
  const payload = await encodeEvents(events);
  if (payload.length <= PART_BYTES || events.length < 2) return [payload];
  const half = Math.ceil(events.length / 2);
  return [...(await payloadsOf(events.slice(0, half))), ...(await payloadsOf(events.slice(half)))];
}

async function draft(
  slot: Slot,
  body: Bytes,
  ifMatch: Etag | null,
  more: Omit<PeerRow, 'slot' | 'etag'>,
): Promise<Draft> {
  const etag = toHex(await sha256(body)) as Etag;
  return { op: { op: 'put', slot, ifMatch, size: body.length }, body, peer: { slot, etag, ...more } };
}

/** A record that may be written again: its version grows, and it replaces what we last saw. */
async function versioned(
  session: PushSession,
  kind: 'ring' | 'card' | 'settings',
  payload: unknown,
  own: boolean,
  note?: string,
): Promise<Draft> {
  const { store, scope } = session;
  const base = { kind, author: deviceIdOf(store), incarnation: store.vault.incarnation } as const;
  const slot = await slotOf(scope, { ...base, counter: 0 });
  const peer = await store.db.get('peers', slot);
  const counter = (peer?.version ?? 0) + 1;
  const { body } = await sealObject(
    scope,
    { ...base, counter },
    scope.keys.record,
    utf8(JSON.stringify(payload)),
  );
  return draft(slot, body, (peer?.etag as Etag | undefined) ?? null, {
    kind,
    version: counter,
    own,
    ...(note === undefined ? {} : { note }),
  });
}

async function recordDraft(session: PushSession, name: string): Promise<Draft[]> {
  const { store, scope, account } = session;
  if (name === 'card') return [await versioned(session, 'card', { name: account.deviceName }, true)];
  if (name === 'settings')
    return [await versioned(session, 'settings', await readSharedSettings(store), false)];
  const command = (await readCommands(store)).find(({ id }) => name === `erase/${id}`);
  if (!command) return [];
  const header: ObjectHeader = {
    kind: 'erase',
    author: deviceIdOf(store),
    incarnation: store.vault.incarnation,
    counter: 0,
    name: command.id,
  };
  const { slot, body } = await sealObject(scope, header, scope.keys.record, utf8(JSON.stringify(command)));
  return [await draft(slot, body, null, { kind: 'erase', own: true })];
}

/** Our key ring goes before anything that needs a key which others do not have yet, and again when keys were destroyed. */
async function ringDraft(session: PushSession, drafts: readonly Draft[]): Promise<Draft | null> {
  const { store, scope } = session;
  const slot = await slotOf(scope, {
    kind: 'ring',
    author: deviceIdOf(store),
    incarnation: store.vault.incarnation,
    counter: 0,
  });
  const published = await store.db.get('peers', slot);
  if (!published && !drafts.some(({ peer }) => !('gone' in peer) && peer.kind === 'part')) return null;
  const keys = await store.vault.ring();
  const note = ringNote(keys);
  if (published?.note === note) return null;
  return versioned(session, 'ring', ringPayload(keys), true, note);
}
