/**
 * The service showed what an honest one cannot show, except one that was put back from a backup. Sync ends there: nothing is sent or taken
 * any more in this account. What proves it is kept, without any content, until the account is left (docs/decisions/0018).
 */

import type { LocalStore } from '../storage/local-store.ts';
import type { TransportFailure } from './transport.ts';

/** What a device says of the feed, in its own words and with its signature (heads.ts). */
export interface SaidHead {
  readonly device: string;
  readonly text: string;
  readonly signature: string;
}

/** Short: in the popup they stand beside everything else. What to do is on the Sync tab. */
const WHAT = {
  forked: 'The sync service shows your devices different histories.',
  altered: 'The sync service changed the history that it showed before.',
  shorter: 'The sync service shows an older state than before.',
  gap: 'The sync service leaves out a part of its history.',
  hidden: 'The sync service keeps back what your devices have seen there.',
  dropped: 'The sync service lost what this device sent.',
  'old-object': 'The sync service gives another object than its history names.',
  'device-list': 'The sync service shows your devices different device lists.',
  'went-back': 'The sync service shows a device that has seen less than before.',
} as const;
export type LieKind = keyof typeof WHAT;

export interface Evidence {
  readonly what: LieKind;
  /** The number in the feed, or the version of the device list, that it is about. */
  readonly at: number;
  /** What this device has seen itself; signed by it when it was found. */
  readonly here: SaidHead;
  /** What it was told in another device's name, and does not fit. */
  readonly there?: SaidHead;
  /** By this device's clock, ms since 1970. */
  readonly foundMs: number;
}

export const EVIDENCE = 'service-lie';

export const readEvidence = async (store: LocalStore): Promise<Evidence | undefined> =>
  (await store.db.get('metadata', EVIDENCE)) as Evidence | undefined;

export const keepEvidence = async (store: LocalStore, evidence: Evidence): Promise<void> =>
  void (await store.db.put('metadata', evidence, EVIDENCE));

/** Code of a failure that nothing is tried again after. */
export const SERVICE_LIES = 'service-lies';

export const lied = ({
  what,
}: Pick<Evidence, 'what'>): { readonly ok: false; readonly error: TransportFailure } => ({
  ok: false,
  error: {
    code: SERVICE_LIES,
    status: 200,
    message: `${WHAT[what]} It is not honest, or was put back from a backup. Sync has stopped, nothing here is lost: see the Sync tab.`,
  },
});
