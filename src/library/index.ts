/**
 * The library: `ContextStorage` on the browser's IndexedDB, without the extension API. See docs/library.md. It talks to no
 * network, and one page or worker of an origin has it open at a time.
 */
import { type Clock, systemClock } from '../base/clock.ts';
import { ContextStorage, type ContextStorageOptions } from '../context/context-storage.ts';
import { LocalStore } from '../storage/local-store.ts';
import type { SentinelArea } from '../storage/sentinel.ts';
import { smallSentinel } from '../storage/small-area.ts';

export {
  type ArchiveOptions,
  ContextStorage,
  type ContextStorageOptions,
  type SaveOptions,
} from '../context/context-storage.ts';
export { EncryptionManager, type KeyRef, type SealedProfile } from '../context/encryption-manager.ts';
export { SEGMENTS, type Segment } from '../context/segment.ts';
export type { EncryptedData } from '../crypto/envelope.ts';
export type {
  ARQContext,
  ClickPattern,
  ContentRecommendation,
  DeviceInfo,
  PredictedAction,
} from '../model/context.ts';
export type { PrivacyLevel } from '../model/privacy.ts';
export type { PreferencesObject, UserProfile } from '../model/profile.ts';
export type {
  InteractionFilter,
  QueryMetrics,
  QueryOptions,
  QueryTotals,
  StorageStats,
} from '../model/query.ts';
export type { ContextStats, TimePeriod } from '../model/stats.ts';
export type { NewInteraction, UserInteraction } from '../model/user-interaction.ts';
export { DamagedError, storageFailure } from '../storage/database.ts';

export interface OpenOptions extends Partial<ContextStorageOptions> {
  readonly clock?: Clock;
  /** Where a lower bound of what the store holds is kept, so that loss is noticed. Default: a tiny database of its own. */
  readonly sentinel?: SentinelArea;
  /** Another page holds an older version of the store open. */
  onBlocked?(): void;
  /** The browser closed the store; open it again. */
  onClosed?(): void;
}

/**
 * Opens this origin's store, or makes an empty one with new keys.
 * @throws DamagedError when keys are there but do not open; DOMException when the browser's storage fails.
 */
export async function openContextStorage(options: OpenOptions = {}): Promise<ContextStorage> {
  const { clock = systemClock, sentinel = smallSentinel, ...rest } = options;
  const onDamaged = (rows: number) => options.onDamaged?.(rows);
  const store = await LocalStore.open({
    sentinel,
    clock,
    onDamaged,
    onBlocked: () => options.onBlocked?.(),
    onClosed: () => options.onClosed?.(),
  });
  return new ContextStorage(store, { ...rest, clock, onDamaged });
}
