/**
 * The storage budget: measures once a minute, says when it is nearly used up, makes room at the limit where the sync service
 * has a copy, offers a file where not, and lets nothing more be recorded only when neither helped. What waits to be sent and
 * keys are never touched: only days that are over, that are not pinned, and of which there is a copy leave.
 */
import { type Day, dayOf, monthOf } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  ARCHIVE_TO,
  type ArchivedMonth,
  type BudgetReport,
  type BudgetState,
  DEFAULT_BUDGET_BYTES,
  DROP_TO,
  MAX_BUDGET_BYTES,
  MAX_PINNED,
  MIN_BUDGET_BYTES,
  phaseOf,
} from '../../model/budget.ts';
import { parseRuleHost } from '../../model/rules.ts';
import { sessionArea } from '../../platform/areas.ts';
import type { MadeArchive } from '../../storage/archiving.ts';
import { DamagedError } from '../../storage/database.ts';
import type { Stub } from '../../storage/stubs.ts';
import type { Profile } from './profile.ts';
import type { Sync } from './sync.ts';

const REFUSED = 'refused-for-room';
/** Days that are looked at for one step: each rewrites the months that it touches. */
const STEP_DAYS = 62;
/** A day that could not be dropped is left alone for so long: looking means to fetch it. */
const RETRY_MS = 10 * 60_000;
/** While much is added, it is not measured more often. */
const CHECK_MS = 2_000;
/** A file is put together in memory: of more than this there are several. */
const FILE_BYTES = 64_000_000;
/** A file takes at least this share of the budget, so that there is room for a while. */
const FILE_SHARE = 0.05;
const LARGEST_SITES = 10;

type SyncPart = Pick<Sync, 'isOn' | 'dropSent' | 'fetchBack' | 'erased' | 'changed'>;

export class Budget {
  #state: BudgetState | undefined;
  #refused = 0;
  #isClosed = false;
  #checkedMs = Number.NEGATIVE_INFINITY;
  readonly #retryMs = new Map<Day, number>();
  readonly #mutex = new Mutex();

  constructor(
    private readonly profile: Profile,
    private readonly sync: SyncPart,
  ) {}

  async open(): Promise<void> {
    this.#refused = ((await sessionArea.get(REFUSED)) as number | undefined) ?? 0;
    this.profile.checkRoom = () => this.#check();
    // Whatever made room (an erasure, another budget): recording goes on at once.
    this.profile.onChange(() => {
      if (this.profile.isFull && !this.#isClosed)
        void this.#measured().catch((error: unknown) => {
          if (!this.#isClosed) console.error('measuring failed', error);
        });
    });
    await this.#measured();
  }

  /** The store was closed under it. */
  close(): void {
    this.#isClosed = true;
  }

  state(): BudgetState | undefined {
    return this.#state && { ...this.#state, refused: this.#refused };
  }

  get #now(): BudgetState {
    if (!this.#state) throw new Error('the budget was not measured');
    return this.#state;
  }

  get #limitBytes(): number {
    return this.profile.settings.budgetBytes ?? DEFAULT_BUDGET_BYTES;
  }

  get #pinned(): readonly string[] {
    return this.profile.settings.pinned ?? [];
  }

  #today(): Day {
    return dayOf(this.profile.clock.nowMs());
  }

  /** Each minute. */
  tick(): Promise<void> {
    return this.#mutex.run(async () => {
      await this.#measure();
      await this.#makeRoom();
    });
  }

  /** For whoever adds much at once. */
  async #check(): Promise<void> {
    const nowMs = this.profile.clock.nowMs();
    if (Math.abs(nowMs - this.#checkedMs) < CHECK_MS && !this.profile.isFull) return;
    this.#checkedMs = nowMs;
    await this.tick();
  }

  #measured(): Promise<void> {
    return this.#mutex.run(() => this.#measure());
  }

  async #measure(): Promise<void> {
    if (this.#isClosed) return;
    const usedBytes = await this.profile.store.usedBytes();
    const limitBytes = this.#limitBytes;
    const canArchive = usedBytes >= limitBytes && (await this.#canArchive());
    const phase = phaseOf(usedBytes, limitBytes, canArchive);
    const before = this.#state;
    this.#state = { phase, usedBytes, limitBytes, refused: this.#refused };
    this.profile.isFull = phase === 'full';
    if (before?.phase !== phase || before.limitBytes !== limitBytes) this.profile.changed();
  }

  async #canArchive(): Promise<boolean> {
    for await (const _ of this.profile.store.candidates(this.#today(), this.#pinned)) return true;
    return false;
  }

  /** At the limit, while sync is on: the oldest days that the service has leave, until there is room again. */
  async #makeRoom(): Promise<void> {
    const { limitBytes } = this.#now;
    if (this.#now.usedBytes < limitBytes || !this.sync.isOn()) return;
    // Further down than the limit: the next minute must not begin again.
    for (;;) {
      const surplus = this.#now.usedBytes - DROP_TO * limitBytes;
      if (surplus <= 0 || !(await this.#dropOldest(surplus))) return;
      await this.#measure();
    }
  }

  /** Resolves with whether anything was dropped. */
  async #dropOldest(bytes: number): Promise<boolean> {
    const { store, clock } = this.profile;
    const nowMs = clock.nowMs();
    let sum = 0;
    const days: Day[] = [];
    for await (const { day, bytes: freed } of store.candidates(this.#today(), this.#pinned)) {
      if ((this.#retryMs.get(day) ?? 0) > nowMs) continue;
      days.push(day);
      sum += freed;
      if (sum >= bytes || days.length >= STEP_DAYS) break;
    }
    if (days.length === 0) return false;
    const dropped = await this.sync.dropSent(days, this.#pinned);
    // The service does not answer.
    if (!dropped) return false;
    for (const day of days) if (!dropped.includes(day)) this.#retryMs.set(day, nowMs + RETRY_MS);
    // Where none could be dropped, perhaps younger ones can.
    if (dropped.length === 0) return this.#dropOldest(bytes);
    this.profile.changed();
    return true;
  }

  /** A record was not stored. */
  async refused(): Promise<void> {
    this.#refused += 1;
    await sessionArea.set(REFUSED, this.#refused);
    this.profile.changed();
  }

  /** With the sites, which takes longer than the rest. */
  async report(): Promise<BudgetReport> {
    await this.#measured();
    const { store } = this.profile;
    const offered = await store.offeredArchive();
    const sizes = [...(await store.siteSizes())].map(([host, bytes]) => ({ host, bytes }));
    return {
      ...(this.state() as BudgetState),
      syncing: this.sync.isOn(),
      pinned: this.#pinned,
      sites: sizes.sort((a, b) => b.bytes - a.bytes).slice(0, LARGEST_SITES),
      archived: monthsOf(await store.stubs()),
      canArchive: !this.sync.isOn() && (await this.#canArchive()),
      ...(offered
        ? {
            offered: {
              name: offered.name,
              days: offered.days.length,
              records: offered.days.reduce((sum, { records }) => sum + records, 0),
            },
          }
        : {}),
    };
  }

  async setLimit(bytes: number): Promise<Result<BudgetReport>> {
    if (!(bytes >= MIN_BUDGET_BYTES && bytes <= MAX_BUDGET_BYTES))
      return fail('bad-budget', 'The budget has to be at least 10 MB and at most 10 TB.');
    await this.profile.change({ budgetBytes: Math.round(bytes) });
    await this.tick();
    return ok(await this.report());
  }

  async pin(typed: string): Promise<Result<BudgetReport>> {
    const host = parseRuleHost(typed);
    if (host === null || host.endsWith('.*'))
      return fail('bad-host', 'That is not the name of a site. Type it like example.org.');
    if (this.#pinned.length >= MAX_PINNED)
      return fail('too-many', `At most ${MAX_PINNED} sites can be kept. Take one off the list first.`);
    await this.profile.change(({ pinned = [] }) => ({ pinned: [...new Set([...pinned, host])].sort() }));
    return ok(await this.report());
  }

  async unpin(host: string): Promise<Result<BudgetReport>> {
    await this.profile.change(({ pinned = [] }) => ({ pinned: pinned.filter((one) => one !== host) }));
    await this.tick();
    return ok(await this.report());
  }

  /** A file of the oldest days, enough to get to 80 %, or as much as one file takes. `null`: there is nothing to archive. */
  async offer(): Promise<Result<MadeArchive | null>> {
    if (this.sync.isOn())
      return fail('sync-on', 'While sync is on, the sync service is the archive: no file is needed.');
    await this.#measured();
    const { usedBytes, limitBytes } = this.#now;
    const bytes = Math.max(usedBytes - ARCHIVE_TO * limitBytes, FILE_SHARE * limitBytes);
    // An earlier one that nobody said was saved is replaced.
    await this.profile.store.discardArchive();
    return ok(
      await this.profile.store.offerArchive({
        before: this.#today(),
        pinned: this.#pinned,
        bytes: Math.min(bytes, FILE_BYTES),
        name: (first, last) => `arq-archive-${first}-to-${last}.arqa`,
      }),
    );
  }

  async confirm(): Promise<Result<BudgetReport>> {
    if (this.sync.isOn())
      return fail('sync-on', 'Sync was switched on meanwhile, so nothing left this computer.');
    const moved = await this.profile.storing(() => this.profile.store.confirmArchive());
    await this.#measured();
    this.profile.changed();
    return moved === null
      ? fail(
          'no-offer',
          'Something was deleted meanwhile, so the file is out of date and nothing left this computer. Save an archive again.',
        )
      : ok(await this.report());
  }

  async discard(): Promise<Result<BudgetReport>> {
    await this.profile.store.discardArchive();
    return ok(await this.report());
  }

  /** What comes back must not be dropped again at once. */
  async #roomToFetch(): Promise<Result<null>> {
    await this.#measured();
    const { usedBytes, limitBytes } = this.#now;
    return usedBytes < limitBytes
      ? ok(null)
      : fail('budget-full', 'There is no room to fetch anything back. Raise the budget first.');
  }

  /** Days of a month that the service has. */
  async fetchBack(month: Day): Promise<Result<BudgetReport>> {
    const room = await this.#roomToFetch();
    if (!room.ok) return room;
    const stubs = await this.profile.store.stubs();
    const days = stubs.filter(({ day, where }) => where === 'service' && monthOf(day) === month);
    const back = await this.profile.storing(() => this.sync.fetchBack(days.map(({ day }) => day)));
    return back.ok ? ok(await this.report()) : back;
  }

  /** Days of a file. Resolves with how many events came back. */
  async restore(file: Uint8Array<ArrayBuffer>): Promise<Result<number>> {
    const room = await this.#roomToFetch();
    if (!room.ok) return room;
    const { store } = this.profile;
    try {
      const erased = (await this.sync.erased()) ?? undefined;
      const added = await this.profile.storing(() => store.restoreArchive(file, erased));
      this.sync.changed();
      await this.#measured();
      this.profile.changed();
      return ok(added);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      // Not the store is damaged, but the file.
      this.profile.trouble = undefined;
      return fail('bad-file', `${error.message} Nothing came back.`);
    }
  }
}

function monthsOf(stubs: readonly Stub[]): ArchivedMonth[] {
  const months = new Map<string, { -readonly [K in keyof ArchivedMonth]: ArchivedMonth[K] }>();
  for (const { day, where, records, file } of stubs) {
    const month = monthOf(day);
    const known = months.get(`${month} ${where}`) ?? { month, where, days: 0, records: 0, files: [] };
    known.days += 1;
    known.records += records;
    if (file !== undefined && !known.files.includes(file)) known.files = [...known.files, file];
    months.set(`${month} ${where}`, known);
  }
  return [...months.values()];
}
