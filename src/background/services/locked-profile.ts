/** A profile that is locked: it records, and shows nothing. */
import type { Clock } from '../../base/clock.ts';
import type { PauseState } from '../../model/recording.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../model/settings.ts';
import type { LockedStore } from '../../storage/locked-store.ts';
import { readGate, readLockedSettings, writeGate, writeLockedSettings } from './gate.ts';
import { RecordingProfile } from './recording-profile.ts';

export class LockedProfile extends RecordingProfile {
  private constructor(
    readonly store: LockedStore,
    clock: Clock,
    settings: Settings,
  ) {
    super(clock, settings);
  }

  static async open(store: LockedStore, clock: Clock): Promise<LockedProfile> {
    const [gate, known] = await Promise.all([readGate(), readLockedSettings()]);
    store.ruled = known !== null;
    return new LockedProfile(store, clock, { ...(known ?? DEFAULT_SETTINGS), ...gate });
  }

  /** Pausing and going on are possible while locked; what is in force then is taken over when it is opened. */
  async change({ pause }: { readonly pause: PauseState }): Promise<void> {
    this.settings = { ...this.settings, pause };
    await writeGate(this.settings);
    if (this.store.ruled) await writeLockedSettings(this.settings);
    this.changed();
  }
}
