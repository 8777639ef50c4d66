/** Compacts the store: when the person asks, and once a week in a moment when nothing is recorded. */
import * as v from 'valibot';
import { DAY_MS } from '../../base/clock.ts';
import type { CompactionState } from '../../model/recording.ts';
import { storageFailure } from '../../storage/database.ts';
import type { Profile } from './profile.ts';

const NOTE = 'compacted';
const EVERY_MS = 7 * DAY_MS;
/** Later than this, no quiet moment is waited for. */
const LATEST_MS = 14 * DAY_MS;
/** Nothing was recorded for so long. */
const QUIET_MS = 5 * 60_000;

/** When it was last done; of a new store, when it was first looked at. Sealed. */
const noteSchema = v.object({ atMs: v.number(), done: v.boolean() });
type Note = v.InferOutput<typeof noteSchema>;

export class Compaction {
  #note: Note | undefined;
  #state: CompactionState | undefined;
  #running: Promise<void> | undefined;
  #stop = new AbortController();
  #isClosed = false;

  constructor(private readonly profile: Profile) {}

  async open(): Promise<void> {
    const parsed = v.safeParse(noteSchema, await this.profile.store.readNote(NOTE));
    this.#note = parsed.success ? parsed.output : undefined;
  }

  state(): CompactionState | undefined {
    return this.#state;
  }

  /** When the store was last compacted, in ms. */
  get doneMs(): number | undefined {
    return this.#note?.done ? this.#note.atMs : undefined;
  }

  /** Resolves when it has ended, however it did: `state` tells. A call while one runs waits for that one. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (!this.#isClosed) this.profile.changed();
    });
    return this.#running;
  }

  /** Resolves when it has stopped. What was done up to there stays: each of its steps leaves the store whole. */
  async cancel(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Each minute; `quietMs`: how long nothing was recorded. Resolves when there is nothing to do, or it is done. */
  async tick(quietMs: number): Promise<void> {
    const nowMs = this.profile.clock.nowMs();
    const agoMs = nowMs - (this.#note?.atMs ?? 0);
    // A new store has nothing to compact yet; with a clock that was set back, nobody knows how long ago it was.
    if (this.#note === undefined || agoMs < 0)
      return this.#write({ atMs: nowMs, done: this.doneMs !== undefined });
    if (agoMs >= LATEST_MS || (agoMs >= EVERY_MS && quietMs >= QUIET_MS)) await this.run();
  }

  /** The store was closed under it. */
  close(): void {
    this.#isClosed = true;
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { context, clock } = this.profile;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#state = { phase: 'running' };
    this.profile.changed();
    try {
      const beforeBytes = await context.estimateSize({ signal });
      await context.compactDatabase({ signal });
      const afterBytes = await context.estimateSize();
      await this.#write({ atMs: clock.nowMs(), done: true });
      this.#state = { phase: 'done', beforeBytes, afterBytes };
    } catch (error) {
      if (signal.aborted) {
        this.#state = { phase: 'cancelled' };
        return;
      }
      console.error('compacting failed', error);
      this.#state = { phase: 'failed', message: storageFailure(error).message };
    }
  }

  async #write(note: Note): Promise<void> {
    await this.profile.store.writeNote(NOTE, note);
    this.#note = note;
  }
}
