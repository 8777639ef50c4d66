/** Whether recording goes on, and what stands in its way. */

import type { AutoLockMinutes } from './auto-lock.ts';
import type { BudgetFigures } from './budget.ts';
import type { Passkey } from './passkeys.ts';
import type { PrivacyLevel } from './privacy.ts';
import type { PurgeKind, PurgeReason } from './purge.ts';
import type { ReductionState } from './reduction.ts';
import type { SyncHold, SyncWhen } from './sync-when.ts';

export const PAUSES = ['15m', '1h', 'restart', 'resumed'] as const;
/** For how long: two spans, until the browser restarts, until the person resumes. */
export type Pause = (typeof PAUSES)[number];

export type PauseState =
  | { readonly kind: 'none' }
  | { readonly kind: 'until'; readonly untilMs: number }
  | { readonly kind: 'restart' | 'resumed' };

export const HEALTH_CODES = [
  'ok',
  'no-consent',
  'locked',
  'paused',
  'no-host-access',
  'near-full',
  'new-device',
  'join-asks',
  'phrase-waits',
  'keys-old',
  'full',
  'storage-full',
  'storage-blocked',
  'storage-newer',
  'storage-old',
  'storage-closed',
  'storage-corrupt',
  'storage-lost',
  'sealed-gap',
  'erasing-failed',
  'left-over',
  'clock-jumped',
  'storage-damaged',
  'storage-error',
] as const;
export type HealthCode = (typeof HEALTH_CODES)[number];

export interface Health {
  readonly code: HealthCode;
  /** A sentence for the person, with what to do where something is wrong. */
  readonly message: string;
}

/** `asks`: joining, or another device, would delete something here, and that waits for the person (model/join-preview.ts). */
export const SYNC_PHASES = ['off', 'asks', 'syncing', 'synced', 'offline', 'error'] as const;
export interface SyncState {
  readonly phase: (typeof SYNC_PHASES)[number];
  /** With `error`: a sentence that says what to do. */
  readonly message?: string;
  readonly serviceUrl?: string;
  readonly lastSyncedMs?: number;
  readonly devices?: readonly SyncDevice[];
  /** `waits`: this device has the recovery phrase, until the person has shown that it is written down. */
  readonly phrase?: 'waits';
  /** The service showed what cannot be: nothing is sent or taken any more, and what proves it can be saved. */
  readonly hasEvidence?: true;
  /** When it sends and fetches by itself, and why it does not now. */
  readonly when?: SyncWhen;
  readonly holds?: SyncHold;
}

export interface SyncDevice {
  readonly id: string;
  readonly name: string;
  readonly thisDevice: boolean;
  readonly addedMs: number;
  /** When it last sent something; absent when it never did. */
  readonly lastSeenMs?: number;
  /** The person has not said yet that they know it. */
  readonly isNew?: true;
  /** It came with the recovery phrase. */
  readonly byPhrase?: true;
  /** It still works with an older master key. */
  readonly keyWaits?: true;
}

/** The label of `sync-state`: `off`, `waits for you`, `syncing`, `synced`, `offline` or `error: …`. */
export const syncLabel = ({ phase, message }: SyncState): string =>
  phase === 'error' ? `error: ${message ?? 'unknown'}` : phase === 'asks' ? 'waits for you' : phase;

export const IMPORT_PHASES = ['running', 'done', 'cancelled', 'failed'] as const;
/** How far the import of the browser's own history is, or how the last one ended. Counts are of visits, `added` of records. */
export interface ImportState {
  readonly phase: (typeof IMPORT_PHASES)[number];
  readonly daysRead: number;
  readonly days: number;
  readonly added: number;
  readonly there: number;
  readonly leftOut: number;
  /** Left out because their days are in archives or at the sync service only. Absent when there were none. */
  readonly elsewhere?: number;
  /** With `failed` or `cancelled`: a sentence that says what to do. */
  readonly message?: string;
}

export const COMPACTION_PHASES = ['running', 'done', 'cancelled', 'failed'] as const;
/** How the compaction is going, or how the last one since the background started ended. */
export interface CompactionState {
  readonly phase: (typeof COMPACTION_PHASES)[number];
  /** With `done`: sealed bytes of everything that is stored. */
  readonly beforeBytes?: number;
  readonly afterBytes?: number;
  /** With `failed`: a sentence that says what to do. */
  readonly message?: string;
}

/** Of a profile that is locked, or can be. */
export interface LockState {
  readonly state: 'locked' | 'unlocked';
  /** Where there are passkeys; without them there is a passphrase. */
  readonly passkeys?: readonly Passkey[];
  /** `false`: passkeys alone unlock. */
  readonly passphrase?: false;
  /** While locked: events that wait to be opened. */
  readonly sealed?: number;
  /** While unlocked. */
  readonly autoLockMinutes?: AutoLockMinutes;
}

/** That something about other extensions changed, without what (model/plugins.ts). */
export interface PluginsState {
  /** Requests that nobody answered yet. */
  readonly waiting: number;
  /** Queries that were answered since the background started. */
  readonly answered: number;
}

/** A deletion that can be undone. */
export interface ErasingState {
  readonly id: string;
  /** Records. */
  readonly count: number;
  readonly kind: PurgeKind;
  readonly reason: PurgeReason;
  /** Until it is carried out, in ms, when the status was made. */
  readonly leftMs: number;
}

/** What the popup and the options page show of the whole. */
export interface Status {
  /** Absent where nothing locks. */
  readonly lock?: LockState;
  readonly consent: 'unasked' | 'accepted' | 'declined';
  readonly level: PrivacyLevel;
  readonly pause: PauseState;
  readonly health: Health;
  readonly sync: SyncState;
  /** Folded records of all kinds in the store. */
  readonly recordCount: number;
  /** Records that live in memory only. */
  readonly ephemeralCount: number;
  /** Messages that were refused since the browser started: wrong sender, or not one of ours. */
  readonly droppedMessages: number;
  /** What `navigator.storage.persist()` answered; absent when it was not asked yet. */
  readonly persisted?: boolean;
  /** Absent when there was none. */
  readonly historyImport?: ImportState;
  /** Absent when there was none since the background started. */
  readonly compaction?: CompactionState;
  /** When the master key in force was made, or, where nobody noted it, when recording began. Absent before that. */
  readonly keysSinceMs?: number;
  /** Absent until it was measured. */
  readonly budget?: BudgetFigures;
  /** Absent until something about them was asked, and while the switch is off. */
  readonly plugins?: PluginsState;
  /** Absent when nothing waits to be deleted. */
  readonly erasing?: ErasingState;
  /** Deletions in the browser's own history are followed; `cleared`: all of it was, and the person has to say. */
  readonly following?: { readonly cleared: boolean };
  /** Level and rules that are applied to what is stored. Absent when none were since the background started. */
  readonly storedRules?: ReductionState;
}
