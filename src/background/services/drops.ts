/** Counts messages that nobody of ours may send, or that no version of ours would; since the browser started. */
import { Mutex } from '../../base/mutex.ts';
import { sessionArea } from '../../platform/areas.ts';

const KEY = 'dropped';
const mutex = new Mutex();

export const droppedMessages = async (): Promise<number> =>
  ((await sessionArea.get(KEY)) as number | undefined) ?? 0;

export const countDropped = (): Promise<void> =>
  mutex.run(async () => sessionArea.set(KEY, (await droppedMessages()) + 1));
