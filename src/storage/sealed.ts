/**
 * Opening what came while the profile was locked: some rows at a time, oldest first, each moves into the journal under the number
 * that it has. One step does both, so whatever is interrupted, an event is in one of the two.
 *
 * Over 300 lines, because what is opened, dropped and counted of what came while locked is one account of the same rows.
 */
import { type Bytes, fromUtf8 } from '../base/bytes.ts';
import { type Day, dayNumber, dayOfNumber } from '../base/clock.ts';
import { type Opener, openerOf } from '../crypto/sealing.ts';
import {
  countsAtMs,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
} from '../model/interaction.ts';
import type { SensitiveKind } from '../model/sensitive.ts';
import { DamagedError, type Database } from './database.ts';
import { journalCounter, outboxRowOf, readDeletedUntil, sealJournalRow, stamped } from './journal.ts';
import type { LocalStore } from './local-store.ts';
import { LOCKED_FROM, SEALED_BROKEN, SEALED_DROPPED } from './locked-store.ts';
import type { JournalRow, SealedRow } from './schema.ts';
import { parseSealed, type SealedEvent } from './sealed-event.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { eventsOf, rowAad, sealOf, type Vault } from './vault.ts';

const ROWS_AT_ONCE = 200;
/** Keys for so many days ahead lie ready: a profile that is not opened for longer goes on with the last one. */
const DAYS_AHEAD = 35;

export interface Unsealed {
  /** Events that are in the journal now. */
  readonly events: number;
  /** Those that do not open, or are none: they are gone. */
  readonly broken: number;
}

/** What did not come through a time of being locked. */
export interface SealedGap {
  /** Left out because there were too many. */
  readonly dropped: number;
  /** Numbers that were given and are not there. */
  readonly missing: number;
}

/** The visit that an update is of: with the address that it was recorded with, or the one that was kept of it. */
interface Updated {
  readonly url: string;
  readonly isWhole: boolean;
}

/** What becomes of an event that was recorded without knowing the rules; `null`: it is not kept. `visit`: of an update. */
export type RuleLate = (event: InteractionEvent, visit?: Updated) => InteractionEvent | null;

/** Who is told what, and decides about what was recorded without the person's rules. */
export interface Opening {
  readonly rule: RuleLate;
  /** What did not come through, before it is forgotten here. */
  noted(gap: SealedGap): Promise<void>;
  /** What was taken out of events, after they are in the journal. */
  counted(kinds: readonly SensitiveKind[]): Promise<void>;
}

interface UnsealOptions {
  readonly syncing: boolean;
  readonly rule: RuleLate;
  /** What is stored of a day already, by id. */
  readonly known: (day: Day) => Promise<ReadonlyMap<string, InteractionEvent>>;
}

/** By the day of the key that events were sealed for. */
type Openers = Map<Day, Promise<readonly Opener[]>>;

/** What is remembered from one step to the next. */
interface Unsealing {
  readonly openers: Openers;
  /** Addresses, as they were recorded, of visits that are kept. */
  readonly visits: Map<string, string>;
}

/** What came while the profile was locked moves into the journal. */
export async function unseal(
  store: LocalStore,
  today: Day,
  { rule, noted, counted }: Opening,
): Promise<Unsealed> {
  const { db, vault, syncing } = store;
  await tellGap(db, noted);
  const unsealing: Unsealing = { openers: new Map(), visits: new Map() };
  let [events, broken] = [0, 0];
  for (;;) {
    const some = await store.changing((knownOf) => {
      const known = async (day: Day) => new Map((await knownOf(day)).map((event) => [event.id, event]));
      return unsealSome(db, vault, { syncing, rule, known }, unsealing);
    });
    if (some === null) break;
    events += some.events;
    broken += some.broken;
    await counted(some.redacted);
  }
  // Those that did not open.
  await tellGap(db, noted);
  const { openers } = unsealing;
  const isUsed = (day: Day) => day < today || openers.has(day);
  if (openers.size > 0) await store.exclusive(() => destroyUsedSeals(vault, isUsed));
  if (vault.lock) await prepareToLock(store, today);
  return { events, broken };
}

/**
 * Takes out what is meant of what still waits, without a word of it being written: for a disk that has no room for the rest. With
 * a visit go its updates, and those of visits that are nowhere. What does not open stays until the rest is opened, and so do links to
 * what goes. It is meant as it was recorded, and as the rules would leave it. Resolves with whether nothing waits any more.
 */
export async function eraseSealed(
  store: LocalStore,
  isMeant: (record: InteractionRecord) => boolean,
  { rule, noted }: Opening,
): Promise<boolean> {
  const { db, vault } = store;
  await tellGap(db, noted);
  const openers: Unsealing['openers'] = new Map();
  const visits = new Set<string>();
  await store.changing(async (knownOf) => {
    const gone: number[] = [];
    const goes = async (event: InteractionEvent, { day, ruled }: SealedRow): Promise<boolean> => {
      if (event.kind === 'visit-update')
        return !visits.has(event.visit) && !(await knownOf(day)).some(({ id }) => id === event.visit);
      const kept = ruled ? event : rule(event);
      if ([event, kept].some((one) => one && foldEvents([one]).some(isMeant))) return true;
      visits.add(event.id);
      return false;
    };
    let last = -1;
    for (;;) {
      const rows = await db.getAll('sealed', IDBKeyRange.lowerBound(last, true), ROWS_AT_ONCE);
      if (rows.length === 0) break;
      for (const row of rows) {
        const opened = await openRow(vault, row, openers);
        if (opened && (await goes(opened.event, row))) gone.push(row.n);
        last = row.n;
      }
    }
    const tx = db.transaction('sealed', 'readwrite', STRICT);
    await inTransaction(tx, (_, ask) => {
      for (const n of gone) ask(tx.store.delete(n));
    });
  });
  return (await db.count('sealed')) === 0;
}

/** Makes the keys that events are sealed for while the profile is locked; of each day there is one then, unless something waits. */
export const prepareToLock = (store: LocalStore, today: Day): Promise<void> =>
  store.exclusive(async () => {
    const { db, vault } = store;
    await vault.ensureKeys(daysAhead(today).map(sealOf));
    const retired = vault.periods('seals').filter((day) => vault.generations(sealOf(day)) > 1);
    if (retired.length > 0 && (await db.count('sealed')) === 0)
      await vault.shred(retired.map((day) => ({ ...sealOf(day), what: 'superseded' })));
  });

/** The next rows; `null` when none are left. The caller holds the write lock. */
async function unsealSome(
  db: Database,
  vault: Vault,
  { syncing, rule, known }: UnsealOptions,
  { openers, visits }: Unsealing,
): Promise<(Unsealed & { readonly redacted: readonly SensitiveKind[] }) | null> {
  const rows = await db.getAll('sealed', undefined, ROWS_AT_ONCE);
  if (rows.length === 0) return null;
  await vault.ensureKeys([...new Set(rows.map(({ day }) => day))].map(eventsOf));
  const opened = await Promise.all(rows.map((row) => openRow(vault, row, openers)));
  const moved: JournalRow[] = [];
  const redacted: SensitiveKind[] = [];
  const deletedUntilMs = await readDeletedUntil(db);
  let broken = 0;
  for (const [index, one] of opened.entries()) {
    const row = rows[index] as SealedRow;
    if (one === null) {
      broken += 1;
      continue;
    }
    const { event } = one;
    const kept = row.ruled ? event : await ruleLate(event, row.day, { rule, known }, visits);
    if (!kept) continue;
    // A count says its hour only, which may have begun before a deletion that the event came after.
    const counted = wasLater(event, deletedUntilMs) ? stamped(kept, deletedUntilMs) : kept;
    moved.push(await sealJournalRow(vault, counted, row.n, row.day));
    // Of what the rules left less of nobody can say where a piece had been.
    if (sameWords(event, kept)) redacted.push(...one.redacted);
  }
  const tx = db.transaction(['sealed', 'journal', 'outbox', 'metadata'], 'readwrite', STRICT);
  await inTransaction(tx, async (_, ask) => {
    // With the step that takes them out, so that they are told of whatever happens.
    if (broken > 0) await addBroken(tx.objectStore('metadata'), broken);
    for (const row of moved) {
      ask(tx.objectStore('journal').add(row));
      if (syncing) ask(tx.objectStore('outbox').add(outboxRowOf(row)));
    }
    for (const { n } of rows) ask(tx.objectStore('sealed').delete(n));
  });
  return { events: moved.length, broken, redacted };
}

const wasLater = (event: InteractionEvent, deletedUntilMs: number): boolean =>
  event.kind !== 'visit-update' && countsAtMs(event) > deletedUntilMs;

/** An update goes with its visit: what the rules take leaves no title behind. */
async function ruleLate(
  event: InteractionEvent,
  day: Day,
  { rule, known }: Pick<UnsealOptions, 'rule' | 'known'>,
  visits: Map<string, string>,
): Promise<InteractionEvent | null> {
  if (event.kind === 'visit-update') {
    const url = visits.get(event.visit);
    if (url !== undefined) return rule(event, { url, isWhole: true });
    const visit = (await known(day)).get(event.visit);
    return visit?.kind === 'visit' ? rule(event, { url: visit.url, isWhole: false }) : null;
  }
  const kept = rule(event);
  if (kept?.kind === 'visit' && event.kind === 'visit') visits.set(kept.id, event.url);
  return kept;
}

async function openRow(
  vault: Vault,
  { n, day, type, seal, box }: SealedRow,
  openers: Openers,
): Promise<SealedEvent | null> {
  let found = openers.get(seal);
  if (!found) {
    found = openersFor(vault, seal);
    openers.set(seal, found);
  }
  for (const opener of await found) {
    const bytes = await opener.open(box, rowAad(vault.userId, 'sealed', day, type, n));
    if (bytes) return eventIn(bytes);
  }
  return null;
}

function eventIn(bytes: Bytes): SealedEvent | null {
  try {
    return parseSealed(JSON.parse(fromUtf8(bytes)));
  } catch {
    return null;
  }
}

/** By every key of the day that is there and opens, newest first: what waited while another lock was set was sealed for the one before. */
async function openersFor(vault: Vault, day: Day): Promise<Opener[]> {
  const openers: Opener[] = [];
  const names = vault.names('seals').filter((name) => name.day === day);
  for (const { generation } of names.sort((a, b) => b.generation - a.generation)) {
    try {
      openers.push(await openerOf((await vault.key(sealOf(day), generation)).raw));
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
    }
  }
  return openers;
}

/** Whether the rules left it as it is. */
const sameWords = (before: InteractionEvent, after: InteractionEvent): boolean =>
  wordsOf(before) === wordsOf(after);

const wordsOf = (event: InteractionEvent): string =>
  JSON.stringify(
    ['url', 'title', 'query', 'text', 'target', 'referrer'].map((name) => event[name as keyof typeof event]),
  );

/** What is not there of all that came since the profile was locked, and what did not open. */
async function sealedGap(db: Database): Promise<SealedGap> {
  const [from, noRoom, broken, rows, counter] = await Promise.all([
    db.get('metadata', LOCKED_FROM),
    db.get('metadata', SEALED_DROPPED),
    db.get('metadata', SEALED_BROKEN),
    db.count('sealed'),
    journalCounter(db),
  ]);
  const dropped = countOf(noRoom);
  // Without a first number it was not locked since that was told.
  const lost = typeof from === 'number' ? Math.max(0, counter - from - rows - dropped) : 0;
  return { dropped, missing: lost + countOf(broken) };
}

interface Metadata {
  get(key: string): Promise<unknown>;
  put(value: number, key: string): Promise<unknown>;
}

const addBroken = async (metadata: Metadata, broken: number): Promise<void> =>
  void (await metadata.put(countOf(await metadata.get(SEALED_BROKEN)) + broken, SEALED_BROKEN));

const countOf = (stored: unknown): number => (typeof stored === 'number' ? stored : 0);

/** What is missing is noted elsewhere, before more is taken out, and is then forgotten here. */
async function tellGap(db: Database, noted: (gap: SealedGap) => Promise<void>): Promise<void> {
  const gap = await sealedGap(db);
  if (gap.dropped + gap.missing > 0) await noted(gap);
  const tx = db.transaction('metadata', 'readwrite', STRICT);
  await inTransaction(tx, (_, ask) => {
    for (const name of [LOCKED_FROM, SEALED_DROPPED, SEALED_BROKEN]) ask(tx.store.delete(name));
  });
}

/** Destroys private keys: what was sealed for them was opened. Today's is made anew before the profile is locked again. */
async function destroyUsedSeals(vault: Vault, isUsed: (day: Day) => boolean): Promise<void> {
  const used = vault.periods('seals').filter(isUsed);
  if (used.length > 0) await vault.shred(used.map((day) => ({ ...sealOf(day), what: 'all' })));
}

/** `first` and the days after it that keys are made for. */
const daysAhead = (first: Day): Day[] =>
  Array.from({ length: DAYS_AHEAD }, (_, n) => dayOfNumber(dayNumber(first) + n));
