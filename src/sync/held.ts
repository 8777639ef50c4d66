/**
 * What lies at the service, newest first: what the service tells of each object, and what this device finds in it. The service has no
 * list by time, so the change feed is read backwards, and what is still there is fetched and opened. Nothing of it is written or kept.
 */
import { fail, ok, type Result } from '../base/result.ts';
import type { HeldAccount, HeldObject, HeldPage } from '../model/held.ts';
import type { Slot } from '../protocol/ids.ts';
import { PATHS } from '../protocol/routes.ts';
import { accountAnswerSchema, type Change, changesAnswerSchema } from '../protocol/wire.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { deviceIdOf, signerOf } from './account-state.ts';
import { fetchSlots } from './fetch.ts';
import { lookInto } from './held-object.ts';
import type { PullSession } from './parts.ts';
import { cardOf } from './receipts.ts';
import type { TransportFailure } from './transport.ts';
import { readUnread } from './unread.ts';

/** Objects of one answer. The last write may bring more: a batch has a hundred at most. */
const OBJECTS = 20;
/** Bodies of one answer; of the last write, a megabyte more at most. */
const BYTES = 2 * 1024 * 1024;
/** Entries of the feed that are asked for at once: one may name a hundred slots, and an answer has a megabyte. */
const ENTRIES = 100;
/** Questions for entries of one answer: old entries may be of nothing that is still there. */
const STEPS = 20;

type Found<T> = Result<T, TransportFailure>;

/** What an entry of the feed says of one slot. */
interface Told extends Omit<HeldObject, 'inside' | 'closed' | 'slot'> {
  readonly slot: Slot;
}

/**
 * What was written after `after` and before `before` (numbers of the feed) and still lies there. Where `next` is absent in the answer,
 * that is all of it.
 */
export async function readHeld(
  session: PullSession,
  { before, after = 0 }: { readonly before?: number | undefined; readonly after?: number | undefined },
): Promise<Found<HeldPage>> {
  const account = await accountTold(session);
  if (!account.ok) return account;
  const newest = await readFeed(session, 0, 1);
  if (!newest.ok) return newest;
  const { head } = newest.value;
  const objects: HeldObject[] = [];
  const gone: Slot[] = [];
  const met = new Set<Slot>();
  const isReplaced = await replacedIn(session.store);
  let [room, bytes] = [OBJECTS, BYTES];
  let until = Math.min(head, (before ?? head + 1) - 1);
  for (let step = 0; step < STEPS && until > after && room > 0 && bytes > 0; step++) {
    const entries = await entriesUpTo(session, Math.max(after, until - ENTRIES), until);
    if (!entries.ok) return entries;
    const told: Told[] = [];
    for (const entry of entries.value) {
      if (room <= 0 || bytes <= 0) break;
      until = entry.seq - 1;
      for (const { slot, etag, size } of entry.ops) {
        if (met.has(slot)) continue;
        met.add(slot);
        if (etag === null) gone.push(slot);
        if (etag === null) continue;
        const one = { slot, etag, size, seq: entry.seq, atMs: entry.at, device: entry.device };
        if (await isReplaced(one)) continue;
        told.push(one);
        room -= 1;
        bytes -= size;
      }
    }
    const there = await stillThere(session, told);
    if (!there.ok) return there;
    objects.push(...there.value);
    room = OBJECTS - objects.length;
  }
  return ok({
    accountId: session.account.account,
    ...(account.value ? { account: account.value } : {}),
    head,
    objects,
    gone,
    ...(until > after ? { next: until + 1 } : {}),
    names: await namesOf(session, objects),
  });
}

/** `null`: a service that does not know the question. */
async function accountTold({ transport, store, account }: PullSession): Promise<Found<HeldAccount | null>> {
  const told = await transport.json(
    accountAnswerSchema,
    { method: 'GET', path: PATHS.account },
    signerOf(store, account.account),
  );
  if (!told.ok) return told.error.code === 'NOT_FOUND' ? ok(null) : told;
  const { createdAt, usage } = told.value;
  return ok({
    createdMs: createdAt,
    objects: usage.objects,
    bytes: usage.bodyBytes,
    logged: usage.loggedOps,
  });
}

const readFeed = ({ transport, store, account }: PullSession, since: number, limit: number) =>
  transport.json(
    changesAnswerSchema,
    { method: 'GET', path: `${PATHS.changes}?since=${since}&limit=${limit}` },
    signerOf(store, account.account),
  );

/** The entries after `since` up to `until`, newest first. The service may give fewer at once than it is asked for. */
async function entriesUpTo(session: PullSession, since: number, until: number): Promise<Found<Change[]>> {
  const entries: Change[] = [];
  while (since + entries.length < until) {
    const from = since + entries.length;
    const page = await readFeed(session, from, until - from);
    if (!page.ok) return page;
    const { changes } = page.value;
    if (changes.length === 0 || changes.some(({ seq }, index) => seq !== from + 1 + index))
      return { ok: false, error: { ...fail('inconsistent', GAP).error, status: 200 } };
    entries.push(...changes);
  }
  return ok(entries.slice(0, until - since).reverse());
}
const GAP = 'The sync service does not tell all of its log, so this list has a gap. Press “Sync now”.';

/** A test for writes that this device knows to be replaced by newer ones. What did not open here is known too little. */
async function replacedIn(store: LocalStore): Promise<(told: Told) => Promise<boolean>> {
  const cursor = ((await store.db.get('metadata', 'cursor')) as number | undefined) ?? 0;
  const unread = await readUnread(store);
  return async ({ slot, etag, seq }) => {
    const known = seq <= cursor && unread[slot] === undefined ? await store.db.get('peers', slot) : undefined;
    return known !== undefined && known.etag !== etag;
  };
}

/** Of what was told, what the service still gives, opened. */
async function stillThere(session: PullSession, told: readonly Told[]): Promise<Found<HeldObject[]>> {
  if (told.length === 0) return ok([]);
  const { store, transport, account } = session;
  const signer = signerOf(store, account.account);
  const fetched = await fetchSlots(
    transport,
    signer,
    told.map(({ slot }) => slot),
  );
  if (!fetched.ok) return fetched;
  const there = new Map(fetched.value.map((object) => [object.slot, object]));
  const objects: HeldObject[] = [];
  for (const one of told) {
    const object = there.get(one.slot);
    if (object?.etag !== one.etag) continue;
    const looked = await lookInto(session, one.slot, object.body);
    if (!looked.ok) return looked;
    const { inside, closed } = looked.value;
    objects.push({
      ...one,
      size: object.body.length,
      ...(inside ? { inside } : {}),
      ...(closed ? { closed } : {}),
    });
  }
  return ok(objects);
}

async function namesOf(
  { store, account }: PullSession,
  objects: readonly HeldObject[],
): Promise<Record<string, string>> {
  const ids = new Set(objects.flatMap(({ device, inside }) => [device, ...(inside ? [inside.author] : [])]));
  const names: Record<string, string> = {};
  for (const id of ids) {
    const name = id === deviceIdOf(store) ? account.deviceName : (await cardOf(store, id))?.name;
    if (name !== undefined) names[id] = name;
  }
  return names;
}
