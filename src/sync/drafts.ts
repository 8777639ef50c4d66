/** What waits, as sealed objects: parts of days, key ring, card, settings, erase commands, head. */
import { type Bytes, toHex } from '../base/bytes.ts';
import type { Clock, Day } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/primitives.ts';
import type { InteractionEvent } from '../model/interaction.ts';
import type { Etag, Slot } from '../protocol/ids.ts';
import type { Limits } from '../protocol/limits.ts';
import type { BatchOp } from '../protocol/wire.ts';
import { encodeEvents } from '../storage/codec.ts';
import { DamagedError } from '../storage/database.ts';
import { openJournalRow } from '../storage/journal.ts';
import type { RingName } from '../storage/key-store.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { PeerRow } from '../storage/schema.ts';
import { eventsOf } from '../storage/vault.ts';
import { type AccountState, deviceIdOf, readSharedSettings, signerOf } from './account-state.ts';
import { type Attested, attest } from './attested.ts';
import { epochOfPeer } from './epochs.ts';
import { readCommands } from './erasures.ts';
import { FEED, type Feed } from './feed.ts';
import { ownHead } from './heads.ts';
import { encodeJson } from './json.ts';
import { epochField, type ObjectHeader, type ObjectScope, sealObject, slotOf } from './objects.ts';
import type { QueuedRow, Staged } from './outbox.ts';
import { ownCard } from './receipts.ts';
import { publishedBefore, ringNote, ringPayload } from './rings.ts';
import type { Transport, TransportFailure } from './transport.ts';

/** Events in one part. */
const PART_EVENTS = 400;
/** Of a part before it is padded (by 12 % at most) and sealed: below the limit of one body. */
const partBytes = ({ bodyBytes }: Limits): number => bodyBytes * 0.85;

export interface PushSession {
  readonly store: LocalStore;
  readonly transport: Transport;
  readonly scope: ObjectScope;
  readonly account: AccountState;
  /** Devices in the account's list: they send their own events. */
  readonly authors: ReadonlySet<string>;
  readonly clock: Clock;
}

export interface Draft {
  readonly op: BatchOp;
  readonly body: Bytes | null;
  readonly peer: Staged['peers'][number];
}

export interface Group {
  readonly what: 'events' | 'day' | 'record';
  readonly name: string;
  readonly rows: readonly QueuedRow[];
}

/**
 * Rows that are sent together: events of one day, a whole day (which covers its events), a record. What takes something
 * away goes first, so that a full account gets room.
 */
export function groups(rows: readonly QueuedRow[], wholeDays: ReadonlySet<Day>): Group[] {
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

export async function draftsOf(session: PushSession, group: Group, nextPart: () => number): Promise<Draft[]> {
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
    return partDrafts(session, day, events, nextPart, {});
  }
  const { events, damaged } = await store.eventsOfDay(day);
  const ids = new Set(events.map(({ id }) => id));
  const all = group.rows.some((row) => row.what === 'day' && row.all);
  // Events of devices that are not in this account (any more) have nobody else to send them. Updates of a visit that is not
  // here are for nobody.
  const own = events.filter(
    (event) =>
      (event.kind !== 'visit-update' || ids.has(event.visit)) &&
      (all ||
        event.id.startsWith(`${store.vault.deviceId}.`) ||
        !session.authors.has(event.id.split('.', 1)[0] ?? '')),
  );
  // What does not open here may be all there is of it: then it stays there, and what opens comes beside it.
  const before = (damaged > 0 ? [] : await store.db.getAll('peers')).filter(
    (peer) => peer.own && peer.kind === 'part' && peer.day === day,
  );
  return [
    ...(await partDrafts(session, day, own, nextPart, { whole: true })),
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
  { store, scope, transport }: PushSession,
  day: Day,
  events: readonly InteractionEvent[],
  nextPart: () => number,
  isWhole: Pick<PeerRow, 'whole'>,
): Promise<Draft[]> {
  const drafts: Draft[] = [];
  if (events.length === 0) return drafts;
  const key = await store.vault.currentKey(eventsOf(day));
  const payloads: Bytes[] = [];
  for (let i = 0; i < events.length; i += PART_EVENTS)
    payloads.push(...(await payloadsOf(events.slice(i, i + PART_EVENTS), partBytes(transport.limits))));
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
    drafts.push(await draft(scope, slot, body, null, { kind: 'part', day, own: true, ...isWhole }));
  }
  return drafts;
}

/** Long addresses that do not compress make more than one body of it. */
async function payloadsOf(events: readonly InteractionEvent[], mostBytes: number): Promise<Bytes[]> {
  const payload = await encodeEvents(events);
  if (payload.length <= mostBytes || events.length < 2) return [payload];
  const half = Math.ceil(events.length / 2);
  const [one, other] = [events.slice(0, half), events.slice(half)];
  return [...(await payloadsOf(one, mostBytes)), ...(await payloadsOf(other, mostBytes))];
}

async function draft(
  { keys: { epoch } }: ObjectScope,
  slot: Slot,
  body: Bytes,
  ifMatch: Etag | null,
  more: Omit<PeerRow, 'slot' | 'etag' | 'epoch'>,
): Promise<Draft> {
  const etag = toHex(await sha256(body)) as Etag;
  return {
    op: { op: 'put', slot, ifMatch, size: body.length },
    body,
    peer: { slot, etag, ...more, ...epochField(epoch) },
  };
}

/** In the place of an etag: the service says that nothing lies there. The version is remembered, it only grows. */
export const NOTHING = '';

/** A record that may be written again: its version grows, and it replaces what we last saw. */
async function versioned(
  session: PushSession,
  kind: 'ring' | 'card' | 'settings' | 'head',
  payload: unknown,
  own: boolean,
  note?: string,
): Promise<Draft> {
  const { store, scope } = session;
  const base = { kind, author: deviceIdOf(store), incarnation: store.vault.incarnation } as const;
  const slot = await slotOf(scope, { ...base, counter: 0 });
  const peer = await store.db.get('peers', slot);
  const counter = (peer?.version ?? 0) + 1;
  const { body } = await sealObject(scope, { ...base, counter }, scope.keys.record, encodeJson(payload));
  return draft(scope, slot, body, ((peer?.etag ?? NOTHING) as Etag) || null, {
    kind,
    version: counter,
    own,
    ...(note === undefined ? {} : { note }),
  });
}

async function recordDraft(session: PushSession, name: string): Promise<Draft[]> {
  const { store, scope, account } = session;
  const own = deviceIdOf(store);
  const signed = (what: Attested, value: unknown) =>
    attest(what, account.account, own, store.vault.device.sign.privateKey, value);
  if (name === 'card')
    return [await versioned(session, 'card', await signed('card', await ownCard(store, account)), true)];
  if (name === 'settings')
    return [await versioned(session, 'settings', await readSharedSettings(store), false)];
  const command = (await readCommands(store)).find(({ id }) => name === `erase/${id}`);
  if (!command) return [];
  const header: ObjectHeader = {
    kind: 'erase',
    author: own,
    incarnation: store.vault.incarnation,
    counter: 0,
    name: command.id,
  };
  const payload = encodeJson(await signed('erase', command));
  const { slot, body } = await sealObject(scope, header, scope.keys.record, payload);
  // It is there: its answer was lost, and the pull found it. Nobody else gives a command of this name.
  if (await store.db.get('peers', slot)) return [];
  return [await draft(scope, slot, body, null, { kind: 'erase', own: true })];
}

/**
 * Our key ring goes before anything that needs a key which others do not have yet, and again when keys were destroyed. A key
 * that does not open here stays in it as it was published.
 */
export async function ringDraft(
  session: PushSession,
  drafts: readonly Draft[],
): Promise<Result<Draft | null, TransportFailure>> {
  const { store, scope, account } = session;
  const slot = await slotOf(scope, {
    kind: 'ring',
    author: deviceIdOf(store),
    incarnation: store.vault.incarnation,
    counter: 0,
  });
  const published = await store.db.get('peers', slot);
  if (!published && !drafts.some(({ peer }) => !('gone' in peer) && peer.kind === 'part')) return ok(null);
  const keys = await store.vault.ring('interactions');
  const open = new Set(keys.map(({ day, generation }) => `${day}/${generation}`));
  const closed = store.vault
    .names('interactions')
    .filter(({ day, generation }) => !open.has(`${day}/${generation}`));
  if (published?.note === ringNote(keys, closed, scope.keys.epoch)) return ok(null);
  closed.push(...(await lostKeys(store)));
  const note = ringNote(keys, closed, scope.keys.epoch);
  if (published?.note === note) return ok(null);
  const before = await publishedBefore(session, signerOf(store, account.account), closed);
  if (!before.ok) return before;
  return ok(await versioned(session, 'ring', ringPayload(keys, before.value), true, note));
}

/** Of days that have records here and no key at all: damage lost them, and what is published may be all that is left of them. */
async function lostKeys(store: LocalStore): Promise<RingName[]> {
  const known = new Set(store.vault.periods('interactions'));
  const lost: RingName[] = [];
  for (const day of await store.days())
    if (!known.has(day))
      lost.push(...(await store.closedKeys(day)).filter((key) => key.store === 'interactions'));
  return lost;
}

/**
 * How far this device has read the feed, beside whatever else it sends. `isIdle`: nothing else is sent; then it goes only to be moved to
 * the master key of now.
 */
export async function headDraft(session: PushSession, isIdle: boolean): Promise<Draft | null> {
  const { store, scope, account, clock } = session;
  const own = deviceIdOf(store);
  const place = { kind: 'head', author: own, incarnation: store.vault.incarnation, counter: 0 } as const;
  const published = await store.db.get('peers', await slotOf(scope, place));
  if (isIdle && (!published || epochOfPeer(published) === scope.keys.epoch)) return null;
  const feed = (await store.db.get('metadata', FEED)) as Feed | undefined;
  const head = feed && (await ownHead(store, feed, clock.nowMs()));
  if (!head) return null;
  const { privateKey } = store.vault.device.sign;
  return versioned(session, 'head', await attest('head', account.account, own, privateKey, head), true);
}
