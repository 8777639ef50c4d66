import { StoreUnavailable } from './store.ts';

export type LevelWrite =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** The part of `ClassicLevel` that is needed here. */
export interface WritableLevel {
  getSync(key: string): Uint8Array | undefined;
  batch(writes: LevelWrite[], options: { sync: boolean }): Promise<void>;
}

/** What a job sees: the database as if every job before it were written. */
export type Read = (key: string) => Uint8Array | undefined;
export interface Judged<T> {
  readonly value: T;
  readonly writes: readonly LevelWrite[];
}

interface Job {
  /** Adds its writes to the group; gives what to do when they are durable. */
  readonly judge: (read: Read, group: Map<string, LevelWrite>) => () => void;
  readonly reject: (error: unknown) => void;
}

/** Jobs in one synchronous write: bounds how long the first of them waits. */
const GROUP = 64;

/**
 * The only writer of the database. While one synchronous write runs, the jobs that come in queue up; then all of them are
 * judged in order, each seeing what the ones before it write, and go to the disk in one atomic batch. Jobs are judged
 * synchronously, so nothing can come between reading and writing.
 */
export class GroupWriter {
  readonly #level: WritableLevel;
  readonly #queue: Job[] = [];
  #running: Promise<void> | null = null;

  constructor(level: WritableLevel) {
    this.#level = level;
  }

  /**
   * Resolves when the writes of the job are durable. An error of the job itself rejects only this job.
   * @throws StoreUnavailable when the disk refused: whether it happened is not known.
   */
  submit<T>(job: (read: Read) => Judged<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const judge: Job['judge'] = (read, group) => {
        const { value, writes } = job(read);
        for (const write of writes) group.set(write.key, write);
        return () => resolve(value);
      };
      this.#queue.push({ judge, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // One turn later, so that what was asked in the same breath goes together.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#writeGroup(this.#queue.splice(0, GROUP));
    this.#running = null;
  }

  async #writeGroup(jobs: readonly Job[]): Promise<void> {
    const group = new Map<string, LevelWrite>();
    const read: Read = (key) => {
      const write = group.get(key);
      if (!write) return this.#level.getSync(key);
      return write.type === 'put' ? write.value : undefined;
    };
    const judged: { done: () => void; reject: Job['reject'] }[] = [];
    for (const { judge, reject } of jobs) {
      try {
        judged.push({ done: judge(read, group), reject });
      } catch (error) {
        reject(error);
      }
    }
    try {
      if (group.size > 0) await this.#level.batch([...group.values()], { sync: true });
      for (const { done } of judged) done();
    } catch (cause) {
      for (const { reject } of judged) reject(new StoreUnavailable('the write failed', { cause }));
    }
  }
}
