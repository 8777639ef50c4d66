/** What queries cost since the browser started: kept in its memory, because the worker is stopped between them. */
import type { ContextStorage } from '../../context/context-storage.ts';
import type { QueryLogState } from '../../context/metrics.ts';
import { sessionArea } from '../../platform/areas.ts';

const KEY = 'queries';
/** Counts are gathered for this long; the worker lives longer than that after any event. */
const GATHER_MS = 2_000;

export class QueryTotalsKeeper {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: ContextStorage) {}

  /** Goes on from what was counted before the worker was stopped. */
  async open(): Promise<void> {
    const { queries } = this.context;
    const before = (await sessionArea.get(KEY)) as QueryLogState | undefined;
    if (before) queries.add(before);
    queries.onQuery = () => {
      this.#timer ??= setTimeout(() => void this.write(), GATHER_MS);
    };
  }

  /** With the hits and misses of the caches, which outlive the browser. A count that is lost does no harm. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await Promise.all([sessionArea.set(KEY, this.context.queries.state()), this.context.flush()]);
    } catch (error) {
      console.error('what queries cost could not be kept', error);
    }
  }

  /** The store is closed right after: what is begun before is still written. */
  close(): void {
    this.context.queries.onQuery = () => {};
    if (this.#timer !== undefined) void this.write();
  }
}
