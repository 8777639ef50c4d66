/**
 * The profile's store as one thing: opens it, holds the write lock, and joins journal, packs, index, keys and named records.
 * Over 300 lines, because whatever changes packs or keys has to go through this one lock; the work itself is elsewhere.
 */

import { type Bytes, concat } from '../base/bytes.ts';
import { type Clock, type Day, dayOf, monthOf } from '../base/clock.ts';
import { Mutex } from '../base/mutex.ts';
import type { SiteSize } from '../model/budget.ts';
import {
  countsAtMs,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
} from '../model/interaction.ts';
import { MAX_TIME_MS } from '../model/interaction-fields.ts';
import type { MeantAs } from '../model/links.ts';
import { hostOf } from '../model/page.ts';
import type { FoundPage, PageQuery } from '../model/page-query.ts';
import { isEverything, meantBy, type Purge } from '../model/purge.ts';
import { coversHost } from '../model/rules.ts';
import type { EraseTarget } from '../model/selector.ts';
import { coversDay, touchesDay } from './archive-list.ts';
import { type ArchivedDays, Archives, type RestoreOptions } from './archives.ts';
import { type AwayDays, forgetAway, noteAway, readAway } from './away.ts';
import { BlockCache } from './block-cache.ts';
import { candidateDays, type FinderSource } from './candidates.ts';
import { churn, removeOrphans } from './compact.ts';
import { CORRECTIONS_NOTE, type OpenCorrections } from './corrections-note.ts';
import {
  DamagedError,
  type Database,
  type DatabaseEvents,
  LockedError,
  openData,
  PartlyErasedError,
} from './database.ts';
import { daysWithData, eventsOfDay, recordCount, recordsByDay } from './days.ts';
import { namedHosts } from './days-naming.ts';
import { DeletionLog } from './deletion-log.ts';
import { contextLines, Derived } from './derived.ts';
import {
  type Asked,
  type Change,
  erase,
  findMeant,
  finishErasing,
  generationsInUse,
  isErasing,
  isOfSites,
  linksAsked,
  type Meant,
  movedOf,
  noteErasing,
  type Targeted,
  type Until,
} from './erase.ts';
import { findPages } from './finder.ts';
import { ERASURE, fingerprintOf } from './fingerprint.ts';
import { type ByteSource, wholeSource } from './format/byte-source.ts';
import { type Hidden, hiddenBy, hidesOf, isEmpty, shownOf, toldOf, wholeDays, withComing } from './hidden.ts';
import {
  type Append,
  DELETED_UNTIL,
  Journal,
  journalCounter,
  lifeOf,
  readDeletedUntil,
  SEEN_STEP_MS,
  sealJournalRow,
} from './journal.ts';
import { type KeyStore, openKeyStore, type RingName } from './key-store.ts';
import { dueMonths } from './months.ts';
import { ensureKeysOf, journalDays, mergePacks, PACK_ROWS, packDay, planAddition } from './packing.ts';
import { type PackSource, rangeOfAll, writeChange } from './packs.ts';
import { eventsOfPage } from './page-records.ts';
import { PURGE_NOTE } from './purge-note.ts';
import { RecordingStore } from './recording-store.ts';
import type { JournalRow, PackRow } from './schema.ts';
import { type Loss, lossOf, parseSentinel, type Sentinel, type SentinelArea } from './sentinel.ts';
import { ShreddableNote } from './shreddable-note.ts';
import { siteSizes } from './site-sizes.ts';
import { SizeMeter, type StoreSizes } from './sizes.ts';
import { summariesByDay } from './statistics.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { eventsOf, type LockedVault, type Shred, sealOf, tablesOf, Vault } from './vault.ts';

export interface LocalStoreOptions extends DatabaseEvents {
  readonly sentinel: SentinelArea;
  readonly clock: Clock;
  /** What a locked profile was opened with, from the browser's memory. */
  readonly secret?: () => Promise<Bytes | undefined>;
  /** The number of this run of the browser (u32, random), from its memory; part of the ids of events. */
  readonly run?: () => Promise<number>;
  /** Rows were met that do not open; they were left out and left alone. */
  onDamaged(rows: number): void;
}

/** Nonces of messages are remembered this long; a content script gives up sooner. */
const NONCE_MS = 10 * 60_000;
/** Opened tables in memory: what finding reads of two years of a busy person. */
const CACHE_BYTES = 48 * 1024 * 1024;

/** What is known of the store without opening anything; gone with the next write that is not an append. */
interface Contents {
  readonly packs: Promise<readonly PackRow[]>;
  readonly journalDays: Promise<Map<Day, number>>;
  /** Read while no event was being appended: one more can be added to it. */
  isExact: boolean;
}

/** Named record: when the newest record was made that left for the service (ms since 1970). */
const NEWEST_AWAY = 'newest-away';

/** In the cache: days that finding reads whole. About what an event takes there. */
const LIVE = 'live/';
const EVENT_BYTES = 600;

/** Whether something of a host is meant. */
type HostTest = (host: string) => boolean | Promise<boolean>;

/** `undefined`: no host is meant. */
function namedBy(targets: readonly EraseTarget[]): HostTest | undefined {
  const hosts = targets.flatMap((target) =>
    target.what === 'site' ? [target.host] : target.what === 'page' ? [hostOf(target.url)] : [],
  );
  return hosts.length === 0 ? undefined : (host) => hosts.some((one) => coversHost(one, host));
}

/** What `erase` takes. */
interface Erasing extends ErasingMore {
  readonly targeted: Targeted;
  readonly everything: boolean;
  readonly days: DaysToErase | undefined;
  readonly targets: readonly EraseTarget[];
}

interface ErasingMore {
  /** Days of which something may be meant that the targets cannot name. */
  readonly unnamed?: (day: Day) => boolean;
  /** Whether a host may be meant, so that links to it go from records of other pages. Absent: those that the targets name. */
  readonly named?: HostTest | undefined;
  /**
   * It was tried before and threw `PartlyErasedError`: nothing is sealed anew unless something more goes. What lies in files or at the
   * service is noted, and gone from what repeats it.
   */
  readonly again?: boolean;
  /** As in `EraseOptions`. */
  readonly until?: Until | undefined;
  /** When it was given (ms), where that may be before something that is away was recorded. */
  readonly givenMs?: number | undefined;
}

type DaysToErase = readonly Day[] | (() => Promise<readonly Day[] | undefined>);

/** All that is there of a day, in packs and in the journal. */
export type KnownOf = (day: Day) => Promise<readonly InteractionEvent[]>;

/** Of what came for a day: what is kept of it. Asked while nothing else writes or erases. */
export type Keeper = (
  day: Day,
  events: readonly InteractionEvent[],
  known: KnownOf,
) => Promise<readonly InteractionEvent[]>;

/** `known`: what is there of the day. */
type Coming = (
  day: Day,
  events: readonly InteractionEvent[],
  known: () => Promise<readonly InteractionEvent[]>,
) => Promise<readonly InteractionEvent[]>;

/** Of an import: what to add, and what to note with it. */
export interface Chosen {
  readonly days: ReadonlyMap<Day, readonly InteractionEvent[]>;
  readonly value?: unknown;
}
export type Chooser = (known: readonly InteractionEvent[]) => Promise<{
  readonly events: readonly InteractionEvent[];
  readonly value?: unknown;
}>;

const damagedIsNull = (error: unknown): null => {
  if (error instanceof DamagedError) return null;
  throw error;
};

/** -Infinity: none has one. */
function newestStamp(days: Iterable<readonly InteractionEvent[]>): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (const events of days)
    for (const event of events)
      if (event.kind !== 'visit-update') newest = Math.max(newest, event.afterMs ?? newest);
  return newest;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, one) => all + one, 0);

/** What a store is made of, before it is known whether it is locked. */
export interface StoreParts {
  readonly db: Database;
  readonly keys: KeyStore;
  readonly vault: Vault | LockedVault;
  /** The number that the next event gets. */
  readonly counter: number;
  readonly run: number | undefined;
  readonly sentinel: Sentinel | undefined;
  /** Numbers that other devices know would be used again for other events: this device has to start another life. */
  readonly isBehind: boolean;
}

export async function openParts(options: LocalStoreOptions): Promise<StoreParts> {
  // All at once, because the first event after a start waits for it.
  const reading = options.sentinel.read();
  const hint = async () => parseSentinel(await reading)?.keyring;
  const opening = openKeyStore(hint).then(async (keys) => ({
    keys,
    vault: await Vault.open(keys, await options.secret?.()),
  }));
  const running = options.run?.();
  for (const one of [opening, reading, running]) one?.catch(() => {});
  const db = await openData(options).catch((error: unknown) => {
    opening.then(({ keys }) => keys.close()).catch(() => {});
    throw error;
  });
  const [{ keys, vault }, found, counter, run] = await Promise.all([
    opening,
    reading,
    journalCounter(db),
    running,
  ]);
  const sentinel = parseSentinel(found);
  const isBehind = sentinel?.userId === vault.userId && counter < sentinel.counter;
  return { db, keys, vault, counter, run, sentinel, isBehind };
}

export class LocalStore extends RecordingStore {
  /** Whether new events are queued for sync too. */
  syncing = false;
  /** What was recorded elsewhere or before, and comes (back) in, as it may be kept. Nothing may write meanwhile. */
  coming: Coming = async (_, events) => events;
  readonly cache = new BlockCache(CACHE_BYTES);
  /** Saved contexts and cached summaries. */
  readonly derived: Derived;
  /** Days that left for files. */
  readonly archives: Archives;
  /** What was deleted, without what it was. */
  readonly deletions: DeletionLog;
  /** What corrections that are under way say. */
  readonly corrections: ShreddableNote<OpenCorrections>;
  readonly #purgeNote: ShreddableNote<Purge>;
  #hidden: Hidden | undefined;
  /** What was shown as the count when an erasure began, until it ends. */
  #countMeanwhile: number | undefined;
  readonly #meter: SizeMeter;
  readonly #mutex = new Mutex();
  readonly #journal: Journal<JournalRow>;
  #contents: Contents | undefined;
  #count: number | undefined;
  /** Appends that are under way: what is read meanwhile may have their events, or not. */
  #appending = 0;
  /** Rises with whatever may change what is read. */
  #changes = 0;
  #watched = 0;

  private constructor(
    db: Database,
    keys: KeyStore,
    readonly vault: Vault,
    private readonly options: LocalStoreOptions,
    /** What the browser lost of this store, until `lossSeen`. */
    public loss: Loss | undefined,
    run: number | undefined,
  ) {
    super(db, keys);
    const { clock } = options;
    this.derived = new Derived(db, vault, () => this.#hidden?.lines);
    this.deletions = new DeletionLog(db, vault);
    this.corrections = new ShreddableNote(CORRECTIONS_NOTE, db, vault);
    this.#purgeNote = new ShreddableNote(PURGE_NOTE, db, vault);
    this.#meter = new SizeMeter(db, this.derived);
    this.archives = new Archives({
      source: () => this.#source(),
      syncing: () => this.syncing,
      days: () => this.days(),
      eventsOfDay: (day) => this.eventsOfDay(day),
      exclusive: (task) => this.exclusive(task),
      erasing: (task) => this.#erasing(task),
      // Not `addEvents`: while sync is on, what comes back is to be sent.
      importDay: (day, choose) =>
        this.importDay(day, async (known) => {
          const { events } = await choose();
          return { events: await this.coming(day, events, async () => known) };
        }),
    });
    this.#journal = new Journal<JournalRow>(
      db,
      {
        deviceId: vault.deviceId,
        life: lifeOf(vault, run),
        store: 'journal',
        seal: (event, n, day) => sealJournalRow(vault, event, n, day),
      },
      () => this.syncing,
      () => clock.nowMs(),
      this.#mutex,
    );
  }

  /** @throws LockedError when there is a passphrase and `options.secret` is not what it opens now. */
  static async open(options: LocalStoreOptions): Promise<LocalStore> {
    const parts = await openParts(options);
    const { vault } = parts;
    if (vault instanceof Vault) return LocalStore.from({ ...parts, vault }, options);
    parts.db.close();
    parts.keys.close();
    throw new LockedError();
  }

  /** Of a profile that is not locked. */
  static async from(
    { db, keys, vault, counter, run, sentinel, isBehind }: StoreParts & { readonly vault: Vault },
    options: LocalStoreOptions,
  ): Promise<LocalStore> {
    const loss = lossOf(sentinel, { userId: vault.userId, counter });
    try {
      // First: the journal numbers events with it.
      if (isBehind) await vault.beginIncarnation();
      const store = new LocalStore(db, keys, vault, options, loss, run);
      await Promise.all([store.#watch(counter), store.#finish()]);
      await store.archives.open();
      return store;
    } catch (error) {
      db.close();
      keys.close();
      throw error;
    }
  }

  /**
   * Destroys the keys that an erasure left which was interrupted. On a full disk there may be no room for it: what is there can be read
   * all the same, and nothing that was erased; it is tried again each minute. Resolves with whether none is left.
   */
  async #finish(): Promise<boolean> {
    try {
      await finishErasing(this.db, this.vault);
      return true;
    } catch (error) {
      console.error('an erasure that was interrupted is not finished yet', error);
      return false;
    }
  }

  /** Writes the sentinel: from here on, less than this is loss. */
  async #watch(known?: number): Promise<void> {
    const counter = known ?? (await journalCounter(this.db));
    const { userId } = this.vault;
    const sentinel: Sentinel = {
      userId,
      counter,
      atMs: this.options.clock.nowMs(),
      keyring: this.keys.generation(),
      ...(this.loss ? { loss: this.loss } : {}),
    };
    try {
      await this.options.sentinel.write(sentinel);
      this.#watched = counter;
    } catch (error) {
      // The one before is a lower bound too.
      console.error('the sentinel could not be written', error);
    }
  }

  /** The person has read what was lost. */
  async lossSeen(): Promise<void> {
    this.loss = undefined;
    await this.#watch();
  }

  /** Runs `task` while nothing else writes events or destroys keys. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    return this.#mutex.run(task);
  }

  /** The same for what changes packs or the journal: what is known of them is read again. What was opened of them stays true. */
  changing<T>(task: (known: KnownOf) => Promise<T>): Promise<T> {
    return this.#changing(() => task(this.#knownOf()));
  }

  async #changing<T>(task: () => Promise<T>): Promise<T> {
    return this.exclusive(async () => {
      try {
        return await task();
      } finally {
        this.#forgetContents();
        this.#count = undefined;
        this.#changes += 1;
      }
    });
  }

  /** The same for what erases: nothing that was opened stays in memory. */
  #erasing<T>(task: () => Promise<T>): Promise<T> {
    return this.#changing(async () => {
      // One that failed here before: this one would end with saying that nothing is left to destroy.
      const isLeft = !(await this.#finish());
      try {
        return await task();
      } finally {
        if (isLeft) await noteErasing(this.db);
        this.forget();
      }
    });
  }

  /** Another master key, of a profile that is in no account. The keys of before are retired (key-store.ts). */
  renewAlone(): Promise<void> {
    const { vault, options } = this;
    return this.exclusive(() => vault.renewMaster(vault.nextAlone(options.clock.nowMs())));
  }

  #source(): PackSource {
    return { db: this.db, vault: this.vault, cache: this.cache };
  }

  #today(): Day {
    return dayOf(this.options.clock.nowMs());
  }

  #forgetContents(): void {
    this.#contents = undefined;
    this.cache.keepOnly(LIVE, '');
  }

  /** Everything that is kept in memory of what is stored. */
  forget(): void {
    this.#contents = undefined;
    this.#count = undefined;
    this.derived.forgetSize();
    this.cache.clear();
  }

  async append(append: Append): Promise<InteractionEvent | null> {
    this.#appending += 1;
    this.#changes += 1;
    const written = await this.#journal.append(append).finally(() => {
      this.#appending -= 1;
    });
    if (!written) return null;
    const { event, day } = written;
    const rows = 1 + (append.also?.length ?? 0);
    if (event.kind !== 'visit-update' && this.#count !== undefined) this.#count += rows;
    this.cache.forget(LIVE + day);
    const contents = this.#contents;
    // One that was read meanwhile may have the event already, and to count it twice would make it look like another store.
    if (contents?.isExact)
      void contents.journalDays.then((days) => days.set(day, (days.get(day) ?? 0) + rows));
    else this.#contents = undefined;
    return event;
  }

  /** Runs `use` with what `read` gives if nothing changed while it was read. */
  async #ifQuiet<T>(read: Promise<T>, use: (value: T) => void): Promise<T> {
    const changes = this.#appending === 0 ? this.#changes : undefined;
    const value = await read;
    if (changes === this.#changes) use(value);
    return value;
  }

  /** Adds events of one day that come from elsewhere; each id once, however often it comes. Resolves with how many were new. */
  addEvents(day: Day, events: readonly InteractionEvent[]): Promise<number> {
    return this.addDays(new Map([[day, events]]));
  }

  /** The same for several days, in one durable step. `keep` leaves out what must not come in. */
  addDays(days: ReadonlyMap<Day, readonly InteractionEvent[]>, keep?: Keeper): Promise<number> {
    return this.#changing(async () => {
      const known = this.#knownOf();
      const kept = new Map<Day, readonly InteractionEvent[]>();
      for (const [day, events] of days) {
        const some = keep ? await keep(day, events, known) : events;
        const coming = await this.coming(day, some, () => known(day));
        // What this device recorded itself may be in the journal still; what others did never is.
        const isBack = coming.some(({ id }) => id.startsWith(`${this.vault.deviceId}.`));
        const there = new Set(isBack ? (await known(day)).map(({ id }) => id) : []);
        kept.set(
          day,
          coming.filter(({ id }) => !there.has(id)),
        );
      }
      const { change, added } = await this.#planDays(kept);
      if (added.size === 0) return 0;
      // Whoever recorded them may know of deletions that do not open here.
      await this.heardOf(newestStamp(kept.values()));
      await this.#hideComing(kept, known);
      await writeChange(this.db, change);
      return sum(added.values());
    });
  }

  /**
   * Before events of days are added: what is about to be erased of them, as it came from elsewhere, is hidden before it is there,
   * and erased with the rest.
   */
  async #hideComing(days: ReadonlyMap<Day, readonly InteractionEvent[]>, known: KnownOf): Promise<void> {
    const hidden = this.#hidden;
    if (!hidden) return;
    const coming = new Map<Day, readonly InteractionRecord[]>();
    for (const [day, events] of days) {
      const meant = foldEvents(events).filter((record) => hidden.means(record));
      if (meant.length === 0) continue;
      const there = new Set((await known(day)).map(({ id }) => id));
      coming.set(
        day,
        meant.filter(({ id }) => !there.has(id)),
      );
    }
    if (coming.size === 0) return;
    const more = withComing(hidden, coming, await contextLines(this.db, this.vault));
    // Undone meanwhile: then it is to be shown.
    if (this.#hidden === hidden) this.#hidden = more;
  }

  /**
   * Adds what `choose` picks, given what is there already, wherever it lies; with it, in one step, a note is written and,
   * while syncing, the days that gained something are queued to be sent. Resolves with how many events were new.
   */
  importDays(choose: (known: KnownOf) => Promise<Chosen>, note?: string): Promise<number> {
    return this.#changing(async () => {
      const known = this.#knownOf();
      const { days, value } = await choose(known);
      const fresh = new Map<Day, readonly InteractionEvent[]>();
      for (const [day, events] of days) {
        const there = new Set((await known(day)).map(({ id }) => id));
        const news = events.filter(({ id }) => !there.has(id));
        // In an account, what is imported is held to what the others keep of the same.
        fresh.set(day, this.syncing ? await this.coming(day, news, () => known(day)) : news);
      }
      const { change, added } = await this.#planDays(fresh);
      const box = note === undefined ? undefined : await this.vault.sealNamed(note, value);
      if (added.size === 0 && box === undefined) return 0;
      await this.#hideComing(fresh, known);
      await writeChange(this.db, change, async (tx, ask) => {
        if (note !== undefined) ask(tx.objectStore('metadata').put(box, note));
        if (this.syncing)
          for (const day of added.keys()) ask(tx.objectStore('outbox').add({ what: 'day', day }));
      });
      return sum(added.values());
    });
  }

  /** The same for one day. `beside`: further days whose events `choose` is given too. */
  importDay(day: Day, choose: Chooser, note?: string, beside: readonly Day[] = []): Promise<number> {
    return this.importDays(async (knownOf) => {
      const known = new Map<string, InteractionEvent>();
      for (const one of [day, ...beside]) for (const event of await knownOf(one)) known.set(event.id, event);
      const { events, value } = await choose([...known.values()]);
      return { days: new Map([[day, events]]), value };
    }, note);
  }

  /** Each day is opened once, when it is first asked for; also what is hidden is known. The caller holds the write lock. */
  #knownOf(): KnownOf {
    const known = new Map<Day, Promise<readonly InteractionEvent[]>>();
    return (day) => {
      let events = known.get(day);
      if (!events) {
        events = this.#allOfDay(day).then((found) => found.events);
        known.set(day, events);
      }
      return events;
    };
  }

  /** One change for several days, and how many events are new on each that gains some. */
  async #planDays(days: ReadonlyMap<Day, readonly InteractionEvent[]>) {
    const filled = new Map([...days].filter(([, events]) => events.length > 0));
    await ensureKeysOf(this.vault, filled.keys());
    return planAddition(this.#source(), filled, this.#today());
  }

  /** A sealed note that is written together with events. `undefined` when there is none, or it does not open. */
  async readNote(name: string): Promise<unknown> {
    const box = await this.db.get('metadata', name);
    if (!(box instanceof Uint8Array)) return undefined;
    return this.vault.openNamed(name, box as Bytes).catch(() => undefined);
  }

  async writeNote(name: string, value: unknown): Promise<void> {
    const box = await this.vault.sealNamed(name, value);
    await this.db.put('metadata', box, name);
  }

  async forgetNote(name: string): Promise<void> {
    await this.db.delete('metadata', name);
  }

  #known(): Contents {
    if (!this.#contents) {
      const contents: Contents = {
        packs: this.db.getAll('packs', rangeOfAll(this.vault.userId)),
        journalDays: this.#ifQuiet(journalDays(this.db), () => {
          contents.isExact = true;
        }),
        isExact: false,
      };
      this.#contents = contents;
      // Who asks is told; where one of the two fails, nobody may be waiting for the other.
      for (const one of [contents.packs, contents.journalDays]) one.catch(() => {});
    }
    return this.#contents;
  }

  /** Days with data, newest first. */
  days(): Promise<Day[]> {
    return daysWithData(this.#source());
  }

  /** Records in the store, folded. */
  async recordCount(): Promise<number> {
    if (this.#countMeanwhile !== undefined) return this.#countMeanwhile;
    const count =
      this.#count ??
      (await this.#ifQuiet(recordCount(this.#source()), (read) => {
        this.#count = read;
      }));
    return Math.max(0, count - (this.#hidden?.stored ?? 0));
  }

  /** What a deletion takes of the store. `days`: where it can be. */
  async #found(
    purge: Purge,
    days: readonly Day[] | undefined,
    onRead: () => void = () => {},
  ): Promise<Meant> {
    const isMeant = meantBy(purge);
    const means = (record: InteractionRecord) => {
      onRead();
      return isMeant(record);
    };
    if (!isEverything(purge)) {
      const { targets, reason } = purge;
      // A span means what rules left of a record, too: its time stays.
      const named = reason !== 'retention' && targets.some(({ what }) => what === 'page' || what === 'site');
      return this.meant(means, days, { ...linksAsked(targets), named });
    }
    // All but what came after it: nothing older is opened.
    const first = dayOf(Math.min(purge.atMs, this.options.clock.nowMs()));
    const recent = (await this.days()).filter((day) => day >= first);
    const later = await this.meant((record) => !means(record), recent);
    const stored = (await recordCount(this.#source())) - later.stored;
    return {
      stored,
      days: [],
      lines: new Set(),
      records: new Map(),
      linked: [],
      named: [],
      shortened: false,
    };
  }

  /**
   * When a deletion, or rules for what is stored, are given now: after all that is known, whatever the clock says; and what is recorded
   * from here on is later. `beside`: times of records that are elsewhere on this device. A hybrid logical clock: see `countsAtMs`.
   */
  deleting(beside: readonly number[] = []): Promise<number> {
    return this.exclusive(async () => {
      const times = [
        this.options.clock.nowMs(),
        (await readDeletedUntil(this.db)) + 1,
        await this.#newestMs(),
      ];
      const untilMs = Math.min(MAX_TIME_MS - 1, Math.max(...times, ...beside));
      await this.heardOf(untilMs);
      return untilMs;
    });
  }

  /** Deletions that were given up to then are known. The caller holds the write lock. */
  async heardOf(deletedUntilMs: number): Promise<void> {
    if (deletedUntilMs <= (await readDeletedUntil(this.db))) return;
    await this.db.put('metadata', deletedUntilMs, DELETED_UNTIL);
    this.#journal.heardOf(deletedUntilMs);
  }

  /** The newest record that may be newer than the clock says, here or away; 0: there is none. */
  async #newestMs(): Promise<number> {
    const awayMs = await this.#newestAwayMs();
    const [newest] = await this.days();
    if (newest === undefined || newest < this.#today()) return awayMs;
    const { events } = await eventsOfDay(this.#source(), newest);
    return events.reduce((latest, { atMs }) => Math.max(latest, atMs), awayMs);
  }

  /** Of what left this store for the service; damaged: nothing is known of it. */
  async #newestAwayMs(): Promise<number> {
    const noted = await this.readNamed(NEWEST_AWAY).catch(damagedIsNull);
    return typeof noted === 'number' ? noted : 0;
  }

  /**
   * A deletion was asked for: finds what it means, and shows nothing of it from here on. What comes from elsewhere waits until then,
   * so that it is either found, or seen to come. Resolves with what of the store is hidden. `days`: where that can be; all when it
   * gives `undefined`. May be repeated.
   */
  hide(purge: Purge, days: () => Promise<readonly Day[] | undefined>, onRead?: () => void): Promise<Meant> {
    return this.exclusive(async () => {
      const where = this.#withHidden(await days());
      const found = await this.#found(purge, where, onRead);
      this.#hidden = hiddenBy(purge, found);
      this.forget();
      return found;
    });
  }

  /** It stays hidden over a restart. */
  note(purge: Purge): Promise<void> {
    return this.exclusive(() => this.#purgeNote.write(purge));
  }

  /** It is shown again: what was asked for is not to be, or was done. */
  unhide(): Promise<void> {
    return this.exclusive(async () => {
      await this.#purgeNote.forget();
      this.show();
    });
  }

  /** The same of what could not be noted. */
  show(): void {
    this.#hidden = undefined;
    this.forget();
  }

  /** What was asked for before the last start and not carried out. @throws DamagedError when it does not open. */
  pendingPurge(): Promise<Purge | undefined> {
    return this.#purgeNote.read();
  }

  /**
   * Carries out what was asked for. `days`: as for `erase`. It may be repeated until `unhide` says that nothing more follows
   * from it.
   * @throws PartlyErasedError
   */
  async purge(purge: Purge, days: DaysToErase): Promise<number> {
    this.#countMeanwhile = await this.recordCount();
    const { targets } = purge;
    const isMeant = meantBy(purge);
    try {
      return await this.#erasing(async () => {
        // One that was interrupted still says what was recorded.
        if (isEverything(purge) && this.corrections.keys() > 0) await this.corrections.forget();
        try {
          const erasing = {
            targeted: isMeant,
            until: (record: InteractionRecord, as?: MeantAs) =>
              isMeant(record, as) ? purge.untilMs : undefined,
            everything: isEverything(purge),
            days,
            targets,
          };
          const count = await this.#erase(erasing);
          this.#hidden = undefined;
          return count;
        } catch (error) {
          if (error instanceof PartlyErasedError) this.#hidden = undefined;
          throw error;
        }
      });
    } finally {
      this.#countMeanwhile = undefined;
      this.forget();
    }
  }

  /** Whether something of this day is hidden; without: of any. */
  isHiding(day?: Day): boolean {
    return this.#hidden !== undefined && (day === undefined || hidesOf(this.#hidden, day));
  }

  /** What is hidden, as a test for records that are elsewhere. */
  hides(record: InteractionRecord, as?: MeantAs): boolean {
    return this.#hidden?.means(record, as) === true;
  }

  #finding(): FinderSource {
    const known = this.#known();
    const hidden = this.#hidden;
    return {
      ...this.#source(),
      packs: async () => (hidden?.days === 'all' ? [] : known.packs),
      journalDays: async () => wholeDays(hidden, (await known.journalDays).keys()),
      liveEvents: (day) =>
        this.cache.get(LIVE + day, async () => {
          const { events } = await this.eventsOfDay(day);
          return { value: events, sizeBytes: events.length * EVENT_BYTES };
        }),
    };
  }

  /** Pages that match, newest first; one that was there on several days comes once for each, or (`once`) for the newest. */
  findPages(query: PageQuery, { once = false } = {}): AsyncGenerator<FoundPage> {
    return findPages(this.#finding(), query, once);
  }

  /** What statistics need, by day, oldest first. */
  async *summariesByDay(firstDay: Day, lastDay: Day, options: { readonly sites: boolean }) {
    const isHiding = this.isHiding();
    for await (const one of summariesByDay(this.#finding(), firstDay, lastDay, options))
      if (!isHiding || !isEmpty(one.summary)) yield one;
  }

  /** Days that may have pages that match, newest first. */
  candidateDays(query: PageQuery): AsyncGenerator<Day> {
    return candidateDays(this.#finding(), query);
  }

  /** Events of one day after the other that has some of an address, newest day first (page-records.ts). */
  eventsOfPage(url: string, toMs?: number): AsyncGenerator<readonly InteractionEvent[]> {
    return eventsOfPage(this.#finding(), url, toMs);
  }

  /** The same as long as nothing on these days, both in, has changed. */
  async fingerprint(firstDay: Day, lastDay: Day): Promise<string> {
    const known = this.#known();
    const erasure = await this.#erasure();
    return fingerprintOf(firstDay, lastDay, await known.packs, await known.journalDays, erasure);
  }

  async #erasure(): Promise<unknown> {
    return this.#hidden?.purge.id ?? (await this.db.get('metadata', ERASURE)) ?? null;
  }

  /** The same as long as nothing was erased. One that is under way is waited for. */
  erasure(): Promise<unknown> {
    return this.exclusive(() => this.#erasure());
  }

  /** Runs `task`, during which nothing is erased, if that is so since `erasure` was asked for. Resolves with whether it ran. */
  unlessErased(since: unknown, task: () => Promise<void>): Promise<boolean> {
    return this.exclusive(async () => {
      const isSame = (await this.#erasure()) === since;
      if (isSame) await task();
      return isSame;
    });
  }

  /** Cheap enough to be asked each minute. */
  async sizes(): Promise<StoreSizes> {
    return this.#meter.sizes(await this.#known().packs);
  }

  /** Bytes of everything that is stored sealed: without the plain rows that SECURITY.md lists, and what the browser's database adds. */
  async usedBytes(): Promise<number> {
    return sum(Object.values(await this.sizes()));
  }

  /** About how much the `most` largest sites take, largest first. Opens the outline of every pack. */
  async siteSizes(most = Number.POSITIVE_INFINITY): Promise<SiteSize[]> {
    const all = await siteSizes(this.#source(), await this.#known().packs);
    if (!this.isHiding()) return all.slice(0, most);
    const shown: SiteSize[] = [];
    for (const one of all) {
      if (shown.length >= most) break;
      // What is about to be erased takes its room still; whose it is, is not told.
      if (await this.#shows(one.host)) shown.push(one);
    }
    return shown;
  }

  /** Whether some record of this very host is shown. */
  async #shows(host: string): Promise<boolean> {
    for await (const { page } of this.findPages({ words: [], site: host }))
      if (hostOf(page.url) === host) return true;
    return false;
  }

  async *recordsByDay(order: 'newest' | 'oldest' = 'newest') {
    // All texts of a month are opened at a time, which needs memory of its own.
    this.cache.clear();
    for await (const day of recordsByDay(this.#source(), order)) {
      if (day.damaged > 0) this.options.onDamaged(day.damaged);
      yield this.#hidden ? { ...day, records: toldOf(this.#hidden, day.records) } : day;
    }
  }

  async recordsOfDay(day: Day): Promise<InteractionRecord[]> {
    return foldEvents((await this.eventsOfDay(day)).events);
  }

  /** What is shown of it. */
  async eventsOfDay(day: Day) {
    const { events, damaged } = await this.#allOfDay(day);
    return { events: shownOf(this.#hidden, day, events), damaged };
  }

  async #allOfDay(day: Day) {
    const found = await eventsOfDay(this.#source(), day);
    if (found.damaged > 0) this.options.onDamaged(found.damaged);
    return found;
  }

  async countTargeted(targeted: Targeted, days?: readonly Day[]): Promise<number> {
    return (await this.meant((record) => !this.hides(record) && targeted(record), days)).stored;
  }

  /** How many records are meant, on which days, and which lines of saved contexts are theirs; and what else is asked of them. */
  meant(targeted: Targeted, days?: readonly Day[], asked?: Asked): Promise<Meant> {
    return findMeant(this.#source(), targeted, days, asked);
  }

  /**
   * `days`: where targeted records can be; all when absent. A function is asked while nothing else writes. `targets`: what is
   * meant, in words that archives remember: without them, what is in a file comes back with it.
   * @throws PartlyErasedError
   */
  erase(
    targeted: Targeted,
    everything = false,
    days?: DaysToErase,
    targets: readonly EraseTarget[] = everything ? [{ what: 'all' }] : [],
    more: ErasingMore = {},
  ): Promise<number> {
    return this.#erasing(async () => {
      try {
        return await this.#erase({ targeted, everything, days, targets, ...more });
      } finally {
        await this.#hideLess();
      }
    });
  }

  /** The caller holds the write lock. */
  async #erase({
    targeted,
    everything,
    days,
    targets,
    unnamed = () => false,
    named = namedBy(targets),
    again = false,
    until,
    givenMs = Number.POSITIVE_INFINITY,
  }: Erasing): Promise<number> {
    // What an append that ended just now has not told yet is asked for anew.
    this.#forgetContents();
    const archived = again ? { shred: [], filed: false } : await this.archives.erasing(targets, unnamed);
    const away = Object.keys(await readAway(this.db));
    const touched = away.filter((day) => targets.some((target) => touchesDay(target, day)));
    const where = this.#withHidden(typeof days === 'function' ? await days() : days);
    // Else a round fetches such days, and judges what is in them.
    const isNewest = givenMs >= (await this.#newestAwayMs());
    const renew = touched.filter((day) => isNewest && targets.some((target) => coversDay(target, day)));
    const count = await erase(this.#source(), targeted, {
      syncing: this.syncing,
      everything,
      until,
      days: await this.#withLinks(where, named),
      isWhole: (day) => targets.some((target) => coversDay(target, day)),
      // What else may be meant of days that are away is found out by the next round of sync (sync/away.ts).
      renew: new Set(renew),
      archived: { ...archived, filed: archived.filed || (!again && touched.length > 0) },
      used: await this.#usedSeals(),
    }).catch(async (error: unknown) => {
      if (error instanceof PartlyErasedError) await this.archives.erased();
      throw error;
    });
    await this.archives.erased();
    return count;
  }

  /** With the days that have something hidden: whoever says where something can be does not see that. */
  #withHidden(days: readonly Day[] | undefined): readonly Day[] | undefined {
    const hidden = this.#hidden?.days;
    if (!days || hidden === 'all') return undefined;
    return hidden ? [...new Set([...days, ...hidden])] : days;
  }

  /** Some of what is hidden was erased by something else: what is left is found anew. The caller holds the write lock. */
  async #hideLess(): Promise<void> {
    const hidden = this.#hidden;
    if (!hidden) return;
    const days = hidden.days === 'all' ? undefined : [...hidden.days];
    const less = hiddenBy(hidden.purge, await this.#found(hidden.purge, days));
    // Undone meanwhile: then it is to be shown.
    if (this.#hidden === hidden) this.#hidden = less;
  }

  /** What came while the profile was locked and is in the store now would open with them. */
  async #usedSeals(): Promise<Shred[]> {
    if ((await this.db.count('sealed')) > 0) return [];
    const used = this.vault.periods('seals').filter((day) => day <= this.#today());
    return used.map((day) => ({ ...sealOf(day), what: 'all' }));
  }

  /** With the days that may link to something at these hosts. */
  async #withLinks(
    days: readonly Day[] | undefined,
    named: HostTest | undefined,
  ): Promise<readonly Day[] | undefined> {
    if (!days || !named) return days;
    const all = new Set(days);
    for await (const pack of namedHosts(this.#source(), await this.#known().packs)) {
      if (pack.days.every((day) => all.has(day))) continue;
      let isNamed = pack.hosts === null;
      for (const host of pack.hosts ?? []) if (!isNamed) isNamed = await named(host);
      if (isNamed) for (const day of pack.days) all.add(day);
    }
    return [...all];
  }

  /**
   * Keeps less of days: what `change` leaves of them is sealed under new keys, and the old ones are destroyed, as when something
   * is erased. `note`: sealed under this name in the step that replaces days. What days are in a file stays there.
   * @throws PartlyErasedError
   */
  reduce(
    days: readonly Day[],
    change: (day: Day, events: readonly InteractionEvent[]) => Promise<Change>,
    note: { readonly name: string; readonly value: (days: readonly Day[]) => unknown },
  ): Promise<number> {
    return this.#erasing(() => {
      this.#forgetContents();
      return erase(this.#source(), () => true, {
        syncing: this.syncing,
        everything: false,
        days,
        change,
        note: async (touched) => ({
          name: note.name,
          box: await this.vault.sealNamed(note.name, note.value(touched)),
        }),
      });
    });
  }

  /** Packs days that are over, and today when it has grown; merges packs of a month; forgets old nonces. For idle moments. */
  async pack(force = false): Promise<void> {
    const nowMs = this.options.clock.nowMs();
    const today = this.#today();
    for (const [day, rows] of await journalDays(this.db)) {
      if (force || day !== today || rows >= PACK_ROWS)
        await this.#changing(() => packDay(this.#source(), day, today));
    }
    for (const [, packs] of dueMonths(await this.#known().packs, today))
      await this.#changing(() => mergePacks(this.#source(), packs));
    const tx = this.db.transaction('seen', 'readwrite');
    for (let cursor = await tx.store.openCursor(); cursor; cursor = await cursor.continue()) {
      if (cursor.value < nowMs - NONCE_MS - SEEN_STEP_MS) cursor.delete();
    }
    await tx.done;
    if ((await journalCounter(this.db)) !== this.#watched) await this.#watch();
    if (await isErasing(this.db)) await this.exclusive(() => this.#finish());
  }

  /** The packs of a month into as few as can be. */
  async mergeAll(signal?: AbortSignal): Promise<void> {
    for (const [, packs] of dueMonths(await this.#known().packs, this.#today(), true)) {
      await this.#changing(() => mergePacks(this.#source(), packs));
      signal?.throwIfAborted();
    }
  }

  /**
   * Everything into packs, the packs of a month into one, and what belongs to nothing removed (compact.ts). Can be
   * stopped between steps.
   */
  async compact(signal?: AbortSignal): Promise<void> {
    await this.pack(true);
    signal?.throwIfAborted();
    await this.mergeAll(signal);
    await this.#changing(() => removeOrphans(this.#source()));
    signal?.throwIfAborted();
    await this.pushOut();
  }

  /** What was overwritten or deleted leaves the browser's logs (compact.ts). */
  async pushOut(): Promise<void> {
    await this.exclusive(() => churn(this.vault));
    await this.vault.swept();
  }

  /**
   * Moves days before `before` into one sealed file, which `sink` keeps. They leave the store when `sink` has resolved, but
   * those that changed meanwhile. Days with damaged rows stay. Resolves with how many records went; `sink` is not called when
   * there are none.
   * @throws DOMException InvalidStateError while sync is on: what leaves here would be missing at the service.
   */
  async archive(before: Day, sink: (file: Bytes) => Promise<void>, signal?: AbortSignal): Promise<number> {
    const parts: Bytes[] = [];
    const made = await this.archives.make({ before, signal }, async (part) => void parts.push(part));
    if (!made) return 0;
    try {
      await sink(concat(...parts));
    } catch (error) {
      await this.archives.discard(made.id);
      throw error;
    }
    return (await this.archives.confirm(made.id)) ?? 0;
  }

  /** Brings back what an archive holds. Resolves with how many events were not here. @throws DamagedError */
  async restoreArchive(file: Bytes | ByteSource, options: RestoreOptions = {}): Promise<number> {
    const source = file instanceof Uint8Array ? wholeSource(file) : file;
    return (await this.archives.restore(source, options)).events;
  }

  archivedDays(): Promise<ArchivedDays> {
    return this.archives.days();
  }

  /** Days that are at the sync service only. */
  awayDays(): Promise<AwayDays> {
    return readAway(this.db);
  }

  /**
   * Drops days of which somebody else has everything, but records of the sites in `keep`; those stay that have an event which
   * is not in `sent`, or damaged rows, or of which `isSettled` says that something is still under way. Resolves with those that left.
   * `sitesOf`: hashes of the sites that events name, by which a later deletion knows whether it may mean the day.
   */
  dropDays(
    sent: ReadonlyMap<Day, ReadonlySet<string>>,
    keep: readonly string[],
    isSettled: (day: Day) => Promise<boolean>,
    sitesOf: (events: readonly InteractionEvent[]) => Promise<readonly string[]>,
  ): Promise<Day[]> {
    return this.#erasing(async () => {
      const leaving = new Map<Day, { readonly records: number; readonly sites: readonly string[] }>();
      let newestMs = 0;
      for (const [day, ids] of sent) {
        const { events, damaged } = await this.eventsOfDay(day);
        const moved = movedOf(events, keep);
        if (damaged > 0 || moved.length === 0 || !moved.every(({ id }) => ids.has(id))) continue;
        // What is hidden may still be shown again: it is nowhere else.
        if (this.isHiding(day) || !(await isSettled(day))) continue;
        leaving.set(day, { records: foldEvents(moved).length, sites: await sitesOf(moved) });
        newestMs = foldEvents(moved).reduce(
          (latest, record) => Math.max(latest, countsAtMs(record)),
          newestMs,
        );
      }
      if (leaving.size === 0) return [];
      if (newestMs > (await this.#newestAwayMs())) await this.writeNamed(NEWEST_AWAY, newestMs);
      const gone: Day[] = [];
      const months = new Set([...leaving.keys()].map(monthOf));
      for (const month of months) {
        const ofMonth = new Map([...leaving].filter(([day]) => monthOf(day) === month));
        const days = [...ofMonth.keys()];
        await noteAway(this.db, this.vault, ofMonth);
        try {
          await erase(this.#source(), (record) => !isOfSites(record, keep), {
            syncing: false,
            everything: false,
            moving: true,
            days,
          });
          gone.push(...days);
        } catch (error) {
          if (!(error instanceof PartlyErasedError)) throw error;
          // Another day of their pack is damaged, so that cannot be written anew: they stay.
          await forgetAway(this.db, new Set(error.kept));
          gone.push(...days.filter((day) => !error.kept.includes(day)));
        }
      }
      return gone;
    });
  }

  /** Whether something of a day could be dropped. */
  async mayLeave(day: Day, keep: readonly string[]): Promise<boolean> {
    const { events, damaged } = await this.eventsOfDay(day);
    return damaged === 0 && movedOf(events, keep).length > 0;
  }

  /**
   * A day that was away is here. When what lies at the service is more than that (`less`), or the day is to be sent anew, or has
   * more keys than one: it gets a new key, those that open it there are destroyed, and it is queued.
   */
  cameBack(day: Day, what: 'whole' | 'less'): Promise<void> {
    return this.#erasing(async () => {
      const isQueued = (await this.db.getAll('outbox')).some((row) => row.what === 'day' && row.day === day);
      if (what === 'whole' && !isQueued && this.vault.generations(eventsOf(day)) < 2)
        return forgetAway(this.db, new Set([day]));
      await erase(this.#source(), () => false, {
        syncing: this.syncing,
        everything: false,
        days: [],
        renew: new Set([day]),
        // Nobody can say which lines of the contexts are of what did not come back: then all go.
        archived: { shred: [], filed: what === 'less' },
      });
    });
  }

  /** Keys that something of a day was sealed with, and that are missing or do not open. */
  async closedKeys(day: Day): Promise<(RingName & { readonly why: 'missing' | 'damaged' })[]> {
    const closed: (RingName & { readonly why: 'missing' | 'damaged' })[] = [];
    for (const period of [eventsOf(day), tablesOf(monthOf(day))]) {
      const { store } = period as { store: 'interactions' | 'months' };
      for (const generation of new Set(await generationsInUse(this.db, this.vault, store, period.day))) {
        if (!this.vault.knows(period, generation)) closed.push({ ...period, generation, why: 'missing' });
        else if (!(await this.vault.key(period, generation).catch(damagedIsNull)))
          closed.push({ ...period, generation, why: 'damaged' });
      }
    }
    return closed;
  }

  /** Records of a day as they were counted when they were stored, whether they open or not. */
  async countedRecords(day: Day): Promise<number> {
    const packs = await this.db.getAll('packs', rangeOfAll(this.vault.userId));
    const packed = packs.flatMap(({ days }) => days.filter((one) => one.day === day));
    const journal = await this.db.getAllFromIndex('journal', 'day', day);
    return sum(packed.flatMap(({ records }) => records)) + sum(journal.map(({ records }) => records));
  }

  /**
   * Takes out of these days what does not open, for good. What opens is sealed anew and stays. Resolves with how many records went, as
   * they were counted when they were stored.
   */
  async dropClosed(days: readonly Day[]): Promise<number> {
    const counted = async () => sum(await Promise.all(days.map((day) => this.countedRecords(day))));
    const before = await counted();
    await this.#erasing(async () => {
      this.#forgetContents();
      const options = { syncing: this.syncing, everything: false, days, drop: new Set(days) };
      await erase(this.#source(), () => false, options);
    });
    return Math.max(0, before - (await counted()));
  }

  /** Destroys the keys of days that are away; of those that are here in part it keeps what opens that. */
  destroyKeysOf(days: readonly Day[]): Promise<void> {
    return this.#erasing(async () => {
      if (days.length === 0) return;
      const here = new Set(await this.days());
      const inUse = async (day: Day) =>
        new Set(here.has(day) ? await generationsInUse(this.db, this.vault, 'interactions', day) : []);
      await this.vault.shred(
        await Promise.all(
          days.map(async (day) => ({
            ...eventsOf(day),
            what: here.has(day) ? ('superseded' as const) : ('all' as const),
            keep: await inUse(day),
          })),
        ),
      );
    });
  }

  /** A sealed record of this profile. @throws DamagedError when it does not open. */
  async readNamed(name: string): Promise<unknown> {
    const row = await this.db.get('profiles', [this.vault.userId, name]);
    return row && this.vault.openNamed(name, row.box);
  }

  async writeNamed(name: string, value: unknown): Promise<void> {
    const box = await this.vault.sealNamed(name, value);
    await inTransaction(this.db.transaction('profiles', 'readwrite', STRICT), (tx, ask) =>
      ask(tx.store.put({ userId: this.vault.userId, name, box })),
    );
  }

  /** Deletes the records whose names begin like this. */
  async forgetNamed(prefix: string): Promise<void> {
    const { userId } = this.vault;
    await this.db.delete('profiles', IDBKeyRange.bound([userId, prefix], [userId, `${prefix}\uffff`]));
  }
}
