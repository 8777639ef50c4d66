/** What the sync service holds of the account: each object as the service tells of it, and what this device finds in it. */
import type { Day } from '../base/clock.ts';

/**
 * Why an object does not open here. `not-ours`: these are no bytes of ours; `changed`: not what was sealed there; `other-epoch`: sealed
 * with a key of the account that is not known here; `old-key`: with one that was destroyed; `no-key`: a part whose author does not
 * publish its key (any more); `broken`: it opens, and what is in it is nothing that this version knows.
 */
export const CLOSED_BY = ['not-ours', 'changed', 'other-epoch', 'old-key', 'no-key', 'broken'] as const;
export type ClosedBy = (typeof CLOSED_BY)[number];

/** What this device reads in an object's own header, and in the object. */
export interface HeldInside {
  readonly kind: string;
  /** Who wrote it: a device's id. */
  readonly author: string;
  readonly day?: Day;
  /** Of the master key that it is sealed under. */
  readonly epoch: number;
  /** Of a part that opens. */
  readonly events?: number;
}

export interface HeldObject {
  readonly slot: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** Which write of the account's log brought it, when that was by the service's clock, and from which device it came. */
  readonly seq: number;
  readonly atMs: number;
  readonly device: string;
  /** Absent: its header does not open. */
  readonly inside?: HeldInside;
  /** Absent: it opens. */
  readonly closed?: ClosedBy;
}

/** The account as the service tells of it. */
export interface HeldAccount {
  readonly createdMs: number;
  readonly objects: number;
  /** Of all objects together. */
  readonly bytes: number;
  /** Writes that its log has, one of each object, also of what is gone. */
  readonly logged: number;
}

export interface HeldPage {
  /** By which the service knows it. */
  readonly accountId: string;
  /** Absent: an older service that does not tell. */
  readonly account?: HeldAccount;
  /** The newest write of the account. */
  readonly head: number;
  /** The newest first. */
  readonly objects: readonly HeldObject[];
  /** Slots that were emptied by what was read. */
  readonly gone: readonly string[];
  /** Pass as `before` for older ones; absent at the end. */
  readonly next?: number;
  /** What devices call themselves, by id. */
  readonly names: Readonly<Record<string, string>>;
}

export interface HeldContents {
  readonly slot: string;
  readonly etag: string;
  /** As they lie at the service, base64url. */
  readonly bytes: string;
  /** How many of them are the sealed header, with its length; the rest is the sealed body. */
  readonly headerBytes: number;
  readonly inside?: HeldInside;
  readonly closed?: ClosedBy;
  /** The header as it opens here, JSON. */
  readonly header?: string;
  /** What opens of the body, JSON. */
  readonly text?: string;
  /** Characters at the end of `text` that are not shown. */
  readonly cut?: number;
  /** Events that are not shown: they were deleted, are about to be, or belong to what is not here. */
  readonly leftOut?: number;
  /** Events in a form that this version does not know. */
  readonly unknown?: number;
}
