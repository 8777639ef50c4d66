/** The profile and the preferences: sealed under `profile` and `preferences`. Totals are made from the store whenever they are read. */

import { toJson } from '../model/context.ts';
import type { PrivacyLevel } from '../model/privacy.ts';
import {
  defaultPreferences,
  newProfile,
  type PreferencesObject,
  parsePreferences,
  parseProfile,
  type UserProfile,
} from '../model/profile.ts';
import type { ContextStats } from '../model/stats.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { beside } from './beside.ts';

const PROFILE = 'profile';
const PREFERENCES = 'preferences';

export interface ProfileSources {
  readonly language: string;
  readonly timeZone: string;
  nowMs(): number;
  privacyLevel(): PrivacyLevel;
}

export class Profiles {
  constructor(
    private readonly store: LocalStore,
    private readonly sources: ProfileSources,
  ) {}

  /** What was chosen; the defaults before anything was. @throws DamagedError when it is there but does not open. */
  async preferences(): Promise<PreferencesObject> {
    const { language, timeZone } = this.sources;
    return (
      parsePreferences(await this.store.readNamed(PREFERENCES)) ?? defaultPreferences(language, timeZone)
    );
  }

  /** @throws TypeError when a value is none of those allowed. */
  async change(patch: Partial<PreferencesObject>): Promise<PreferencesObject> {
    return this.store.exclusive(async () => {
      const changed = parsePreferences({ ...(await this.preferences()), ...patch });
      if (!changed) throw new TypeError('not preferences');
      await this.store.writeNamed(PREFERENCES, changed);
      return changed;
    });
  }

  /** True now; written, where there is room, when it differs from what was written last. The first reading makes it. `stats`: of everything. */
  async profile(stats: () => Promise<ContextStats>): Promise<UserProfile> {
    const { nowMs, privacyLevel } = this.sources;
    const { totalInteractions, sessions, lastActive } = await stats();
    return this.store.exclusive(async () => {
      const chosen = await this.preferences();
      const now = new Date(nowMs());
      const stored = parseProfile(await this.store.readNamed(PROFILE));
      const before = stored ?? newProfile(this.store.vault.userId, now, chosen);
      const profile: UserProfile = {
        ...before,
        ...chosen,
        privacyLevel: privacyLevel(),
        totalInteractions,
        averageSessionDuration: sessions.averageMs,
        lastActiveDate: lastActive ?? before.createdAt,
      };
      if (stored && same(stored, profile)) return stored;
      const updated = { ...profile, lastUpdated: now };
      await beside('the profile', () => this.store.writeNamed(PROFILE, toJson(updated)));
      return updated;
    });
  }
}

/** Both are built from the same parser's fields, so their order is the same. */
const same = (a: UserProfile, b: UserProfile): boolean => JSON.stringify(a) === JSON.stringify(b);
