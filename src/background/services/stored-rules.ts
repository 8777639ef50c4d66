/**
 * Applies level and rules to what is stored: month by month, oldest first, each in one step with the note of how far it is, so
 * that a worker which is stopped anywhere goes on there and counts nothing twice. What the devices of an account apply comes
 * here too, and what arrives later from before is held to all of it. While a deletion can be undone nothing is changed: a record
 * of which less is kept may not be what the deletion means any more.
 *
 * Over 300 lines, because how far a job is, what is told of it and what comes later are held to one state.
 */
import * as v from 'valibot';
import { type Day, dayNumber, dayOf, dayOfNumber, monthOf } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { randomId } from '../../base/random.ts';
import { changedRecords, type DatedReduction, reduceEvents, withoutMeant } from '../../capture/late-rules.ts';
import type { EventId, InteractionEvent, InteractionRecord } from '../../model/interaction.ts';
import {
  includes,
  type ReducedCounts,
  type Reduction,
  type ReductionState,
  reductionFields,
} from '../../model/reduction.ts';
import { PartlyErasedError, storageFailure } from '../../storage/database.ts';
import type { Change } from '../../storage/erase.ts';
import type { EraseCommand } from '../../sync/erasures.ts';
import type { Profile } from './profile.ts';

const NOTE = 'reductions';
/**
 * What came of it is told until the next one, or a restart; what it was is remembered for what comes back from files. Those that a
 * later one includes are forgotten; of different ones so many stay, the newest (docs/decisions/0013).
 */
const MAX_DONE = 100;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const day = v.pipe(v.string(), v.isoDate());
const dated = { id: v.string(), atMs: v.pipe(v.number(), v.safeInteger()), ...reductionFields };
const jobSchema = v.object({
  ...dated,
  /** Begun here; otherwise it came from another device. */
  own: v.boolean(),
  /**
   * Of one that was begun here: the account that it was asked for in, which is told. `null`: asked for outside, and told to nobody, also
   * when an account is joined before it is done. Older versions did not say, and told whichever account there was at its end.
   */
  account: v.exactOptional(v.nullable(v.string())),
  /** Days before this one are done. */
  next: v.exactOptional(day),
  daysDone: whole,
  reduced: whole,
  erased: whole,
  /** Days that stay as they are, because something of them is damaged. */
  keptDays: whole,
});
type Job = v.InferOutput<typeof jobSchema>;
const stateSchema = v.object({
  queue: v.array(jobSchema),
  done: v.array(v.object(dated)),
  /** Ids of all that were done: they are in the account's list for ever. */
  doneIds: v.array(v.string()),
});
type State = v.InferOutput<typeof stateSchema>;
const NOTHING: State = { queue: [], done: [], doneIds: [] };

/** How the other devices of the account learn of it. */
export interface Others {
  /** The account of now; `null` outside. */
  account(): string | null;
  /** What arrives from now on is held to it. */
  reducing(command: EraseCommand): Promise<void>;
  /** It is done here. */
  reduced(command: EraseCommand): Promise<void>;
  /** All that the account knows of. */
  reductions(): Promise<readonly EraseCommand[]>;
  /** A test for what the account's deletions mean; `null` outside. */
  erased(): Promise<((record: InteractionRecord) => Promise<boolean>) | null>;
}

export interface StoredRulesDeps {
  readonly others: Others;
  /** Resolves when what the browser reported up to now is stored. */
  settled(): Promise<void>;
  /** Runs `task` unless a deletion waits; none is asked for meanwhile. Resolves with whether it ran. */
  alone(task: () => Promise<void>): Promise<boolean>;
  /** Less is stored: what was made from it is to be made anew. */
  onReduced(): Promise<void>;
}

/** What became of one month; `none`: there was none left. */
type Month = 'reduced' | 'same' | 'none';

const dayAfter = (one: Day): Day => dayOfNumber(dayNumber(one) + 1);

export class StoredRules {
  #state: State = NOTHING;
  #shown: ReductionState | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  readonly #changes = new Mutex();

  constructor(
    private readonly profile: Profile,
    private readonly deps: StoredRulesDeps,
  ) {
    profile.store.coming = (on, events, known) => this.#coming(on, events, known);
  }

  /** Goes on with what a stopped worker was at, and with what came from others. */
  async open(): Promise<void> {
    const parsed = v.safeParse(stateSchema, await this.profile.store.readNote(NOTE));
    this.#state = parsed.success ? parsed.output : NOTHING;
    await this.look();
  }

  close(): void {
    this.#isClosed = true;
  }

  state(): ReductionState | undefined {
    return this.#shown;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Begins, and resolves when it will be done whatever happens. */
  async start(reduction: Reduction): Promise<void> {
    await this.deps.settled();
    const atMs = await this.profile.store.deleting();
    const account = this.deps.others.account();
    await this.#add([{ ...fresh({ ...reduction, id: randomId(), atMs }), own: true, account }]);
    this.#begin();
  }

  /** After a round of sync: what other devices apply. */
  async look(): Promise<void> {
    const known = new Set([...this.#state.doneIds, ...this.#state.queue.map(({ id }) => id)]);
    const news = (await this.deps.others.reductions()).flatMap(({ id, atMs, target }) => {
      if (target.what !== 'reduce' || known.has(id)) return [];
      const { level, rules, only } = target;
      return [fresh({ id, atMs, level, rules, ...(only === undefined ? {} : { only }) })];
    });
    if (news.length > 0) await this.#add(news);
    if (this.#state.queue.length > 0) this.#begin();
  }

  /** What was begun goes on, should it have failed, or have waited for a deletion. */
  tick(): void {
    if (this.#state.queue.length > 0) this.#begin();
  }

  /**
   * Everything was deleted: forgets those of which nothing that they are about is left or can come, with the sites that they name.
   * `isGone`: whether all that was recorded up to a time was deleted. In an account ids stay: its commands are done by them.
   */
  forget(isGone: (atMs: number) => boolean | Promise<boolean>): Promise<void> {
    return this.#changes.run(async () => {
      const { queue, done, doneIds } = this.#state;
      const gone = new Set<DatedReduction>();
      for (const one of [...queue, ...done]) if (await isGone(one.atMs)) gone.add(one);
      const stays = (one: DatedReduction) => !gone.has(one);
      const told = new Set((await this.deps.others.reductions()).map(({ id }) => id));
      const over = queue.filter((one) => gone.has(one)).map(({ id }) => id);
      const state = {
        queue: queue.filter(stays),
        done: done.filter(stays),
        doneIds: [...doneIds, ...over].filter((id) => told.has(id)),
      };
      const { store } = this.profile;
      const isEmpty = Object.values(state).every((list) => list.length === 0);
      await (isEmpty ? store.forgetNote(NOTE) : store.writeNote(NOTE, state));
      this.#state = state;
    });
  }

  /** An account is joined: what it knows of is done anew, because records may have come in since it was left. */
  joined(): Promise<void> {
    return this.#change((state) => ({ ...state, queue: state.queue.filter(({ own }) => own), doneIds: [] }));
  }

  #add(jobs: readonly Job[]): Promise<void> {
    return this.#change((state) => ({ ...state, queue: [...state.queue, ...jobs] }));
  }

  #change(change: (state: State) => State): Promise<void> {
    return this.#changes.run(async () => {
      const state = change(this.#state);
      await this.profile.storing(() => this.profile.store.writeNote(NOTE, state));
      this.#state = state;
    });
  }

  #begin(): void {
    if (this.#isClosed) return;
    this.#running ??= this.#run()
      .catch((error: unknown) => {
        if (this.#isClosed) return;
        console.error('applying rules to what is stored failed', error);
        const { message } = storageFailure(error);
        const last = this.#shown ?? NOT_BEGUN;
        this.#shown = { ...last, phase: 'failed', message: `${message} It will be tried again.` };
      })
      .finally(() => {
        this.#running = undefined;
        if (!this.#isClosed) this.profile.changed();
      });
  }

  async #run(): Promise<void> {
    for (let job = this.#state.queue[0]; job && !this.#isClosed; job = this.#state.queue[0]) {
      if (this.#isTold(job)) await this.deps.others.reducing(commandOf(job));
      for (;;) {
        if (this.#isClosed) return;
        const month = await this.#stepAlone();
        // It goes on when the deletion was carried out or undone.
        if (month === undefined) return;
        if (month === 'none') break;
        if (month === 'reduced') await this.deps.onReduced();
      }
      if (this.#isClosed) return;
      await this.#finish();
    }
  }

  /** Whether the account of now is told of it. */
  #isTold({ own, account }: Job): boolean {
    const now = this.deps.others.account();
    return own && now !== null && (account === undefined || account === now);
  }

  /** `undefined`: a deletion waits. */
  async #stepAlone(): Promise<Month | undefined> {
    let month: Month | undefined;
    await this.deps.alone(async () => {
      month = await this.#step();
    });
    return month;
  }

  /** One month. */
  async #step(): Promise<Month> {
    const { store } = this.profile;
    const [job] = this.#state.queue;
    if (!job) return 'none';
    const all = (await store.days()).reverse();
    const left = all.filter((one) => one >= (job.next ?? '') && one <= dayOf(job.atMs));
    this.#show(job, job.daysDone + left.length);
    const [first] = left;
    if (first === undefined) return 'none';
    const days = left.filter((one) => monthOf(one) === monthOf(first));
    const counts = new Map<Day, ReducedCounts>();
    const after = (touched: readonly Day[], keptDays = 0): State => {
      const sum = { reduced: job.reduced, erased: job.erased };
      for (const one of touched) {
        sum.reduced += counts.get(one)?.reduced ?? 0;
        sum.erased += counts.get(one)?.erased ?? 0;
      }
      const next = dayAfter(days.at(-1) ?? first);
      const daysDone = job.daysDone + days.length;
      return {
        ...this.#state,
        // With what was asked for meanwhile.
        queue: [
          { ...job, ...sum, next, daysDone, keptDays: job.keptDays + keptDays },
          ...this.#state.queue.slice(1),
        ],
      };
    };
    let touched: readonly Day[] = [];
    let keptDays = 0;
    await this.#changes.run(async () => {
      // Everything was deleted meanwhile, and the job with it.
      if (this.#state.queue[0]?.id !== job.id) return;
      try {
        const erased = await this.deps.others.erased();
        await store.reduce(days, (on, events) => changeOf(on, events, job, erased, counts), {
          name: NOTE,
          value: (replaced) => {
            touched = replaced;
            return after(touched);
          },
        });
      } catch (error) {
        if (!(error instanceof PartlyErasedError)) throw error;
        keptDays = error.kept.length;
      }
      const state = after(touched, keptDays);
      if (touched.length === 0 || keptDays > 0) await store.writeNote(NOTE, state);
      this.#state = state;
    });
    return touched.length > 0 ? 'reduced' : 'same';
  }

  async #finish(): Promise<void> {
    const [job] = this.#state.queue;
    if (!job) return;
    if (this.#isTold(job)) await this.deps.others.reduced(commandOf(job));
    // A day may have left before its turn came.
    else if (!job.own) await this.deps.others.reducing(commandOf(job));
    await this.#log(job);
    const {
      own: _o,
      account: _a,
      next: _n,
      daysDone: _d,
      reduced: _r,
      erased: _e,
      keptDays: _k,
      ...done
    } = job;
    await this.#change(({ queue, done: before, doneIds }) => ({
      queue: queue.slice(1),
      done: [...before.filter((one) => !includes(done, one)), done].slice(-MAX_DONE),
      doneIds: [...doneIds, job.id],
    }));
    this.#show(job, job.daysDone, 'done');
  }

  /** Records that went altogether are a deletion, which cannot be undone: one entry, however often it is told. */
  async #log({ id: purge, own, erased: records, keptDays }: Job): Promise<void> {
    if (records === 0) return;
    const atMs = this.profile.clock.nowMs();
    const reason = own ? ('person' as const) : ('other-device' as const);
    const more = keptDays === 0 ? {} : { keptDays };
    await this.profile.store.deletions
      .append({ purge, step: 'overwritten', reason, kind: 'rules', atMs, records, ...more })
      .catch((error: unknown) => console.error('a deletion by rules is not in the log', error));
  }

  #show(
    { daysDone, reduced, erased, keptDays }: Job,
    days: number,
    phase: 'running' | 'done' = 'running',
  ): void {
    this.#shown = { phase, days, daysDone, reduced, erased, keptDays };
    this.profile.changed();
  }

  /** Every reduction that holds, for events that come from elsewhere or from before. */
  async #coming(
    _on: Day,
    events: readonly InteractionEvent[],
    known: () => Promise<readonly InteractionEvent[]>,
  ): Promise<readonly InteractionEvent[]> {
    const all: DatedReduction[] = [...this.#state.done, ...this.#state.queue].sort((a, b) => a.atMs - b.atMs);
    if (all.length === 0 || events.length === 0) return events;
    const beside = new Map((await known()).map((event) => [event.id as EventId, event]));
    const left = all.reduce<readonly InteractionEvent[]>(
      (some, one) => reduceEvents(some, one, beside),
      events,
    );
    const erased = left.every((event, index) => event === events[index])
      ? null
      : await this.deps.others.erased();
    return erased ? withoutMeant(events, left, erased) : left;
  }
}

const NOT_BEGUN: ReductionState = {
  phase: 'running',
  days: 0,
  daysDone: 0,
  reduced: 0,
  erased: 0,
  keptDays: 0,
};

const fresh = (reduction: DatedReduction & { readonly id: string }): Job => ({
  ...(reduction as Omit<Job, 'own' | 'daysDone' | 'reduced' | 'erased' | 'keptDays'>),
  own: false,
  daysDone: 0,
  reduced: 0,
  erased: 0,
  keptDays: 0,
});

const commandOf = ({ id, atMs, level, rules, only }: Job): EraseCommand => ({
  id,
  atMs,
  target: { what: 'reduce', level, rules, ...(only === undefined ? {} : { only }) },
});

async function changeOf(
  on: Day,
  events: readonly InteractionEvent[],
  job: DatedReduction,
  isErased: ((record: InteractionRecord) => Promise<boolean>) | null,
  counts: Map<Day, ReducedCounts>,
): Promise<Change> {
  const reduced = reduceEvents(events, job);
  const left = isErased ? await withoutMeant(events, reduced, isErased) : reduced;
  const changed = changedRecords(events, left);
  const erased = changed.filter(({ after }) => after === null).length;
  counts.set(on, { reduced: changed.length - erased, erased });
  return { left, changed: new Set(changed.map(({ before }) => before.id)) };
}
