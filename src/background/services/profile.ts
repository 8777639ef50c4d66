/** What every service of the background shares: the open store, the settings in force, and a way to say "it changed". */
import { type Clock, systemClock } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import type { Failure } from '../../base/result.ts';
import { ContextStorage } from '../../context/context-storage.ts';
import { isPaused, parseSettings, type Settings } from '../../model/settings.ts';
import { localArea } from '../../platform/areas.ts';
import { type DatabaseEvents, storageFailure } from '../../storage/database.ts';
import type { GenerationPointer } from '../../storage/key-store.ts';
import { LocalStore } from '../../storage/local-store.ts';
import type { SentinelArea } from '../../storage/sentinel.ts';

const pointer: GenerationPointer = {
  read: async () => {
    const stored = await localArea.get('keyring');
    return typeof stored === 'number' ? stored : undefined;
  },
  write: (generation) => localArea.set('keyring', generation),
};

const sentinel: SentinelArea = {
  read: () => localArea.get('sentinel'),
  write: (value) => localArea.set('sentinel', value),
};

const SETTINGS = 'settings';

export class Profile {
  settings: Settings;
  /** The last storage trouble, until something was stored again. */
  trouble: Failure | undefined;
  /** The storage budget is used up and no room could be made: nothing more is stored. */
  isFull = false;
  /** Measures, and makes room where that can be done; then `isFull` is true or not. For whoever adds much at once. */
  checkRoom: () => Promise<void> = async () => {};
  /** Rows that did not open when they were read. */
  damagedRows = 0;
  /** `ContextStorage` over the same store; what is asked of the store without it is measured by its `queries`, too. */
  readonly context: ContextStorage;
  readonly #listeners = new Set<() => void>();
  readonly #changes = new Mutex();

  private constructor(
    readonly store: LocalStore,
    readonly clock: Clock,
    settings: Settings,
    onDamaged: (rows: number) => void,
  ) {
    this.settings = settings;
    this.context = new ContextStorage(store, {
      clock,
      onDamaged,
      privacyLevel: () => this.settings.level,
    });
  }

  static async open(events: DatabaseEvents, clock: Clock = systemClock): Promise<Profile> {
    let profile: Profile | undefined;
    const onDamaged = (rows: number) => {
      if (!profile || profile.damagedRows >= rows) return;
      profile.damagedRows = rows;
      profile.changed();
    };
    const store = await LocalStore.open({ ...events, pointer, sentinel, clock, onDamaged });
    profile = new Profile(store, clock, parseSettings(await store.readNamed(SETTINGS)), onDamaged);
    return profile;
  }

  /** Durable before it is in force. One change after another: of two at once none is forgotten. */
  change(patch: Partial<Settings> | ((now: Settings) => Partial<Settings>)): Promise<void> {
    return this.#changes.run(async () => {
      const settings = { ...this.settings, ...(typeof patch === 'function' ? patch(this.settings) : patch) };
      await this.store.writeNamed(SETTINGS, settings);
      this.settings = settings;
      this.changed();
    });
  }

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
