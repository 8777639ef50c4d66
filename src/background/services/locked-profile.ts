/** A profile that is locked: it records, and shows nothing. */
import { type Bytes, fromBase64Url, toBase64Url, utf8 } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { hmac, importMacKey, macInput } from '../../crypto/primitives.ts';
import type { PauseState } from '../../model/recording.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../model/settings.ts';
import { sessionArea } from '../../platform/areas.ts';
import type { LockedStore } from '../../storage/locked-store.ts';
import { readGate, readLockedSettings, writeGate, writeLockedSettings } from './gate.ts';
import { RecordingProfile } from './recording-profile.ts';
import { Sensitive } from './sensitive.ts';

const TAG_KEY = 'locked-tag-key';

export class LockedProfile extends RecordingProfile {
  private constructor(
    readonly store: LockedStore,
    clock: Clock,
    settings: Settings,
  ) {
    super(clock, settings);
  }

  /** Nothing is counted: that would have to be written. What is hashed is equal to itself until the browser is closed. */
  readonly sensitive = new Sensitive(async (text) => {
    const key = await importMacKey(await this.#tagKey());
    return toBase64Url((await hmac(key, macInput('locked', utf8(text)))).subarray(0, 12));
  });

  async #tagKey(): Promise<Bytes> {
    const stored = await sessionArea.get(TAG_KEY);
    const known = typeof stored === 'string' ? fromBase64Url(stored) : null;
    if (known) return known;
    const made = systemRandom.bytes(32);
    await sessionArea.set(TAG_KEY, toBase64Url(made));
    return made;
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
