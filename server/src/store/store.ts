/**
 * What the service keeps, account by account. Every engine runs `server/test/contract/store-contract.ts`.
 *
 * Every engine promises:
 * - Nothing is answered before it is durable.
 * - Writes of one account happen one after another; one accepted batch is one log entry with the next number, no gap.
 * - A batch's log entry, bodies, removals and remembered answer become visible together or not at all.
 * - One account's calls never read or write another's data.
 * - An account that does not check out is refused with `AccountDamaged`, never served wrong.
 *
 * The interface asks for nothing that create-if-absent on immutable objects cannot give: list versions and log entries
 * are numbered and written once.
 */
import type { Bytes } from '../../../src/base/bytes.ts';
import { DAY_MS } from '../../../src/base/clock.ts';
import type { DeviceList } from '../../../src/protocol/device-list.ts';
import type { AccountId, DeviceId, Etag, Slot } from '../../../src/protocol/ids.ts';
import type { BatchAnswer, Change, ChangesAnswer, SignedList } from '../../../src/protocol/wire.ts';
import type { Quota, Usage } from '../quota.ts';
import type { Refusal } from '../refusal.ts';

/** How long the answer to a batch is remembered under its key. */
export const ANSWER_MS = 7 * DAY_MS;

/** A device list that was checked, with the signed bytes it came in. */
export interface CheckedList {
  readonly signed: SignedList;
  readonly list: DeviceList;
}

/** `etag` is SHA-256 of `body`, computed by the caller. `ifMatch` as in `batchOpSchema`. */
export type Write =
  | {
      readonly op: 'put';
      readonly slot: Slot;
      readonly ifMatch: Etag | null;
      readonly etag: Etag;
      readonly body: Bytes;
    }
  | { readonly op: 'delete'; readonly slot: Slot; readonly ifMatch: Etag | undefined };

export interface Batch {
  /** Under which the answer is remembered for `ANSWER_MS`; `null` = not remembered. */
  readonly key: string | null;
  readonly device: DeviceId;
  readonly atMs: number;
  readonly atomic: boolean;
  /** No slot twice. */
  readonly ops: readonly Write[];
}

export interface Committed {
  readonly answer: BatchAnswer;
  /** `false` when nothing changed: every write was in conflict or had nothing to do, or the batch is a repeat. */
  readonly written: boolean;
}

export interface StoredObject {
  readonly slot: Slot;
  readonly etag: Etag;
  readonly body: Bytes;
}

/** One thing the service holds about an account. */
export type Holding =
  | {
      readonly type: 'account';
      readonly account: AccountId;
      readonly createdAt: number;
      readonly head: number;
      readonly usage: Usage;
    }
  | { readonly type: 'devices'; readonly list: SignedList }
  | ({ readonly type: 'change' } & Change)
  | ({ readonly type: 'object'; readonly at: number; readonly size: number } & StoredObject)
  | { readonly type: 'answer'; readonly key: string; readonly at: number; readonly answer: BatchAnswer };

export interface Store {
  /** `same`: the account exists and began with exactly this list. `exists`: it began with another one. */
  createAccount(account: AccountId, first: CheckedList, atMs: number): Promise<'created' | 'same' | 'exists'>;

  /** The newest device list, `null` when there is no such account. */
  currentList(account: AccountId): Promise<CheckedList | null>;

  /** Every version, oldest first. */
  deviceChain(account: AccountId): Promise<readonly SignedList[]>;

  /** Adds the next version; `false` when `next` does not follow the newest one any more. */
  appendList(account: AccountId, next: CheckedList): Promise<boolean>;

  /**
   * Judges and writes a batch (rules: `plan.ts`). A known `key` gives the first answer again, whatever changed since.
   * A batch that wrote nothing left nothing behind: its repeat is judged anew.
   * Refuses with `QUOTA`, or with `UNKNOWN_DEVICE` when the device was removed in the meantime.
   */
  commit(account: AccountId, batch: Batch, quota: Quota): Promise<Committed | Refusal>;

  /** The entries `since + 1 …`, at most `limit`, and the newest number. */
  changes(account: AccountId, since: number, limit: number): Promise<ChangesAnswer>;

  /**
   * Bodies, in the order asked for, as of one moment; empty slots are left out. When the bodies would grow over
   * `maxBytes`, the slots from there on are in `rest`; the first body is always given.
   */
  get(
    account: AccountId,
    slots: readonly Slot[],
    maxBytes: number,
  ): Promise<{ readonly found: readonly StoredObject[]; readonly rest: readonly Slot[] }>;

  /** Everything held about the account, as of one moment. */
  dump(account: AccountId): AsyncIterable<Holding>;

  /** Everything about the account is gone from view when this resolves; nothing happens when there is none. */
  deleteAccount(account: AccountId): Promise<void>;

  /** Waits for writes that are under way. */
  close(): Promise<void>;
}

/** The account is not there, or not any more. */
export class AccountMissing extends Error {
  override readonly name = 'AccountMissing';
}

/** What is stored does not check out. `what` names a record by kind and number, never by slot. */
export class AccountDamaged extends Error {
  override readonly name = 'AccountDamaged';
  constructor(
    readonly account: AccountId,
    readonly what: string,
  ) {
    super(`account ${account.slice(0, 4)}…: ${what}`);
  }
}

/** The engine could not write: whether the write happened is not known. The caller repeats it under the same key. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
