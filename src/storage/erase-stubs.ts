/** What an erasure does to days that are archived: it has to reach them without anything of them being here. */
import { dayOf } from '../base/clock.ts';
import { archiveKeys, daysInArchives } from './archive.ts';
import type { Database } from './database.ts';
import { daysWithData } from './days.ts';
import { Derived } from './derived.ts';
import { STUBS } from './derived-rows.ts';
import type { EraseOptions } from './erase.ts';
import type { PackSource } from './packs.ts';
import {
  ARCHIVED,
  archivedDays,
  type KeptErasure,
  type Meant,
  readSealedStubs,
  readStubs,
  type Stub,
  type StubDetails,
  touches,
  writeSealedStubs,
} from './stubs.ts';
import { eventsOf, type Shred } from './vault.ts';

/** In `metadata` from when data was replaced until the old keys are destroyed. */
export const ERASING = 'erasing';

interface ErasedStubs {
  /** What is left is to be sealed under a new key. */
  readonly changed: boolean;
  readonly shred: readonly Shred[];
}

const NOTHING: ErasedStubs = { changed: false, shred: [] };

/**
 * Before anything that is here is erased, so that an erasure that is interrupted is known by then. A day that goes as a whole
 * goes at once, wherever it is. Of one that may have lost something in part, the service's copy is fetched, filtered and
 * sent anew by the next round of sync, for which it is queued; for files it is remembered what must not come back.
 * The caller holds the write lock.
 */
export async function eraseStubs(source: PackSource, options: EraseOptions): Promise<ErasedStubs> {
  const { db, vault } = source;
  const derived = new Derived(db, vault);
  const stubs = await readStubs(db, derived);
  const meant = options.meant ?? [];
  const areFiles = daysInArchives(vault).length > 0;
  if (options.everything) {
    await queueDays(db, options.syncing ? stubs : []);
    await db.delete('metadata', ARCHIVED);
    await derived.write('models', [], [STUBS]);
    return NOTHING;
  }
  if (meant.length === 0 || (stubs.length === 0 && !areFiles)) return NOTHING;
  const sealed = await readSealedStubs(derived);
  const days: Record<string, StubDetails> = {};
  const gone: Stub[] = [];
  const queue: Stub[] = [];
  for (const stub of stubs) {
    const { day, records: _, ...details } = stub;
    const how = await Promise.all(meant.map((one) => touches(one, stub)));
    if (how.includes('whole')) {
      gone.push(stub);
      continue;
    }
    if (how.includes('part') && stub.where === 'service') queue.push(stub);
    days[day] = await withoutSites(
      details,
      meant.filter(({ atMs }) => day <= dayOf(atMs)),
    );
  }
  const wholeFiles = await wholeDays(daysInArchives(vault), meant);
  await queueDays(db, options.syncing ? [...queue, ...gone.filter(({ where }) => where === 'service')] : []);
  const changed = JSON.stringify(days) !== JSON.stringify(sealed.days);
  if (changed) await db.put('metadata', true, ERASING);
  await writeSealedStubs(derived, {
    days,
    erasures: areFiles ? remembered(sealed.erasures, meant) : sealed.erasures,
  });
  if (gone.length > 0) {
    const left = Object.entries(await archivedDays(db)).filter(([day]) => day in days);
    await db.put('metadata', Object.fromEntries(left), ARCHIVED);
  }
  const here = new Set(await daysWithData(source));
  return {
    changed,
    shred: [
      ...gone
        .filter(({ day }) => !here.has(day))
        .map(({ day }): Shred => ({ ...eventsOf(day), what: 'all' })),
      ...archiveKeys(vault, (day) => wholeFiles.has(day)),
    ],
  };
}

async function wholeDays(days: readonly string[], meant: readonly Meant[]): Promise<Set<string>> {
  const whole = new Set<string>();
  for (const day of days)
    for (const one of meant) if ((await touches(one, { day })) === 'whole') whole.add(day);
  return whole;
}

async function withoutSites(details: StubDetails, meant: readonly Meant[]): Promise<StubDetails> {
  if (details.sites === undefined) return details;
  const sites: string[] = [];
  for (const host of details.sites) {
    let isGone = false;
    for (const { sites: of } of meant) isGone ||= of?.whole === true && (await of.covers?.(host)) === true;
    if (!isGone) sites.push(host);
  }
  return { ...details, sites };
}

/** Each target once, as of its last time. */
function remembered(before: readonly KeptErasure[], meant: readonly Meant[]): KeptErasure[] {
  const all = new Map(before.map((one) => [JSON.stringify(one.target), one]));
  for (const { atMs, kept } of meant) {
    if (!kept) continue;
    const name = JSON.stringify(kept);
    all.set(name, { target: kept, atMs: Math.max(atMs, all.get(name)?.atMs ?? 0) });
  }
  return [...all.values()];
}

async function queueDays(db: Database, stubs: readonly Stub[]): Promise<void> {
  if (stubs.length === 0) return;
  const tx = db.transaction('outbox', 'readwrite', { durability: 'strict' });
  for (const { day } of stubs) tx.store.add({ what: 'day', day });
  await tx.done;
}
