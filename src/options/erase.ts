/** Counts first, asks, then erases. */
import { ask } from '../messaging/client.ts';
import type { EraseTarget } from '../model/selector.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { count } from '../ui/format.ts';

/** A sentence about what happened, or `null` when the person did not want it. `what` completes "from …". */
export async function eraseAfterAsking(target: EraseTarget, what: string): Promise<string | null> {
  const counted = await ask('erase.count', { target });
  if (!counted.ok) return counted.error.message;
  const records = count(counted.value.count, 'record', 'records');
  if (counted.value.count === 0) return `There are no records of ${what}.`;
  const agreed = await confirm({
    title: `Delete ${records}?`,
    text: `This deletes ${records} of ${what}. It cannot be undone.`,
    action: `Delete ${records}`,
  });
  if (!agreed) return null;
  const erased = await ask('erase.run', { target });
  return erased.ok
    ? `Deleted ${count(erased.value.count, 'record', 'records')} of ${what}.`
    : erased.error.message;
}
