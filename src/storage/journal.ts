/**
 * The journal: events appended one by one, each sealed, each durable before `append` resolves. One writer: appends that come
 * while a write is under way go together in the next one, so counters have no gaps and order is kept.
 */

import { concat, fromUtf8, toBase64Url, utf8 } from '../base/bytes.ts';
import { type Day, dayOf } from '../base/clock.ts';
import type { Mutex } from '../base/mutex.ts';
import { open, seal } from '../crypto/envelope.ts';
import { sha256 } from '../crypto/primitives.ts';
import { type InteractionEvent, type NewEvent, storeTypeOf } from '../model/interaction.ts';
import type { SensitiveKind } from '../model/sensitive.ts';
import { DamagedError, type Database } from './database.ts';
import type { JournalRow, OutboxRow, SealedRow, TabRow } from './schema.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { eventsOf, rowAad, type Vault } from './vault.ts';

export interface Append {
  readonly event: NewEvent;
  /** Stored with it or not at all: what the same navigation also is. */
  readonly also?: readonly NewEvent[];
  /** The day whose key seals it. Default: the day of the event, or, with `shownIn`, of its visit. */
  readonly day?: Day;
  /** Written in the same transaction: the tab now shows this visit. */
  readonly tab?: Omit<TabRow, 'visit' | 'day'>;
  /** For an update: nothing is written unless this tab still shows its visit. What was erased gains no more. */
  readonly shownIn?: number;
  /** Written in the same transaction: a repeat of this message is not acted on. */
  readonly nonce?: string;
  /** What was taken out of all of it. Only a locked profile keeps it, beside the first event. */
  readonly redacted?: readonly SensitiveKind[];
}

/** When a message came is kept no more exactly than this. */
export const SEEN_STEP_MS = 10 * 60_000;

/** What became of an append: its (first) event, and the day whose key sealed it. */
export interface Appended {
  readonly event: InteractionEvent;
  readonly day: Day;
}

interface Waiting {
  readonly append: Append;
  resolve(appended: Appended | null): void;
  reject(error: unknown): void;
}

export const eventId = (deviceId: string, life: number, n: number): string =>
  `${deviceId}.${life.toString(36)}.${n.toString(36)}`;

/**
 * Another number (u32) in each run of the browser, and after the store was found to be behind: whichever way a profile comes to number
 * other events with the same numbers, their ids are others (docs/decisions/0019).
 */
export const lifeOf = ({ incarnation }: { readonly incarnation: number }, run = 0): number =>
  (incarnation ^ run) >>> 0;

/** The number that the next event gets. */
export const journalCounter = async (db: Database): Promise<number> =>
  ((await db.get('metadata', 'counter')) as number | undefined) ?? 1;

/** In `metadata`: up to when deletions were given that this device knows of, ms since 1970. */
export const DELETED_UNTIL = 'deleted-until';
export const readDeletedUntil = async (db: Database): Promise<number> =>
  ((await db.get('metadata', DELETED_UNTIL)) as number | undefined) ?? Number.NEGATIVE_INFINITY;

/** As it counts to deletions: after those that are known, whatever the clock says. */
export const stamped = <E extends NewEvent>(event: E, deletedUntilMs: number): E =>
  event.kind === 'visit-update' || event.atMs > deletedUntilMs
    ? event
    : { ...event, afterMs: deletedUntilMs };

/** Where events go, and how: into the journal of an open profile, or sealed beside it while the profile is locked. */
export interface JournalEnd<Row extends JournalRow | SealedRow> {
  readonly deviceId: string;
  readonly life: number;
  readonly store: Row extends JournalRow ? 'journal' : 'sealed';
  seal(event: InteractionEvent, n: number, day: Day, redacted: readonly SensitiveKind[]): Promise<Row>;
}

/** A nonce is random: its hash tells nobody anything. */
export async function hashOfNonce(nonce: string): Promise<string> {
  const hash = await sha256(concat(utf8('arq/seen/1'), utf8(nonce)));
  return toBase64Url(hash.subarray(0, 12));
}

export class Journal<Row extends JournalRow | SealedRow> {
  #queue: Waiting[] = [];
  #running = false;
  #next: number | undefined;
  #deletedUntilMs: number | undefined;

  constructor(
    private readonly db: Database,
    private readonly end: JournalEnd<Row>,
    /** Whether events are also queued for sync. */
    private readonly syncing: () => boolean,
    private readonly nowMs: () => number,
    /** Shared with packing and erasing: a key is not destroyed between being chosen and being used. */
    private readonly mutex: Mutex,
  ) {}

  /**
   * Resolves when the event is durable; with `null` when nothing was written, because its nonce was seen before or its
   * visit is not shown any more.
   */
  append(append: Append): Promise<Appended | null> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ append, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  /** Deletions up to then are known from here on. The caller holds the lock. */
  heardOf(deletedUntilMs: number): void {
    this.#deletedUntilMs = deletedUntilMs;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, 64);
      try {
        const appends = batch.map(({ append }) => append);
        const written = await this.mutex.run(() =>
          this.#write(appends, false).catch((error: unknown) => {
            // A nonce that is there, mostly: then it is asked for first, which takes as long again as writing.
            if (!isKnown(error)) throw error;
            return this.#write(appends, true);
          }),
        );
        for (const [index, waiting] of batch.entries()) waiting.resolve(written[index] ?? null);
      } catch (error) {
        // Perhaps another counter was used meanwhile: read it again before the next write.
        this.#next = undefined;
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#running = false;
  }

  /** `ask`: whether nonces are there is asked for before. Else writing fails when one is. */
  async #write(batch: readonly Append[], ask: boolean): Promise<(Appended | null)[]> {
    this.#next ??= await journalCounter(this.db);
    this.#deletedUntilMs ??= await readDeletedUntil(this.db);
    let n = this.#next;
    const writes: (Write<Row> | null)[] = [];
    const nonces = new Set<string>();
    const shown = new Map<number, Pick<TabRow, 'visit' | 'day'>>();
    // Sealed before the transaction opens: it would close while anything else is awaited.
    for (const append of batch) {
      const [[seen, stored], day] = await Promise.all([
        this.#seen(append.nonce, ask),
        this.#dayOf(append, shown),
      ]);
      const repeated = seen !== undefined && (nonces.has(seen) || stored);
      if (day === null || repeated) {
        writes.push(null);
        continue;
      }
      if (seen !== undefined) nonces.add(seen);
      const first = await this.#seal(append.event, n++, day, append.redacted);
      const rows = [first.row];
      for (const event of append.also ?? []) rows.push((await this.#seal(event, n++, day)).row);
      const tab = append.tab && { ...append.tab, visit: first.event.id, day };
      if (tab) shown.set(tab.tabId, tab);
      writes.push({ event: first.event, day, rows, tab, seen });
    }
    if (n !== this.#next) await this.#commit(writes, n);
    this.#next = n;
    return writes;
  }

  /** The hash of a nonce, and whether it is there, if that is asked for. */
  async #seen(nonce: string | undefined, ask: boolean): Promise<[tag: string | undefined, stored: boolean]> {
    if (nonce === undefined) return [undefined, false];
    const tag = await hashOfNonce(nonce);
    return [tag, ask && (await this.db.getKey('seen', tag)) !== undefined];
  }

  /** The day to seal with; `null` when the visit that it belongs to is not shown any more. */
  async #dayOf(
    { event, day, shownIn }: Append,
    shown: ReadonlyMap<number, Pick<TabRow, 'visit' | 'day'>>,
  ): Promise<Day | null> {
    if (shownIn === undefined) return day ?? dayOf(event.atMs);
    const row = shown.get(shownIn) ?? (await this.db.get('tabs', shownIn));
    return event.kind === 'visit-update' && row?.visit === event.visit ? row.day : null;
  }

  async #seal(
    event: NewEvent,
    n: number,
    day: Day,
    redacted: Append['redacted'] = [],
  ): Promise<{ event: InteractionEvent; row: Row }> {
    const id = eventId(this.end.deviceId, this.end.life, n);
    const full = { ...stamped(event, this.#deletedUntilMs ?? 0), id } as InteractionEvent;
    return { event: full, row: await this.end.seal(full, n, day, redacted) };
  }

  async #commit(writes: readonly (Write<Row> | null)[], next: number): Promise<void> {
    const syncing = this.syncing();
    const seenAtMs = Math.floor(this.nowMs() / SEEN_STEP_MS) * SEEN_STEP_MS;
    const { store } = this.end;
    const tx = this.db.transaction([store, 'metadata', 'tabs', 'seen', 'outbox'], 'readwrite', STRICT);
    await inTransaction(tx, (_, ask) => {
      for (const write of writes) {
        for (const row of write?.rows ?? []) {
          // `add`: a counter is never used twice, whatever happened.
          ask(tx.objectStore(store).add(row));
          if (syncing && 'generation' in row) ask(tx.objectStore('outbox').add(outboxRowOf(row)));
        }
        if (write?.tab) ask(tx.objectStore('tabs').put(write.tab));
        // `add`: of a repeat nothing is written.
        if (write?.seen !== undefined) ask(tx.objectStore('seen').add(seenAtMs, write.seen));
      }
      ask(tx.objectStore('metadata').put(next, 'counter'));
    });
  }
}

/** Something was to be added that is there. */
const isKnown = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'ConstraintError';

/** One append, sealed. */
interface Write<Row> extends Appended {
  readonly rows: readonly Row[];
  readonly tab: TabRow | undefined;
  readonly seen: string | undefined;
}

export const outboxRowOf = ({ n, day, generation, type, box }: JournalRow): OutboxRow => ({
  what: 'event',
  n,
  day,
  generation,
  type,
  box,
});

export async function sealJournalRow(
  vault: Vault,
  event: InteractionEvent,
  n: number,
  day: Day,
): Promise<JournalRow> {
  const key = await vault.currentKey(eventsOf(day));
  const type = storeTypeOf(event);
  const box = await seal(
    key.aead,
    utf8(JSON.stringify(event)),
    rowAad(vault.userId, 'journal', day, type, n),
  );
  return { n, day, type, records: event.kind === 'visit-update' ? 0 : 1, generation: key.generation, box };
}

/** @throws DamagedError when the row does not open where it lies. */
export async function openJournalRow(
  vault: Vault,
  row: Pick<JournalRow, 'n' | 'day' | 'type' | 'generation' | 'box'>,
): Promise<InteractionEvent> {
  const key = await vault.key(eventsOf(row.day), row.generation);
  const opened = await open(key.aead, row.box, rowAad(vault.userId, 'journal', row.day, row.type, row.n));
  if (!opened.ok) throw new DamagedError();
  return JSON.parse(fromUtf8(opened.plaintext)) as InteractionEvent;
}
