/**
 * The seed's `ContextStorage` (§2.3) on the encrypted store of one profile. Every query takes a last argument that stops it
 * and tells what it cost (all but `flush`, `close`, and what is answered at once); results that can be large also come as cursors, which read on only as they are consumed.
 *
 * Over 300 lines, because it is all of the public surface on one page; each method only measures and hands over.
 *
 * All methods reject with the signal's reason when they are stopped, with a `DOMException` when the browser's storage fails
 * (`storageFailure` says what that means), and with a `TypeError` for arguments that are not what they should be.
 */
import type { Bytes } from '../base/bytes.ts';
import { type Clock, dayOf } from '../base/clock.ts';
import type { ARQContext } from '../model/context.ts';
import { DEFAULT_LEVEL, type PrivacyLevel } from '../model/privacy.ts';
import { defaultPreferences, type PreferencesObject, type UserProfile } from '../model/profile.ts';
import {
  type InteractionFilter,
  parseFilter,
  type QueryOptions,
  type QueryTotals,
  type StorageStats,
} from '../model/query.ts';
import { type ContextStats, daysOfPeriod, periodName, type TimePeriod } from '../model/stats.ts';
import { type NewInteraction, parseInteraction, type UserInteraction } from '../model/user-interaction.ts';
import type { ArchivedDays } from '../storage/archives.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { CacheStats } from './cache-stats.ts';
import { Contexts } from './contexts.ts';
import { makeContext } from './current.ts';
import { deviceInfoOf, type ScreenSize, screenText } from './device-info.ts';
import { findInteractions, saveInteractions } from './interactions.ts';
import { QueryLog, type Tally } from './metrics.ts';
import { Profiles } from './profiles.ts';
import { type Segment, segmentOf } from './segment.ts';
import { StatsBuilder } from './stats.ts';
import { StatsCache } from './stats-cache.ts';

export interface ContextStorageOptions {
  readonly clock: Clock;
  /** Names the system and the browser. Default: `navigator.userAgent`. */
  readonly userAgent?: string;
  /** A language tag. Default: the browser's. */
  readonly language?: string;
  /** A name of the IANA time zone database. Default: the computer's. */
  readonly timeZone?: string;
  /** The level in force, for the profile. Default: `private`. */
  privacyLevel?(): PrivacyLevel;
  /** Rows were met that do not open; they were left out and left alone. */
  onDamaged?(rows: number): void;
}

export interface ArchiveOptions extends QueryOptions {
  /** Keeps an archive: resolves when it is safe. */
  sink(file: Bytes): Promise<void> | void;
}

export interface SaveOptions extends QueryOptions {
  /** Of the context's user, only the newest so many are kept. Default: all. */
  readonly keep?: number;
  /**
   * What `store.erasure()` gave before the context was made: it is not saved when something was erased since, because it may repeat
   * that. Default: it is saved.
   */
  readonly asOf?: unknown;
}

const SCREEN = 'screen';

/** What was to be saved may say something that was erased since it was made. */
export class ErasedMeanwhile extends Error {}

export class ContextStorage {
  readonly #contexts: Contexts;
  readonly #statsCache: StatsCache;
  readonly #cacheStats: CacheStats;
  readonly #profiles: Profiles;
  /** Of all queries; those of the same store that are made elsewhere are measured here, too. */
  readonly queries: QueryLog;
  readonly #language: string;
  readonly #timeZone: string;
  readonly #userAgent: string;

  constructor(
    readonly store: LocalStore,
    private readonly options: ContextStorageOptions,
  ) {
    const { clock, onDamaged = () => {} } = options;
    const nowMs = () => clock.nowMs();
    this.#userAgent = options.userAgent ?? globalThis.navigator?.userAgent ?? '';
    this.#language = options.language ?? globalThis.navigator?.language ?? 'en';
    this.#timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#contexts = new Contexts(store, onDamaged);
    this.#statsCache = new StatsCache(store, nowMs);
    this.#cacheStats = new CacheStats(store, this.#statsCache);
    this.queries = new QueryLog(() => ({
      hits: store.cache.hits + this.#statsCache.hits,
      misses: store.cache.misses + this.#statsCache.misses,
    }));
    this.#profiles = new Profiles(store, {
      language: this.#language,
      timeZone: this.#timeZone,
      nowMs,
      privacyLevel: options.privacyLevel ?? (() => DEFAULT_LEVEL),
    });
  }

  /** The random constant of this profile. */
  get userId(): string {
    return this.store.vault.userId;
  }

  /**
   * Keeps a context; one of the same id is replaced. The newest of a user is the latest one. @throws ErasedMeanwhile where something
   * was erased since `asOf`.
   */
  saveContext(context: ARQContext, options: SaveOptions = {}): Promise<void> {
    const { keep = Number.POSITIVE_INFINITY, asOf } = options;
    return this.queries.measure(options, async () => {
      if (!(keep >= 1)) throw new TypeError('keep is no number of contexts');
      if (!(await this.#contexts.save(context, keep, asOf))) throw new ErasedMeanwhile();
    });
  }

  /** How many contexts are saved, of all users. */
  contextCount(options: QueryOptions = {}): Promise<number> {
    return this.#one(options, async (tally) => {
      tally.rowsRead = await this.#contexts.count();
      return tally.rowsRead;
    });
  }

  /** `null` when there is none. @throws DamagedError when it does not open. */
  loadContext(contextId: string, options: QueryOptions = {}): Promise<ARQContext | null> {
    return this.#context(options, () => this.#contexts.load(contextId));
  }

  /** The seed's `{userId}/latest`. */
  latestContext(userId = this.userId, options: QueryOptions = {}): Promise<ARQContext | null> {
    return this.#context(options, () => this.#contexts.latest(userId));
  }

  /** The key that opened it is destroyed. Resolves also when there is none. */
  deleteContext(contextId: string, options: QueryOptions = {}): Promise<void> {
    return this.queries.measure(options, () => this.#contexts.delete(contextId));
  }

  /** Newest first, at most `limit`. */
  listContexts(userId: string, limit: number, options: QueryOptions = {}): Promise<ARQContext[]> {
    const { signal } = options;
    return this.queries.measure(options, async (tally) => {
      if (!(limit >= 0)) throw new TypeError('limit is no number of contexts');
      const found: ARQContext[] = [];
      if (limit < 1) return found;
      for await (const context of this.#contexts.cursor(userId, signal, tally)) {
        signal?.throwIfAborted();
        tally.rowsReturned = found.push(context);
        if (found.length >= limit) break;
      }
      return found;
    });
  }

  /** Newest first. */
  contextsCursor(userId = this.userId, options: QueryOptions = {}): AsyncGenerator<ARQContext, void> {
    return this.queries.measureCursor(options, (tally) =>
      this.#contexts.cursor(userId, options.signal, tally),
    );
  }

  /** Made now from what is in the store. It is not saved. */
  currentContext(options: QueryOptions = {}): Promise<ARQContext> {
    return this.queries.measure(options, async (tally) => {
      const stats = await this.#stats('month', tally, options.signal);
      const screen = await this.store.readNamed(SCREEN);
      const context = await makeContext(
        this.store,
        {
          userId: this.userId,
          nowMs: this.options.clock.nowMs(),
          timeZone: this.#timeZone,
          deviceInfo: deviceInfoOf(this.#userAgent, typeof screen === 'string' ? screen : undefined),
          stats,
        },
        options.signal,
        tally,
      );
      tally.rowsReturned = 1;
      return context;
    });
  }

  /** What a page says of its screen: a worker has none. */
  screenSeen(size: ScreenSize, options: QueryOptions = {}): Promise<void> {
    return this.queries.measure(options, async () => {
      const text = screenText(size);
      if ((await this.store.readNamed(SCREEN)) !== text) await this.store.writeNamed(SCREEN, text);
    });
  }

  /** Each id once on its UTC day, however often it is saved; without an id, each content once. Days before a failure stay saved. */
  saveInteractions(interactions: readonly NewInteraction[], options: QueryOptions = {}): Promise<void> {
    return this.queries.measure(options, async (tally) => {
      // All are looked at before the first is saved.
      const parsed = interactions.map(parseInteraction);
      tally.rowsRead = parsed.length;
      tally.rowsReturned = await saveInteractions(this.store, parsed, options.signal);
    });
  }

  /** Newest first. */
  async queryInteractions(filter: InteractionFilter, options: QueryOptions = {}): Promise<UserInteraction[]> {
    const found: UserInteraction[] = [];
    for await (const interaction of this.interactionsCursor(filter, options)) found.push(interaction);
    return found;
  }

  /** Newest first; a day is opened when its first record is asked for. */
  interactionsCursor(
    filter: InteractionFilter,
    options: QueryOptions = {},
  ): AsyncGenerator<UserInteraction, void> {
    return this.queries.measureCursor(options, (tally) =>
      findInteractions(this.store, parseFilter(filter), options.signal, tally),
    );
  }

  /**
   * From the summaries of days: no event is opened but those of days that do not lie in one pack alone, because they are not packed
   * yet or came in parts.
   */
  getContextStats(period: TimePeriod, options: QueryOptions = {}): Promise<ContextStats> {
    return this.#one(options, (tally) => this.#stats(period, tally, options.signal));
  }

  /** By the rules in segment.ts, from the last 30 days. */
  computeUserSegment(options: QueryOptions = {}): Promise<Segment> {
    return this.#one(options, async (tally) => segmentOf(await this.#stats('month', tally, options.signal)));
  }

  async #stats(period: TimePeriod, tally: Tally, signal: AbortSignal | undefined): Promise<ContextStats> {
    const days = daysOfPeriod(period, this.options.clock.nowMs());
    const stats = await this.#statsCache.get(periodName(period, days), days, async () => {
      const builder = new StatsBuilder();
      for await (const day of this.store.summariesByDay(days.firstDay, days.lastDay, { sites: true })) {
        signal?.throwIfAborted();
        tally.rowsRead += 1;
        builder.add(day);
      }
      return builder.stats(days, period === 'all');
    });
    await this.#cacheStats.flushIfDue();
    return stats;
  }

  /** With every total as it is now. */
  profile(options: QueryOptions = {}): Promise<UserProfile> {
    return this.#one(options, (tally) =>
      this.#profiles.profile(() => this.#stats('all', tally, options.signal)),
    );
  }

  preferences(options: QueryOptions = {}): Promise<PreferencesObject> {
    return this.#one(options, () => this.#profiles.preferences());
  }

  /** Before anything was chosen: with the language and the time zone of here and now. */
  defaultPreferences(): PreferencesObject {
    return defaultPreferences(this.#language, this.#timeZone);
  }

  /** Resolves with all of them. */
  changePreferences(
    patch: Partial<PreferencesObject>,
    options: QueryOptions = {},
  ): Promise<PreferencesObject> {
    return this.#one(options, () => this.#profiles.change(patch));
  }

  /** Packs everything, merges the index, removes what belongs to nothing. */
  async compactDatabase(options: QueryOptions = {}): Promise<void> {
    await this.queries.measure(options, async () => {
      await this.store.compact(options.signal);
      await this.#cacheStats.flushBeside();
    });
  }

  /**
   * Moves whole UTC days before the one of `olderThan` into a sealed file that only this profile opens, and resolves with how
   * many records that were. `sink` has to keep the file: the days are removed when it has resolved, and stay when it rejects.
   * Nothing is archived while sync is on (`InvalidStateError`). Erasing does not reach into a file: what is erased of a
   * day does not come back with it, and what takes a whole day, or everything, destroys its key.
   */
  archiveOldData(olderThan: Date, options: Partial<ArchiveOptions> = {}): Promise<number> {
    return this.queries.measure(options, async (tally) => {
      const ms = olderThan instanceof Date ? olderThan.getTime() : Number.NaN;
      if (Number.isNaN(ms)) throw new TypeError('olderThan is no date');
      const keep = options.sink;
      if (typeof keep !== 'function') throw new TypeError('an archive needs a sink that keeps it');
      const sink = async (file: Bytes) => keep(file);
      const moved = await this.store.archive(dayOf(ms), sink, options.signal);
      tally.rowsRead = moved;
      tally.rowsReturned = moved;
      return moved;
    });
  }

  /**
   * Brings back what an archive of this profile holds, day by day: when it is stopped, days that came stay. @throws DamagedError
   * when it does not open.
   */
  restoreArchive(file: Bytes, options: QueryOptions = {}): Promise<void> {
    return this.queries.measure(options, async (tally) => {
      tally.rowsReturned = await this.store.restoreArchive(file, {
        signal: options.signal,
        onRead: (events) => {
          tally.rowsRead += events;
        },
      });
    });
  }

  /** What is left here of archived days: how many records each had. */
  archivedDays(options: QueryOptions = {}): Promise<ArchivedDays> {
    return this.#one(options, () => this.store.archivedDays());
  }

  /** Bytes of everything that is stored sealed: without the plain rows that SECURITY.md lists, and what the browser's database adds. */
  estimateSize(options: QueryOptions = {}): Promise<number> {
    return this.queries.measure(options, () => this.store.usedBytes());
  }

  /** Forgets everything that is cached, in memory and in the database. */
  purgeCaches(options: QueryOptions = {}): Promise<void> {
    return this.queries.measure(options, async () => {
      this.store.forget();
      await this.#statsCache.clear();
    });
  }

  /** All queries since this was opened, for a health page. */
  queryTotals(): QueryTotals {
    return this.queries.totals();
  }

  /** Hits and misses since the profile was made. */
  cacheStats(options: QueryOptions = {}): Promise<StorageStats> {
    return this.#one(options, () => this.#cacheStats.read());
  }

  /** Writes what was counted of the caches, so that it outlives this. */
  flush(): Promise<void> {
    return this.#cacheStats.flush();
  }

  /** Writes what was counted, and closes the store. */
  async close(): Promise<void> {
    await this.#cacheStats.flushBeside();
    this.store.close();
  }

  /** A query for one context: it is looked at when it is there. */
  #context(options: QueryOptions, query: () => Promise<ARQContext | null>): Promise<ARQContext | null> {
    return this.#one(options, async (tally) => {
      const found = await query();
      tally.rowsRead = found === null ? 0 : 1;
      return found;
    });
  }

  /** A query that gives one thing, or none. */
  #one<T>(options: QueryOptions, query: (tally: Tally) => Promise<T>): Promise<T> {
    return this.queries.measure(options, async (tally) => {
      const found = await query(tally);
      tally.rowsReturned = found === null ? 0 : 1;
      return found;
    });
  }
}
