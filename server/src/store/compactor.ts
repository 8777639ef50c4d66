import type { ClassicLevel } from 'classic-level';
import type { AccountId } from '../../../src/protocol/ids.ts';
import { type KeyRange, levelRanges } from './level-keys.ts';

/** Removed or replaced bodies of one account after which its bodies are compacted. */
const COMPACT_AFTER = 1_000;

/**
 * Removes deleted bytes from the disk. LevelDB writes a deletion *beside* what it deletes and drops both when it next
 * compacts the range: at once for a deleted account, else after every 1,000 removed bodies of an account, or whenever
 * LevelDB itself finds it due. Runs in the background, one range at a time.
 */
export class Compactor {
  readonly #level: ClassicLevel<string, Uint8Array>;
  readonly #removed = new Map<AccountId, number>();
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(level: ClassicLevel<string, Uint8Array>) {
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

  /** Resolves when the range is compacted, or skipped because the store is closing. Never rejects: a later one catches up. */
  compact(range: KeyRange): Promise<void> {
    this.#running = this.#running
      .then(() => (this.#closed ? undefined : this.#compactTwice(range)))
      .catch(() => {});
    return this.#running;
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#running;
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
