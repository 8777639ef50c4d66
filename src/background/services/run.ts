/**
 * The number of this run of the browser, in the browser's memory: part of each event's id. A profile folder that was put back from a
 * backup counts on from an older number and knows nothing of it; its events have ids of their own all the same
 * (docs/decisions/0019).
 */
import { randomU32 } from '../../base/random.ts';
import { sessionArea } from '../../platform/areas.ts';

const NAME = 'run';

/** u32. Where the browser's memory fails, it is one of this worker only. */
export async function readRun(): Promise<number> {
  const stored = await sessionArea.get(NAME).catch(() => undefined);
  if (typeof stored === 'number' && Number.isInteger(stored) && stored >= 0 && stored <= 0xffffffff)
    return stored;
  const run = randomU32();
  await sessionArea.set(NAME, run).catch(() => {});
  return run;
}
