/**
 * SQLite's official WebAssembly build on the origin private file system (`opfs-sahpool`), plain, with FTS5. Rows lie in the
 * order of their time, so that `ORDER BY rowid DESC LIMIT 20` ends early. Of SETTINGS the first is the peer; the others show
 * what each choice costs (`--subjects sqlite-wasm,sqlite-wasm:stored,…`). The index without contents and positions is the
 * smallest (264 bytes an event at 100,000, against 319 with positions and 459 with contents); the log flushes once for a
 * transaction, a rollback journal more often. Compare times only between runs on a quiet machine.
 */
import sqlite3InitModule, { type Database, type PreparedStatement } from '@sqlite.org/sqlite-wasm';
import type { InteractionEvent } from '../../../src/model/interaction.ts';
import type { Query } from '../queries.ts';
import { type Exported, type Hits, hitsOf, JsonCounter, type Subject } from '../subject.ts';
import { indexedText } from '../words.ts';
import { COLUMNS, eventOf, INSERT, rowOf, type SqlRow, TABLE } from './sqlite-rows.ts';

interface Settings {
  /** Options of the FTS5 table. */
  readonly fts: string;
  readonly pragmas: string;
}

const TOKENIZER = `tokenize = 'unicode61 remove_diacritics 2'`;
const JOURNAL = 'PRAGMA journal_mode = TRUNCATE;';
/** A log beside the database; without shared memory it needs the lock all the time, which the pool has anyway. */
const WAL = 'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;';
const CONTENTLESS = `text, content = '', detail = none, columnsize = 0, ${TOKENIZER}`;

export const SETTINGS: Readonly<Record<string, Settings>> = {
  '': { fts: CONTENTLESS, pragmas: WAL },
  truncate: { fts: CONTENTLESS, pragmas: JOURNAL },
  full: { fts: `text, content = '', columnsize = 0, ${TOKENIZER}`, pragmas: WAL },
  stored: { fts: `text, ${TOKENIZER}`, pragmas: WAL },
  prefix: { fts: `${CONTENTLESS}, prefix = '3 4 5'`, pragmas: WAL },
};

const CHUNK = 2_000;

export class SqliteWasm implements Subject {
  readonly #settings: Settings;
  #db: Database | undefined;
  #heap: (() => Uint8Array) | undefined;
  #pool: { pauseVfs(): unknown } | undefined;
  readonly #statements = new Map<string, PreparedStatement>();
  #deviceIds = new Map<number, string>();
  #next = 1;

  /** @param variant a name in SETTINGS. */
  constructor(variant: string) {
    const settings = SETTINGS[variant];
    if (settings === undefined) throw new Error(`sqlite-wasm has no settings called ${variant}.`);
    this.#settings = settings;
  }

  async open(): Promise<void> {
    const sqlite3 = await sqlite3InitModule();
    this.#heap = () => sqlite3.wasm.heap8u();
    const pool = await sqlite3.installOpfsSAHPoolVfs({
      // By default a pool that another worker still holds would be deleted.
      preserveOnInitFailure: true,
    });
    this.#pool = pool;
    this.#db = new pool.OpfsSAHPoolDb('/bench.sqlite3');
    this.#db.exec(
      `${this.#settings.pragmas} PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; ${TABLE}`,
    );
    this.#db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(${this.#settings.fts})`);
    this.#deviceIds = new Map(
      this.#db.selectArrays('SELECT d, id FROM devices').map(([d, id]) => [Number(d), String(id)]),
    );
    this.#next = Number(this.#db.selectValue('SELECT max(n) FROM events') ?? 0) + 1;
  }

  get #open(): Database {
    if (this.#db === undefined) throw new Error('Not open.');
    return this.#db;
  }

  #prepared(sql: string): PreparedStatement {
    const statement = this.#statements.get(sql) ?? this.#open.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #rows(sql: string, values: readonly (string | number)[]): SqlRow[] {
    const statement = this.#prepared(sql).bind([...values]);
    const rows: SqlRow[] = [];
    while (statement.step()) rows.push(statement.get([]) as SqlRow);
    statement.reset();
    return rows;
  }

  async ingest(batch: readonly InteractionEvent[]): Promise<void> {
    this.#open.transaction(() => {
      const row = this.#prepared(INSERT);
      const words = this.#prepared('INSERT INTO words(rowid, text) VALUES(?,?)');
      for (const event of batch) {
        const n = this.#next++;
        row.bind(rowOf(event, n, this.#device(event.id))).stepReset();
        words.bind([n, indexedText(event)]).stepReset();
      }
    });
  }

  #device(id: string): number {
    const device = id.slice(0, id.indexOf('.'));
    for (const [number, known] of this.#deviceIds) if (known === device) return number;
    const number = this.#deviceIds.size + 1;
    this.#open.exec({ sql: 'INSERT INTO devices(d, id) VALUES(?,?)', bind: [number, device] });
    this.#deviceIds.set(number, device);
    return number;
  }

  append = (event: InteractionEvent): Promise<void> => this.ingest([event]);

  /** One b-tree for all words instead of several. Nothing was deleted, so `VACUUM` would only copy. */
  async finish(): Promise<void> {
    this.#open.exec(`INSERT INTO words(words) VALUES('optimize')`);
  }

  async search({ words, prefix }: Query, limit: number): Promise<Hits> {
    const match = words.map((word) => `"${word}"${prefix ? ' *' : ''}`).join(' ');
    const columns = COLUMNS.replaceAll(/\w+/g, 'e.$&');
    const rows = this.#rows(
      `SELECT ${columns} FROM words JOIN events e ON e.n = words.rowid WHERE words MATCH ? ORDER BY words.rowid DESC LIMIT ?`,
      [match, limit],
    );
    return hitsOf(rows.map((row) => eventOf(row, this.#deviceIds)));
  }

  async statsDays(firstDay: string, lastDay: string): Promise<Map<string, number>> {
    const dayNumber = (day: string) => Date.parse(day) / 86_400_000;
    const rows = this.#rows('SELECT day, count(*) FROM events WHERE day BETWEEN ? AND ? GROUP BY day', [
      dayNumber(firstDay),
      dayNumber(lastDay),
    ]);
    return new Map(
      rows.map(([day, count]) => [
        new Date(Number(day) * 86_400_000).toISOString().slice(0, 10),
        Number(count),
      ]),
    );
  }

  async exportJson(): Promise<Exported> {
    const counter = new JsonCounter();
    for (let after = 0; ; ) {
      const rows = this.#rows(`SELECT ${COLUMNS} FROM events WHERE n > ? ORDER BY n LIMIT ?`, [after, CHUNK]);
      if (rows.length === 0) return counter.result();
      counter.add(rows.map((row) => eventOf(row, this.#deviceIds)));
      after = Number(rows.at(-1)?.[0]);
    }
  }

  memoryBytes = (): number => this.#heap?.().buffer.byteLength ?? 0;

  async close(): Promise<void> {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#db?.close();
    this.#db = undefined;
    // Gives the files' handles back, so that the next worker gets them.
    this.#pool?.pauseVfs();
  }
}
