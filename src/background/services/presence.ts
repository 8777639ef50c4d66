/** Since when the person is away, as the browser tells it. In its memory: it outlives the worker. */
import { sessionArea } from '../../platform/areas.ts';

const NAME = 'away-since';

export const notePresence = async (present: boolean, nowMs: number): Promise<void> => {
  if (present) await sessionArea.remove(NAME);
  else if ((await sessionArea.get(NAME)) === undefined) await sessionArea.set(NAME, nowMs);
};

/** Never for 0 minutes. */
export async function isAwayFor(minutes: number, nowMs: number): Promise<boolean> {
  if (minutes === 0) return false;
  const since = await sessionArea.get(NAME);
  return typeof since === 'number' && nowMs - since >= minutes * 60_000;
}
