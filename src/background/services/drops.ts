/**
 * Counts messages that nobody of ours may send, or that no version of ours would, or that were too many; since the browser
 * started.
 */
import { Mutex } from '../../base/mutex.ts';
import { sessionArea } from '../../platform/areas.ts';

const KEY = 'dropped';
const mutex = new Mutex();
let waiting = 0;

export const droppedMessages = async (): Promise<number> =>
  ((await sessionArea.get(KEY)) as number | undefined) ?? 0;

/** A flood is written down together: one count at a time, each with all that came before it. */
export function countDropped(): Promise<void> {
  waiting += 1;
  return mutex.run(async () => {
    const now = waiting;
    waiting = 0;
    if (now > 0) await sessionArea.set(KEY, (await droppedMessages()) + now);
  });
}
