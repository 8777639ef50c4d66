/**
 * Takes over the browser's own history, newest day first. Some days at a time are added in one step with the note of how far
 * the import is, so a worker that is stopped anywhere goes on where that step began, and nothing is added or counted twice.
 *
 * Over 300 lines, because what one step does and what the next worker makes of its note is read together.
 */
import * as v from 'valibot';
import { fromBase64Url } from '../../base/bytes.ts';
import { DAY_MS, type Day, dayNumber, dayOf, dayStartMs } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  chooseVisits,
  type HistoryVisit,
  type NamedEvent,
  SAME_VISIT_MS,
} from '../../capture/from-history.ts';
import type { RedactedEvents } from '../../capture/redact-events.ts';
import type { FoundPiece } from '../../capture/sensitive-data.ts';
import { IMPORTED, type InteractionEvent, type InteractionRecord } from '../../model/interaction.ts';
import type { MeantAs } from '../../model/links.ts';
import { IMPORT_PHASES, type ImportState } from '../../model/recording.ts';
import { alarmAt, clearAlarm } from '../../platform/alarms.ts';
import { hasHistoryAccess } from '../../platform/history.ts';
import { storageFailure } from '../../storage/database.ts';
import type { KnownOf, LocalStore } from '../../storage/local-store.ts';
import { dayBefore, firstDay, HistoryDays } from './history-days.ts';
import { importRefusal } from './import-refusal.ts';
import type { Profile } from './profile.ts';
import { unlessDamaged } from './unless-damaged.ts';

export const IMPORT_ALARM = 'import';
/** The earliest that an alarm may come. */
const ALARM_MS = 30_000;
const NOTE = 'import';
/**
 * What is added in one durable step: recording waits while it is written, and what it costs is by the day. Reading it from the
 * browser takes no longer than this, or one day.
 */
const STEP_DAYS = 32;
const STEP_VISITS = 2_048;
const STEP_MS = 1_000;

const CANCELLED = 'Import cancelled. What was imported before stays; you can delete it below.';
export const ERASED =
  'The import stopped because you deleted records. Start it again if you still want the rest.';
const NO_ACCESS =
  'The browser no longer gives access to its history. Press the button again to give it and to go on.';

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const jobSchema = v.object({
  phase: v.picklist(IMPORT_PHASES),
  /** Later visits were recorded live. */
  startedMs: whole,
  /** The oldest day of the history. */
  first: v.pipe(v.string(), v.isoDate()),
  /** This day and all later ones are done. */
  done: v.pipe(v.string(), v.isoDate()),
  added: whole,
  there: whole,
  leftOut: whole,
  elsewhere: whole,
  message: v.exactOptional(v.string()),
});
type Job = v.InferOutput<typeof jobSchema>;

/** Whether a deletion that all devices keep to means this record. */
export type Erased = (record: InteractionRecord, as?: MeantAs) => Promise<boolean>;

export interface ImportDeps {
  /** A test for what was deleted in the account up to now; `null` while sync is off. */
  erased(): Promise<Erased | null>;
  /** Resolves when what is to be known of it is. */
  onAdded(): Promise<void>;
}

/** A keyed hash of 48 bits: the same visit gets the same name, and the name tells nothing of it. */
async function idOf({ vault }: LocalStore, name: string): Promise<string> {
  const bytes = fromBase64Url(await vault.tagOf(`import ${name}`))?.subarray(0, 6) ?? new Uint8Array(6);
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return `${vault.deviceId}.${IMPORTED}.${number.toString(36)}`;
}

/** Events as they may be stored, and what was taken out of them. */
type Redacted = RedactedEvents<InteractionEvent>;

/** A visit and the search that it was follow each other, at the same time: they are one happening. */
function happenings(chosen: readonly NamedEvent[]): NamedEvent[][] {
  const groups: NamedEvent[][] = [];
  for (const named of chosen) {
    const group = groups.at(-1);
    if (named.event.kind === 'search' && group?.[0]?.event.atMs === named.event.atMs) group.push(named);
    else groups.push([named]);
  }
  return groups;
}

const redacted = ({ store, sensitive }: Profile, chosen: readonly NamedEvent[]): Promise<Redacted[]> =>
  Promise.all(
    happenings(chosen).map(async (group) =>
      sensitive.redact(
        await Promise.all(
          group.map(
            async ({ name, event }) => ({ ...event, id: await idOf(store, name) }) as InteractionEvent,
          ),
        ),
      ),
    ),
  );

export class HistoryImport {
  /** How often something was erased since the worker started. */
  erasures = 0;
  #job: Job | null = null;
  #running: Promise<void> | undefined;
  #stop: { readonly phase: 'cancelled'; readonly message: string } | 'closed' | undefined;
  readonly #asked = new Mutex();

  constructor(
    private readonly profile: Profile,
    private readonly deps: ImportDeps,
  ) {}

  /** Goes on with what a stopped worker was at. */
  async open(): Promise<void> {
    const parsed = v.safeParse(jobSchema, await this.profile.store.readNote(NOTE));
    this.#job = parsed.success ? parsed.output : null;
    if (this.#job?.phase === 'running') this.#begin();
  }

  /** The store was closed under it. */
  close(): void {
    this.#stop = 'closed';
  }

  state(): ImportState | undefined {
    const job = this.#job;
    if (!job) return undefined;
    const { phase, added, there, leftOut, elsewhere, message } = job;
    const last = dayNumber(dayOf(job.startedMs)) + 1;
    return {
      phase,
      days: last - dayNumber(job.first),
      daysRead: last - dayNumber(job.done),
      added,
      there,
      leftOut,
      ...(elsewhere === 0 ? {} : { elsewhere }),
      ...(message === undefined ? {} : { message }),
    };
  }

  /** From the page, which asked for access before. */
  start(): Promise<Result<null>> {
    return this.#asked.run(async () => {
      if (this.#running) return ok(null);
      const refusal = importRefusal(this.profile);
      if (refusal) return refusal;
      if (!(await hasHistoryAccess())) return fail('no-access', NO_ACCESS);
      const startedMs = this.profile.clock.nowMs();
      const today = dayOf(startedMs);
      // Of a history without a visit there is nothing to do: its only day is done.
      const first = (await firstDay(today)) ?? dayOf(startedMs + DAY_MS);
      const job: Job = {
        phase: 'running',
        startedMs,
        first,
        done: dayOf(startedMs + DAY_MS),
        added: 0,
        there: 0,
        leftOut: 0,
        elsewhere: 0,
      };
      await this.profile.storing(() => this.profile.store.writeNote(NOTE, job));
      this.#job = job;
      this.#begin();
      return ok(null);
    });
  }

  cancel(): Promise<void> {
    return this.#end(CANCELLED);
  }

  /** Before something is erased: what is not read yet must not bring it back. */
  async erasing(everything: boolean): Promise<void> {
    this.erasures += 1;
    await this.#end(ERASED);
    if (!everything || !this.#job) return;
    this.#job = null;
    await this.profile.store.db.delete('metadata', NOTE);
  }

  async #end(message: string): Promise<void> {
    if (!this.#running) return;
    this.#stop = { phase: 'cancelled', message };
    await this.#running;
  }

  /** From the alarm; resolves when the import is over, so that the alarm's handler holds the worker. */
  async wake(): Promise<void> {
    if (this.#job?.phase === 'running' && !this.#running) this.#begin();
    await this.#running;
  }

  #begin(): void {
    this.#stop = undefined;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#stop !== 'closed') this.profile.changed();
    });
  }

  async #run(): Promise<void> {
    try {
      await this.#days();
    } catch (error) {
      if (this.#stop === 'closed') return;
      console.error('the import stopped', error);
      await this.#finish({ phase: 'failed', message: await this.#reason(error) });
    }
  }

  async #reason(error: unknown): Promise<string> {
    return (await hasHistoryAccess().catch(() => false)) ? storageFailure(error).message : NO_ACCESS;
  }

  async #days(): Promise<void> {
    const history = new HistoryDays();
    for (let job = this.#job; job; job = this.#job) {
      if (this.#stop === 'closed') return;
      if (this.#stop) return this.#finish(this.#stop);
      const refusal = importRefusal(this.profile);
      if (refusal) return this.#finish({ phase: 'failed', message: refusal.error.message });
      const step = await this.#read(job, history);
      if (this.#stop) continue;
      if (step.size === 0) return this.#finish({ phase: 'done' });
      await this.#add(job, step);
      await this.deps.onAdded();
      this.profile.changed();
    }
  }

  /** What the browser has of the next days, newest first. Less when it takes long, so that the person sees it go on. */
  async #read(job: Job, history: HistoryDays): Promise<Map<Day, readonly HistoryVisit[]>> {
    const { clock } = this.profile;
    const beganMs = clock.nowMs();
    const step = new Map<Day, readonly HistoryVisit[]>();
    let [done, count] = [job.done, 0];
    while (step.size < STEP_DAYS && count < STEP_VISITS && clock.nowMs() - beganMs < STEP_MS && !this.#stop) {
      // Each time anew: should the worker be stopped, the alarm starts it again.
      await alarmAt(IMPORT_ALARM, clock.nowMs() + ALARM_MS);
      const day = await dayBefore(done, job.first);
      if (day === null) break;
      const visits = await history.visitsOf(day, job.startedMs);
      step.set(day, visits);
      done = day;
      count += visits.length;
    }
    return step;
  }

  async #add(job: Job, step: ReadonlyMap<Day, readonly HistoryVisit[]>): Promise<void> {
    const { store } = this.profile;
    let after = job;
    let pieces: FoundPiece[] = [];
    await this.profile.storing(() =>
      store.importDays(async (knownOf) => {
        // In the step that adds: what was deleted in the account before it is known by now.
        const erased = await this.deps.erased();
        const elsewhere = { ...(await unlessDamaged(store.archivedDays())), ...(await store.awayDays()) };
        const days = new Map<Day, readonly InteractionEvent[]>();
        const knownNow: KnownOf = async (day) => [...(await knownOf(day)), ...(days.get(day) ?? [])];
        after = job;
        pieces = [];
        for (const [day, visits] of step) {
          // What is elsewhere would be there twice when it comes back.
          const isElsewhere = day in elsewhere;
          const { events, there, leftOut, found } = isElsewhere
            ? { events: [], there: 0, leftOut: 0, found: [] }
            : await this.#choose(day, visits, knownNow, erased);
          days.set(day, events);
          pieces.push(...found);
          after = {
            ...after,
            done: day,
            added: after.added + events.length,
            there: after.there + there,
            leftOut: after.leftOut + leftOut,
            elsewhere: after.elsewhere + (isElsewhere ? visits.length : 0),
          };
        }
        return { days, value: after };
      }, NOTE),
    );
    this.#job = after;
    await this.profile.sensitive.count(pieces);
  }

  async #choose(day: Day, visits: readonly HistoryVisit[], knownOf: KnownOf, erased: Erased | null) {
    const { settings } = this.profile;
    const known: InteractionEvent[] = [];
    for (const one of [day, ...besideOf(day, visits)]) known.push(...(await knownOf(one)));
    const { chosen, there, leftOut } = chooseVisits(visits, known, settings);
    const all = await redacted(this.profile, chosen);
    const events: InteractionEvent[] = [];
    const found: FoundPiece[] = [];
    for (const one of all) {
      const gone = await Promise.all(
        one.events.map((event) => erased?.(event as InteractionRecord) ?? false),
      );
      const kept = one.events.filter((_, index) => !gone[index]);
      events.push(...kept);
      if (kept.length > 0) found.push(...one.pieces);
    }
    return { events, found, there, leftOut: leftOut + (chosen.length - events.length) };
  }

  async #finish(how: Pick<Job, 'phase' | 'message'>): Promise<void> {
    const job = this.#job;
    if (!job) return;
    this.#job = { ...job, ...how, ...(how.phase === 'done' ? { done: job.first } : {}) };
    await clearAlarm(IMPORT_ALARM);
    const { store } = this.profile;
    const isNoted = await store.writeNote(NOTE, this.#job).then(
      () => true,
      () => false,
    );
    // The disk takes nothing more. One that failed goes on from its last day at the next start; one that was ended must not.
    if (!isNoted && how.phase === 'cancelled') await store.db.delete('metadata', NOTE);
  }
}

/** Days whose events may be the same visits as those right at the ends of this one. */
export function besideOf(day: Day, visits: readonly { readonly atMs: number }[]): Day[] {
  const startMs = dayStartMs(day);
  const endMs = startMs + DAY_MS;
  return [
    ...(visits.some(({ atMs }) => atMs - startMs <= SAME_VISIT_MS) ? [dayOf(startMs - 1)] : []),
    ...(visits.some(({ atMs }) => endMs - atMs <= SAME_VISIT_MS) ? [dayOf(endMs)] : []),
  ];
}
