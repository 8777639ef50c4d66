/** Dexie 4 as its documentation says: `bulkAdd`, a multiEntry index of words, intersecting primary keys for two words. */
import { Dexie, type EntityTable } from 'dexie';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import type { Query } from '../queries.ts';
import { type Exported, type Hits, hitsOf, JsonCounter, type Subject } from '../subject.ts';
import { indexedText, wordsOf } from '../words.ts';

interface Row {
  readonly n: number;
  readonly event: InteractionEvent;
  readonly atMs: number;
  readonly day: string;
  readonly words: readonly string[];
}

type Database = Dexie & { events: EntityTable<Row, 'n'> };

const CHUNK = 2_000;

export class DexieRows implements Subject {
  #db: Database | undefined;

  async open(): Promise<void> {
    const db = new Dexie('bench-dexie', { chromeTransactionDurability: 'strict' }) as Database;
    db.version(1).stores({ events: '++n, day, *words' });
    await db.open();
    this.#db = db;
  }

  get #events(): Database['events'] {
    if (this.#db === undefined) throw new Error('Not open.');
    return this.#db.events;
  }

  async ingest(batch: readonly InteractionEvent[]): Promise<void> {
    const rows = batch.map((event) => ({
      event,
      atMs: event.atMs,
      day: new Date(event.atMs).toISOString().slice(0, 10),
      words: wordsOf(indexedText(event)),
    }));
    // Putting and adding are the same work for keys that the database gives; `bulkPut` is what people write.
    await this.#events.bulkPut(rows as unknown as Row[]);
  }

  append = (event: InteractionEvent): Promise<void> => this.ingest([event]);

  async finish(): Promise<void> {
    // IndexedDB compacts by itself; there is nothing to ask for.
  }

  async search({ words, prefix }: Query, limit: number): Promise<Hits> {
    const [first = '', second] = words;
    if (prefix) return this.#read(await this.#events.where('words').startsWith(first).primaryKeys(), limit);
    if (second === undefined) {
      const rows = await this.#events.where('words').equals(first).reverse().limit(limit).toArray();
      return hitsOf(rows.map(({ event }) => event));
    }
    const [one, two] = await Promise.all([
      this.#events.where('words').equals(first).primaryKeys(),
      this.#events.where('words').equals(second).primaryKeys(),
    ]);
    const others = new Set(two);
    return this.#read(
      one.filter((key) => others.has(key)),
      limit,
    );
  }

  async #read(keys: readonly number[], limit: number): Promise<Hits> {
    const newest = [...new Set(keys)].sort((a, b) => b - a).slice(0, limit);
    const rows = await this.#events.bulkGet(newest);
    return hitsOf(rows.flatMap((row) => (row ? [row.event] : [])));
  }

  async statsDays(firstDay: string, lastDay: string): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    // `keys` reads the index alone.
    for (const day of await this.#events.where('day').between(firstDay, lastDay, true, true).keys())
      counts.set(String(day), (counts.get(String(day)) ?? 0) + 1);
    return counts;
  }

  async exportJson(): Promise<Exported> {
    const counter = new JsonCounter();
    for (let from = 1; ; from += CHUNK) {
      const rows = await this.#events
        .where('n')
        .between(from, from + CHUNK)
        .toArray();
      if (rows.length === 0) return counter.result();
      counter.add(rows.map(({ event }) => event));
    }
  }

  async close(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
  }
}
