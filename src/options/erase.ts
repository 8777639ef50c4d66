/** Counts first, asks, then erases. */
import type { Result } from '../base/result.ts';
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

/** Whether deletions go to other devices, too, as part of a sentence. */
export const elsewhereText = (): string =>
  status.value?.sync.phase === 'off' ? '' : ', also from the devices that you sync with';

/** `what` completes "12 records …": "of example.org", "from … to …". `run`: how it is asked for. */
export async function eraseAfterAsking(
  question: EraseQuestion,
  what: string,
  run: () => Promise<Result<unknown>> = () => ask('erase.run', { target: question }),
): Promise<Erased> {
  const counted = await ask('erase.count', { target: question });
  if (!counted.ok) return { outcome: 'failed', text: counted.error.message };
  const { archivedDays = 0, awayDays = 0 } = counted.value;
  const isHere = counted.value.count > 0;
  if (!isHere && archivedDays + awayDays === 0)
    return { outcome: 'nothing', text: `There are no records ${what}.` };
  const records = count(counted.value.count, 'record', 'records');
  const filed =
    archivedDays === 0
      ? ''
      : ` ${count(archivedDays, 'archived day', 'archived days')} may have more: those do not come back when you fetch a file back, but they stay in the files that you keep.`;
  const away =
    awayDays === 0
      ? ''
      : ` ${count(awayDays, 'archived day', 'archived days')} at the sync service may have more: it is taken out of them by the next sync.`;
  const agreed = await confirm(
    isHere
      ? {
          title: `Delete ${records}?`,
          text: `${records} ${what} will be gone${elsewhereText()}. You can undo it for 10 seconds, as long as you delete nothing else; after that nobody can bring it back.${filed}${away}`,
          action: `Delete ${records}`,
        }
      : {
          title: awayDays > 0 ? 'Delete them from archived days?' : 'Leave them out for ever?',
          text: `There are no records ${what} here.${filed}${away}`,
          action: awayDays > 0 ? 'Delete them' : 'Leave them out',
        },
  );
  if (!agreed) return { outcome: 'nothing', text: 'Nothing was deleted.' };
  const erased = await run();
  if (erased.ok && !isHere)
    return {
      outcome: 'erased',
      text:
        awayDays > 0
          ? `What archived days have ${what} is deleted by the next sync, and does not come back.`
          : `What archives have ${what} does not come back.`,
    };
  return erased.ok
    ? { outcome: 'erased', text: `Deleted ${records} ${what}.` }
    : { outcome: 'failed', text: erased.error.message };
}
