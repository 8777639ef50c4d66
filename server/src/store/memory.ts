/** For tests: the same store over a sorted array that can be handed to another instance, as a disk is to another process. */
import type { Bytes } from '../../../src/base/bytes.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { EngineStore, type MapWrite, type OrderedMap } from './engine.ts';
import type { Store } from './store.ts';

export type Memory = Map<string, Bytes>;

class MemoryMap implements OrderedMap {
  constructor(private readonly memory: Memory) {}

  async get(key: string): Promise<Bytes | undefined> {
    return this.memory.get(key);
  }

  async *entries(
    from: string,
    to: string,
    limit = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<readonly [string, Bytes]> {
    const keys = [...this.memory.keys()].filter((key) => key >= from && key < to).sort();
    for (const key of keys.slice(0, limit)) {
      const value = this.memory.get(key);
      if (value) yield [key, value];
    }
  }

  async write(writes: readonly MapWrite[]): Promise<void> {
    for (const write of writes) {
      if (write.type === 'put') this.memory.set(write.key, write.value.slice());
      else this.memory.delete(write.key);
    }
  }

  async compact(): Promise<void> {}
  async close(): Promise<void> {}
}

export const openMemoryStore = (memory: Memory = new Map(), clock: Clock = systemClock): Store =>
  new EngineStore(new MemoryMap(memory), clock);
