import type { AccountId } from '../../../src/protocol/ids.ts';
import type { BatchAnswer } from '../../../src/protocol/wire.ts';
import type { Deps } from '../deps.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import type { Batch } from '../store/store.ts';

/** Writes a batch now, and tells the account's other devices when something changed. */
export async function commit(
  deps: Deps,
  account: AccountId,
  batch: Omit<Batch, 'atMs'>,
): Promise<BatchAnswer | Refusal> {
  const committed = await deps.store.commit(account, { ...batch, atMs: deps.clock.nowMs() }, deps.limits);
  if (isRefusal(committed)) return committed;
  if (committed.written) deps.hub.publish(account, batch.device);
  return committed.answer;
}
