/** Counts what queries cost, and adds them up for a health page. */
import type { QueryMetrics, QueryOptions, QueryTotals } from '../model/query.ts';

/** So many of the last queries are kept for percentiles. */
const KEPT = 500;

/** Filled in by a query while it runs. */
export interface Tally {
  rowsRead: number;
  rowsReturned: number;
}

/** Hits and misses of all caches so far. */
export type CountHits = () => { readonly hits: number; readonly misses: number };

/** All that a log knows, to be kept where it outlives the log. */
export interface QueryLogState {
  readonly count: number;
  readonly rowsRead: number;
  readonly rowsReturned: number;
  /** Of the last queries, oldest first. */
  readonly timesMs: readonly number[];
}

export class QueryLog {
  #timesMs: readonly number[] = [];
  #count = 0;
  #rowsRead = 0;
  #rowsReturned = 0;
  /** Called after each query. */
  onQuery: () => void = () => {};

  constructor(
    private readonly hits: CountHits,
    /** In ms, finer than the clock of records. */
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Runs a query and tells what it cost, also when it fails or is stopped. */
  async measure<T>(options: QueryOptions, query: (tally: Tally) => Promise<T>): Promise<T> {
    const end = this.#begin(options);
    try {
      options.signal?.throwIfAborted();
      return await query(end.tally);
    } finally {
      end();
    }
  }

  /** The same for a cursor: it has ended when its consumer stops, too. */
  async *measureCursor<T>(
    options: QueryOptions,
    query: (tally: Tally) => AsyncGenerator<T>,
  ): AsyncGenerator<T, void, undefined> {
    const end = this.#begin(options);
    try {
      options.signal?.throwIfAborted();
      for await (const row of query(end.tally)) {
        options.signal?.throwIfAborted();
        end.tally.rowsReturned += 1;
        yield row;
      }
    } finally {
      end();
    }
  }

  #begin({ metrics }: QueryOptions): { (): void; readonly tally: Tally } {
    const tally: Tally = { rowsRead: 0, rowsReturned: 0 };
    const before = this.hits();
    const startMs = this.nowMs();
    const end = () => {
      const after = this.hits();
      const measured: QueryMetrics = {
        executionTime: this.nowMs() - startMs,
        ...tally,
        cacheHits: after.hits - before.hits,
        cacheMisses: after.misses - before.misses,
      };
      this.#add(measured);
      metrics?.(measured);
    };
    return Object.assign(end, { tally });
  }

  #add({ executionTime, rowsRead, rowsReturned }: QueryMetrics): void {
    this.#count += 1;
    this.#rowsRead += rowsRead;
    this.#rowsReturned += rowsReturned;
    this.#timesMs = [...this.#timesMs, executionTime].slice(-KEPT);
    this.onQuery();
  }

  state(): QueryLogState {
    return {
      count: this.#count,
      rowsRead: this.#rowsRead,
      rowsReturned: this.#rowsReturned,
      timesMs: this.#timesMs,
    };
  }

  /** Counts queries that an earlier log counted, as if they had been asked here before all others. */
  add({ count, rowsRead, rowsReturned, timesMs }: QueryLogState): void {
    this.#count += count;
    this.#rowsRead += rowsRead;
    this.#rowsReturned += rowsReturned;
    this.#timesMs = [...timesMs, ...this.#timesMs].slice(-KEPT);
  }

  totals(): QueryTotals {
    const sorted = [...this.#timesMs].sort((a, b) => a - b);
    return {
      count: this.#count,
      p50Ms: percentile(sorted, 0.5),
      p95Ms: percentile(sorted, 0.95),
      rowsRead: this.#rowsRead,
      rowsReturned: this.#rowsReturned,
    };
  }
}

/** Nearest rank: the smallest value that at least `share` of all do not exceed. 0 of none. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
