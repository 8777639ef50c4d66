import type { Limits } from '../../src/protocol/limits.ts';

/** What an account uses. */
export interface Usage {
  /** Slots that hold something. */
  readonly objects: number;
  /** The sum of their bodies. */
  readonly bodyBytes: number;
  /** Operations in the log, which stay there after the objects are gone. */
  readonly loggedOps: number;
}

export const NO_USAGE: Usage = { objects: 0, bodyBytes: 0, loggedOps: 0 };

export type Quota = Pick<Limits, 'objects' | 'accountBytes'>;

/** One logged operation costs this much besides its body: its part of the log entry and of the remembered answer. */
export const LOGGED_OP_BYTES = 256;

/**
 * Versions of one account's device list: each master key is one, and each device that joins or leaves. They are answered all at once,
 * within `CHAIN_BYTES`. Far more than an account ever needs, and fewer than `devicesAnswerSchema` carries.
 */
export const LIST_VERSIONS = 2_000;

/** Everything an account costs, the log included, so that writing and deleting for ever does not fill the disk. */
export const bytesOf = (usage: Usage): number => usage.bodyBytes + usage.loggedOps * LOGGED_OP_BYTES;

/** Whether a batch that leads from `before` to `after` is to be refused: over a limit, and not on the way back under it. */
export const exceeds = (before: Usage, after: Usage, quota: Quota): boolean =>
  (after.objects > quota.objects && after.objects > before.objects) ||
  (bytesOf(after) > quota.accountBytes && bytesOf(after) > bytesOf(before));
