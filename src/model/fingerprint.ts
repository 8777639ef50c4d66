/** What two devices of an account compare (sync/fingerprint.ts). */
export interface Fingerprint {
  /** Entries of the feed that were read: the same on both, or one has not read all yet. */
  readonly entries: number;
  /** 11 bytes, base64url. */
  readonly digest: string;
}
