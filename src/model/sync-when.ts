/** When a device sends and fetches by itself; "Sync now" does it whatever is chosen. */
export const SYNC_WHEN = ['always', 'unmetered', 'asked'] as const;
export type SyncWhen = (typeof SYNC_WHEN)[number];
export const SYNC_WHEN_DEFAULT: SyncWhen = 'unmetered';

/** Why nothing begins by itself now. */
export type SyncHold = 'offline' | 'metered' | 'asked';
