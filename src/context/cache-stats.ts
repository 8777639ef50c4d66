/** Hits and misses of the caches over the life of a profile, in `metadata.cache_stats`. */
import * as v from 'valibot';
import type { HitCounts, StorageStats } from '../model/query.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { METADATA } from '../storage/schema.ts';
import { inTransaction } from '../storage/transaction.ts';
import { beside } from './beside.ts';

const amount = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const counts = v.object({ hits: amount, misses: amount });
const schema = v.object({ l1: counts, l2: counts });

const NONE: StorageStats = { l1: { hits: 0, misses: 0 }, l2: { hits: 0, misses: 0 } };
/** Written after so many further counts: counting must cost nothing, and a few that are lost do no harm. */
const FLUSH_AFTER = 200;

const total = ({ l1, l2 }: StorageStats): number => l1.hits + l1.misses + l2.hits + l2.misses;

export class CacheStats {
  #written: StorageStats = NONE;

  constructor(
    private readonly store: LocalStore,
    private readonly l2: HitCounts,
  ) {}

  #now(): StorageStats {
    const copy = ({ hits, misses }: HitCounts) => ({ hits, misses });
    return { l1: copy(this.store.cache), l2: copy(this.l2) };
  }

  /** Of this session and those before it. */
  async read(): Promise<StorageStats> {
    const stored = v.safeParse(schema, await this.store.db.get('metadata', METADATA.cacheStats));
    return this.#plusUnwritten(stored.success ? stored.output : NONE);
  }

  #plusUnwritten(stored: StorageStats): StorageStats {
    const [now, written] = [this.#now(), this.#written];
    const sum = (level: 'l1' | 'l2'): HitCounts => ({
      hits: stored[level].hits + now[level].hits - written[level].hits,
      misses: stored[level].misses + now[level].misses - written[level].misses,
    });
    return { l1: sum('l1'), l2: sum('l2') };
  }

  /** Writes what was counted since the last time; nothing when that is nothing. */
  async flush(): Promise<void> {
    if (total(this.#now()) === total(this.#written)) return;
    await inTransaction(this.store.db.transaction('metadata', 'readwrite'), async (tx, ask) => {
      const stored = v.safeParse(schema, await tx.store.get(METADATA.cacheStats));
      const sum = this.#plusUnwritten(stored.success ? stored.output : NONE);
      this.#written = this.#now();
      ask(tx.store.put(sum, METADATA.cacheStats));
    });
  }

  /** The same beside other work, which does not fail with it. */
  flushBeside(): Promise<void> {
    return beside('what caches did', () => this.flush());
  }

  async flushIfDue(): Promise<void> {
    if (total(this.#now()) - total(this.#written) >= FLUSH_AFTER) await this.flushBeside();
  }
}
