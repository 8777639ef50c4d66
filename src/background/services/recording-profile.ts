/** What recording needs of a profile, whether it is open or locked. */
import type { Clock } from '../../base/clock.ts';
import type { Failure } from '../../base/result.ts';
import { isPaused, type Settings } from '../../model/settings.ts';
import { storageFailure } from '../../storage/database.ts';
import type { LocalStore } from '../../storage/local-store.ts';
import type { RecordingStore } from '../../storage/recording-store.ts';
import type { Sensitive } from './sensitive.ts';

export abstract class RecordingProfile {
  /** The last storage trouble, until something was stored again. */
  trouble: Failure | undefined;
  readonly #listeners = new Set<() => void>();

  protected constructor(
    readonly clock: Clock,
    public settings: Settings,
  ) {}

  abstract readonly store: RecordingStore & Pick<LocalStore, 'append'>;
  /** Everything that is captured goes through it before it is kept. */
  abstract readonly sensitive: Sensitive;

  recording(): boolean {
    return this.settings.consent === 'accepted' && !isPaused(this.settings.pause, this.clock.nowMs());
  }

  /** Runs something that stores; its failure is shown in the health line and thrown on. */
  async storing<T>(task: () => Promise<T>): Promise<T> {
    try {
      const result = await task();
      if (this.trouble) {
        this.trouble = undefined;
        this.changed();
      }
      return result;
    } catch (error) {
      this.trouble = storageFailure(error);
      this.changed();
      throw error;
    }
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
