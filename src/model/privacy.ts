/** How much is kept. One type of four values; the seed's `PrivacyLevel` numbers 0-3 map onto it in this order. */
export const PRIVACY_LEVELS = ['public', 'private', 'anonymous', 'ephemeral'] as const;
export type PrivacyLevel = (typeof PRIVACY_LEVELS)[number];

export const DEFAULT_LEVEL: PrivacyLevel = 'private';

/** Larger keeps or shares less. Concurrent edits of two devices resolve to the stricter one. */
export const strictness = (level: PrivacyLevel): number => PRIVACY_LEVELS.indexOf(level);

export const stricterLevel = (a: PrivacyLevel, b: PrivacyLevel): PrivacyLevel =>
  strictness(a) >= strictness(b) ? a : b;

/** Ephemeral records end with the browser or after this time, whichever is first. */
export const EPHEMERAL_MS = 60 * 60_000;
