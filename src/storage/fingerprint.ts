/** Says cheaply whether what lies on some days is still what it was: from row headers and counts, without opening anything. */
import { toBase64Url, utf8 } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { sha256 } from '../crypto/primitives.ts';
import type { PackRow } from './schema.ts';

/** Names the last erasure, at random: after one, a day may look as before and be another. In `metadata`. */
export const ERASURE = 'erasure';

export async function fingerprintOf(
  firstDay: Day,
  lastDay: Day,
  packs: readonly PackRow[],
  journalDays: ReadonlyMap<Day, number>,
  erasure: unknown,
): Promise<string> {
  const within = (day: Day) => day >= firstDay && day <= lastDay;
  const packed = packs.flatMap(({ seq, days }) =>
    days.filter(({ day }) => within(day)).map(({ day, events, records }) => [day, seq, events, ...records]),
  );
  const waiting = [...journalDays].filter(([day]) => within(day)).sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = utf8(JSON.stringify([firstDay, lastDay, erasure, packed, waiting]));
  return toBase64Url(await sha256(bytes));
}
