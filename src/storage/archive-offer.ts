/**
 * An archive that was made and handed to the person, who has not said yet that it is saved. It is one sealed row of `models`:
 * any erasure forgets it, and with it that the days could leave.
 */
import * as v from 'valibot';
import type { Day } from '../base/clock.ts';
import { archiveKeys } from './archive.ts';
import { type ArchiveRequest, type Leaving, leaving, type MadeArchive } from './archiving.ts';
import { DamagedError } from './database.ts';
import { eventsOfDay } from './days.ts';
import type { Derived } from './derived.ts';
import type { PackSource } from './packs.ts';
import { readStubs } from './stubs.ts';
import type { Vault } from './vault.ts';

export const OFFER = 'archive-offer';

const offerSchema = v.strictObject({
  name: v.string(),
  pinned: v.array(v.string()),
  days: v.array(v.strictObject({ day: v.string(), records: v.number(), digest: v.string() })),
});
export type Offer = v.InferOutput<typeof offerSchema>;

/** The same as long as a day has the same events. */
const digestOf = (vault: Vault, ids: readonly string[]): Promise<string> =>
  vault.tagOf(`offer ${[...ids].sort().join(' ')}`);

export async function writeOffer(
  { vault }: PackSource,
  derived: Derived,
  { pinned = [] }: ArchiveRequest,
  { days, name = '' }: MadeArchive,
): Promise<void> {
  const offered: Offer['days'] = [];
  for (const [day, { records, ids }] of days)
    offered.push({ day, records: records.length, digest: await digestOf(vault, ids) });
  await derived.write('models', [{ name: OFFER, value: { name, pinned: [...pinned], days: offered } }]);
}

export async function readOffer(derived: Derived): Promise<Offer | null> {
  const stored = await derived.read('models', OFFER).catch((error: unknown) => {
    if (error instanceof DamagedError) return undefined;
    throw error;
  });
  const parsed = v.safeParse(offerSchema, stored);
  return parsed.success ? parsed.output : null;
}

/** Days that have nothing that is not in the file. */
export async function unchangedOf(source: PackSource, offer: Offer): Promise<Map<Day, Leaving>> {
  const unchanged = new Map<Day, Leaving>();
  for (const { day, digest } of offer.days) {
    const { events, damaged } = await eventsOfDay(source, day, true);
    const { records, events: going } = leaving(offer.pinned, events);
    const ids = (offer.pinned.length === 0 ? events : going).map(({ id }) => id);
    if (damaged === 0 && (await digestOf(source.vault, ids)) === digest)
      unchanged.set(day, { records, where: 'file', file: offer.name });
  }
  return unchanged;
}

/** Keys of days that are in another file too stay: nobody can tell the generations of files apart by now. */
export async function discardOffer(source: PackSource, derived: Derived): Promise<void> {
  const offer = await readOffer(derived);
  if (!offer) return;
  await derived.write('models', [], [OFFER]);
  const inFiles = new Set((await readStubs(source.db, derived)).map(({ day }) => day));
  const days = new Set(offer.days.map(({ day }) => day).filter((day) => !inFiles.has(day)));
  await source.vault.shred(archiveKeys(source.vault, (day) => days.has(day)));
}
