/** What every service of the background shares: the open store, the settings in force, and a way to say "it changed". */
import { type Clock, systemClock } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { ContextStorage } from '../../context/context-storage.ts';
import { parseSettings, type Settings } from '../../model/settings.ts';
import { localArea, sessionArea } from '../../platform/areas.ts';
import { type DatabaseEvents, deleteData, LockedError } from '../../storage/database.ts';
import { destroyKeyStores } from '../../storage/key-store.ts';
import type { LocalStore } from '../../storage/local-store.ts';
import { LockedStore } from '../../storage/locked-store.ts';
import { openOrLocked } from '../../storage/open-or-locked.ts';
import type { SentinelArea } from '../../storage/sentinel.ts';
import { writeGate } from './gate.ts';
import { LockedProfile } from './locked-profile.ts';
import { RecordingProfile } from './recording-profile.ts';
import { readRun } from './run.ts';
import { type Sensitive, sensitiveOf } from './sensitive.ts';
import { readUnlockSecret } from './unlock-secret.ts';

const sentinel: SentinelArea = {
  read: () => localArea.get('sentinel'),
  write: (value) => localArea.set('sentinel', value),
};

const SETTINGS = 'settings';

/**
 * Deletes everything that is stored, and every key, also of a locked profile. Nothing may have it open. Interrupted, it is the same
 * profile, still locked, until the keys go: last, because what they leave behind would be damage to the profile that begins then.
 */
export async function destroyProfile(): Promise<void> {
  for (const area of [localArea, sessionArea]) for (const key of await area.keys()) await area.remove(key);
  try {
    await deleteData();
  } finally {
    await destroyKeyStores();
  }
}

export class Profile extends RecordingProfile {
  /** Rows that did not open when they were read. */
  damagedRows = 0;
  /** Nothing more is stored: the byte budget is used up (budget.ts). */
  isFull = false;
  /** `ContextStorage` over the same store; what is asked of the store without it is measured by its `queries`, too. */
  readonly context: ContextStorage;
  /** Everything that is captured goes through it before it is kept. */
  readonly sensitive: Sensitive;
  readonly #changes = new Mutex();

  private constructor(
    readonly store: LocalStore,
    clock: Clock,
    settings: Settings,
    onDamaged: (rows: number) => void,
  ) {
    super(clock, settings);
    this.sensitive = sensitiveOf(store, clock);
    this.context = new ContextStorage(store, {
      clock,
      onDamaged,
      privacyLevel: () => this.settings.level,
    });
  }

  /** @throws LockedError when the profile has a passphrase and is not unlocked. */
  static async open(events: DatabaseEvents, clock: Clock = systemClock): Promise<Profile> {
    const profile = await Profile.openOrLocked(events, clock);
    if (profile instanceof Profile) return profile;
    profile.store.close();
    throw new LockedError();
  }

  static async openOrLocked(
    events: DatabaseEvents,
    clock: Clock = systemClock,
  ): Promise<Profile | LockedProfile> {
    let profile: Profile | undefined;
    const onDamaged = (rows: number) => {
      if (!profile || profile.damagedRows >= rows) return;
      profile.damagedRows = rows;
      profile.changed();
    };
    const store = await openOrLocked({
      ...events,
      sentinel,
      clock,
      secret: readUnlockSecret,
      run: readRun,
      onDamaged,
    });
    if (store instanceof LockedStore) return LockedProfile.open(store, clock);
    profile = new Profile(store, clock, parseSettings(await store.readNamed(SETTINGS)), onDamaged);
    return profile;
  }

  /** Durable before it is in force. One change after another: of two at once none is forgotten. */
  change(patch: Partial<Settings> | ((now: Settings) => Partial<Settings>)): Promise<void> {
    return this.#changes.run(async () => {
      const settings = { ...this.settings, ...(typeof patch === 'function' ? patch(this.settings) : patch) };
      await this.store.writeNamed(SETTINGS, settings);
      if (this.store.vault.lock) await writeGate(settings);
      this.settings = settings;
      this.changed();
    });
  }
}
