/**
 * Erasing. Month by month: the survivors of each touched day are sealed anew under a new key of that day, the month's digest
 * without what went under a new key of its own, and one transaction replaces the old by the new. Then the old keys are
 * destroyed, all in one rewrite of the key ring; `finishErasing` does that at the next start if it was interrupted.
 */
import { type Day, monthOf } from '../base/clock.ts';
import { randomId } from '../base/random.ts';
import { foldEvents, type InteractionEvent, type InteractionRecord } from '../model/interaction.ts';
import { dropArchives } from './archive.ts';
import { DamagedError, type Database } from './database.ts';
import { daysWithData, eventsOfDay } from './days.ts';
import { contextLines, renewKey } from './derived.ts';
import { ERASURE } from './fingerprint.ts';
import type { Digest } from './format/digest.ts';
import { ownDigest, packName, readMonth, sealMonth } from './months.ts';
import { rangeOfDay, type SealedPack, sealPack, writeChange } from './packs.ts';
import type { DigestRow, PackRow } from './schema.ts';
import { forgetShown, forgetTraces } from './traces.ts';
import { digestOf, eventsOf, type Shred, type Vault } from './vault.ts';

/** In `metadata` from when data was replaced until the old keys are destroyed. */
const ERASING = 'erasing';

export type Targeted = (record: InteractionRecord) => boolean | Promise<boolean>;

async function split(
  events: readonly InteractionEvent[],
  targeted: Targeted,
): Promise<{ gone: Set<string>; survivors: InteractionEvent[] }> {
  const gone = new Set<string>();
  for (const record of foldEvents(events)) if (await targeted(record)) gone.add(record.id);
  const survivors = events.filter(
    (event) => !gone.has(event.kind === 'visit-update' ? event.visit : event.id),
  );
  return { gone, survivors };
}

/** `days`: where targeted records can be; all days with data when absent. */
export async function countTargeted(
  db: Database,
  vault: Vault,
  targeted: Targeted,
  days?: readonly Day[],
): Promise<number> {
  let count = 0;
  for (const day of days ?? (await daysWithData(db, vault))) {
    const { events } = await eventsOfDay(db, vault, day);
    count += (await split(events, targeted)).gone.size;
  }
  return count;
}

interface ErasedDay {
  readonly day: Day;
  /** Ids of the records that go. */
  readonly gone: ReadonlySet<string>;
  readonly packs: readonly PackRow[];
  readonly whole: boolean;
  readonly sealed: SealedPack | null;
}

export interface EraseOptions {
  /** Days that lost something are queued to be sent again. */
  readonly syncing: boolean;
  /** Also what does not open. */
  readonly everything: boolean;
  readonly days?: readonly Day[] | undefined;
  /** They are kept elsewhere: what contexts repeat of them stays. */
  readonly moving?: boolean;
}

/**
 * Erases and resolves with how many records went. Data that does not open is kept, except when everything goes. The caller
 * holds the write lock.
 */
export async function erase(
  db: Database,
  vault: Vault,
  targeted: Targeted,
  options: EraseOptions,
): Promise<number> {
  const days = options.days ?? (await daysWithData(db, vault));
  const months = new Map<Day, Day[]>();
  for (const day of days) months.set(monthOf(day), [...(months.get(monthOf(day)) ?? []), day]);
  let count = 0;
  const shred: Shred[] = [];
  if (options.everything) await forgetTraces(db);
  const lines = options.everything || options.moving ? new Set<string>() : await contextLines(db, vault);
  const gone = new Set<string>();
  const noting: Targeted = async (record) => {
    const hit = await targeted(record);
    if (hit && record.kind !== 'reduced')
      for (const line of record.kind === 'search' ? [record.query, record.url] : [record.url])
        if (lines.has(line)) gone.add(line);
    return hit;
  };
  for (const [month, daysOfMonth] of months) {
    const erased: ErasedDay[] = [];
    for (const day of daysOfMonth) {
      const one = await eraseDay(db, vault, day, noting, options.everything);
      if (!one) continue;
      erased.push(one);
      count += one.gone.size;
    }
    if (erased.length === 0) continue;
    const digest = await digestWithout(db, vault, month, erased);
    await replace(db, vault, erased, digest, options.syncing);
    for (const { day, whole } of erased) shred.push({ ...eventsOf(day), what: whole ? 'all' : 'superseded' });
    if (digest) shred.push({ ...digestOf(month), what: digest === 'none' ? 'all' : 'superseded' });
  }
  if (shred.length > 0 || options.everything) {
    shred.push(...(await renewKey(db, vault, options.everything ? 'all' : gone)));
    if (options.everything) shred.push(...(await dropArchives(db, vault)));
    if (shred.length > 0) await destroy(db, vault, shred);
  }
  return count;
}

async function eraseDay(
  db: Database,
  vault: Vault,
  day: Day,
  targeted: Targeted,
  everything: boolean,
): Promise<ErasedDay | null> {
  const { events, damaged } = await eventsOfDay(db, vault, day);
  const { gone, survivors } = await split(events, targeted);
  const whole = survivors.length === 0 && (damaged === 0 || everything);
  if (gone.size === 0 && !(whole && everything)) return null;
  // Rows that do not open cannot be sealed anew: such a day keeps its old key until they are repaired.
  if (damaged > 0 && !whole)
    throw new DamagedError(
      `Some records of ${day} are damaged, so nothing of that day can be erased alone. Erase everything, or restore a backup.`,
    );
  const packs = await db.getAll('packs', rangeOfDay(vault.userId, day));
  const seq = (packs.at(-1)?.seq ?? 0) + 1;
  const sealed = whole ? null : await sealPack(vault, await vault.newKey(eventsOf(day)), day, seq, survivors);
  return { day, gone, packs, whole, sealed };
}

/** The month's digest without the erased days; `none` when nothing is left of it, `null` when it knew nothing of them. */
async function digestWithout(
  db: Database,
  vault: Vault,
  month: Day,
  erased: readonly ErasedDay[],
): Promise<DigestRow | 'none' | null> {
  const gone = new Set(erased.flatMap(({ packs }) => packs.map(packName)));
  const all = await db.getAll(
    'packs',
    IDBKeyRange.bound([vault.userId, month], [vault.userId, `${month.slice(0, 7)}-99`]),
  );
  const covered = all.filter(({ digest }) => digest === 'month');
  // Also what a merge left in it: a digest is sealed anew whenever one of its days is touched.
  if (!(await db.get('digests', [vault.userId, month]))) return null;
  const left = covered.filter((pack) => !gone.has(packName(pack)));
  if (left.length === 0) return 'none';
  const digests: Digest[] = [];
  const old = await readMonth(db, vault, month);
  if (old) digests.push(old);
  else for (const pack of left) digests.push(await ownDigest(db, vault, pack));
  return sealMonth(vault, await vault.newKey(digestOf(month)), month, left, digests);
}

async function replace(
  db: Database,
  vault: Vault,
  erased: readonly ErasedDay[],
  digest: DigestRow | 'none' | null,
  syncing: boolean,
): Promise<void> {
  const journal: number[] = [];
  for (const { day } of erased) journal.push(...(await db.getAllKeysFromIndex('journal', 'day', day)));
  const days = new Set(erased.map(({ day }) => day));
  await writeChange(
    db,
    {
      remove: erased.flatMap(({ packs }) => packs),
      add: erased.flatMap(({ sealed }) => sealed ?? []),
      journal,
      digests: digest && digest !== 'none' ? [digest] : [],
    },
    async (tx, ask) => {
      const [first] = days;
      if (digest === 'none' && first) ask(tx.objectStore('digests').delete([vault.userId, monthOf(first)]));
      const metadata = tx.objectStore('metadata');
      ask(metadata.put(true, ERASING));
      ask(metadata.put(randomId(), ERASURE));
      await forgetShown(tx.objectStore('tabs'), new Set(erased.flatMap(({ gone }) => [...gone])));
      const outbox = tx.objectStore('outbox');
      if (syncing) for (const day of days) ask(outbox.add({ what: 'day', day }));
      // Events of these days that wait to be sent are sealed with keys that go; the days are sent as a whole instead.
      for (let cursor = await outbox.openCursor(); cursor; cursor = await cursor.continue()) {
        if (cursor.value.what === 'event' && days.has(cursor.value.day)) ask(cursor.delete());
      }
    },
  );
}

async function destroy(db: Database, vault: Vault, shred: readonly Shred[]): Promise<void> {
  await vault.shred(shred);
  await db.delete('metadata', ERASING);
}

/** At start: destroys keys that an interrupted erasure left. */
export async function finishErasing(db: Database, vault: Vault): Promise<void> {
  if ((await db.get('metadata', ERASING)) === undefined) return;
  const shred: Shred[] = [];
  for (const store of ['interactions', 'digests'] as const) {
    const newest = new Map<Day, number>();
    const stale = new Set<Day>();
    for (const { day, generation } of await vault.ring(store)) {
      const known = newest.get(day);
      if (known !== undefined && known !== generation) stale.add(day);
      newest.set(day, Math.max(generation, known ?? 0));
    }
    for (const [day, generation] of newest) {
      const used = await generationsInUse(db, vault, store, day);
      if (used.length === 0) shred.push({ store, day, what: 'all' });
      // A new key that was made but never used supersedes nothing: data of the older generation is still there.
      else if (stale.has(day) && used.every((one) => one === generation))
        shred.push({ store, day, what: 'superseded' });
    }
  }
  // What was erased is not known any more, so neither is which lines of the contexts it was: all go.
  shred.push(...(await renewKey(db, vault, 'all')));
  await destroy(db, vault, shred);
}

async function generationsInUse(
  db: Database,
  vault: Vault,
  store: 'interactions' | 'digests',
  day: Day,
): Promise<number[]> {
  if (store === 'digests') {
    const row = await db.get('digests', [vault.userId, day]);
    return row ? [row.generation] : [];
  }
  const [journal, blocks] = await Promise.all([
    db.getAllFromIndex('journal', 'day', day),
    db.getAll('interactions', rangeOfDay(vault.userId, day)),
  ]);
  return [...journal, ...blocks].map(({ generation }) => generation);
}
