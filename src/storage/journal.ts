/**
 * The journal: events appended one by one, each sealed, each durable before `append` resolves. One writer: appends that come
 * while a write is under way go together in the next one, so counters have no gaps and order is kept.
 */

import { fromUtf8, utf8 } from '../base/bytes.ts';
import { type Day, dayOf } from '../base/clock.ts';
import type { Mutex } from '../base/mutex.ts';
import { open, seal } from '../crypto/envelope.ts';
import { type InteractionEvent, type NewEvent, storeTypeOf } from '../model/interaction.ts';
import { DamagedError, type Database } from './database.ts';
import type { JournalRow, TabRow } from './schema.ts';
import { eventsOf, rowAad, type Vault } from './vault.ts';

export interface Append {
  readonly event: NewEvent;
  /** The day whose key seals it: an update goes with its visit. Default: the day of the event. */
  readonly day?: Day;
  /** Written in the same transaction: the tab now shows this visit. */
  readonly tab?: Omit<TabRow, 'visit' | 'day'>;
  /** Written in the same transaction: a repeat of this message is not acted on. */
  readonly nonce?: string;
}

interface Waiting {
  readonly append: Append;
  resolve(event: InteractionEvent | null): void;
  reject(error: unknown): void;
}

export const eventId = (deviceId: string, incarnation: number, n: number): string =>
  `${deviceId}.${incarnation.toString(36)}.${n.toString(36)}`;

/** The number that the next event gets. */
export const journalCounter = async (db: Database): Promise<number> =>
  ((await db.get('metadata', 'counter')) as number | undefined) ?? 1;

export class Journal {
  #queue: Waiting[] = [];
  #running = false;
  #next: number | undefined;

  constructor(
    private readonly db: Database,
    private readonly vault: Vault,
    /** Whether events are also queued for sync. */
    private readonly syncing: () => boolean,
    private readonly nowMs: () => number,
    /** Shared with packing and erasing: a key is not destroyed between being chosen and being used. */
    private readonly mutex: Mutex,
  ) {}

  /** Resolves when the event is durable; with `null` when its nonce was seen before and nothing was written. */
  append(append: Append): Promise<InteractionEvent | null> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ append, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, 64);
      try {
        const written = await this.mutex.run(() => this.#write(batch.map((waiting) => waiting.append)));
        for (const [index, waiting] of batch.entries()) waiting.resolve(written[index] ?? null);
      } catch (error) {
        // Perhaps another counter was used meanwhile: read it again before the next write.
        this.#next = undefined;
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#running = false;
  }

  async #write(batch: readonly Append[]): Promise<(InteractionEvent | null)[]> {
    this.#next ??= await journalCounter(this.db);
    let n = this.#next;
    const events: (InteractionEvent | null)[] = [];
    const rows: JournalRow[] = [];
    const nonces = new Set<string>();
    // Sealed before the transaction opens: it would close while anything else is awaited.
    for (const { event, nonce, ...append } of batch) {
      if (nonce !== undefined && (nonces.has(nonce) || (await this.db.getKey('seen', nonce)) !== undefined)) {
        events.push(null);
        continue;
      }
      if (nonce !== undefined) nonces.add(nonce);
      const full = {
        ...event,
        id: eventId(this.vault.deviceId, this.vault.incarnation, n),
      } as InteractionEvent;
      rows.push(await sealRow(this.vault, full, n, append.day ?? dayOf(event.atMs)));
      events.push(full);
      n += 1;
    }
    if (rows.length === 0) return events;
    const syncing = this.syncing();
    const tx = this.db.transaction(['journal', 'metadata', 'tabs', 'seen', 'outbox'], 'readwrite', {
      durability: 'strict',
    });
    let index = 0;
    batch.forEach((append, position) => {
      const event = events[position];
      const row = event ? rows[index++] : undefined;
      if (!event || !row) return;
      // `add`: a counter is never used twice, whatever happened.
      tx.objectStore('journal').add(row);
      if (append.tab) tx.objectStore('tabs').put({ ...append.tab, visit: event.id, day: row.day });
      if (append.nonce !== undefined) tx.objectStore('seen').put(this.nowMs(), append.nonce);
      if (syncing) {
        const { n, day, generation, type, box } = row;
        tx.objectStore('outbox').add({ what: 'event', n, day, generation, type, box });
      }
    });
    tx.objectStore('metadata').put(n, 'counter');
    await tx.done;
    this.#next = n;
    return events;
  }
}

async function sealRow(vault: Vault, event: InteractionEvent, n: number, day: Day): Promise<JournalRow> {
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
  if (!opened.ok) throw new DamagedError('A part of the stored data is damaged and was left out.');
  return JSON.parse(fromUtf8(opened.plaintext)) as InteractionEvent;
}
