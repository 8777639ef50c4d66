import { randomId } from '../base/random.ts';
import { ok, type Result } from '../base/result.ts';
import { encodeFrame, FRAME_TYPE } from '../protocol/frame.ts';
import type { Etag } from '../protocol/ids.ts';
import type { Limits } from '../protocol/limits.ts';
import { PATHS } from '../protocol/routes.ts';
import { batchAnswerSchema } from '../protocol/wire.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { inTransaction } from '../storage/transaction.ts';
import { signerOf } from './account-state.ts';
import { type Draft, draftsOf, groups, headDraft, NOTHING, type PushSession, ringDraft } from './drafts.ts';
import { noteSent, readCursor } from './feed.ts';
import { batchBytes, REFUSED_AS_IT_IS } from './limits.ts';
import { partsSent, queued, readStaged, type Staged, settle, stage, unstage } from './outbox.ts';
import type { TransportFailure } from './transport.ts';

/** Outbox rows taken at a time. */
const ROWS = 500;

/** Under a name of their own. */
const WRITTEN_ONCE: ReadonlySet<string> = new Set(['part', 'erase']);

/** `more`: something still waits. `pull`: a shared record was changed by another device; pull, then push again. */
export type Pushed = 'done' | 'more' | 'pull';

export async function push(session: PushSession): Promise<Result<Pushed, TransportFailure>> {
  const { store, transport, account } = session;
  const waiting = await readStaged(store);
  const prepared = waiting.length > 0 ? ok(waiting) : await prepare(session);
  if (!prepared.ok) return prepared;
  const staged = prepared.value;
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
    if (REFUSED_AS_IT_IS.has(answer.error.status)) await unstage(store);
    return answer;
  }
  const known = await knownOf(store, first);
  // An entry after the cursor has to have it when it is read. What should be there already, the pull found, or it is not there.
  const isNew = answer.value.seq > (await readCursor(store));
  const accepted = first.peers.map((peer, index) => {
    const result = answer.value.results[index];
    if (result === undefined) return false;
    // Deleting what somebody replaced meanwhile: theirs stays, ours is gone.
    if ('gone' in peer || (result.ok && isNew)) return true;
    return (result.ok || result.etag === peer.etag) && known[index]?.etag === peer.etag;
  });
  await noteSent(
    store,
    answer.value.seq,
    first.peers.flatMap((peer, index) => ('gone' in peer || !answer.value.results[index]?.ok ? [] : [peer])),
  );
  const conflict = first.peers.some((peer, index) => !accepted[index] && !('gone' in peer));
  await learnEtags(store, first, answer.value.results, accepted);
  await settle(store, staged, accepted);
  if (conflict) return ok('pull');
  return ok(staged.length > 1 || (await queued(store, 1)).length > 0 ? 'more' : 'done');
}

const knownOf = (store: LocalStore, { peers }: Staged) =>
  Promise.all(peers.map(({ slot }) => store.db.get('peers', slot)));

/**
 * Own objects whose etag we lost track of (an answer that never came): the next try replaces what is there. What is written once is
 * not replaced: the pull says whether it is there, not who answers that something is in the way.
 */
async function learnEtags(
  store: LocalStore,
  staged: Staged,
  results: readonly { etag: Etag | null }[],
  accepted: readonly boolean[],
): Promise<void> {
  for (const [index, peer] of staged.peers.entries()) {
    const result = results[index];
    if (accepted[index] || 'gone' in peer || !peer.own || WRITTEN_ONCE.has(peer.kind) || !result) continue;
    // Without the note: what is there is not what was refused, so a key ring has to be sent again.
    const { note: _, ...known } = peer;
    await store.db.put('peers', { ...known, etag: result.etag ?? NOTHING });
  }
}

async function prepare(session: PushSession): Promise<Result<readonly Staged[], TransportFailure>> {
  const { store } = session;
  const { limits } = session.transport;
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
      if (
        drafts.length > 0 &&
        (sizeOf(drafts) > batchBytes(limits) / 2 || drafts.length > limits.batchOps / 2)
      )
        break;
      const made = await draftsOf(session, group, nextPart);
      groupOf.push(...made.map(() => settled.length));
      drafts.push(...made);
      settled.push(group.rows.map(({ key }) => key));
    }
    const ring = await ringDraft(session, drafts);
    if (!ring.ok) return ring;
    const isIdle = !ring.value && drafts.length === 0;
    const head = await headDraft(session, isIdle);
    if (isIdle && !head) {
      await drop(store, settled.flat());
      return ok([]);
    }
    const first = [ring.value, head].filter((one) => one !== null);
    const staged = cut(first, drafts, groupOf, settled, limits);
    await stage(store, staged, parts);
    return ok(staged);
  });
}

const sizeOf = (drafts: readonly Draft[]): number =>
  drafts.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);

/** Batches that the service takes, in order. `first`: the ring, because what comes later may need its keys, and the head. */
function cut(
  first: readonly Draft[],
  drafts: readonly Draft[],
  groupOf: readonly number[],
  settled: readonly number[][],
  limits: Limits,
): Staged[] {
  const batches: { drafts: Draft[]; groups: (number | 'none')[] }[] = [
    { drafts: [...first], groups: first.map(() => 'none') },
  ];
  for (const [index, next] of drafts.entries()) {
    let batch = batches.at(-1);
    if (
      !batch ||
      batch.drafts.length >= limits.batchOps ||
      (batch.drafts.length > 0 && sizeOf([...batch.drafts, next]) > batchBytes(limits))
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
  await inTransaction(store.db.transaction('outbox', 'readwrite'), (tx, ask) => {
    for (const key of rows) ask(tx.store.delete(key));
  });
}
