/**
 * L2 of the seed (§6.1): statistics that were made once, sealed in `models` under `stats/<period>`. What is there counts for
 * 24 hours and only while nothing on its days has changed; it is removed by hand or by any erasure.
 */
import * as v from 'valibot';
import { DAY_MS } from '../base/clock.ts';
import { type ContextStats, type DayRange, parseStats } from '../model/stats.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { beside } from './beside.ts';

const TTL_MS = DAY_MS;
/** Free periods make a row each: the bound keeps them few. */
const MAX_ROWS = 32;
const PREFIX = 'stats/';

const rowSchema = v.object({ madeMs: v.number(), fingerprint: v.string(), stats: v.unknown() });

export class StatsCache {
  hits = 0;
  misses = 0;

  constructor(
    private readonly store: LocalStore,
    private readonly nowMs: () => number,
  ) {}

  /** What is kept under `name` and still true, or what `make` gives. */
  async get(name: string, days: DayRange, make: () => Promise<ContextStats>): Promise<ContextStats> {
    // Before it is made: a change in between makes it look stale, never fresh.
    const fingerprint = await this.store.fingerprint(days.firstDay, days.lastDay);
    const known = await this.#read(PREFIX + name, fingerprint);
    if (known) {
      this.hits += 1;
      return known;
    }
    this.misses += 1;
    const stats = await make();
    const row = { madeMs: this.nowMs(), fingerprint, stats };
    await beside('statistics', () => this.#write(PREFIX + name, days, row));
    return stats;
  }

  async #read(name: string, fingerprint: string): Promise<ContextStats | null> {
    try {
      const parsed = v.safeParse(rowSchema, await this.store.derived.read('models', name));
      if (!parsed.success || parsed.output.fingerprint !== fingerprint) return null;
      const ageMs = this.nowMs() - parsed.output.madeMs;
      // A clock that was set back makes a row from the future: that one is not trusted either.
      return ageMs >= 0 && ageMs < TTL_MS ? parseStats(parsed.output.stats) : null;
    } catch (error) {
      // Made again, like one that is not there.
      if (error instanceof DamagedError) return null;
      throw error;
    }
  }

  /** Nothing is written of days that lost something meanwhile: the row would outlive the erasure. */
  async #write(
    name: string,
    days: DayRange,
    row: { readonly madeMs: number; readonly fingerprint: string; readonly stats: ContextStats },
  ): Promise<void> {
    await this.store.exclusive(async () => {
      if ((await this.store.fingerprint(days.firstDay, days.lastDay)) !== row.fingerprint) return;
      const others = (await this.store.derived.names('models', PREFIX)).filter((other) => other !== name);
      const surplus = others.slice(0, Math.max(0, others.length + 1 - MAX_ROWS));
      await this.store.derived.write('models', [{ name, value: row }], surplus);
    });
  }

  /** By hand: everything is made again. */
  async clear(): Promise<void> {
    await this.store.exclusive(async () => {
      await this.store.derived.write('models', [], await this.store.derived.names('models', PREFIX));
    });
  }
}
