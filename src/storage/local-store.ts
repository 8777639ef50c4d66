/**
 * The profile's store as one thing: opens it, holds the write lock, and joins journal, packs, index, keys and named records.
 * Over 300 lines, because whatever changes packs or keys has to go through this one lock; the work itself is elsewhere.
 */
import type { Bytes } from '../base/bytes.ts';
import { type Clock, type Day, dayOf } from '../base/clock.ts';
import { Mutex } from '../base/mutex.ts';
import { foldEvents, type InteractionEvent, type InteractionRecord } from '../model/interaction.ts';
import type { FoundPage, PageQuery } from '../model/page-query.ts';
import { discardOffer, OFFER, type Offer, readOffer, unchangedOf, writeOffer } from './archive-offer.ts';
import {
  type ArchiveRequest,
  type Candidate,
  cameBack,
  candidates,
  type Leaving,
  leaving,
  type MadeArchive,
  makeArchive,
  openForRestore,
  type Pinned,
  removeMoved,
} from './archiving.ts';
import { BlockCache } from './block-cache.ts';
import { churn, removeOrphans } from './compact.ts';
import { type Database, type DatabaseEvents, openData } from './database.ts';
import { daysWithData, eventsOfDay, recordCount, recordsByDay } from './days.ts';
import { Derived } from './derived.ts';
import { countTargeted, erase, finishErasing, type Targeted } from './erase.ts';
import { candidateDays, type FinderSource, findPages } from './finder.ts';
import { ERASURE, fingerprintOf } from './fingerprint.ts';
import { type Append, Journal, journalCounter, SEEN_STEP_MS } from './journal.ts';
import { type GenerationPointer, type KeyStore, openKeyStore } from './key-store.ts';
import { dueMonths } from './months.ts';
import { ensureKeysOf, journalDays, mergePacks, PACK_ROWS, packDay, planAddition } from './packing.ts';
import { type PackSource, rangeOfAll, writeChange } from './packs.ts';
import type { PackRow, TabRow } from './schema.ts';
import { type Loss, lossOf, parseSentinel, type SentinelArea } from './sentinel.ts';
import { siteSizes } from './site-sizes.ts';
import { type StoreSizes, storeSizes, usedBytes } from './sizes.ts';
import { summariesByDay } from './statistics.ts';
import {
  type ArchivedDays,
  archivedDays,
  daysAtService,
  type Meant,
  readStubs,
  removeStubs,
  type Stub,
} from './stubs.ts';
import { eventsOf, Vault } from './vault.ts';

export interface LocalStoreOptions extends DatabaseEvents {
  readonly pointer: GenerationPointer;
  readonly sentinel: SentinelArea;
  readonly clock: Clock;
  /** Rows were met that do not open; they were left out and left alone. */
  onDamaged(rows: number): void;
}

/** Nonces of messages are remembered this long; a content script gives up sooner. */
const NONCE_MS = 10 * 60_000;
/** Opened tables in memory: what finding reads of two years of a busy person. */
const CACHE_BYTES = 48 * 1024 * 1024;

/** Days of an archive that come back in one durable step. */
const RESTORED_DAYS = 62;

/** What is known of the store without opening anything; gone with the next write that is not an append. */
interface Contents {
  readonly packs: Promise<readonly PackRow[]>;
  readonly journalDays: Promise<Map<Day, number>>;
  readonly live: Map<Day, Promise<readonly InteractionEvent[]>>;
}

type ArchiveChoice = Pick<ArchiveRequest, 'pinned' | 'signal'>;
type Erased = (record: InteractionRecord) => Promise<boolean>;
type DaysToErase = readonly Day[] | (() => Promise<readonly Day[] | undefined>);

/** All that is there of a day, in packs and in the journal. */
export type KnownOf = (day: Day) => Promise<readonly InteractionEvent[]>;

/** Of what came for a day: what is kept of it. Asked while nothing else writes or erases. */
export type Keeper = (
  day: Day,
  events: readonly InteractionEvent[],
  known: KnownOf,
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

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, one) => all + one, 0);

export class LocalStore {
  /** Whether new events are queued for sync too. */
  syncing = false;
  readonly cache = new BlockCache(CACHE_BYTES);
  /** Saved contexts and cached summaries. */
  readonly derived: Derived;
  readonly #mutex = new Mutex();
  readonly #journal: Journal;
  #contents: Contents | undefined;
  #count: number | undefined;
  #watched = 0;

  private constructor(
    readonly db: Database,
    readonly keys: KeyStore,
    readonly vault: Vault,
    private readonly options: LocalStoreOptions,
    /** What the browser lost of this store, until `lossSeen`. */
    public loss: Loss | undefined,
  ) {
    const { clock } = options;
    this.derived = new Derived(db, vault);
    this.#journal = new Journal(
      db,
      vault,
      () => this.syncing,
      () => clock.nowMs(),
      this.#mutex,
    );
  }

  static async open(options: LocalStoreOptions): Promise<LocalStore> {
    const db = await openData(options);
    const keys = await openKeyStore(options.pointer);
    const vault = await Vault.open(keys);
    const sentinel = parseSentinel(await options.sentinel.read());
    const counter = await journalCounter(db);
    const loss = lossOf(sentinel, { userId: vault.userId, counter });
    // Numbers that other devices know would be used again for other events: this device starts another life.
    if (sentinel?.userId === vault.userId && counter < sentinel.counter) await vault.beginIncarnation();
    const store = new LocalStore(db, keys, vault, options, loss);
    await store.#watch();
    await finishErasing(db, vault);
    return store;
  }

  /** Writes the sentinel: from here on, less than this is loss. */
  async #watch(): Promise<void> {
    const counter = await journalCounter(this.db);
    const { userId } = this.vault;
    await this.options.sentinel.write({
      userId,
      counter,
      atMs: this.options.clock.nowMs(),
      ...(this.loss ? { loss: this.loss } : {}),
    });
    this.#watched = counter;
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

  /** The same for what changes packs: what is known of them is read again. What was opened of them stays true. */
  async #changing<T>(task: () => Promise<T>): Promise<T> {
    return this.exclusive(async () => {
      try {
        return await task();
      } finally {
        this.#contents = undefined;
        this.#count = undefined;
      }
    });
  }

  /** The same for what erases: nothing that was opened stays in memory. */
  #erasing<T>(task: () => Promise<T>): Promise<T> {
    return this.#changing(async () => {
      try {
        return await task();
      } finally {
        this.forget();
      }
    });
  }

  #source(): PackSource {
    return { db: this.db, vault: this.vault, cache: this.cache };
  }

  #today(): Day {
    return dayOf(this.options.clock.nowMs());
  }

  /** Everything that is kept in memory of what is stored. */
  forget(): void {
    this.#contents = undefined;
    this.#count = undefined;
    this.cache.clear();
  }

  async append(append: Append): Promise<InteractionEvent | null> {
    const written = await this.#journal.append(append);
    if (!written) return null;
    const { event, day } = written;
    if (event.kind !== 'visit-update' && this.#count !== undefined)
      this.#count += 1 + (append.also?.length ?? 0);
    const contents = this.#contents;
    contents?.live.delete(day);
    void contents?.journalDays.then((days) => days.set(day, (days.get(day) ?? 0) + 1));
    return event;
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
      for (const [day, events] of days) kept.set(day, keep ? await keep(day, events, known) : events);
      const { change, added } = await this.#planDays(kept);
      if (added.size > 0) await writeChange(this.db, change);
      return sum(added.values());
    });
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
        fresh.set(
          day,
          events.filter(({ id }) => !there.has(id)),
        );
      }
      const { change, added } = await this.#planDays(fresh);
      const box = note === undefined ? undefined : await this.vault.sealNamed(note, value);
      if (added.size === 0 && box === undefined) return 0;
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

  /** Each day is opened once, when it is first asked for. The caller holds the write lock. */
  #knownOf(): KnownOf {
    const known = new Map<Day, Promise<readonly InteractionEvent[]>>();
    return (day) => {
      let events = known.get(day);
      if (!events) {
        events = this.eventsOfDay(day).then((found) => found.events);
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

  #known(): Contents {
    this.#contents ??= {
      packs: this.db.getAll('packs', rangeOfAll(this.vault.userId)),
      journalDays: journalDays(this.db),
      live: new Map(),
    };
    return this.#contents;
  }

  /** Days with data, newest first. */
  days(): Promise<Day[]> {
    return daysWithData(this.#source());
  }

  /** Whether a message with this nonce was acted on. */
  async saw(nonce: string): Promise<boolean> {
    return (await this.db.getKey('seen', await this.vault.tagOf(nonce))) !== undefined;
  }

  /** Records in the store, folded. */
  async recordCount(): Promise<number> {
    this.#count ??= await recordCount(this.#source());
    return this.#count;
  }

  #finding(): FinderSource {
    const known = this.#known();
    return {
      ...this.#source(),
      packs: () => known.packs,
      journalDays: async () => new Set((await known.journalDays).keys()),
      liveEvents: (day) => {
        let live = known.live.get(day);
        if (!live) {
          live = this.eventsOfDay(day).then(({ events }) => events);
          known.live.set(day, live);
          live.catch(() => known.live.delete(day));
        }
        return live;
      },
    };
  }

  /** Pages that match, newest first; one that was there on several days comes once for each. */
  findPages(query: PageQuery): AsyncGenerator<FoundPage> {
    return findPages(this.#finding(), query);
  }

  /** What statistics need, by day, oldest first. */
  summariesByDay(firstDay: Day, lastDay: Day, options: { readonly sites: boolean }) {
    return summariesByDay(this.#finding(), firstDay, lastDay, options);
  }

  /** Days that may have pages that match, newest first. */
  candidateDays(query: PageQuery): AsyncGenerator<Day> {
    return candidateDays(this.#finding(), query);
  }

  /** The same as long as nothing on these days, both in, has changed. */
  async fingerprint(firstDay: Day, lastDay: Day): Promise<string> {
    const known = this.#known();
    const erasure = (await this.db.get('metadata', ERASURE)) ?? null;
    return fingerprintOf(firstDay, lastDay, await known.packs, await known.journalDays, erasure);
  }

  sizes(): Promise<StoreSizes> {
    return storeSizes(this.db, this.derived, this.vault.userId);
  }

  /** The sum of it, for every minute. Sealed bytes. */
  async usedBytes(): Promise<number> {
    return usedBytes(this.db, this.derived, await this.#known().packs);
  }

  /** About how many of them each host takes. */
  siteSizes(): Promise<Map<string, number>> {
    return siteSizes(this.#finding());
  }

  async *recordsByDay(order: 'newest' | 'oldest' = 'newest') {
    for await (const day of recordsByDay(this.#source(), order)) {
      if (day.damaged > 0) this.options.onDamaged(day.damaged);
      yield day;
    }
  }

  async recordsOfDay(day: Day): Promise<InteractionRecord[]> {
    return foldEvents((await this.eventsOfDay(day)).events);
  }

  async eventsOfDay(day: Day) {
    const found = await eventsOfDay(this.#source(), day);
    if (found.damaged > 0) this.options.onDamaged(found.damaged);
    return found;
  }

  countTargeted(targeted: Targeted, days?: readonly Day[]): Promise<number> {
    return countTargeted(this.#source(), targeted, days);
  }

  /**
   * `days`: where targeted records can be; all when absent. A function is asked while nothing else writes. `meant`: the same in
   * words, for what is archived (stubs.ts); without it archives are not touched, unless everything goes.
   */
  erase(
    targeted: Targeted,
    everything = false,
    days?: DaysToErase,
    meant: readonly Meant[] = [],
  ): Promise<number> {
    return this.#erasing(async () => {
      // What an append that ended just now has not told yet is asked for anew.
      this.#contents = undefined;
      return erase(this.#source(), targeted, {
        syncing: this.syncing,
        everything,
        meant,
        days: typeof days === 'function' ? await days() : days,
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
  }

  /**
   * Everything into packs, the packs of a month into one, and what belongs to nothing removed (compact.ts). Can be
   * stopped between steps.
   */
  async compact(signal?: AbortSignal): Promise<void> {
    await this.pack(true);
    signal?.throwIfAborted();
    for (const [, packs] of dueMonths(await this.#known().packs, this.#today(), true)) {
      await this.#changing(() => mergePacks(this.#source(), packs));
      signal?.throwIfAborted();
    }
    await this.#changing(() => removeOrphans(this.#source()));
    signal?.throwIfAborted();
    await this.exclusive(() => churn(this.vault));
  }

  /**
   * Moves days before `before` into one sealed file, which `sink` keeps. They leave the store when `sink` has resolved. Days
   * with damaged rows stay, and so do records of pinned sites. Resolves with how many records went; `sink` is not called when
   * there are none.
   * @throws DOMException InvalidStateError while sync is on: then days are archived at the service (sync/archived.ts).
   */
  async archive(
    before: Day,
    sink: (file: Bytes) => Promise<void>,
    options: ArchiveChoice = {},
  ): Promise<number> {
    return this.#erasing(async () => {
      this.#refuseWhileSyncing();
      const made = await makeArchive(this.#finding(), { before, ...options });
      if (!made) return 0;
      await sink(made.file);
      return removeMoved(this.#source(), this.derived, options.pinned ?? [], made.days);
    });
  }

  #refuseWhileSyncing(): void {
    if (this.syncing)
      throw new DOMException('Nothing is archived in a file while sync is on.', 'InvalidStateError');
  }

  /**
   * The first half of the same, for a file that a person has to keep: nothing leaves the store before `confirmArchive`. What
   * is erased meanwhile forgets the offer. `null` when there is nothing to archive.
   */
  async offerArchive(request: ArchiveRequest): Promise<MadeArchive | null> {
    return this.exclusive(async () => {
      this.#refuseWhileSyncing();
      this.#contents = undefined;
      const made = await makeArchive(this.#finding(), request);
      if (made) await writeOffer(this.#source(), this.derived, request, made);
      return made;
    });
  }

  /** What is offered, and not confirmed yet. */
  offeredArchive(): Promise<Offer | null> {
    return readOffer(this.derived);
  }

  /**
   * The person has the file: the days that are still as they are in it leave. Resolves with how many records went, `null` when
   * nothing is offered (any more).
   */
  async confirmArchive(): Promise<number | null> {
    return this.#erasing(async () => {
      this.#refuseWhileSyncing();
      const offer = await readOffer(this.derived);
      if (!offer) return null;
      const days = await unchangedOf(this.#source(), offer);
      const count = await removeMoved(this.#source(), this.derived, offer.pinned, days);
      await this.derived.write('models', [], [OFFER]);
      return count;
    });
  }

  /** The person does not have it: its keys are destroyed. */
  async discardArchive(): Promise<void> {
    await this.exclusive(() => discardOffer(this.#source(), this.derived));
  }

  /**
   * Brings back what an archive holds, without what was erased since. Resolves with how many events were not here.
   * @throws DamagedError
   */
  async restoreArchive(file: Bytes, alsoErased?: Erased): Promise<number> {
    let added = 0;
    let all: readonly Day[] | undefined;
    // Not `addEvents`: while sync is on, what comes back is to be sent.
    for (let at = 0; all === undefined || at < all.length; at += RESTORED_DAYS) {
      added += await this.importDays(async () => {
        // In each step anew: what was erased since the step before must not come back with the next.
        const opened = await openForRestore(this.#source(), this.derived, file, alsoErased);
        all = opened.all;
        const next = new Set(all.slice(at, at + RESTORED_DAYS));
        return {
          days: new Map(
            opened.days.flatMap(({ day, events }) => (next.has(day) ? [[day, events] as const] : [])),
          ),
        };
      });
    }
    await this.exclusive(() => cameBack(this.#source(), this.derived, all ?? []));
    return added;
  }

  archivedDays(): Promise<ArchivedDays> {
    return archivedDays(this.db);
  }

  /** Oldest first. */
  stubs(): Promise<Stub[]> {
    return readStubs(this.db, this.derived);
  }

  /** Days before `before` that have something to archive, oldest first. */
  candidates(before: Day, pinned: Pinned): AsyncGenerator<Candidate> {
    return candidates(this.#finding(), before, pinned);
  }

  /**
   * Removes what the service has of days, and leaves stubs. `sent`: ids of what is there. A day stays when something of it is
   * not there, or when `isSettled` says that something of it still waits; it is asked while nothing else writes.
   */
  async dropDays(
    sent: ReadonlyMap<Day, ReadonlySet<string>>,
    pinned: Pinned,
    isSettled: (day: Day) => Promise<boolean>,
  ): Promise<Day[]> {
    const dropped = new Map<Day, Leaving>();
    await this.#erasing(async () => {
      const inFiles = new Set(
        (await this.stubs()).flatMap(({ day, where }) => (where === 'file' ? [day] : [])),
      );
      for (const [day, ids] of sent) {
        if (inFiles.has(day) || !(await isSettled(day))) continue;
        const { events, damaged } = await this.eventsOfDay(day);
        const going = leaving(pinned, events);
        if (damaged > 0 || going.records.length === 0) continue;
        if (going.events.every(({ id }) => ids.has(id)))
          dropped.set(day, { records: going.records, where: 'service' });
      }
      await removeMoved(this.#source(), this.derived, pinned, dropped);
    });
    return [...dropped.keys()];
  }

  /** A day that was at the service is here again. `erased`: something of it was, so its keys go too. */
  async dayCameBack(day: Day, erased: boolean): Promise<void> {
    await this.#erasing(async () => {
      const source = this.#source();
      // Also what is sent again for another reason: nobody needs what opens the parts that it replaces.
      const rows = await this.db.getAll('outbox');
      const renew = erased || rows.some((row) => row.what === 'day' && row.day === day);
      if (renew) {
        await erase(source, () => false, { syncing: this.syncing, everything: false, renew, days: [day] });
        if (!(await this.days()).includes(day)) await this.vault.shred([{ ...eventsOf(day), what: 'all' }]);
      }
      await removeStubs(this.db, this.derived, [day]);
    });
  }

  /** What was at the service is given up. */
  async forgetDaysAtService(): Promise<void> {
    await this.exclusive(async () => {
      await removeStubs(this.db, this.derived, [...(await daysAtService(this.db, this.derived))]);
    });
  }

  /** A sealed record of this profile. @throws DamagedError when it does not open. */
  async readNamed(name: string): Promise<unknown> {
    const row = await this.db.get('profiles', [this.vault.userId, name]);
    return row && this.vault.openNamed(name, row.box);
  }

  async writeNamed(name: string, value: unknown): Promise<void> {
    const box = await this.vault.sealNamed(name, value);
    const tx = this.db.transaction('profiles', 'readwrite', { durability: 'strict' });
    tx.store.put({ userId: this.vault.userId, name, box });
    await tx.done;
  }

  tab(tabId: number): Promise<TabRow | undefined> {
    return this.db.get('tabs', tabId);
  }

  async forgetTab(tabId: number): Promise<void> {
    await this.db.delete('tabs', tabId);
  }

  /** Tab ids start anew with the browser. */
  async forgetTabs(): Promise<void> {
    await this.db.clear('tabs');
  }

  close(): void {
    this.db.close();
    this.keys.close();
  }
}
