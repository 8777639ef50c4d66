/**
 * Takes the records of an export from a page, one batch at a time, and adds them day by day. Ids stay, so the same file
 * twice, or in the browser that it came from, adds nothing.
 */
import * as v from 'valibot';
import { utf8 } from '../../base/bytes.ts';
import { type Day, dayOf } from '../../base/clock.ts';
import { sha256 } from '../../crypto/primitives.ts';
import { type ExportedRecord, parseRecord } from '../../lifecycle/exported-record.ts';
import type { ImportAnswer } from '../../messaging/answers.ts';
import { importRequestSchema } from '../../messaging/messages.ts';
import type { InteractionEvent, InteractionRecord } from '../../model/interaction.ts';
import type { PagePort } from '../../platform/runtime.ts';
import { storageFailure } from '../../storage/database.ts';
import { ERASED, type Erased, IMPORTED, importRefusal } from './history-import.ts';
import type { Profile } from './profile.ts';

/** Records that wait for the rest of their day. */
const WAITING = 4_096;

export interface FileImportServices {
  readonly profile: Profile;
  erased(): Promise<Erased | null>;
  /** How often something was erased up to now. */
  erasures(): number;
  onAdded(): void;
}

/** The time spent on an imported visit, as one update. Who imports it again calls it the same. */
async function dwellUpdate(event: InteractionEvent, dwellMs: number): Promise<InteractionEvent> {
  const hash = (await sha256(utf8(`arq/imported-dwell/1 ${event.id}`))).subarray(0, 6);
  const number = hash.reduce((sum, byte) => sum * 256 + byte, 0);
  const [author = ''] = event.id.split('.');
  const id = `${author}.${IMPORTED}.${number.toString(36)}`;
  return { kind: 'visit-update', id, visit: event.id, atMs: event.atMs, dwellMs };
}

class FileImport {
  added = 0;
  there = 0;
  leftOut = 0;
  readonly #erasures: number;
  #day: Day | undefined;
  #waiting: ExportedRecord[] = [];

  constructor(
    private readonly services: FileImportServices,
    private readonly erased: Erased | null,
  ) {
    this.#erasures = services.erasures();
  }

  /** What was erased meanwhile must not come back with the rest of the file. */
  isOvertaken(): boolean {
    return this.services.erasures() !== this.#erasures;
  }

  /** An export is in the order of its days, so a day is mostly written once. */
  async take(records: readonly ExportedRecord[]): Promise<void> {
    for (const record of records) {
      const day = dayOf(record.event.atMs);
      if (day !== this.#day || this.#waiting.length >= WAITING) await this.flush();
      this.#day = day;
      this.#waiting.push(record);
    }
  }

  async flush(): Promise<void> {
    const [day, records] = [this.#day, this.#waiting];
    this.#waiting = [];
    if (day === undefined || records.length === 0) return;
    const { profile, onAdded } = this.services;
    await profile.storing(() =>
      profile.store.importDay(day, async (known) => ({ events: await this.#choose(records, known) })),
    );
    onAdded();
    profile.changed();
  }

  async #choose(
    records: readonly ExportedRecord[],
    known: readonly InteractionEvent[],
  ): Promise<InteractionEvent[]> {
    const ids = new Set(known.map(({ id }) => id));
    const events: InteractionEvent[] = [];
    for (const { event, dwellMs } of records) {
      // What is there has its own updates: what they add up to must not be added to them.
      if (ids.has(event.id)) this.there += 1;
      else if (await this.erased?.({ ...event, dwellMs } as InteractionRecord)) this.leftOut += 1;
      else {
        ids.add(event.id);
        this.added += 1;
        events.push(event);
        if (dwellMs > 0) events.push(await dwellUpdate(event, dwellMs));
      }
    }
    return events;
  }
}

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
        console.error('the import failed', error);
        fail(storageFailure(error).message);
      });
  });

  async function begin(): Promise<FileImport> {
    const all = await services();
    return new FileImport(all, await all.erased());
  }

  async function answer(raw: unknown): Promise<void> {
    if (gone) return;
    const request = v.safeParse(importRequestSchema, raw);
    const records = request.success && request.output.kind === 'records' ? request.output.records : [];
    const parsed = records.flatMap((record) => parseRecord(record) ?? []);
    // The page has looked at every record before it sent the first.
    if (!request.success || parsed.length !== records.length) {
      onDrop();
      return fail(
        'The file was sent in a way that this version does not know. Reload this page and try again.',
      );
    }
    const refusal = importRefusal((await services()).profile);
    if (refusal) return fail(refusal.error.message);
    running ??= begin();
    const into = await running;
    if (into.isOvertaken()) return fail(ERASED);
    await into.take(parsed);
    if (request.output.kind === 'end') await into.flush();
    const { added, there, leftOut } = into;
    send({ kind: request.output.kind === 'end' ? 'done' : 'next', added, there, leftOut });
  }
}
