/**
 * What the service keeps, behind one interface that every engine implements and one contract suite checks. An account is
 * a chain of device lists, a log of accepted batches without gaps, and the bodies that its slots hold now.
 *
 * Promises of every engine:
 * - what a resolved promise says is durable: it survives the process being killed;
 * - a batch is one log entry, and is visible as a whole or not at all;
 * - a delete drops the body's bytes from what is served in the same step;
 * - an account whose log does not check out is refused (`StoreDamaged`), never served wrong.
 */

import type { Bytes } from '../../../src/base/bytes.ts';
import type { AccountId, DeviceId, Etag, Slot } from '../../../src/protocol/ids.ts';
import type { BatchAnswer, Change, SignedList } from '../../../src/protocol/wire.ts';

export type Write =
  | {
      readonly op: 'put';
      readonly slot: Slot;
      readonly ifMatch: Etag | null;
      readonly etag: Etag;
      readonly body: Bytes;
    }
  | { readonly op: 'delete'; readonly slot: Slot; readonly ifMatch?: Etag | undefined };

export interface Batch {
  readonly device: DeviceId;
  /** A repeat with the same key within seven days is answered with the first answer. */
  readonly key: string;
  /** All or nothing; else each write stands for itself. */
  readonly atomic: boolean;
  readonly writes: readonly Write[];
}

export interface Quota {
  readonly objects: number;
  readonly accountBytes: number;
}

export interface StoredObject {
  readonly etag: Etag;
  readonly body: Bytes;
}

export type Committed =
  | { readonly kind: 'answer'; readonly answer: BatchAnswer }
  | { readonly kind: 'quota' };

export interface Store {
  /** `false` when there is an account of this id already; nothing is changed then. */
  createAccount(account: AccountId, first: SignedList): Promise<boolean>;
  /** The whole chain of device lists, oldest first, or `null` when there is no such account. */
  devices(account: AccountId): Promise<readonly SignedList[] | null>;
  /** Appends when the chain has `length` lists; `false` when it has not. */
  appendDevices(account: AccountId, length: number, list: SignedList): Promise<boolean>;
  commit(account: AccountId, batch: Batch, quota: Quota): Promise<Committed>;
  /** Entries `since + 1 …`, at most `limit`, and the number of the latest. */
  changes(
    account: AccountId,
    since: number,
    limit: number,
  ): Promise<{ readonly changes: readonly Change[]; readonly head: number }>;
  get(account: AccountId, slot: Slot): Promise<StoredObject | null>;
  /** Everything of the account goes, bodies first of all. */
  deleteAccount(account: AccountId): Promise<void>;
  close(): Promise<void>;
}

/** What lies in the store is not what was put there. */
export class StoreDamaged extends Error {
  override readonly name = 'StoreDamaged';
}
