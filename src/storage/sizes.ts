/** How many bytes the store holds, by row headers where they tell and by rows where not. */
import type { Day } from '../base/clock.ts';
import type { Database } from './database.ts';
import type { Derived } from './derived.ts';
import { eventCount, type PackSource, rangeOfAll } from './packs.ts';
import type { JournalRow, OutboxRow, PackRow } from './schema.ts';
import { rowsAfter } from './transaction.ts';

export interface StoreSizes {
  /** Packed events with the texts that finding reads. */
  readonly packs: number;
  /** Events that are not packed, also those that came while the profile was locked. */
  readonly journal: number;
  /** Saved contexts and cached summaries. */
  readonly derived: number;
  /** Profile, preferences, settings, notes. */
  readonly profiles: number;
  /** What waits to be sent. */
  readonly outbox: number;
}

type Queue = 'journal' | 'outbox';

/** What was counted of rows that are only added at the end and removed. */
interface Counted {
  readonly first: number | undefined;
  readonly last: number;
  readonly count: number;
  readonly bytes: number;
}

/**
 * Counts again and again: packs tell their size, and of rows that wait only those are read that came since the last time.
 * Sealed bytes, without what the browser's database adds.
 */
export class SizeMeter {
  readonly #counted = new Map<Queue, Counted>();

  constructor(
    private readonly db: Database,
    private readonly derived: Derived,
  ) {}

  async sizes(packs: readonly PackRow[]): Promise<StoreSizes> {
    let profiles = 0;
    for (const { box } of await this.db.getAll('profiles')) profiles += box.length;
    for (const note of await this.db.getAll('metadata'))
      if (note instanceof Uint8Array) profiles += note.length;
    let sealed = 0;
    for (const { box } of await this.db.getAll('sealed')) sealed += box.length;
    return {
      packs: packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      journal: (await this.#bytesOf('journal')) + sealed,
      derived: await this.derived.sizeBytes(),
      profiles,
      outbox: await this.#bytesOf('outbox'),
    };
  }

  async #bytesOf(name: Queue): Promise<number> {
    const store = this.db.transaction(name).store as Rows;
    const [count, firstKey] = await Promise.all([store.count(), store.openKeyCursor()]);
    const first = firstKey?.primaryKey;
    const known = this.#counted.get(name);
    if (known && known.first === first) {
      const since = await sumFrom(store, known);
      // Else some of those that were counted are gone.
      if (since.count === count) {
        this.#counted.set(name, since);
        return since.bytes;
      }
    }
    const all = await sumFrom(this.db.transaction(name).store as Rows, {
      first,
      last: Number.NEGATIVE_INFINITY,
      count: 0,
      bytes: 0,
    });
    this.#counted.set(name, all);
    return all.bytes;
  }
}

type Row = JournalRow | OutboxRow;
/** Of the journal or of the outbox. */
interface Rows {
  count(): Promise<number>;
  openKeyCursor(): Promise<{ readonly primaryKey: number } | null>;
  getAll(range: IDBKeyRange, count: number): Promise<Row[]>;
}

const numberOf = (row: Row): number =>
  ('n' in row && !('key' in row) ? row.n : (row as OutboxRow).key) as number;

async function sumFrom(store: Rows, { first, ...known }: Counted): Promise<Counted> {
  let { last, count, bytes } = known;
  for await (const rows of rowsAfter(store, numberOf, last)) {
    count += rows.length;
    for (const row of rows) {
      last = numberOf(row);
      if ('box' in row) bytes += row.box.length;
    }
  }
  return { first, last, count, bytes };
}

/** About how much each day takes: of its packs by its events, of the journal by its rows. */
export async function bytesByDay({ db, vault }: PackSource): Promise<Map<Day, number>> {
  const sizes = new Map<Day, number>();
  const add = (day: Day, bytes: number) => sizes.set(day, (sizes.get(day) ?? 0) + bytes);
  for (const pack of await db.getAll('packs', rangeOfAll(vault.userId)))
    for (const { day, events } of pack.days) add(day, (pack.sizeBytes * events) / eventCount(pack));
  for await (const rows of rowsAfter(db.transaction('journal').store, ({ n }) => n))
    for (const { day, box } of rows) add(day, box.length);
  return sizes;
}
