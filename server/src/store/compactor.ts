import type { AccountId } from '../../../src/protocol/ids.ts';
import { type KeyRange, levelRanges } from './level-keys.ts';
import type { Level } from './level-read.ts';

/** Removed or replaced bodies of one account after which its bodies are compacted. */
const COMPACT_AFTER = 1_000;

/**
 * Removes deleted bytes from the disk. LevelDB writes a deletion *beside* what it deletes and drops both when it next
 * compacts the range: at once for a deleted account, else after every 1,000 removed bodies of an account, or whenever
 * LevelDB itself finds it due. Runs in the background, one range at a time.
 */
export class Compactor {
  readonly #level: Level;
  readonly #removed = new Map<AccountId, number>();
  #running: Promise<boolean> = Promise.resolve(true);
  #closed = false;

  constructor(level: Level) {
    this.#level = level;
  }

  noteRemoved(account: AccountId, bodies: number): void {
    const removed = (this.#removed.get(account) ?? 0) + bodies;
    if (removed < COMPACT_AFTER) {
      if (bodies > 0) this.#removed.set(account, removed);
      return;
    }
    this.#removed.delete(account);
    void this.compact(levelRanges.bodies(account));
  }

  forget(account: AccountId): void {
    this.#removed.delete(account);
  }

  /** Resolves with whether the range was compacted: not when the store is closing, or when LevelDB failed. Never rejects. */
  compact(range: KeyRange): Promise<boolean> {
    const done = this.#running.then(async () => {
      if (this.#closed) return false;
      await this.#compactTwice(range);
      return true;
    });
    this.#running = done.catch(() => false);
    return this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  /**
   * Once is not enough: values and deletions that are both still in memory are flushed *together* into one file of a low
   * level that nothing below overlaps, and `compactRange` leaves that file alone (seen with classic-level 3.0). Two
   * deletions at the edges make the next flush overlap it, so that the second call has to merge them.
   */
  async #compactTwice({ gte, lt }: KeyRange): Promise<void> {
    await this.#level.compactRange(gte, lt);
    await this.#level.batch([
      { type: 'del', key: gte },
      { type: 'del', key: lt },
    ]);
    await this.#level.compactRange(gte, lt);
  }
}
