/** Counts first, asks, then erases. */
import { ask } from '../messaging/client.ts';
import type { EraseQuestion } from '../model/selector.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { count } from '../ui/format.ts';
import { status } from '../ui/status.ts';

export interface Erased {
  readonly outcome: 'erased' | 'nothing' | 'failed';
  /** What happened, as a sentence. */
  readonly text: string;
}

/** `what` completes "12 records …": "of example.org", "from … to …". */
export async function eraseAfterAsking(question: EraseQuestion, what: string): Promise<Erased> {
  const counted = await ask('erase.count', { target: question });
  if (!counted.ok) return { outcome: 'failed', text: counted.error.message };
  if (counted.value.count === 0) return { outcome: 'nothing', text: `There are no records ${what}.` };
  const records = count(counted.value.count, 'record', 'records');
  const everywhere = status.value?.sync.phase === 'off' ? '' : ', also from the devices that you sync with';
  const agreed = await confirm({
    title: `Delete ${records}?`,
    text: `${records} ${what} will be gone${everywhere}. This cannot be undone.`,
    action: `Delete ${records}`,
  });
  if (!agreed) return { outcome: 'nothing', text: 'Nothing was deleted.' };
  const erased = await ask('erase.run', { target: counted.value.target });
  return erased.ok
    ? { outcome: 'erased', text: `Deleted ${count(erased.value.count, 'record', 'records')} ${what}.` }
    : { outcome: 'failed', text: erased.error.message };
}
