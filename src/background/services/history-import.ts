/**
 * Takes over the browser's own history, newest day first. A day is added in one step with the note of how far the import is,
 * so a worker that is stopped anywhere goes on with the day that it was at, and nothing is added or counted twice.
 */
import * as v from 'valibot';
import { fromBase64Url } from '../../base/bytes.ts';
import { DAY_MS, type Day, dayNumber, dayOf, dayStartMs } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  type ChosenVisits,
  chooseVisits,
  type HistoryVisit,
  type NamedEvent,
  SAME_VISIT_MS,
} from '../../capture/from-history.ts';
import type { InteractionEvent, InteractionRecord } from '../../model/interaction.ts';
import { IMPORT_PHASES, type ImportState } from '../../model/recording.ts';
import { alarmAt, clearAlarm } from '../../platform/alarms.ts';
import { hasHistoryAccess } from '../../platform/history.ts';
import { storageFailure } from '../../storage/database.ts';
import type { LocalStore } from '../../storage/local-store.ts';
import { dayBefore, firstDay, HistoryDays } from './history-days.ts';
import type { Profile } from './profile.ts';

export const IMPORT_ALARM = 'import';
/** The earliest that an alarm may come. */
const ALARM_MS = 30_000;
const NOTE = 'import';
/** In the place of the incarnation, and longer than any of those: no event that was recorded is called so. */
export const IMPORTED = 'imported';

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
  message: v.exactOptional(v.string()),
});
type Job = v.InferOutput<typeof jobSchema>;

/** Whether a deletion that all devices keep to means this record. */
export type Erased = (record: InteractionRecord) => Promise<boolean>;

export interface ImportDeps {
  /** A test for what was deleted in the account; `null` while sync is off. */
  erased(): Promise<Erased | null>;
  onAdded(): void;
}

/** Why nothing may be imported now; `null` when it may. */
export function importRefusal({ settings }: Profile): ReturnType<typeof fail> | null {
  if (settings.consent !== 'accepted')
    return fail('no-consent', 'Nothing is imported until you agree to recording.');
  if (settings.level === 'ephemeral')
    return fail(
      'ephemeral',
      'At level ephemeral nothing is stored, so nothing is imported. Choose another level first.',
    );
  return null;
}

/** A keyed hash of 48 bits: the same visit gets the same name, and the name tells nothing of it. */
async function idOf({ vault }: LocalStore, name: string): Promise<string> {
  const bytes = fromBase64Url(await vault.tagOf(`import ${name}`))?.subarray(0, 6) ?? new Uint8Array(6);
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return `${vault.deviceId}.${IMPORTED}.${number.toString(36)}`;
}

const identified = (store: LocalStore, chosen: readonly NamedEvent[]): Promise<InteractionEvent[]> =>
  Promise.all(
    chosen.map(async ({ name, event }) => ({ ...event, id: await idOf(store, name) }) as InteractionEvent),
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
    const { phase, added, there, leftOut, message } = job;
    const last = dayNumber(dayOf(job.startedMs)) + 1;
    return {
      phase,
      days: last - dayNumber(job.first),
      daysRead: last - dayNumber(job.done),
      added,
      there,
      leftOut,
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
    const erased = await this.deps.erased();
    for (let job = this.#job; job; job = this.#job) {
      if (this.#stop === 'closed') return;
      if (this.#stop) return this.#finish(this.#stop);
      const refusal = importRefusal(this.profile);
      if (refusal) return this.#finish({ phase: 'failed', message: refusal.error.message });
      // Each time anew: should the worker be stopped, the alarm starts it again.
      await alarmAt(IMPORT_ALARM, this.profile.clock.nowMs() + ALARM_MS);
      const day = await dayBefore(job.done, job.first);
      if (day === null) return this.#finish({ phase: 'done' });
      await this.#add(job, day, await history.visitsOf(day, job.startedMs), erased);
      this.deps.onAdded();
      this.profile.changed();
    }
  }

  async #add(job: Job, day: Day, visits: readonly HistoryVisit[], erased: Erased | null): Promise<void> {
    const { store, settings } = this.profile;
    let after = job;
    await this.profile.storing(() =>
      store.importDay(
        day,
        async (known) => {
          const found: ChosenVisits = chooseVisits(visits, known, settings);
          const all = await identified(store, found.chosen);
          const gone = erased
            ? await Promise.all(all.map((event) => erased(event as InteractionRecord)))
            : all.map(() => false);
          const events = all.filter((_, index) => !gone[index]);
          after = {
            ...job,
            done: day,
            added: job.added + events.length,
            there: job.there + found.there,
            leftOut: job.leftOut + found.leftOut + (all.length - events.length),
          };
          return { events, value: after };
        },
        NOTE,
        besideOf(day, visits),
      ),
    );
    this.#job = after;
  }

  async #finish(how: Pick<Job, 'phase' | 'message'>): Promise<void> {
    const job = this.#job;
    if (!job) return;
    this.#job = { ...job, ...how, ...(how.phase === 'done' ? { done: job.first } : {}) };
    await clearAlarm(IMPORT_ALARM);
    // Also when the disk takes nothing more: then it goes on from its last day at the next start.
    await this.profile.store.writeNote(NOTE, this.#job).catch(() => {});
  }
}

/** Days whose events may be the same visits as those right at the ends of this one. */
function besideOf(day: Day, visits: readonly HistoryVisit[]): Day[] {
  const startMs = dayStartMs(day);
  const endMs = startMs + DAY_MS;
  return [
    ...(visits.some(({ atMs }) => atMs - startMs <= SAME_VISIT_MS) ? [dayOf(startMs - 1)] : []),
    ...(visits.some(({ atMs }) => endMs - atMs <= SAME_VISIT_MS) ? [dayOf(endMs)] : []),
  ];
}
