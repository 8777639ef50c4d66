/**
 * Small records at the service that are still sealed under an older master key, wrapped anew as they are. Listed devices do that with
 * their key ring, card and head themselves: it is how they say that they have moved.
 */
import { toHex } from '../base/bytes.ts';
import { randomId } from '../base/random.ts';
import { ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/primitives.ts';
import { encodeFrame, FRAME_TYPE } from '../protocol/frame.ts';
import type { DeviceId, Etag, Slot } from '../protocol/ids.ts';
import { PATHS } from '../protocol/routes.ts';
import { type BatchOp, batchAnswerSchema } from '../protocol/wire.ts';
import type { PeerRow } from '../storage/schema.ts';
import { inTransaction, STRICT } from '../storage/transaction.ts';
import { signerOf } from './account-state.ts';
import { epochOfPeer } from './epochs.ts';
import { noteSent, readCursor } from './feed.ts';
import { fetchSlots } from './fetch.ts';
import { batchBytes } from './limits.ts';
import { openBody, openHeader, sealObject, slotOf } from './objects.ts';
import type { PullSession } from './parts.ts';
import type { TransportFailure } from './transport.ts';

const AT_ONCE = 20;

/** Resolves with `false` when some are left: pull, because others may have changed them, then look again. */
export async function rewrapOld(
  session: PullSession,
  authors: ReadonlySet<string>,
): Promise<Result<boolean, TransportFailure>> {
  const { store, scope } = session;
  if (scope.keys.older.every(({ record }) => record === null)) return ok(true);
  const theirs = new Set<string>();
  for (const author of authors)
    for (const kind of ['ring', 'card', 'head'] as const)
      theirs.add(await slotOf(scope, { kind, author: author as DeviceId, incarnation: 0, counter: 0 }));
  const old = (await store.db.getAll('peers')).filter(
    (peer) => peer.kind !== 'part' && epochOfPeer(peer) < scope.keys.epoch && !theirs.has(peer.slot),
  );
  let isAll = true;
  const atOnce = Math.min(AT_ONCE, session.transport.limits.batchOps);
  for (let i = 0; i < old.length; i += atOnce) {
    const done = await rewrapSome(session, old.slice(i, i + atOnce));
    if (!done.ok) return done;
    isAll &&= done.value;
  }
  return ok(isAll);
}

async function rewrapSome(
  { store, transport, scope, account }: PullSession,
  old: readonly PeerRow[],
): Promise<Result<boolean, TransportFailure>> {
  const signer = signerOf(store, account.account);
  const found = await fetchSlots(
    transport,
    signer,
    old.map(({ slot }) => slot as Slot),
  );
  if (!found.ok) return found;
  const known = new Map(old.map((peer) => [peer.slot, peer]));
  const ops: BatchOp[] = [];
  const bodies: Awaited<ReturnType<typeof sealObject>>['body'][] = [];
  const peers: PeerRow[] = [];
  let isAll = true;
  let sizeBytes = 0;
  for (const { slot, etag, body } of found.value) {
    const object = await openHeader(scope, slot, body);
    const payload = object && (await openBody(scope, slot, object, object.record));
    const peer = known.get(slot);
    // Spoiled at the service: nobody can wrap it anew.
    if (!peer || (peer.etag === etag && (!object || !payload))) continue;
    if (peer.etag !== etag || !object || !payload) {
      isAll = false;
      continue;
    }
    const sealed = await sealObject(scope, object.header, scope.keys.record, payload);
    sizeBytes += sealed.body.length;
    // Key rings may be large.
    if (sizeBytes > batchBytes(transport.limits) && ops.length > 0) {
      isAll = false;
      break;
    }
    ops.push({ op: 'put', slot, ifMatch: etag as Etag, size: sealed.body.length });
    bodies.push(sealed.body);
    peers.push({ ...peer, etag: toHex(await sha256(sealed.body)), epoch: scope.keys.epoch });
  }
  if (ops.length === 0) return ok(isAll);
  const answer = await transport.json(
    batchAnswerSchema,
    {
      method: 'POST',
      path: PATHS.batch,
      body: encodeFrame({ key: randomId(), atomic: false, ops }, bodies),
      type: FRAME_TYPE,
    },
    signer,
  );
  if (!answer.ok) return answer;
  // At a number that was read already it is not.
  const isNew = answer.value.seq > (await readCursor(store));
  const done = peers.filter((_, index) => isNew && answer.value.results[index]?.ok);
  await noteSent(store, answer.value.seq, done);
  await inTransaction(store.db.transaction('peers', 'readwrite', STRICT), (tx, ask) => {
    for (const peer of done) ask(tx.store.put(peer));
  });
  return ok(isAll && done.length === peers.length);
}
