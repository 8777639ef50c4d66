/** One account in memory: what its log adds up to, and what a batch would do to it. Pure; the engines store the outcome. */
import type { DeviceId, Etag, Slot } from '../../../src/protocol/ids.ts';
import type { BatchAnswer, Change } from '../../../src/protocol/wire.ts';
import { type Batch, type Quota, StoreDamaged, type Write } from './store.ts';

export interface Live {
  readonly etag: Etag;
  readonly size: number;
}

export interface Entry extends Change {
  readonly key: string;
  readonly answer: BatchAnswer;
}

export interface AccountState {
  head: number;
  bytes: number;
  readonly live: Map<Slot, Live>;
  /** Answers of the last seven days, by idempotency key. */
  readonly answers: Map<string, { readonly at: number; readonly answer: BatchAnswer }>;
}

export const KEY_MS = 7 * 86_400_000;

export const emptyAccount = (): AccountState => ({ head: 0, bytes: 0, live: new Map(), answers: new Map() });

/** @throws StoreDamaged when the entry is not the next one. */
export function applyEntry(state: AccountState, entry: Entry): void {
  if (entry.seq !== state.head + 1) throw new StoreDamaged(`log entry ${entry.seq} after ${state.head}`);
  for (const { slot, etag, size } of entry.ops) {
    state.bytes -= state.live.get(slot)?.size ?? 0;
    if (etag === null) state.live.delete(slot);
    else {
      state.live.set(slot, { etag, size });
      state.bytes += size;
    }
  }
  state.head = entry.seq;
  state.answers.set(entry.key, { at: entry.at, answer: entry.answer });
}

export type Decision =
  | { readonly kind: 'repeat'; readonly answer: BatchAnswer }
  | { readonly kind: 'quota' }
  /** Nothing holds: there is no entry. */
  | { readonly kind: 'refused'; readonly answer: BatchAnswer }
  | { readonly kind: 'accepted'; readonly entry: Entry; readonly writes: readonly Write[] };

export function decide(
  state: AccountState,
  batch: Batch & { readonly device: DeviceId },
  quota: Quota,
  nowMs: number,
): Decision {
  const repeat = state.answers.get(batch.key);
  if (repeat && repeat.at > nowMs - KEY_MS) return { kind: 'repeat', answer: repeat.answer };
  const holds = batch.writes.map((write) => {
    const now = state.live.get(write.slot)?.etag ?? null;
    return write.op === 'put' ? write.ifMatch === now : write.ifMatch === undefined || write.ifMatch === now;
  });
  const all = holds.every(Boolean);
  const accepted = batch.atomic && !all ? [] : batch.writes.filter((_, index) => holds[index]);
  const etagAfter = (write: Write) => (write.op === 'put' ? write.etag : null);
  const results = batch.writes.map((write, index) => {
    const done = (holds[index] ?? false) && accepted.length > 0 && (all || !batch.atomic);
    return { ok: done, etag: done ? etagAfter(write) : (state.live.get(write.slot)?.etag ?? null) };
  });
  if (accepted.length === 0) return { kind: 'refused', answer: { seq: state.head, results } };
  const ops = accepted.map((write) => ({
    slot: write.slot,
    etag: etagAfter(write),
    size: write.op === 'put' ? write.body.length : 0,
  }));
  let objects = state.live.size;
  let bytes = state.bytes;
  for (const { slot, etag, size } of ops) {
    const before = state.live.get(slot);
    objects += (etag === null ? 0 : 1) - (before ? 1 : 0);
    bytes += size - (before?.size ?? 0);
  }
  // What frees room is let through, however full the account is.
  if (
    (objects > quota.objects && objects > state.live.size) ||
    (bytes > quota.accountBytes && bytes > state.bytes)
  )
    return { kind: 'quota' };
  const answer = { seq: state.head + 1, results };
  return {
    kind: 'accepted',
    entry: { seq: answer.seq, device: batch.device, at: nowMs, ops, key: batch.key, answer },
    writes: accepted,
  };
}
