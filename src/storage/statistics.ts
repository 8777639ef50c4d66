/** Summaries by day, from outlines: no event is opened, but those of days that are not packed, or lie in several packs. */
import type { Day } from '../base/clock.ts';
import { foldEvents } from '../model/interaction.ts';
import { type Summary, summaryOf } from '../model/summary.ts';
import { type FinderSource, packsByDay } from './candidates.ts';
import { DamagedError, decoding } from './database.ts';
import { PackReader } from './packs.ts';

export interface DaySummary {
  readonly day: Day;
  readonly summary: Summary;
}

/** Days with data from `firstDay` to `lastDay`, both in, oldest first. Sites are most of the work: they are left out unless asked for. */
export async function* summariesByDay(
  source: FinderSource,
  firstDay: Day,
  lastDay: Day,
  options: { readonly sites: boolean },
): AsyncGenerator<DaySummary> {
  const [packs, journal] = await Promise.all([source.packs(), source.journalDays()]);
  const byDay = packsByDay(packs);
  const days = new Set([...byDay.keys(), ...journal].filter((day) => day >= firstDay && day <= lastDay));
  for (const day of [...days].sort()) {
    const own = byDay.get(day) ?? [];
    const [pack] = own;
    const summary =
      own.length === 1 && pack && !journal.has(day)
        ? await new PackReader(source, pack)
            .outline()
            .then((outline) => decoding(() => outline.summary(day, options)))
            .catch((error: unknown) => {
              if (!(error instanceof DamagedError)) throw error;
              return null;
            })
        : null;
    yield { day, summary: summary ?? summaryOf(foldEvents(await source.liveEvents(day))) };
  }
}
