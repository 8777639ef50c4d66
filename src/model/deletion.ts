import type { EraseTarget } from './selector.ts';

/** A deletion of the account, and which devices have carried it out. */
export interface Deletion {
  readonly atMs: number;
  readonly what: EraseTarget['what'];
  /** Of how many things in one moment. */
  readonly count: number;
  readonly devices: readonly {
    readonly name: string;
    readonly thisDevice: boolean;
    /** By the device's own clock; absent while it is pending. */
    readonly erasedMs?: number;
  }[];
}
