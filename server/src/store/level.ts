/**
 * The embedded store: Google's LevelDB through classic-level. Every write is one batch with `sync`, so it is on the disk
 * when it resolves. Writes that come while one is under way go together in the next: one flush serves all of them.
 */
import { ClassicLevel } from 'classic-level';
import type { Bytes } from '../../../src/base/bytes.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { EngineStore, type MapWrite, type OrderedMap } from './engine.ts';
import type { Store } from './store.ts';

interface Waiting {
  readonly writes: readonly MapWrite[];
  resolve(): void;
  reject(error: unknown): void;
}

class LevelMap implements OrderedMap {
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(private readonly db: ClassicLevel<string, Uint8Array>) {}

  async get(key: string): Promise<Bytes | undefined> {
    const value = await this.db.get(key);
    return value && new Uint8Array(value);
  }

  async *entries(from: string, to: string, limit = -1): AsyncGenerator<readonly [string, Bytes]> {
    for await (const [key, value] of this.db.iterator({ gte: from, lt: to, limit }))
      yield [key, new Uint8Array(value)];
  }

  write(writes: readonly MapWrite[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ writes, resolve, reject });
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
      });
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0);
      try {
        await this.db.batch(
          group.flatMap(({ writes }) => [...writes]),
          { sync: true },
        );
        for (const waiting of group) waiting.resolve();
      } catch (error) {
        for (const waiting of group) waiting.reject(error);
      }
    }
  }

  compact(from: string, to: string): Promise<void> {
    return this.db.compactRange(from, to);
  }

  async close(): Promise<void> {
    await this.#running;
    await this.db.close();
  }
}

/** @throws when the folder is in use by another process, or cannot be written. */
export async function openLevelStore(folder: string, clock: Clock = systemClock): Promise<Store> {
  const db = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' });
  await db.open();
  return new EngineStore(new LevelMap(db), clock);
}
