/**
 * The running hash of an account's change feed: H(0) = SHA-256("arq/feed/1" ‖ 0x00 ‖ account), H(n) = SHA-256("arq/feed/1" ‖ 0x00 ‖
 * H(n-1) ‖ entry n), the entry as JSON of [seq, device, at, [[slot, etag, size] …]]. Who knows H(n) knows all that the feed says up to
 * n. Hashing is injected: this folder knows no cryptography.
 */
import { type Bytes, concat, utf8 } from '../base/bytes.ts';
import type { ListChecks } from './device-list.ts';
import type { AccountId } from './ids.ts';
import type { Change } from './wire.ts';

const DOMAIN = utf8('arq/feed/1\0');

type Hashing = Pick<ListChecks, 'sha256'>;

/** Of a feed that has nothing in it yet; 32 bytes. */
export const hashOfNoFeed = (account: AccountId, { sha256 }: Hashing): Promise<Bytes> =>
  sha256(concat(DOMAIN, utf8(account)));

/** `before`: 32 bytes, of the entry before. */
export const hashOfFeed = (
  before: Bytes,
  { seq, device, at, ops }: Change,
  { sha256 }: Hashing,
): Promise<Bytes> =>
  sha256(
    concat(
      DOMAIN,
      before,
      utf8(JSON.stringify([seq, device, at, ops.map(({ slot, etag, size }) => [slot, etag, size])])),
    ),
  );
