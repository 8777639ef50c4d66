/**
 * The byte budget: measures each minute what the store takes, says when it gets near the limit, and refuses to record when it is
 * reached and nothing else is left to do. What waits to be sent and keys are never dropped. Records leave only for somewhere else:
 * for an archive that the person saves, or, while sync is on, for the service that has them already.
 *
 * Over 300 lines, because all that makes room or refuses goes by the same figures.
 */
import * as v from 'valibot';
import type { Bytes } from '../../base/bytes.ts';
import { DAY_MS, type Day, dayOf, HOUR_MS } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  BUDGET,
  BUDGET_STATES,
  type BudgetFigures,
  type BudgetReport,
  type BudgetState,
  budgetState,
  type SiteSize,
  type WaitingArchive,
} from '../../model/budget.ts';
import { parseRuleHost } from '../../model/rules.ts';
import { sessionArea } from '../../platform/areas.ts';
import type { Restored } from '../../storage/archives.ts';
import { DamagedError } from '../../storage/database.ts';
import type { ByteSource } from '../../storage/format/byte-source.ts';
import type { AtService } from './at-service.ts';
import { BUSY, NO_ROOM, NO_ROOM_AWAY, NOT_NEEDED, NOTHING, SYNC_ON, UNKNOWN } from './budget-refusals.ts';
import type { Compaction } from './compaction.ts';
import type { Erased } from './history-import.ts';
import type { Profile } from './profile.ts';
import { unlessDamaged } from './unless-damaged.ts';

const KEY = 'budget';
/** Making room without the person is tried so often: compacting again brings nothing. */
const RELIEF_MS = DAY_MS;
const SITES = 10;

/** In the browser's memory: a worker that is started again knows at once whether there is room. */
const seenSchema = v.object({
  state: v.picklist(BUDGET_STATES),
  usedBytes: v.number(),
  notRecorded: v.number(),
});

/** After a start of the browser. */
const FIRST_CHECK_MS = 1_000;
/** After all that could leave was not enough, it is not asked for again each minute. */
const AGAIN_MS = HOUR_MS;
/** Days that leave in one step. */
const STEP_DAYS = 16;
/** Of a record, when there is nothing to go by: rather much, as on days with few. */
const RECORD_BYTES = 300;

export interface BudgetDeps {
  readonly compaction: Pick<Compaction, 'run' | 'doneMs'>;
  /** What all devices of the account hold to be erased; `null` while sync is off. */
  erased(): Promise<Erased | null>;
  readonly service: AtService;
  onAdded(): void;
}

export class Budget {
  #usedBytes: number | undefined;
  #state: BudgetState = 'ok';
  #notRecorded = 0;
  readonly #checks = new Mutex();
  readonly #writes = new Mutex();

  constructor(
    private readonly profile: Profile,
    private readonly deps: BudgetDeps,
  ) {}

  async open(): Promise<void> {
    const seen = v.safeParse(seenSchema, await sessionArea.get(KEY));
    if (seen.success) {
      this.#usedBytes = seen.output.usedBytes;
      this.#notRecorded = seen.output.notRecorded;
      this.#set(seen.output.state);
      return;
    }
    // The first event after a start does not wait for it, and nothing is refused before it was tried to make room.
    this.#timer = setTimeout(() => {
      void this.check().catch((error: unknown) => console.error('no room was made', error));
    }, FIRST_CHECK_MS);
  }
  #timer: ReturnType<typeof setTimeout> | undefined;

  close(): void {
    clearTimeout(this.#timer);
  }

  isFull(): boolean {
    return this.#state === 'full';
  }

  /** So many records were not stored. */
  refused(records: number): void {
    this.#notRecorded += records;
    void this.#remember();
    this.profile.changed();
  }

  /** Each minute, and whenever there may be more room or less. */
  check(): Promise<void> {
    return this.#checks.run(async () => {
      let now = await this.#measure();
      if (now === 'full' && this.#mayRelieve()) {
        // What can be made again goes first; nothing is refused before that.
        await this.profile.context.purgeCaches();
        await this.deps.compaction.run();
        now = await this.#measure();
      }
      // Nothing is refused, and nobody waits, while days leave.
      if (now === 'full' && this.profile.store.syncing && this.#beginLeaving())
        now = this.#state === 'full' ? 'full' : 'near';
      await this.#tell(now);
    });
  }

  async #tell(now: BudgetState): Promise<void> {
    const isNew = now !== this.#state;
    this.#set(now);
    await this.#remember();
    if (isNew) this.profile.changed();
  }

  /** Resolves when no days are leaving. */
  async settled(): Promise<void> {
    await this.#leaving;
  }

  /** Whether days are leaving for the sync service now. */
  #beginLeaving(): boolean {
    const agoMs = this.profile.clock.nowMs() - this.#stuckMs;
    if (agoMs >= 0 && agoMs < AGAIN_MS) return false;
    this.#leaving ??= this.#toService()
      .catch((error: unknown) => {
        console.error('no days left for the sync service', error);
        this.#stuckMs = this.profile.clock.nowMs();
      })
      .then(() => this.#measure())
      .then((now) => this.#tell(now))
      .catch((error: unknown) => console.error('the store was not measured', error))
      .finally(() => {
        this.#leaving = undefined;
      });
    return true;
  }

  /** The oldest days leave this device while the sync service has all of them, until the rest is well below the limit. */
  async #toService(): Promise<void> {
    const { store, clock } = this.profile;
    const today = dayOf(clock.nowMs());
    const days = (await store.days()).filter((day) => day < today).reverse();
    for (let at = 0; at < days.length; at += STEP_DAYS) {
      const step = days.slice(at, at + STEP_DAYS);
      // Asked for anew at each step: the person may pin a site, or give more room, meanwhile.
      const dropped = await this.deps.service.dropSent(step, this.profile.settings.pinned);
      // It is asked again in a minute.
      if (dropped === null) return;
      await this.#measure();
      if (dropped.length > 0) this.profile.changed();
      if ((this.#usedBytes ?? 0) <= this.profile.settings.budgetBytes * BUDGET.wanted) return;
    }
    this.#stuckMs = clock.nowMs();
  }
  #stuckMs = Number.NEGATIVE_INFINITY;
  #leaving: Promise<void> | undefined;

  #mayRelieve(): boolean {
    const agoMs = this.profile.clock.nowMs() - (this.deps.compaction.doneMs ?? Number.NEGATIVE_INFINITY);
    // A clock that was set back does not make it wait.
    return agoMs < 0 || agoMs >= RELIEF_MS;
  }

  async #measure(): Promise<BudgetState> {
    this.#usedBytes = await this.profile.store.usedBytes();
    return budgetState(this.#usedBytes, this.profile.settings.budgetBytes);
  }

  #set(state: BudgetState): void {
    this.#state = state;
    this.profile.isFull = state === 'full';
  }

  /** Many in a row are written as one. */
  #remember(): Promise<void> {
    return this.#writes.run(async () => {
      const seen = { state: this.#state, usedBytes: this.#usedBytes, notRecorded: this.#notRecorded };
      const text = JSON.stringify(seen);
      if (text === this.#written || seen.usedBytes === undefined) return;
      await sessionArea.set(KEY, seen);
      this.#written = text;
    });
  }
  #written = '';

  /** `undefined` before the first measurement. */
  async figures(): Promise<BudgetFigures | undefined> {
    if (this.#usedBytes === undefined) return undefined;
    const { store } = this.profile;
    const [archived, away] = await Promise.all([unlessDamaged(store.archivedDays()), store.awayDays()]);
    return {
      state: this.#state,
      usedBytes: this.#usedBytes,
      limitBytes: this.profile.settings.budgetBytes,
      notRecorded: this.#notRecorded,
      archivedDays: new Set([...Object.keys(archived ?? {}), ...Object.keys(away)]).size,
    };
  }

  async report(): Promise<BudgetReport> {
    await this.check();
    const { store, settings } = this.profile;
    const archived = await unlessDamaged(store.archivedDays());
    const waiting = await unlessDamaged(store.archives.made());
    return {
      ...((await this.figures()) as BudgetFigures),
      pinned: [...settings.pinned].sort(),
      syncing: store.syncing,
      away: await store.awayDays(),
      ...(archived === undefined ? {} : { archived }),
      ...(waiting === undefined ? {} : { waiting }),
    };
  }

  /** The largest, largest first. */
  async sites(): Promise<SiteSize[]> {
    return this.profile.store.siteSizes(SITES);
  }

  async setLimit(limitBytes: number): Promise<Result<null>> {
    if (limitBytes < BUDGET.minBytes)
      return fail('bad-limit', 'The limit is too small: choose at least 10 MB (0.01 GB).');
    await this.profile.change({ budgetBytes: limitBytes });
    await this.check();
    return ok(null);
  }

  async pin(typedHost: string): Promise<Result<null>> {
    const host = parseRuleHost(typedHost);
    if (host === null) return fail('bad-host', 'That is not the name of a site. Type it like example.org.');
    await this.profile.change(({ pinned }) => ({ pinned: [...pinned.filter((one) => one !== host), host] }));
    return ok(null);
  }

  unpin(host: string): Promise<void> {
    return this.profile.change(({ pinned }) => ({ pinned: pinned.filter((one) => one !== host) }));
  }

  /** Makes a file of the oldest days that are not pinned, as many as are in the way. The days stay until `confirm`. */
  async makeArchive(
    write: (part: Bytes) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<Result<WaitingArchive>> {
    const { store, settings, clock } = this.profile;
    if (store.syncing) return fail('sync-on', SYNC_ON);
    if ((await this.#measure()) === 'ok') return fail('not-needed', NOT_NEEDED);
    const enoughBytes = (this.#usedBytes ?? 0) - settings.budgetBytes * BUDGET.wanted;
    const options = { before: dayOf(clock.nowMs()), keep: settings.pinned, enoughBytes, signal };
    try {
      const made = await store.archives.make(options, write);
      this.profile.changed();
      return made ? ok(made) : fail('nothing', NOTHING);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'InvalidStateError')
        return store.syncing ? fail('sync-on', SYNC_ON) : fail('busy', BUSY);
      throw error;
    }
  }

  /** The person says that the file is safe. Resolves with how many records left. */
  async confirm(id: string): Promise<Result<number>> {
    const { store, settings } = this.profile;
    if (store.syncing) return fail('sync-on', SYNC_ON);
    const left = await this.profile.storing(() => store.archives.confirm(id, settings.pinned));
    if (left === null) return fail('unknown-archive', UNKNOWN);
    await this.check();
    this.profile.changed();
    return ok(left);
  }

  async discard(id: string): Promise<void> {
    await this.profile.store.archives.discard(id);
  }

  /** Days of a month that are at the sync service only. `month`: "2025-03". */
  async fetchMonth(month: string): Promise<Result<null>> {
    const away = Object.entries(await this.profile.store.awayDays()).filter(([day]) =>
      day.startsWith(`${month}-`),
    );
    if (away.reduce((sum, [, records]) => sum + records, 0) > (await this.#roomForRecords()))
      return fail('no-room', NO_ROOM_AWAY);
    return this.#fromService(away.map(([day]) => day));
  }

  /** Of days that are at the sync service only as many as there is room for, the newest first. Resolves with those that stay there. */
  async fetchDays(days: readonly Day[]): Promise<Day[]> {
    const { store } = this.profile;
    const away = await store.awayDays();
    let room = await this.#roomForRecords();
    const fitting: Day[] = [];
    for (const day of [...days].sort().reverse()) {
      room -= away[day] ?? 0;
      if (room < 0) break;
      fitting.push(day);
    }
    if (fitting.length > 0) await this.#fromService(fitting);
    const left = await store.awayDays();
    return days.filter((day) => day in left);
  }

  /** About how many records may come. Not only up to the limit: they would leave again at once. */
  async #roomForRecords(): Promise<number> {
    const { store, settings } = this.profile;
    await this.#measure();
    const { packs, journal } = await store.sizes();
    const each = (packs + journal) / Math.max(1, await store.recordCount()) || RECORD_BYTES;
    return (settings.budgetBytes * BUDGET.near - (this.#usedBytes ?? 0)) / each;
  }

  async #fromService(days: readonly Day[]): Promise<Result<null>> {
    const back = await this.deps.service.fetchBack(days);
    await this.check();
    this.profile.changed();
    return back;
  }

  async fetchBack(file: ByteSource): Promise<Result<Restored>> {
    const { store, settings } = this.profile;
    const now = await this.#measure();
    // The file takes about what its days took.
    if (now === 'full' || (this.#usedBytes ?? 0) + file.size > settings.budgetBytes)
      return fail('no-room', NO_ROOM);
    try {
      const restored = await this.profile.storing(() =>
        store.archives.restore(file, { alsoErased: () => this.deps.erased() }),
      );
      await this.check();
      this.deps.onAdded();
      this.profile.changed();
      return ok(restored);
    } catch (error) {
      if (error instanceof DamagedError) return fail('bad-archive', error.message);
      throw error;
    }
  }
}
