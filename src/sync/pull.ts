/**
 * Taking over what others sent: pages of the change feed, one after another, each applied whole before the cursor moves. A
 * page that is applied twice, or in another order, gives the same.
 */
import * as v from 'valibot';
import { type Bytes, fromBase64Url, fromUtf8, utf8 } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type AeadKey, aeadKey } from '../crypto/envelope.ts';
import { foldEvents, type InteractionEvent } from '../model/interaction.ts';
import { mergeShared, parseShared } from '../model/shared-settings.ts';
import { decodeFrame, splitBodies } from '../protocol/frame.ts';
import type { Slot } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { PATHS } from '../protocol/routes.ts';
import { type Change, changesAnswerSchema, getAnswerSchema } from '../protocol/wire.ts';
import { decodeEvents } from '../storage/codec.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { PeerRow } from '../storage/schema.ts';
import { sealSegments, segmentsOfDay } from '../storage/segments.ts';
import {
  type AccountState,
  deviceIdOf,
  readSharedSettings,
  signerOf,
  writeSharedSettings,
} from './account-state.ts';
import { addCommands, type EraseCommand, erasedBy, parseCommand, readCommands } from './erasures.ts';
import { type ObjectScope, type OpenedHeader, openBody, openHeader, slotOf } from './objects.ts';
import { queueRecord } from './outbox.ts';
import { parseEvent } from './parse-event.ts';
import type { Transport, TransportFailure } from './transport.ts';

export interface PullSession {
  readonly store: LocalStore;
  readonly transport: Transport;
  readonly scope: ObjectScope;
  readonly account: AccountState;
  /** Key rings of other devices, by device, then `day/generation`. Filled as they are met. */
  readonly rings: Map<string, Map<string, AeadKey>>;
}

interface Fetched {
  readonly slot: Slot;
  readonly etag: string;
  readonly body: Bytes;
}

export interface Pulled {
  /** Records or settings are different now. */
  readonly changed: boolean;
  /** Objects that did not open; they are left at the service and reported. */
  readonly unreadable: number;
}

export async function pull(session: PullSession): Promise<Result<Pulled, TransportFailure>> {
  const { store, transport, account } = session;
  const signer = signerOf(store, account.account);
  let changed = false;
  let unreadable = 0;
  for (;;) {
    const since = ((await store.db.get('metadata', 'cursor')) as number | undefined) ?? 0;
    const page = await transport.json(
      changesAnswerSchema,
      { method: 'GET', path: `${PATHS.changes}?since=${since}&limit=${LIMITS.changesPage}` },
      signer,
    );
    if (!page.ok) return page;
    const { changes, head } = page.value;
    if (changes.some(({ seq }, index) => seq !== since + 1 + index) || head < since) {
      return {
        ok: false,
        error: {
          ...fail(
            'inconsistent',
            'The sync service lost part of its history. Sync has stopped; nothing here was changed.',
          ).error,
          status: 200,
        },
      };
    }
    const last = changes.at(-1);
    if (!last) return ok({ changed, unreadable });
    const objects = await fetchLive(session, changes);
    if (!objects.ok) return objects;
    const applied = await apply(session, objects.value, changes);
    changed ||= applied.changed;
    unreadable += applied.unreadable;
    for (const { device, at } of changes) await store.db.put('metadata', at, `seen/${device}`);
    await store.db.put('metadata', last.seq, 'cursor');
    if (last.seq >= head) return ok({ changed, unreadable });
  }
}

/** What a page leaves in the slots that others wrote. */
async function fetchLive(
  session: PullSession,
  changes: readonly Change[],
): Promise<Result<Fetched[], TransportFailure>> {
  const { store } = session;
  const latest = new Map<Slot, string | null>();
  for (const change of changes) for (const { slot, etag } of change.ops) latest.set(slot, etag);
  const wanted: Slot[] = [];
  for (const [slot, etag] of latest) {
    if (etag !== null && (await store.db.get('peers', slot))?.etag !== etag) wanted.push(slot);
  }
  return fetchSlots(session, wanted);
}

async function fetchSlots(
  { store, transport, account }: PullSession,
  slots: readonly Slot[],
): Promise<Result<Fetched[], TransportFailure>> {
  const fetched: Fetched[] = [];
  let rest = [...slots];
  while (rest.length > 0) {
    const ask = rest.slice(0, LIMITS.getSlots);
    const answer = await transport.call(
      {
        method: 'POST',
        path: PATHS.get,
        body: utf8(JSON.stringify({ slots: ask })),
        type: 'application/json',
      },
      signerOf(store, account.account),
    );
    if (!answer.ok) return answer;
    const frame = decodeFrame(answer.value.body);
    const head = v.safeParse(getAnswerSchema, frame?.head);
    const bodies =
      frame && head.success
        ? splitBodies(
            frame.rest,
            head.output.found.map(({ size }) => size),
          )
        : null;
    if (!head.success || !bodies || (head.output.rest.length > 0 && head.output.found.length === 0)) {
      return {
        ok: false,
        error: {
          ...fail(
            'not-a-service',
            'What answers at this address is not an ARQ sync service. Check the address.',
          ).error,
          status: 200,
        },
      };
    }
    head.output.found.forEach(({ slot, etag }, index) => {
      const body = bodies[index];
      if (body && ask.includes(slot)) fetched.push({ slot, etag, body });
    });
    rest = [...rest.slice(LIMITS.getSlots), ...head.output.rest.filter((slot) => ask.includes(slot))];
  }
  return ok(fetched);
}

async function apply(
  session: PullSession,
  objects: readonly Fetched[],
  changes: readonly Change[],
): Promise<Pulled> {
  const { store, scope } = session;
  const opened: (Fetched & { readonly header: OpenedHeader })[] = [];
  let unreadable = 0;
  for (const object of objects) {
    const header = await openHeader(scope, object.slot, object.body);
    if (header) opened.push({ ...object, header });
    else unreadable += 1;
  }
  const peers: PeerRow[] = [];
  const commands: EraseCommand[] = [];
  const events = new Map<Day, InteractionEvent[]>();
  let changed = false;
  for (const object of opened) {
    const { kind, author, counter } = object.header.header;
    const own = author === deviceIdOf(store);
    const known = await store.db.get('peers', object.slot);
    // An older version of something that we have seen newer is not taken over.
    if (known?.version !== undefined && counter < known.version) {
      unreadable += 1;
      continue;
    }
    const taken = await take(session, object, { commands, events });
    if (!taken) {
      unreadable += 1;
      continue;
    }
    changed = true;
    const day = object.header.header.day;
    peers.push({
      slot: object.slot,
      etag: object.etag,
      kind,
      own,
      ...(kind === 'part' ? {} : { version: counter }),
      ...(day === undefined ? {} : { day }),
    });
  }
  await addCommands(store, commands);
  const everyCommand = await readCommands(store);
  const erased = erasedBy(everyCommand, scope.keys.naming);
  for (const [day, received] of events) await addEvents(store, day, received, erased);
  if (commands.length > 0) await store.erase(erasedBy(commands, scope.keys.naming));
  const tx = store.db.transaction('peers', 'readwrite', { durability: 'strict' });
  for (const change of changes)
    for (const { slot, etag } of change.ops) if (etag === null) tx.store.delete(slot);
  for (const peer of peers) tx.store.put(peer);
  await tx.done;
  store.recount();
  return { changed, unreadable };
}

const ringSchema = v.object({
  entries: v.array(
    v.object({ day: v.pipe(v.string(), v.isoDate()), generation: v.number(), key: v.string() }),
  ),
});

/** `false` when the object does not open or is not what it says. */
async function take(
  session: PullSession,
  object: { readonly slot: Slot; readonly header: OpenedHeader },
  into: { readonly commands: EraseCommand[]; readonly events: Map<Day, InteractionEvent[]> },
): Promise<boolean> {
  const { store, scope } = session;
  const { header } = object.header;
  if (header.kind === 'part') {
    const key = await partKey(session, header);
    const payload = key && (await openBody(scope, object.slot, object.header, key));
    if (!payload || header.day === undefined) return false;
    const list = into.events.get(header.day) ?? [];
    list.push(...(await decodeEvents(payload)).flatMap((event) => parseEvent(event) ?? []));
    into.events.set(header.day, list);
    return true;
  }
  const payload = await openBody(scope, object.slot, object.header, scope.keys.record);
  if (!payload) return false;
  const value: unknown = JSON.parse(fromUtf8(payload));
  switch (header.kind) {
    case 'ring':
      session.rings.set(header.author, await readRing(value));
      return true;
    case 'erase': {
      const command = parseCommand(value);
      if (!command || command.id !== header.name) return false;
      into.commands.push(command);
      return true;
    }
    case 'card':
      await store.writeNamed(`card/${header.author}`, value);
      return true;
    case 'settings': {
      const theirs = parseShared(value);
      if (!theirs) return false;
      const ours = await readSharedSettings(store);
      const merged = mergeShared(ours, theirs);
      await writeSharedSettings(store, merged);
      // We know more than what lies there: send the sum.
      if (JSON.stringify(merged) !== JSON.stringify(theirs)) await queueRecord(store, 'settings');
      return true;
    }
  }
}

async function readRing(value: unknown): Promise<Map<string, AeadKey>> {
  const parsed = v.safeParse(ringSchema, value);
  const ring = new Map<string, AeadKey>();
  for (const { day, generation, key } of parsed.success ? parsed.output.entries : []) {
    const raw = fromBase64Url(key);
    if (raw?.length === 32) ring.set(`${day}/${generation}`, await aeadKey(raw));
  }
  return ring;
}

/** The key of somebody's day: from their ring as we know it, else as it lies at the service now. */
async function partKey(session: PullSession, header: OpenedHeader['header']): Promise<AeadKey | undefined> {
  const { store, scope, rings } = session;
  const name = `${header.day}/${header.generation}`;
  if (header.author === deviceIdOf(store) && header.day !== undefined) {
    return (await store.vault.key(header.day, header.generation ?? 0).catch(() => undefined))?.aead;
  }
  const known = rings.get(header.author)?.get(name);
  if (known) return known;
  const slot = await slotOf(scope, { kind: 'ring', author: header.author, incarnation: 0, counter: 0 });
  const fetched = await fetchSlots(session, [slot]);
  const object = fetched.ok ? fetched.value[0] : undefined;
  const opened = object && (await openHeader(scope, slot, object.body));
  const payload = opened && (await openBody(scope, slot, opened, scope.keys.record));
  if (payload) rings.set(header.author, await readRing(JSON.parse(fromUtf8(payload))));
  return rings.get(header.author)?.get(name);
}

/** Adds what is not there yet and was not erased, sealed with this device's key of the day. */
async function addEvents(
  store: LocalStore,
  day: Day,
  received: readonly InteractionEvent[],
  erased: ReturnType<typeof erasedBy>,
): Promise<void> {
  await store.exclusive(async () => {
    const { events } = await store.eventsOfDay(day);
    const known = new Set(events.map(({ id }) => id));
    const fresh = [
      ...new Map(received.filter(({ id }) => !known.has(id)).map((event) => [event.id, event])).values(),
    ];
    const gone = new Set<string>();
    for (const record of foldEvents(fresh)) if (await erased(record)) gone.add(record.id);
    const kept = fresh.filter((event) => !gone.has(event.kind === 'visit-update' ? event.visit : event.id));
    if (kept.length === 0) return;
    const segments = await sealSegments(
      store.vault,
      day,
      await store.vault.currentKey(day),
      kept,
      await segmentsOfDay(store.db, store.vault.userId, day),
    );
    const tx = store.db.transaction('interactions', 'readwrite', { durability: 'strict' });
    for (const segment of segments) tx.store.add(segment);
    await tx.done;
  });
}
