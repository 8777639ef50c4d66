/**
 * Deletions, from the moment they are asked for until the last trace. What is meant is hidden at once and noted, sealed; for ten
 * seconds it can be undone. Then it is carried out step by step, each step may be repeated, and each is in the log: a worker that
 * is stopped anywhere goes on at the next start (docs/decisions/0009).
 *
 * Over 300 lines, because it is one state machine: which step may follow which is judged by reading all of them.
 */
import type { Day } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { randomId } from '../../base/random.ts';
import { type Failure, fail, ok, type Result } from '../../base/result.ts';
import type { LogEntry, LogFact } from '../../model/deletion-log.ts';
import {
  isEverything,
  meantBy,
  type Purge,
  type PurgeKind,
  type PurgeReason,
  type PurgeStep,
  UNDO_MS,
} from '../../model/purge.ts';
import type { ErasingState } from '../../model/recording.ts';
import type { Expiry } from '../../model/retention.ts';
import { type EraseTarget, targetedBy } from '../../model/selector.ts';
import { alarmAt, clearAlarm } from '../../platform/alarms.ts';
import { DamagedError, PartlyErasedError, storageFailure } from '../../storage/database.ts';
import { type Targeted, withLinks } from '../../storage/erase.ts';
import { isGiven, logSteps } from '../../sync/erasures.ts';
import type { Budget } from './budget.ts';
import type { ContextKeeper } from './context-keeper.ts';
import type { Ephemeral } from './ephemeral.ts';
import { daysOfAll } from './erase.ts';
import type { HistoryImport } from './history-import.ts';
import { LeftOver } from './left-over.ts';
import type { Profile } from './profile.ts';
import type { Recorder } from './recorder.ts';
import type { Sync } from './sync.ts';
import { unlessDamaged } from './unless-damaged.ts';
import type { Unsealing } from './unsealing.ts';

export const ERASE_ALARM = 'erase';

const DAMAGED_NOTE =
  'A deletion that was waiting is damaged, so it was not carried out: what it meant is shown again. Look, and delete it once more.';
const GIVEN_UP = 'A deletion could not be carried out, and what it meant is shown again here.';
const ALL_WORKS = 'Deleting everything works in any case.';
const NOT_YET =
  'A deletion could not be carried out yet. What it means stays hidden, and it is tried again each minute.';

export interface Wanted {
  readonly targets: readonly EraseTarget[];
  readonly kind: PurgeKind;
  readonly reason: PurgeReason;
  readonly expiry?: Expiry;
  /** Where it can be, where that is known already. */
  readonly days?: readonly Day[];
  /** At once: nobody asked for it just now who could take it back. */
  readonly now?: boolean;
  /** Targets say which links go with them: no others do. */
  readonly linksStay?: boolean;
}

interface Deps {
  readonly ephemeral: Ephemeral;
  readonly recorder: Recorder;
  readonly sync: Sync;
  readonly history: HistoryImport;
  readonly contexts: ContextKeeper;
  readonly budget: Budget;
  readonly unsealing: Unsealing;
  /** What was to be done with something that is erased now is not done any more. */
  onErased(means: Targeted, targets: readonly EraseTarget[]): Promise<void>;
  /** All that was recorded up to some times is gone. */
  onAllErased(isGone: (atMs: number) => boolean): Promise<void>;
}

export class Erasures {
  readonly #turns = new Mutex();
  readonly #leftOver = new LeftOver();
  #purge: Purge | undefined;
  /** Where it can be, as far as is known without looking. */
  #days: readonly Day[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #trouble: string | undefined;
  #closed = false;
  /** Of which the first step was taken here. */
  #begun: string | undefined;
  /** Of which all that can be was erased in the store. */
  #erased: string | undefined;
  /** Nothing waits any more: what waited for that goes on. */
  onFree: () => void = () => {};

  constructor(
    private readonly profile: Profile,
    private readonly deps: Deps,
  ) {}

  /** Before anything reads the store: what was asked for stays hidden. */
  async open(): Promise<void> {
    const { store } = this.profile;
    try {
      this.#purge = await store.pendingPurge();
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      await this.tell(DAMAGED_NOTE);
      await store.unhide();
    }
    // On a full disk it may not be noted that it began: then its commands tell.
    if (this.#purge && (await isGiven(store, this.#purge.id)))
      this.#purge = { ...this.#purge, dueMs: this.#purge.atMs };
    this.#hideElsewhere();
    const purge = this.#purge;
    if (purge) {
      await store.hide(purge, () => this.#where(purge));
      await this.#log(purge, 'flagged', purge.count);
    }
    // It was stopped between what it did and telling the log so.
    for (const last of await store.deletions.unfinished()) {
      if (last.purge === purge?.id) continue;
      const fact = { ...factOf(last), atMs: this.#nowMs() };
      // What another device asked for is done when it is told here, and nobody could undo it.
      if (last.reason === 'other-device') await logSteps(store, fact);
      else if (last.step === 'flagged') await store.deletions.append({ ...fact, step: 'undone' });
      else if (last.step === 'archived') await store.deletions.append({ ...fact, step: 'notified' });
    }
  }

  /** When everything else is open: carries out what is due, and resolves; what fails is tried again later. */
  async begin(): Promise<void> {
    if (!this.#purge) return;
    if (this.#waitMs() > 0) this.#wait();
    else await this.tick();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Deletes, and resolves with how many records that are; one that was waiting is carried out before. */
  flag(wanted: Wanted): Promise<number> {
    return this.#turns.run(async () => {
      // It would take the seconds from what a person may still undo. Retention asks again.
      if (wanted.reason === 'retention' && this.#purge) return 0;
      let now = wanted.now ?? false;
      await this.#settle().catch(async (error: unknown) => {
        const waiting = this.#purge;
        if (!waiting) return;
        // Everything is more than what waits: whatever keeps that from being carried out must not keep this. It cannot be undone, or
        // what waits would be there again, and others may have deleted it.
        if (!wanted.targets.some(({ what }) => what === 'all')) throw error;
        await this.#giveUp(waiting, 'undone');
        now = true;
      });
      return this.#flag({ ...wanted, now });
    });
  }

  /** Measured like a query. */
  #flag(wanted: Wanted): Promise<number> {
    return this.profile.context.queries.measure({}, async (tally) => {
      const count = await this.#begin(wanted, () => {
        tally.rowsRead += 1;
      });
      tally.rowsReturned = count;
      return count;
    });
  }

  async #begin(
    { targets, kind, reason, expiry, days, now = false, linksStay = false }: Wanted,
    onRead: () => void,
  ): Promise<number> {
    const { profile, deps } = this;
    const { store } = profile;
    // What the browser reported before would get later numbers.
    await deps.recorder.settled();
    // Where there is no room for what still waits sealed: deleting makes some, and takes what it means there too.
    await deps.unsealing.settle().catch((error: unknown) => {
      if (storageFailure(error).code !== 'storage-full') throw error;
    });
    await store.archives.mayErase(targets).catch(async (error: unknown) => {
      // Nobody looks at the answer of what was not asked for here.
      if (error instanceof DamagedError && reason !== 'person')
        await this.tell(`A deletion was not carried out. ${error.message}`);
      throw error;
    });
    // What is not read yet must not bring it back.
    await deps.history.erasing(isEverything({ targets }));
    const atMs = this.#nowMs();
    const draft: Purge = {
      id: randomId(),
      reason,
      kind,
      targets: [...targets],
      ...(expiry === undefined ? {} : { expiry }),
      atMs,
      dueMs: now ? atMs : atMs + UNDO_MS,
      untilMs: await store.deleting((await deps.ephemeral.records()).map(({ atMs }) => atMs)),
      syncing: store.syncing,
      count: 0,
    };
    const isMeant = meantBy(draft);
    const inMemory = (await deps.ephemeral.records()).filter((record) => {
      onRead();
      return isMeant(record);
    }).length;
    let elsewhere = 0;
    let isReached = true;
    for (const target of targets) {
      const filed = await unlessDamaged(store.archives.filed(target));
      const away = await deps.sync.days.meant(target);
      elsewhere += (filed?.records ?? 0) + away.records;
      isReached &&= filed !== undefined && filed.days + filed.records + away.days + away.records === 0;
    }
    this.#days = days;
    const found = await store.hide(draft, () => this.#where(draft), onRead);
    const counted: Purge = {
      ...draft,
      // From when it is seen: finding it may take a while.
      dueMs: now ? atMs : this.#nowMs() + UNDO_MS,
      targets: targets
        .map((target) => (linksStay ? target : withLinks(target, found)))
        .map(isReached && !found.shortened ? wholePage : same),
      // Where a rule left less of a record on another device, its address does not say any more that it is meant: its id does.
      ...(found.named.length > 0 ? { named: [...found.named] } : {}),
      count: inMemory + found.stored + elsewhere,
    };
    const isNoted = await this.#note(counted);
    const purge = isNoted ? counted : { ...counted, dueMs: atMs };
    this.#purge = purge;
    this.#hideElsewhere();
    await this.#log(purge, 'flagged', purge.count);
    await deps.sync.hidden();
    await deps.contexts.erased();
    profile.changed();
    if (isNoted && !now) this.#wait();
    else
      await this.#settle().catch((error: unknown) => {
        if (!isNoted) {
          this.#trouble = undefined;
          this.#forget();
          store.show();
        }
        throw error;
      });
    return purge.count;
  }

  /** On a full disk there may be no room for a note: deleting is what makes room, so it is done at once and cannot be undone. */
  async #note(purge: Purge): Promise<boolean> {
    const { store } = this.profile;
    try {
      await store.note(purge);
      return true;
    } catch (error) {
      if (storageFailure(error).code === 'storage-full') return false;
      store.show();
      throw error;
    }
  }

  /** Shows again what was about to be deleted. */
  undo(id: string): Promise<Result<null>> {
    return this.#turns.run(async () => {
      const purge = this.#purge;
      // Other devices may know of it, and some of it may be gone.
      if (purge?.id !== id || this.#begun === id || this.#waitMs() <= 0)
        return fail('too-late', 'It is too late: that was deleted already.');
      await this.#giveUp(purge, 'undone');
      await this.deps.contexts.erased();
      this.deps.sync.changed();
      this.profile.changed();
      return ok(null);
    });
  }

  /** What it meant is shown again. */
  async #giveUp(purge: Purge, step: 'undone' | 'failed'): Promise<void> {
    await this.profile.store.unhide();
    this.#forget();
    await this.#log(purge, step, purge.count);
  }

  /** Runs `task` unless a deletion waits; none is asked for meanwhile. Resolves with whether it ran. */
  alone(task: () => Promise<void>): Promise<boolean> {
    return this.#turns.run(async () => {
      if (this.#purge) return false;
      await task();
      return true;
    });
  }

  /**
   * Carries out what waits, without waiting longer. Before anything that brings records in or sends them away: what comes after a
   * deletion is not meant by it. What damage keeps from being deleted is told. @throws what the store says, while it still waits.
   */
  settle(): Promise<void> {
    return this.#turns.run(() => this.#settleOrGiveUp());
  }

  /** @throws while it still waits: what was given up is told, and stands in the way of nothing. */
  async #settleOrGiveUp(): Promise<void> {
    await this.#settle().catch((error: unknown) => {
      if (this.#purge) throw error;
    });
  }

  /** From alarms: what is due. What fails stays hidden and is told. */
  async tick(): Promise<void> {
    if (!this.#purge || this.#closed || this.#waitMs() > 0) return;
    await this.settle().catch((error: unknown) => console.error('a deletion was not carried out', error));
  }

  /**
   * Runs `task` when nothing waits to be deleted, and before anything more is asked for: what it brings from elsewhere is not meant
   * by what was asked before.
   */
  whenSettled<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      await this.#settleOrGiveUp();
      return task();
    });
  }

  async #settle(): Promise<void> {
    if (!this.#purge || this.#closed) return;
    clearTimeout(this.#timer);
    const purge = await this.#beginning(this.#purge);
    try {
      await this.#carryOut(purge);
      this.#trouble = undefined;
    } catch (error) {
      // Trying again mends no damage, and one that waits for ever would keep every other one from being carried out.
      if (error instanceof DamagedError && this.#erased !== purge.id) {
        this.#trouble = undefined;
        await this.#giveUp(purge, 'failed');
        await this.tell(`${GIVEN_UP} ${error.message} ${ALL_WORKS}`);
        await this.deps.contexts.erased();
        this.deps.sync.changed();
        throw error;
      }
      this.#trouble = NOT_YET;
      await this.profile.store.hide(purge, () => this.#where(purge)).catch(() => undefined);
      this.profile.changed();
      throw error;
    }
  }

  /** From here on other devices may know of it: a worker that finds it at its start must not undo it either. */
  async #beginning(purge: Purge): Promise<Purge> {
    this.#begun = purge.id;
    if (this.#waitMs() <= 0) return purge;
    const due = { ...purge, dueMs: this.#nowMs() };
    // Without room for it, deleting goes on all the same.
    await this.profile.store
      .note(due)
      .catch((error: unknown) => console.error('it is not noted that a deletion begins', error));
    this.#purge = due;
    return due;
  }

  /** Each step may be repeated. */
  async #carryOut(purge: Purge): Promise<void> {
    const { profile, deps } = this;
    const { store, sensitive } = profile;
    const everything = isEverything(purge);
    let partly: PartlyErasedError | undefined;
    // First: what cannot be deleted here is not told to the others.
    await store.archives.mayErase(purge.targets);
    await deps.history.erasing(everything);
    await deps.ephemeral.erase(meantBy(purge));
    const once = () =>
      profile.storing(() =>
        store
          .purge(purge, () => this.#where(purge))
          .catch((error: unknown) => {
            // What could be erased was: all that follows from it happens, then the person is told.
            if (!(error instanceof PartlyErasedError)) throw error;
            partly = error;
          }),
      );
    const erase = async (): Promise<boolean> => {
      await once();
      this.#erased = purge.id;
      // There may be room now for what waited sealed; what of it is meant goes in any case. The keys go with the last of it.
      if (!deps.unsealing.isDone) {
        const isEmpty = (await deps.unsealing.open()) || (await deps.unsealing.erase(meantBy(purge)));
        this.#days = undefined;
        if (isEmpty) await once();
      }
      return partly === undefined;
    };
    // How long records stay is a setting of each device: the others keep theirs.
    if (purge.reason === 'retention') await erase();
    else
      await deps.sync.deleting.erasing(purge.targets, erase, {
        id: purge.id,
        atMs: purge.untilMs,
        named: purge.named,
      });
    // Before what was overwritten is pushed out.
    if (everything) await deps.onAllErased((atMs) => atMs <= purge.untilMs);
    // The browser's own tidying may come later than it says: seen once in Chromium, where an old key was still in its files.
    await store
      .pushOut()
      .catch((error: unknown) => console.error('what was deleted was not pushed out of the logs', error));
    const kept = partly === undefined ? {} : { keptDays: partly.kept.length };
    await this.#log(purge, 'overwritten', purge.count, kept);
    await deps.recorder.erased();
    await deps.contexts.erased();
    if (everything) await sensitive.forget();
    await deps.onErased(targetedBy(purge.targets), purge.targets);
    await this.#log(purge, 'dequeued', purge.count, kept);
    if (partly) await this.tell(partly.message);
    await this.#log(purge, 'archived', purge.count, kept);
    await store.unhide();
    this.#forget();
    deps.sync.changed();
    profile.changed();
    await this.#log(purge, 'notified', purge.count, kept);
    // There may be more room now. What is deleted waits for no measurement of it.
    void deps.budget.check().catch((error: unknown) => {
      if (!this.#closed) console.error('the store was not measured after a deletion', error);
    });
  }

  #forget(): void {
    clearTimeout(this.#timer);
    void clearAlarm(ERASE_ALARM);
    this.#purge = undefined;
    this.#days = undefined;
    this.#hideElsewhere();
    this.onFree();
  }

  #hideElsewhere(): void {
    const purge = this.#purge;
    this.deps.ephemeral.hides = purge ? meantBy(purge) : () => false;
  }

  /** Where it could be when it was hidden; the store knows where more of it came since. */
  async #where({ targets, expiry }: Purge): Promise<readonly Day[] | undefined> {
    this.#days ??= expiry ? undefined : await daysOfAll(this.profile, targets);
    return this.#days;
  }

  #log(
    { id: purge, reason, kind }: Purge,
    step: PurgeStep,
    records: number,
    more: { readonly keptDays?: number } = {},
  ): Promise<void> {
    const atMs = this.#nowMs();
    const fact = { purge, step, reason, kind, atMs, records, ...more };
    // Nothing may keep a person from deleting, also not that there is no room to write it down.
    return this.profile.store.deletions
      .append(fact)
      .catch((error: unknown) => console.error('a step of a deletion is not in the log', error));
  }

  #nowMs(): number {
    return this.profile.clock.nowMs();
  }

  /** A clock that was set back makes nobody wait longer. */
  #waitMs(): number {
    if (!this.#purge) return 0;
    const { atMs, dueMs } = this.#purge;
    const nowMs = this.#nowMs();
    return nowMs < atMs ? 0 : Math.max(0, dueMs - nowMs);
  }

  /** Should the worker be stopped before the timer fires, the alarm (30 s at the earliest) or the next start does it. */
  #wait(): void {
    clearTimeout(this.#timer);
    const waitMs = this.#waitMs();
    void alarmAt(ERASE_ALARM, this.#nowMs() + Math.max(waitMs, 30_000));
    this.#timer = setTimeout(() => void this.tick(), waitMs);
  }

  /** What can be undone now. */
  state(): ErasingState | undefined {
    const purge = this.#purge;
    if (!purge) return undefined;
    const { id, count, kind, reason } = purge;
    return { id, count, kind, reason, leftMs: this.#waitMs() };
  }

  /** What is to be told to the person, until they have read it. */
  async leftOver(): Promise<Failure | undefined> {
    if (this.#trouble !== undefined) return { code: 'erasing-failed', message: this.#trouble };
    const message = await this.#leftOver.first();
    return message === undefined ? undefined : { code: 'left-over', message };
  }

  /** The person has read this sentence. */
  leftOverSeen(message: string): Promise<void> {
    return this.#leftOver.seen(message);
  }

  /** In the health line, until the person has read it: days and counts only. */
  async tell(sentence: string): Promise<void> {
    await this.#leftOver.add(sentence);
    this.profile.changed();
  }
}

/** Where nothing that rules shortened was seen, nothing of that is meant: also not what they shorten later, here or elsewhere. */
const wholePage = (target: EraseTarget): EraseTarget =>
  target.what === 'page' ? { ...target, whole: true } : target;

const same = (target: EraseTarget): EraseTarget => target;

const factOf = ({ n: _n, before: _before, ...fact }: LogEntry): LogFact => fact;
