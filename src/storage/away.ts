/**
 * Days that this device dropped because the sync service has every record of them. How many records each had is plaintext in
 * `metadata`, as it was in the row headers of its packs. Of their sites only short keyed hashes are left, sealed: enough to
 * know which days a deletion may mean.
 *
 * While a day is away its keys stay, whatever is erased: they open what lies at the service, and that is all there is.
 */
import * as v from 'valibot';
import type { Bytes } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { DamagedError, type Database } from './database.ts';
import { inTransaction, STRICT } from './transaction.ts';
import type { Shred, Vault } from './vault.ts';

/** In `metadata`. */
const NAME = 'away';
const SITES = 'away-hosts';
/**
 * As older versions noted them: of records alone, not of what those link to. It is not read any more, so that any of its days may
 * have any site, until it was fetched back.
 */
const OLD_SITES = 'away-sites';

/** Days, with how many records each had. */
export type AwayDays = Readonly<Record<Day, number>>;

export const readAway = async (db: Database): Promise<AwayDays> =>
  ((await db.get('metadata', NAME)) as AwayDays | undefined) ?? {};

const without = (away: AwayDays, days: ReadonlySet<Day>): AwayDays =>
  Object.fromEntries(Object.entries(away).filter(([day]) => !days.has(day)));

/** Of some days: they are here again, or gone everywhere. `put`: into `metadata`, in a transaction of the caller's. */
export async function forgetAway(
  db: Database,
  days: ReadonlySet<Day>,
  put: (value: AwayDays, key: string) => unknown = (value, key) => db.put('metadata', value, key),
): Promise<void> {
  const away = await readAway(db);
  if (Object.keys(away).some((day) => days.has(day))) await put(without(away, days), NAME);
}

/** Destroys keys, but not those of days that are away. */
export async function shredBut(db: Database, vault: Vault, list: readonly Shred[]): Promise<void> {
  const away = await readAway(db);
  const shred = list.filter(({ store, day }) => store !== 'interactions' || !(day in away));
  if (shred.length > 0) await vault.shred(shred);
}

const sitesSchema = v.record(v.string(), v.array(v.string()));
export type SitesOfDays = v.InferOutput<typeof sitesSchema>;

/** Hashes of the sites of days that are away; of a day that is not in it, or with `null` of all, any site may be. */
export async function readAwaySites(db: Database, vault: Vault): Promise<SitesOfDays | null> {
  const box = await db.get('metadata', SITES);
  if (box === undefined) return {};
  try {
    const parsed = v.safeParse(sitesSchema, await vault.openNamed(SITES, box as Bytes));
    return parsed.success ? parsed.output : null;
  } catch (error) {
    if (error instanceof DamagedError) return null;
    throw error;
  }
}

/**
 * Notes that days are about to leave, before they do: until they have left they are here as well, which does no harm. The
 * caller holds the write lock.
 */
export async function noteAway(
  db: Database,
  vault: Vault,
  leaving: ReadonlyMap<Day, { readonly records: number; readonly sites: readonly string[] }>,
): Promise<void> {
  const away = { ...(await readAway(db)) };
  const known = await readAwaySites(db, vault);
  const sites: SitesOfDays = {};
  for (const [day, { records, sites: of }] of leaving) {
    // One that came back in part, or has pinned sites, may have been away before.
    const before = day in away ? known?.[day] : [];
    if (before) sites[day] = [...new Set([...before, ...of])];
    away[day] = Math.max(away[day] ?? 0, records);
  }
  for (const [day, of] of Object.entries(known ?? {})) if (day in away) sites[day] ??= of;
  // One damaged list makes all that was in it unknown, for as long as those days are away.
  const box = known === null ? undefined : await vault.sealNamed(SITES, sites);
  await inTransaction(db.transaction('metadata', 'readwrite', STRICT), (tx, ask) => {
    if (box) ask(tx.store.put(box, SITES));
    ask(tx.store.put(away, NAME));
  });
}

/** The account was left: what lies at its service is out of reach. */
export const AWAY_KEYS = [NAME, SITES, OLD_SITES] as const;
