/** What joining an account, or going on in it, would do to this device, while nothing of it is done. */
import type { InteractionRecord } from './interaction.ts';
import type { PrivacyLevel } from './privacy.ts';

/** So many records are listed by themselves. */
export const PREVIEW_LISTED = 50;

export interface PreviewPart {
  readonly records: number;
  /** Which records: a hash of their ids; empty where there are none. */
  readonly of: string;
  /** Hosts that they are of. */
  readonly sites: number;
  /** The newest first, at most `PREVIEW_LISTED`. */
  readonly listed: readonly InteractionRecord[];
}

/** A device that deleted something, and when it last did. */
export interface Deleter {
  /** As it calls itself; absent where it never said. */
  readonly name?: string;
  readonly atMs: number;
}

export interface JoinPreview {
  /** What the account's deletions mean of it. */
  readonly deleted: PreviewPart;
  /** The account is being joined; else this device is in it, and others deleted very much at once. */
  readonly joining: boolean;
  /** While it is not: who, the latest first. */
  readonly by?: readonly Deleter[];
  /** About how many records come from it, as its devices said last; absent when none said. */
  readonly added?: number;
  /** What changes of level and rules: the level from now on, and how many rules come, go or change. */
  readonly changed?: { readonly level?: PrivacyLevel; readonly rules: number };
}
