/** Reading the LevelDB engine's rows, each checked. */
import type { AbstractSnapshot } from 'abstract-level';
import type { ClassicLevel } from 'classic-level';
import type { Bytes } from '../../../src/base/bytes.ts';
import type { AccountId, Etag, Slot } from '../../../src/protocol/ids.ts';
import { type KeyRange, levelKeys } from './level-keys.ts';
import { type AccountRecord, isBodyOf, type StoredRecord, unseal } from './level-records.ts';
import { AccountDamaged } from './store.ts';

export type Level = ClassicLevel<string, Uint8Array>;

/** Rows read from the disk at once, so that a walk over a large account leaves the event loop free. */
const ROWS = 500;

/** The records of a range with their keys, in key order. @throws AccountDamaged when one does not check out. */
export async function* recordsIn<T extends StoredRecord>(
  level: Level,
  account: AccountId,
  range: KeyRange,
  { snapshot, what }: { readonly snapshot: AbstractSnapshot; readonly what: string },
): AsyncGenerator<readonly [key: string, record: T]> {
  const iterator = level.iterator({ ...range, snapshot });
  try {
    for (let rows = await iterator.nextv(ROWS); rows.length > 0; rows = await iterator.nextv(ROWS)) {
      for (const [key, value] of rows) {
        const record = unseal<T>(key, value);
        if (!record) throw new AccountDamaged(account, `${what} does not match its checksum`);
        yield [key, record];
      }
    }
  } finally {
    await iterator.close();
  }
}

/** Reads that all see the same moment. */
export async function withSnapshot<T>(
  level: Level,
  read: (snapshot: AbstractSnapshot) => Promise<T>,
): Promise<T> {
  const snapshot = level.snapshot();
  try {
    return await read(snapshot);
  } finally {
    await snapshot.close();
  }
}

/** The account's record, `null` when there is none. @throws AccountDamaged when it does not check out. */
export function readAccount(
  account: AccountId,
  read: (key: string) => Uint8Array | undefined,
): AccountRecord | null {
  const key = levelKeys.account(account);
  const bytes = read(key);
  if (!bytes) return null;
  const record = unseal<AccountRecord>(key, bytes);
  if (!record) throw new AccountDamaged(account, 'the account record does not match its checksum');
  return record;
}

/** A body, `null` when it is missing or not the one that `etag` names. */
export async function readBody(
  level: Level,
  account: AccountId,
  slot: Slot,
  etag: Etag,
  snapshot: AbstractSnapshot,
): Promise<Bytes | null> {
  const body = await level.get(levelKeys.body(account, slot), { snapshot });
  if (!body || !isBodyOf(etag, body)) return null;
  return new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.length);
}
