/**
 * About how many sealed bytes each site takes. Of a pack, its segments are shared out by events and its tables by addresses;
 * no event of a pack is opened. Days that are not packed are shared out by records. What several sites share (words, times) is
 * nobody's alone, so this is an estimate, and sums to what packs and journal take.
 */
import { foldEvents } from '../model/interaction.ts';
import { hostOfTerm } from '../model/page.ts';
import { summaryOf, totalOf } from '../model/summary.ts';
import { DamagedError, decoding } from './database.ts';
import type { FinderSource } from './finder.ts';
import { TABLE_PARTS } from './format/pack.ts';
import { eventCount, PackReader } from './packs.ts';
import type { PackRow } from './schema.ts';

/** Bytes by host; what belongs to no site (reduced records) is left out. */
export async function siteSizes(source: FinderSource): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const add = (host: string, bytes: number) => sizes.set(host, (sizes.get(host) ?? 0) + bytes);
  for (const pack of await source.packs()) {
    try {
      await addPack(source, pack, add);
    } catch (error) {
      // What does not open is told elsewhere.
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  const journal = new Map<string, number>();
  const tx = source.db.transaction('journal');
  for (let at = await tx.store.openCursor(); at; at = await at.continue())
    journal.set(at.value.day, (journal.get(at.value.day) ?? 0) + at.value.box.length);
  for (const [day, bytes] of journal) {
    const records = foldEvents(await source.liveEvents(day));
    for (const [host, counts] of summaryOf(records).sites)
      add(host, (bytes * totalOf(counts)) / records.length);
  }
  return sizes;
}

async function addPack(
  source: FinderSource,
  pack: PackRow,
  add: (host: string, bytes: number) => void,
): Promise<void> {
  const { userId, date, seq } = pack;
  let tables = 0;
  for (const part of TABLE_PARTS)
    tables += (await source.db.get('tables', [userId, date, seq, part]))?.box.length ?? 0;
  const outline = await new PackReader(source, pack).outline();
  const addresses = outline.firstAddresses.at(-1) ?? 0;
  for (const [place, term] of outline.hostTerms.entries()) {
    const own = (outline.firstAddresses[place + 1] ?? 0) - (outline.firstAddresses[place] ?? 0);
    if (addresses > 0) add(hostOfTerm(term), (tables * own) / addresses);
  }
  const segments = pack.sizeBytes - tables;
  const records = pack.days.reduce((sum, day) => sum + day.records.reduce((all, one) => all + one, 0), 0);
  if (records === 0 || eventCount(pack) === 0) return;
  for (const { day } of pack.days) {
    const { sites } = await decoding(() => outline.summary(day, { sites: true }));
    for (const [host, counts] of sites) add(host, (segments * totalOf(counts)) / records);
  }
}
