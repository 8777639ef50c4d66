import type { AbstractSnapshot } from 'abstract-level';
import type { AccountId, Slot } from '../../../src/protocol/ids.ts';
import type { SignedList } from '../../../src/protocol/wire.ts';
import { levelKeys, levelRanges } from './level-keys.ts';
import { type Level, readAccount, readBody, recordsIn } from './level-read.ts';
import type { AnswerRecord, EntryRecord, ObjectRecord } from './level-records.ts';
import { AccountDamaged, AccountMissing, type Holding } from './store.ts';

const lastPart = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

/** Everything under the account as of the snapshot, see `Store.dump`. */
export async function* dumpAccount(
  level: Level,
  account: AccountId,
  snapshot: AbstractSnapshot,
): AsyncGenerator<Holding> {
  const bytes = await level.get(levelKeys.account(account), { snapshot });
  const record = readAccount(account, () => bytes);
  if (!record) throw new AccountMissing();
  const { createdAt, head, usage } = record;
  yield { type: 'account', account, createdAt, head, usage };

  const lists = { snapshot, what: 'a device list' };
  for await (const [, list] of recordsIn<SignedList>(level, account, levelRanges.lists(account), lists)) {
    yield { type: 'devices', list };
  }
  let seq = 0;
  const log = { snapshot, what: 'a log entry' };
  for await (const [, entry] of recordsIn<EntryRecord>(level, account, levelRanges.log(account), log)) {
    yield { type: 'change', seq: ++seq, ...entry };
  }
  const objects = { snapshot, what: 'an object' };
  for await (const [key, object] of recordsIn<ObjectRecord>(
    level,
    account,
    levelRanges.objects(account),
    objects,
  )) {
    const slot = lastPart(key) as Slot;
    const body = await readBody(level, account, slot, object.etag, snapshot);
    if (!body) throw new AccountDamaged(account, 'a body is missing or does not match its etag');
    yield { type: 'object', slot, ...object, body };
  }
  const answers = { snapshot, what: 'a remembered answer' };
  for await (const [key, answer] of recordsIn<AnswerRecord>(
    level,
    account,
    levelRanges.answers(account),
    answers,
  )) {
    yield { type: 'answer', key: lastPart(key), ...answer };
  }
}
