/** What the benchmark measures: a store for events with a search. Every subject does the same work in its own best way. */
import type { InteractionEvent } from '../../src/model/interaction.ts';
import type { Query } from './queries.ts';

export interface Subject {
  /** Opens what is there, or makes it. */
  open(): Promise<void>;
  /** Events newer than all before, in order. When it resolves they are durable and a search finds them. */
  ingest(batch: readonly InteractionEvent[]): Promise<void>;
  /** One event as it happens; durable when it resolves. */
  append(event: InteractionEvent): Promise<void>;
  /** When all is done that an append began and did not wait for. */
  settled?(): Promise<void>;
  /** After the last `ingest`: compacts what can be. */
  finish(): Promise<void>;
  /** The newest `limit` hits, each read in full. */
  search(query: Query, limit: number): Promise<Hits>;
  /** Events a day from `firstDay` to `lastDay` (`YYYY-MM-DD`, both in); days without any may be missing. */
  statsDays(firstDay: string, lastDay: string): Promise<ReadonlyMap<string, number>>;
  /** All events as JSON text, oldest first, in pieces; the bytes are counted, not kept. */
  exportJson(): Promise<Exported>;
  close(): Promise<void>;
  /** Bytes that the browser does not count to the worker's heap, e.g. WebAssembly memory. */
  memoryBytes?(): number;
}

export interface Hits {
  readonly count: number;
  /** Time of the newest in ms; 0 without hits. */
  readonly newestMs: number;
}

export interface Exported {
  readonly events: number;
  /** UTF-8. */
  readonly bytes: number;
}

export const hitsOf = (events: readonly { readonly atMs: number }[]): Hits => ({
  count: events.length,
  newestMs: events[0]?.atMs ?? 0,
});

/** Counts JSON text as a file would take it: an array, one event a line. */
export class JsonCounter {
  #events = 0;
  #bytes = 2;
  readonly #encoder = new TextEncoder();

  add(events: readonly object[]): void {
    if (events.length === 0) return;
    const text = events.map((event) => JSON.stringify(event)).join(',\n');
    this.#bytes += this.#encoder.encode(text).length + (this.#events > 0 ? 2 : 0);
    this.#events += events.length;
  }

  result(): Exported {
    return { events: this.#events, bytes: this.#bytes };
  }
}
