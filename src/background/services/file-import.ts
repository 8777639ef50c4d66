/**
 * Takes the records of an export from a page, one batch at a time, and adds them some days at a time. Ids stay, so the same file
 * twice, or in the browser that it came from, adds nothing. What the browser's history gave under another id is there, too. Level and
 * rules of now hold for what is added.
 */
import { type Day, dayOf } from '../../base/clock.ts';
import { ruleLate } from '../../capture/late-rules.ts';
import { SameHappenings } from '../../capture/same-happening.ts';
import type { FoundPiece } from '../../capture/sensitive-data.ts';
import { type ExportedRecord, parseRecord } from '../../lifecycle/exported-record.ts';
import type { ImportAnswer } from '../../messaging/answers.ts';
import { importRequestSchema } from '../../messaging/messages.ts';
import { parsePlain } from '../../messaging/plain.ts';
import {
  type EventId,
  foldEvents,
  type InteractionEvent,
  type InteractionRecord,
} from '../../model/interaction.ts';
import { withoutLinks } from '../../model/links.ts';
import { stricterLevel } from '../../model/privacy.ts';
import type { PagePort } from '../../platform/runtime.ts';
import { storageFailure } from '../../storage/database.ts';
import { timeInAll } from '../../storage/imported-time.ts';
import type { KnownOf } from '../../storage/local-store.ts';
import { besideOf, ERASED, type Erased } from './history-import.ts';
import { importRefusal } from './import-refusal.ts';
import type { Profile } from './profile.ts';

/**
 * Records that are added in one durable step, and days that they may be of: recording waits while a step is written, and what
 * it costs is by the day.
 */
const STEP_RECORDS = 2_048;
const STEP_DAYS = 32;

export interface FileImportServices {
  readonly profile: Profile;
  erased(): Promise<Erased | null>;
  /** How often something was erased up to now. */
  erasures(): number;
  onAdded(): Promise<void>;
}

/** What was erased meanwhile must not come back with the rest of the file. */
class Overtaken extends Error {}

class FileImport {
  added = 0;
  there = 0;
  leftOut = 0;
  readonly #erasures: number;
  #waiting = new Map<Day, ExportedRecord[]>();
  #count = 0;
  /** Of the days of the last step, of which more may come: ids in the store that records of this file have accounted for. */
  #accounted = new Map<Day, Set<EventId>>();
  /** What was taken out of the records of the step that is being added. */
  #pieces: FoundPiece[] = [];

  constructor(private readonly services: FileImportServices) {
    this.#erasures = services.erasures();
  }

  async take(records: readonly ExportedRecord[]): Promise<void> {
    for (const record of records) {
      const day = dayOf(record.event.atMs);
      const ofDay = this.#waiting.get(day);
      if (this.#count >= STEP_RECORDS || (!ofDay && this.#waiting.size >= STEP_DAYS)) await this.flush();
      if (this.#waiting.has(day)) this.#waiting.get(day)?.push(record);
      else this.#waiting.set(day, [record]);
      this.#count += 1;
    }
    this.#check();
  }

  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#count = 0;
    if (waiting.size === 0) return;
    const { profile, onAdded } = this.services;
    this.#pieces = [];
    await profile.storing(() => profile.store.importDays((known) => this.#choose(waiting, known)));
    await profile.sensitive.count(this.#pieces);
    this.#check();
    await onAdded();
    profile.changed();
  }

  #isOvertaken(): boolean {
    return this.services.erasures() !== this.#erasures;
  }

  #check(): void {
    if (this.#isOvertaken()) throw new Overtaken();
  }

  /** In the step that adds: whatever was erased before it is known by now. */
  async #choose(
    waiting: ReadonlyMap<Day, readonly ExportedRecord[]>,
    knownOf: KnownOf,
  ): Promise<{ readonly days: ReadonlyMap<Day, readonly InteractionEvent[]> }> {
    const days = new Map<Day, readonly InteractionEvent[]>();
    if (this.#isOvertaken()) return { days };
    const erased = await this.services.erased();
    const accounted = new Map<Day, Set<EventId>>();
    for (const [day, records] of waiting) {
      const own = this.#accounted.get(day) ?? new Set();
      accounted.set(day, own);
      const times = records.map(({ event }) => event);
      const beside = await Promise.all(besideOf(day, times).map(knownOf));
      days.set(day, await this.#ofDay(records, await knownOf(day), beside.flat(), own, erased));
    }
    this.#accounted = accounted;
    return { days };
  }

  async #ofDay(
    records: readonly ExportedRecord[],
    known: readonly InteractionEvent[],
    beside: readonly InteractionEvent[],
    accounted: Set<EventId>,
    erased: Erased | null,
  ): Promise<InteractionEvent[]> {
    const { sensitive, settings } = this.services.profile;
    const spent = new Map(foldEvents(known).map((record) => [record.id, spentOn(record)]));
    const counted = new Set(known.flatMap(({ kind, id }) => (kind === 'reduced' ? [id] : [])));
    const others = [...known, ...beside].filter(({ id }) => !accounted.has(id));
    const same = new SameHappenings(others, settings);
    const events: InteractionEvent[] = [];
    const deletedUntilMs = await this.services.profile.store.deletedUntilMs();
    for (const { event: record, dwellMs } of records) {
      const told = stampedAsKnown(record, deletedUntilMs);
      // A file may be of a version, or of another program, that kept everything.
      const { events: redacted, pieces } = await sensitive.redact([told]);
      const event = redacted[0] ?? told;
      const ruled = ruledNow(event, settings);
      const other = spent.has(event.id) || !ruled ? undefined : same.take(ruled);
      // Of one that is there under another id the time is added to that one.
      const visit = other ?? event;
      const before = spent.get(visit.id);
      if (other || before !== undefined) this.there += 1;
      else if (!ruled || (await isErased(erased, [event, ruled], dwellMs))) {
        this.leftOut += 1;
        continue;
      } else {
        this.added += 1;
        if (ruled.kind !== 'reduced') this.#pieces.push(...pieces);
        // Nor does what it tells of another page come back that was deleted.
        events.push(...(erased ? await withoutLinks([ruled], erased) : [ruled]));
      }
      accounted.add(visit.id);
      // A count has no time spent, and no exact time.
      if ((other ?? ruled)?.kind !== 'visit' || counted.has(visit.id)) continue;
      // Of a day beside this one: this day's step is not to change it.
      if (dayOf(visit.atMs) !== dayOf(event.atMs)) continue;
      // A later export of a visit that is there may know of more time.
      if (dwellMs > (before ?? 0)) events.push(await timeInAll(visit, dwellMs));
      spent.set(visit.id, Math.max(dwellMs, before ?? 0));
    }
    return events;
  }
}

/** As a visit of now would be kept, and never at a milder level than it was. `null`: not at all. */
function ruledNow(
  event: ExportedRecord['event'],
  settings: Profile['settings'],
): ExportedRecord['event'] | null {
  const ruled = ruleLate(event, settings);
  if (!ruled || ruled.kind === 'visit-update') return null;
  if (ruled.kind === 'reduced' || event.kind === 'reduced') return ruled;
  const mark = event.shortened || event.url !== ruled.url ? { shortened: true as const } : {};
  return { ...ruled, level: stricterLevel(ruled.level, event.level), ...mark };
}

/** Whether it was deleted, as it stands in the file or as it would be kept. */
async function isErased(
  erased: Erased | null,
  forms: readonly ExportedRecord['event'][],
  dwellMs: number,
): Promise<boolean> {
  for (const form of erased ? forms : [])
    if (await erased?.({ ...form, dwellMs } as InteractionRecord)) return true;
  return false;
}

const spentOn = (record: InteractionRecord): number => (record.kind === 'visit' ? record.dwellMs : 0);

/** `onDrop`: something came that no page of ours sends. */
export function serveImport(
  port: PagePort,
  services: () => Promise<FileImportServices>,
  onDrop: () => void,
): void {
  let gone = false;
  let running: Promise<FileImport> | undefined;
  /** One batch after another, also should a page not wait for the answer. */
  let tail: Promise<void> = Promise.resolve();
  const send = (answer: ImportAnswer) => port.post(answer);
  const fail = (message: string) => {
    gone = true;
    send({ kind: 'failed', message });
  };
  port.onDisconnect(() => {
    gone = true;
  });
  port.onMessage((raw) => {
    tail = tail
      .then(() => answer(raw))
      .catch((error: unknown) => {
        if (error instanceof Overtaken) return fail(ERASED);
        console.error('the import failed', error);
        fail(storageFailure(error).message);
      });
  });

  const begin = async (): Promise<FileImport> => new FileImport(await services());

  async function answer(raw: unknown): Promise<void> {
    if (gone) return;
    const request = parsePlain(importRequestSchema, raw);
    const records = request?.kind === 'records' ? request.records : [];
    const parsed = records.flatMap((record) => parseRecord(record) ?? []);
    // The page has looked at every record before it sent the first.
    if (request === null || parsed.length !== records.length) {
      onDrop();
      return fail(
        'The file was sent in a way that this version does not know. Reload this page and try again.',
      );
    }
    const refusal = importRefusal((await services()).profile);
    if (refusal) return fail(refusal.error.message);
    running ??= begin();
    const into = await running;
    await into.take(parsed);
    if (request.kind === 'end') await into.flush();
    const { added, there, leftOut } = into;
    send({ kind: request.kind === 'end' ? 'done' : 'next', added, there, leftOut });
  }
}

/** A file may say anything of deletions that were known: only those that are known here count. */
function stampedAsKnown({ afterMs, ...record }: ExportedRecord['event'], knownMs: number) {
  const event = record as ExportedRecord['event'];
  return afterMs !== undefined && afterMs <= knownMs ? { ...event, afterMs } : event;
}
