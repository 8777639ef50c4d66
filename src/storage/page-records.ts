/** What was recorded at one address, without looking at what was recorded elsewhere. */
import type { InteractionEvent } from '../model/interaction.ts';
import { type Candidate, candidatesOf, type FinderSource } from './candidates.ts';
import { DamagedError } from './database.ts';

/**
 * Events of one day after the other that has some of an address, newest day first. All that are of the address are among them;
 * of a day that is not in one pack alone the others are, too. `toMs`: only days that begin before.
 */
export async function* eventsOfPage(
  source: FinderSource,
  url: string,
  toMs?: number,
): AsyncGenerator<readonly InteractionEvent[]> {
  for await (const candidate of candidatesOf(source, { words: [], url, toMs }))
    yield await eventsOn(source, candidate);
}

async function eventsOn(source: FinderSource, candidate: Candidate): Promise<readonly InteractionEvent[]> {
  const { day } = candidate;
  if (candidate.whole) return source.liveEvents(day);
  const { reader, types, matches } = candidate;
  try {
    const rows = await reader.rows(day, { types, wanted: matches.has });
    // What columns could not hold may be the visit of an update that was left out.
    if (!rows.some(({ event }) => event !== undefined)) return await reader.events(rows);
  } catch (error) {
    // As it is now; what is really damaged is reported there.
    if (!(error instanceof DamagedError)) throw error;
  }
  return source.liveEvents(day);
}
