/** The seed's `UserProfile` (§2.2) and the preferences in it. */
import * as v from 'valibot';
import { storedDate } from './context.ts';
import { DEFAULT_LEVEL, PRIVACY_LEVELS, type PrivacyLevel } from './privacy.ts';
import { THEMES, type Theme } from './theme.ts';

export const RETENTIONS = [30, 90, 365, 'forever'] as const;
/** Days, or for ever. */
export type Retention = (typeof RETENTIONS)[number];

/** What the person chose. */
export interface PreferencesObject {
  /** A language tag (BCP 47). */
  readonly language: string;
  /** A name of the IANA time zone database. */
  readonly timezone: string;
  readonly theme: Theme;
  readonly dataRetentionDays: Retention;
  readonly autoLearn: boolean;
  readonly learningIntensity: 'low' | 'medium' | 'high';
  readonly sharingLevel: 'none' | 'aggregated' | 'identified';
}

export interface UserProfile extends PreferencesObject {
  readonly userId: string;
  readonly createdAt: Date;
  /** When one of the other fields last changed. */
  readonly lastUpdated: Date;
  readonly privacyLevel: PrivacyLevel;
  /** Folded records of all kinds in the store. */
  readonly totalInteractions: number;
  /** In ms; 0 while there is no session. A session ends after 30 minutes without activity. */
  readonly averageSessionDuration: number;
  /** End of the newest activity; `createdAt` while there is none. */
  readonly lastActiveDate: Date;
}

const preferences = {
  language: v.pipe(v.string(), v.maxLength(100)),
  timezone: v.pipe(v.string(), v.maxLength(100)),
  theme: v.picklist(THEMES),
  dataRetentionDays: v.picklist(RETENTIONS),
  autoLearn: v.boolean(),
  learningIntensity: v.picklist(['low', 'medium', 'high']),
  sharingLevel: v.picklist(['none', 'aggregated', 'identified']),
};
const preferencesSchema = v.object(preferences);
const amount = v.pipe(v.number(), v.minValue(0));
const profileSchema = v.object({
  ...preferences,
  userId: v.string(),
  createdAt: storedDate,
  lastUpdated: storedDate,
  privacyLevel: v.picklist(PRIVACY_LEVELS),
  totalInteractions: amount,
  averageSessionDuration: amount,
  lastActiveDate: storedDate,
});

/** Nothing is learned harder or shared further than the person asked for. */
export const defaultPreferences = (language: string, timezone: string): PreferencesObject => ({
  language,
  timezone,
  theme: 'system',
  dataRetentionDays: 'forever',
  autoLearn: true,
  learningIntensity: 'medium',
  sharingLevel: 'none',
});

/** `null` when it is none. */
export function parsePreferences(stored: unknown): PreferencesObject | null {
  const parsed = v.safeParse(preferencesSchema, stored);
  return parsed.success ? parsed.output : null;
}

/** From what is stored; `null` when it is no profile. */
export function parseProfile(stored: unknown): UserProfile | null {
  const parsed = v.safeParse(profileSchema, stored);
  return parsed.success ? parsed.output : null;
}

export const newProfile = (userId: string, created: Date, chosen: PreferencesObject): UserProfile => ({
  ...chosen,
  userId,
  createdAt: created,
  lastUpdated: created,
  privacyLevel: DEFAULT_LEVEL,
  totalInteractions: 0,
  averageSessionDuration: 0,
  lastActiveDate: created,
});
