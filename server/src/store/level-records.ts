/**
 * Records of the LevelDB engine: 16 bytes of SHA-256 over key and content, then the content as JSON. The key is in the
 * checksum, so that a record in the wrong place is found out as well. LevelDB's own block checksums do not do: they are
 * verified on reads only with `verify_checksums`, which classic-level 3.0 never sets.
 */
import { createHash } from 'node:crypto';
import { type Bytes, concat, equalBytes, fromUtf8, utf8 } from '../../../src/base/bytes.ts';
import type { DeviceId, Etag } from '../../../src/protocol/ids.ts';
import type { BatchAnswer, Change, SignedList } from '../../../src/protocol/wire.ts';
import type { Usage } from '../quota.ts';

/** Everything needed to judge a write besides the slots. */
export interface AccountRecord {
  readonly createdAt: number;
  /** The newest log entry, 0 = none. */
  readonly head: number;
  readonly usage: Usage;
  /** The newest version of the device list, and who is in it. */
  readonly version: number;
  readonly devices: readonly DeviceId[];
}
export type EntryRecord = Omit<Change, 'seq'>;
export interface ObjectRecord {
  readonly etag: Etag;
  readonly size: number;
  readonly at: number;
}
export interface AnswerRecord {
  readonly at: number;
  readonly answer: BatchAnswer;
}
export type StoredRecord = AccountRecord | SignedList | EntryRecord | ObjectRecord | AnswerRecord;

const CHECKSUM_BYTES = 16;

function checksum(key: string, content: Uint8Array): Bytes {
  const hash = createHash('sha256').update(key).update('\0').update(content).digest();
  return new Uint8Array(hash.subarray(0, CHECKSUM_BYTES));
}

export function seal(key: string, record: StoredRecord): Bytes {
  const content = utf8(JSON.stringify(record));
  return concat(checksum(key, content), content);
}

/** The record that was sealed under this key, `null` when the bytes are not it. The checksum stands in for a schema. */
export function unseal<T extends StoredRecord>(key: string, bytes: Uint8Array): T | null {
  const content = bytes.subarray(CHECKSUM_BYTES);
  if (!equalBytes(bytes.subarray(0, CHECKSUM_BYTES), checksum(key, content))) return null;
  return JSON.parse(fromUtf8(content)) as T;
}

export const isBodyOf = (etag: Etag, body: Uint8Array): boolean =>
  createHash('sha256').update(body).digest('hex') === etag;
