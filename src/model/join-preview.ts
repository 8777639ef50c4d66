/** What the deletions of an account would do to what is stored on this device, while nothing of it is done. */
import type { InteractionRecord } from './interaction.ts';

/** So many records are listed by themselves. */
export const PREVIEW_LISTED = 50;

export interface PreviewPart {
  readonly records: number;
  /** Hosts that they are of. */
  readonly sites: number;
  /** The newest first, at most `PREVIEW_LISTED`. */
  readonly listed: readonly InteractionRecord[];
}

export interface JoinPreview {
  /** What the account's deletions mean of it. */
  readonly deleted: PreviewPart;
  /** The account is being joined; else this device is in it, and others deleted very much at once. */
  readonly joining: boolean;
}
