/** Summaries by day, from digests: no event is opened, but those of days that are not packed yet. */
import { type Day, dayStartMs } from '../base/clock.ts';
import { foldEvents } from '../model/interaction.ts';
import { hostOfTerm } from '../model/page.ts';
import { type Summary, summaryOf } from '../model/summary.ts';
import { decoding } from './database.ts';
import { digestEntry } from './digests.ts';
import type { FinderSource } from './finder.ts';
import type { DigestPack } from './format/digest.ts';
import { decodeSummary } from './format/summary-block.ts';

export interface DaySummary {
  readonly day: Day;
  readonly summary: Summary;
}

/** Days with data from `firstDay` to `lastDay`, both in, oldest first. Sites are most of the work: they are left out unless asked for. */
export async function* summariesByDay(
  source: FinderSource,
  firstDay: Day,
  lastDay: Day,
  { sites }: { readonly sites: boolean },
): AsyncGenerator<DaySummary> {
  const [packs, journal] = await Promise.all([source.packs(), source.journalDays()]);
  const wanted = (day: Day) => day >= firstDay && day <= lastDay;
  const days = new Set([...packs.map(({ date }) => date), ...journal].filter(wanted));
  for (const day of [...days].sort()) {
    const own = packs.filter(({ date }) => date === day);
    const [pack] = own;
    const entry = own.length === 1 && pack && !journal.has(day) ? await digestEntry(source, pack) : null;
    if (!entry) {
      yield { day, summary: summaryOf(foldEvents(await source.liveEvents(day))) };
      continue;
    }
    const { digest, index } = entry;
    const summary = await decoding(() => {
      const hosts = sites ? (digest.sitesOfPacks()[index] ?? []).map(hostOfTerm) : [];
      return decodeSummary((digest.packs[index] as DigestPack).summary, hosts, dayStartMs(day));
    });
    yield { day, summary };
  }
}
