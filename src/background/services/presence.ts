/** Since when the person is away, as the browser tells it. In its memory: it outlives the worker. */
import { sessionArea } from '../../platform/areas.ts';

const NAME = 'away-since';
/** When it was asked last: a computer that sleeps asks nothing. */
const ASKED = 'presence-asked';

export const notePresence = async (present: boolean, nowMs: number): Promise<void> => {
  if (present) await sessionArea.remove(NAME);
  else if ((await sessionArea.get(NAME)) === undefined) await sessionArea.set(NAME, nowMs);
};

/** To be asked each minute: when that was not done for so long, the computer slept. Never for 0 minutes. */
export async function isAwayFor(minutes: number, nowMs: number): Promise<boolean> {
  const [since, asked] = await Promise.all([sessionArea.get(NAME), sessionArea.get(ASKED)]);
  await sessionArea.set(ASKED, nowMs);
  const isLong = (from: unknown) => typeof from === 'number' && nowMs - from >= minutes * 60_000;
  return minutes > 0 && (isLong(since) || isLong(asked));
}
