/**
 * What two devices of an account compare, as words, to see that the service shows both the same: a hash of the account, of all entries of
 * the feed that were read and of the device list. The devices find a difference by themselves as soon as anything of one reaches the
 * other (heads.ts); a service that keeps all of it apart for ever is found by people only (docs/decisions/0018).
 */
import { toBase64Url, utf8 } from '../base/bytes.ts';
import { canonical } from '../base/canonical.ts';
import { sha256 } from '../crypto/primitives.ts';
import type { Fingerprint } from '../model/fingerprint.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { FEED, type Feed } from './feed.ts';
import { ownHead } from './heads.ts';

/** Eight words of 11 bits. */
const FINGERPRINT_BYTES = 11;

/** `null` before the first round. */
export async function fingerprintOf(store: LocalStore, account: AccountId): Promise<Fingerprint | null> {
  const feed = (await store.db.get('metadata', FEED)) as Feed | undefined;
  const head = feed && (await ownHead(store, feed, 0));
  if (!head) return null;
  const { seq, hash, list } = head;
  const digest = await sha256(
    utf8(canonical(['arq/v1/fingerprint', account, seq, hash, list.version, list.hash])),
  );
  return { entries: seq, digest: toBase64Url(digest.subarray(0, FINGERPRINT_BYTES)) };
}
