/** When the next round may start: kept in the store, so that a worker that starts anew waits on. */
import type { Clock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import type { LocalStore } from '../../storage/local-store.ts';
import { retryDelayMs } from '../../sync/backoff.ts';

/** No service may ask to wait longer; a time that is further off comes from a clock that was wrong. */
const MAX_WAIT_MS = 6 * 3_600_000;
const NAME = 'retry';

interface Retry {
  readonly failures: number;
  readonly nextAtMs: number;
}

export class SyncRetry {
  #notBeforeMs = 0;

  constructor(
    private readonly store: LocalStore,
    private readonly clock: Clock,
  ) {}

  async #read(): Promise<Retry | undefined> {
    return (await this.store.db.get('metadata', NAME)) as Retry | undefined;
  }

  async open(): Promise<void> {
    this.#notBeforeMs = (await this.#read())?.nextAtMs ?? 0;
  }

  /** How long the service asked to be left alone, or what the failures so far ask for. */
  waitMs(): number {
    const waitMs = this.#notBeforeMs - this.clock.nowMs();
    return waitMs > 0 && waitMs <= MAX_WAIT_MS ? waitMs : 0;
  }

  async failed(retryAfterMs: number | undefined): Promise<void> {
    const failures = ((await this.#read())?.failures ?? 0) + 1;
    this.#notBeforeMs = this.clock.nowMs() + retryDelayMs(failures, systemRandom, retryAfterMs);
    await this.store.db.put('metadata', { failures, nextAtMs: this.#notBeforeMs } satisfies Retry, NAME);
  }

  /** A round went through, or the account is new here. */
  async forget(): Promise<void> {
    this.#notBeforeMs = 0;
    await this.store.db.delete('metadata', NAME);
  }
}
