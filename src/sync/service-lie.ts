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

const WHAT = {
  forked: 'The sync service shows this device another history than your other devices.',
  altered: 'The sync service shows another history than it showed this device before.',
  shorter: 'The sync service shows an older state than it showed this device before.',
  gap: 'The sync service leaves out a part of its history.',
  hidden: 'The sync service keeps from this device what your other devices, or this one, have seen there.',
  dropped: 'The sync service took what this device sent, and does not have it any more.',
  'old-object': 'The sync service gives this device another version of an object than its history says.',
  'device-list': 'The sync service shows this device another device list than your other devices.',
  'went-back':
    'One of your devices says that it has seen less than before, or the sync service says so in its name.',
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
    message: `${WHAT[what]} The service is not honest, or was put back from a backup: ask its host. Sync has stopped, and nothing here is lost. On the Sync tab, save the evidence, then leave the account and make a new one.`,
  },
});
