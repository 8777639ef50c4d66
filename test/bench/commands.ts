/** What the benchmark asks of the worker that holds a subject. Clocks run there, so that no message is measured. */
import type { InteractionEvent } from '../../src/model/interaction.ts';
import { firstLine } from './first-line.ts';
import type { SamplePage } from './page-pool.ts';
import type { Query } from './queries.ts';
import type { Exported, Hits, Subject } from './subject.ts';
import { days, type Workload } from './workload.ts';

/** Events that a batch has at least, of whole days: more than a month's. Larger batches suit every subject. */
export const BATCH = 50_000;
export const LIMIT = 20;

interface Cold {
  /** From the worker's first line. */
  readonly ms: number;
  /** From the moment the worker was asked for: with loading its script. */
  readonly sinceStartMs: number;
}

/** By name: what goes in, what comes out. Times in ms. */
export interface Commands {
  open: { body: null; answer: { readonly ms: number } };
  close: { body: null; answer: null };
  ingest: {
    /** Stops after `limitMs` on the subject's clock. */
    body: { readonly workload: Workload; readonly limitMs: number };
    answer: { readonly events: number; readonly ms: number; readonly generateMs: number };
  };
  finish: { body: null; answer: { readonly ms: number } };
  search: {
    body: readonly Query[];
    answer: { readonly ms: readonly number[]; readonly hits: readonly Hits[] };
  };
  stats: {
    body: { readonly firstDay: string; readonly lastDay: string; readonly runs: number };
    answer: { readonly ms: readonly number[]; readonly events: number };
  };
  export: { body: null; answer: Exported & { readonly ms: number } };
  /** See `Subject.memoryBytes`. */
  memory: { body: null; answer: { readonly bytes: number } };
  /** One event after the other. */
  append: { body: readonly InteractionEvent[]; answer: { readonly ms: readonly number[] } };
  /** The first thing a new worker does. */
  coldSearch: { body: Query; answer: Cold & { readonly hits: Hits } };
  coldAppend: { body: InteractionEvent; answer: Cold };
}
export type CommandName = keyof Commands;
export type Body<C extends CommandName> = Commands[C]['body'];
export type Answer<C extends CommandName> = Commands[C]['answer'];

export type Runner = { readonly [C in CommandName]: (body: Body<C>) => Promise<Answer<C>> };

/** @param pages the rows of pages.tsv; they are never part of the package. */
export function createRunner(subject: Subject, pages: () => Promise<readonly SamplePage[]>): Runner {
  const clock = async (work: () => Promise<unknown>): Promise<number> => {
    const startMs = performance.now();
    await work();
    return performance.now() - startMs;
  };
  const cold = async <T>(work: () => Promise<T>): Promise<Cold & { readonly value: T }> => {
    await subject.open();
    const value = await work();
    const sinceStartMs = performance.now();
    return { ms: sinceStartMs - firstLine.sinceStartMs, sinceStartMs, value };
  };
  return {
    open: async () => ({ ms: await clock(() => subject.open()) }),
    close: async () => {
      await subject.close();
      return null;
    },
    async ingest({ workload, limitMs }) {
      let [events, ms, batchesMs] = [0, 0, performance.now()];
      for (const batch of batches(await pages(), workload)) {
        ms += await clock(() => subject.ingest(batch));
        events += batch.length;
        if (ms > limitMs) break;
      }
      batchesMs = performance.now() - batchesMs;
      return { events, ms, generateMs: batchesMs - ms };
    },
    finish: async () => ({ ms: await clock(() => subject.finish()) }),
    async search(queries) {
      const ms: number[] = [];
      const hits: Hits[] = [];
      for (const query of queries)
        ms.push(await clock(async () => hits.push(await subject.search(query, LIMIT))));
      return { ms, hits };
    },
    async stats({ firstDay, lastDay, runs }) {
      const ms: number[] = [];
      let counts: ReadonlyMap<string, number> = new Map();
      for (let run = 0; run < runs; run++)
        ms.push(
          await clock(async () => {
            counts = await subject.statsDays(firstDay, lastDay);
          }),
        );
      return { ms, events: [...counts.values()].reduce((sum, count) => sum + count, 0) };
    },
    async export() {
      let exported: Exported = { events: 0, bytes: 0 };
      const ms = await clock(async () => {
        exported = await subject.exportJson();
      });
      return { ...exported, ms };
    },
    memory: async () => ({ bytes: subject.memoryBytes?.() ?? 0 }),
    async append(events) {
      const ms: number[] = [];
      for (const event of events) {
        ms.push(await clock(() => subject.append(event)));
        await subject.settled?.();
      }
      return { ms };
    },
    async coldSearch(query) {
      const { value: hits, ...times } = await cold(() => subject.search(query, LIMIT));
      return { ...times, hits };
    },
    async coldAppend(event) {
      const { ms, sinceStartMs } = await cold(() => subject.append(event));
      return { ms, sinceStartMs };
    },
  };
}

function* batches(pages: readonly SamplePage[], workload: Workload): Generator<InteractionEvent[]> {
  let batch: InteractionEvent[] = [];
  for (const { events } of days(pages, workload)) {
    batch = batch.concat(events);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
