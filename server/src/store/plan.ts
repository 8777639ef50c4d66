import type { Etag, Slot } from '../../../src/protocol/ids.ts';
import type { BatchAnswer, Change } from '../../../src/protocol/wire.ts';
import { exceeds, type Quota, type Usage } from '../quota.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { Batch, Write } from './store.ts';

/** What a slot holds. */
export interface Live {
  readonly etag: Etag;
  readonly size: number;
}

export interface Plan {
  readonly results: BatchAnswer['results'];
  /** The writes that change something; empty = no log entry. */
  readonly writes: readonly Write[];
  readonly usage: Usage;
}

function holds(write: Write, now: Live | undefined): boolean {
  if (write.op === 'delete' && write.ifMatch === undefined) return true;
  return (now?.etag ?? null) === write.ifMatch;
}

function usageAfter(before: Usage, writes: readonly Write[], live: ReadonlyMap<Slot, Live>): Usage {
  let { objects, bodyBytes } = before;
  for (const write of writes) {
    const now = live.get(write.slot);
    objects += (write.op === 'put' ? 1 : 0) - (now ? 1 : 0);
    bodyBytes += (write.op === 'put' ? write.body.length : 0) - (now?.size ?? 0);
  }
  return { objects, bodyBytes, loggedOps: before.loggedOps + writes.length };
}

/**
 * The outcome of a batch on an account, the same for every engine. Pure.
 *
 * Each write is judged by its precondition. When `atomic` and one precondition fails, nothing is written, and *every* result
 * is `ok: false` with what its slot holds, also where the write would have succeeded on its own. Deleting what is not
 * there is `ok` and changes nothing. A batch that puts anything is refused as a whole when the account would be over its
 * quota; deletes alone are always let through.
 *
 * @param live what the slots of the batch hold now; empty slots are missing.
 */
export function planBatch(
  batch: Batch,
  live: ReadonlyMap<Slot, Live>,
  usage: Usage,
  quota: Quota,
): Plan | Refusal {
  const etagNow = (write: Write) => live.get(write.slot)?.etag ?? null;
  const fits = batch.ops.map((write) => holds(write, live.get(write.slot)));
  if (batch.atomic && fits.includes(false)) {
    return { results: batch.ops.map((write) => ({ ok: false, etag: etagNow(write) })), writes: [], usage };
  }
  const writes = batch.ops.filter(
    (write, index) => fits[index] && (write.op === 'put' || live.has(write.slot)),
  );
  const after = usageAfter(usage, writes, live);
  if (writes.some((write) => write.op === 'put') && exceeds(usage, after, quota)) return refuse('QUOTA');
  const results = batch.ops.map((write, index) =>
    fits[index]
      ? { ok: true, etag: write.op === 'put' ? write.etag : null }
      : { ok: false, etag: etagNow(write) },
  );
  return { results, writes, usage: after };
}

/** The operations of the log entry of these writes. */
export const loggedOps = (writes: readonly Write[]): Change['ops'] =>
  writes.map((write) =>
    write.op === 'put'
      ? { slot: write.slot, etag: write.etag, size: write.body.length }
      : { slot: write.slot, etag: null, size: 0 },
  );
