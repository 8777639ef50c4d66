/**
 * Plain IndexedDB, one row an event, as most extensions do it: an index by time, and one with an entry for every word
 * (multiEntry), which is the usual way to search there. Reads use `getAllRecords` and directions (Chrome 141), so that no
 * cursor walks where one request does.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import type { Query } from '../queries.ts';
import { type Exported, type Hits, hitsOf, JsonCounter, type Subject } from '../subject.ts';
import { indexedText, wordsOf } from '../words.ts';

interface Row {
  readonly event: InteractionEvent;
  readonly atMs: number;
  readonly words: readonly string[];
}

interface Schema extends DBSchema {
  events: { key: number; value: Row; indexes: { at: number; words: string } };
}

/** What idb's types do not know yet: https://w3c.github.io/IndexedDB/#dictdef-idbgetalloptions */
interface GetAllIndex {
  getAllRecords(options: GetAllOptions): Promise<{ readonly value: Row; readonly primaryKey: number }[]>;
  getAllKeys(options: GetAllOptions): Promise<number[]>;
}
interface GetAllOptions {
  readonly query: IDBKeyRange;
  readonly count: number;
  readonly direction: 'prev';
}

const CHUNK = 2_000;
/** A prefix with more entries than this is searched word by word, each from its newest end. */
const FEW_ENTRIES = 4_000;
const DAY_MS = 86_400_000;

export class IdbRows implements Subject {
  #db: IDBPDatabase<Schema> | undefined;

  async open(): Promise<void> {
    this.#db = await openDB<Schema>('bench-idb-rows', 1, {
      upgrade(db) {
        const store = db.createObjectStore('events', { autoIncrement: true });
        store.createIndex('at', 'atMs');
        store.createIndex('words', 'words', { multiEntry: true });
      },
    });
  }

  get #open(): IDBPDatabase<Schema> {
    if (this.#db === undefined) throw new Error('Not open.');
    return this.#db;
  }

  async ingest(batch: readonly InteractionEvent[]): Promise<void> {
    const tx = this.#open.transaction('events', 'readwrite', { durability: 'strict' });
    // Not awaited one by one: the transaction's end says that all are in.
    for (const event of batch)
      void tx.store.add({ event, atMs: event.atMs, words: wordsOf(indexedText(event)) });
    await tx.done;
  }

  append = (event: InteractionEvent): Promise<void> => this.ingest([event]);

  async finish(): Promise<void> {
    // IndexedDB compacts by itself; there is nothing to ask for.
  }

  async search(query: Query, limit: number): Promise<Hits> {
    const [first = '', second] = query.words;
    if (query.prefix) return this.#read(await this.#byPrefix(first, limit));
    if (second !== undefined) return this.#read(await this.#byBoth(first, second, limit));
    const records = await this.#words().getAllRecords(newest(first, limit));
    return hitsOf(records.map(({ value }) => value.event));
  }

  /** Of both words the newest keys, four times as many each time, until there are enough that have both. */
  async #byBoth(first: string, second: string, limit: number): Promise<number[]> {
    for (let count = CHUNK; ; count *= 4) {
      const index = this.#words();
      const lists = await Promise.all([
        index.getAllKeys(newest(first, count)),
        index.getAllKeys(newest(second, count)),
      ]);
      // Below the older end of a list that is not complete, the other's keys cannot be judged yet.
      const judged = Math.max(...lists.map((list) => (list.length < count ? 0 : (list.at(-1) ?? 0))));
      const others = new Set(lists[1]);
      const both = lists[0].filter((key) => key >= judged && others.has(key));
      if (both.length >= limit || judged === 0) return both.slice(0, limit);
    }
  }

  async #byPrefix(prefix: string, limit: number): Promise<number[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const keys = await this.#open.getAllKeysFromIndex('events', 'words', range, FEW_ENTRIES);
    if (keys.length < FEW_ENTRIES) return newestOf(keys, limit);
    const tx = this.#open.transaction('events');
    const index = tx.store.index('words');
    const lists: Promise<number[]>[] = [];
    for (let cursor = await index.openKeyCursor(range); cursor !== null; ) {
      const word = cursor.key;
      lists.push((index as unknown as GetAllIndex).getAllKeys(newest(word, limit)));
      // The next word, past all entries of this one.
      cursor = await cursor.continue(`${word}\u0000`);
    }
    return newestOf((await Promise.all(lists)).flat(), limit);
  }

  async #read(keys: readonly number[]): Promise<Hits> {
    const tx = this.#open.transaction('events');
    const rows = await Promise.all(keys.map((key) => tx.store.get(key)));
    return hitsOf(rows.flatMap((row) => (row ? [row.event] : [])));
  }

  #words(): GetAllIndex {
    return this.#open.transaction('events').store.index('words') as unknown as GetAllIndex;
  }

  /** Counts each day's stretch of the index by time. */
  async statsDays(firstDay: string, lastDay: string): Promise<Map<string, number>> {
    const index = this.#open.transaction('events').store.index('at');
    const counts: Promise<[string, number]>[] = [];
    for (let ms = Date.parse(firstDay); ms <= Date.parse(lastDay); ms += DAY_MS) {
      const day = new Date(ms).toISOString().slice(0, 10);
      const range = IDBKeyRange.bound(ms, ms + DAY_MS, false, true);
      counts.push(index.count(range).then((count) => [day, count]));
    }
    return new Map(await Promise.all(counts));
  }

  async exportJson(): Promise<Exported> {
    const counter = new JsonCounter();
    for (let from = 1; ; from += CHUNK) {
      const range = IDBKeyRange.bound(from, from + CHUNK, false, true);
      const rows = await this.#open.getAll('events', range);
      if (rows.length === 0) return counter.result();
      counter.add(rows.map(({ event }) => event));
    }
  }

  async close(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
  }
}

const newest = (word: string, count: number): GetAllOptions => ({
  query: IDBKeyRange.only(word),
  count,
  direction: 'prev',
});

const newestOf = (keys: readonly number[], limit: number): number[] =>
  [...new Set(keys)].sort((a, b) => b - a).slice(0, limit);
