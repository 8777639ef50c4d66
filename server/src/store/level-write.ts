/** What the LevelDB engine writes for each change, judged against what is there. Jobs for `GroupWriter`: synchronous. */
import type { AccountId, Slot } from '../../../src/protocol/ids.ts';
import type { BatchAnswer } from '../../../src/protocol/wire.ts';
import { NO_USAGE, type Quota } from '../quota.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Judged, LevelWrite, Read } from './group-writer.ts';
import { levelKeys } from './level-keys.ts';
import { readAccount } from './level-read.ts';
import {
  type AccountRecord,
  type AnswerRecord,
  type ObjectRecord,
  type StoredRecord,
  seal,
  unseal,
} from './level-records.ts';
import { type Live, loggedOps, type Plan, planBatch } from './plan.ts';
import {
  AccountDamaged,
  AccountMissing,
  ANSWER_MS,
  type Batch,
  type CheckedList,
  type Committed,
} from './store.ts';

const put = (key: string, record: StoredRecord): LevelWrite => ({
  type: 'put',
  key,
  value: seal(key, record),
});
const del = (key: string): LevelWrite => ({ type: 'del', key });

function presentAccount(account: AccountId, read: Read): AccountRecord {
  const record = readAccount(account, read);
  if (!record) throw new AccountMissing();
  return record;
}

function readRecord<T extends StoredRecord>(
  account: AccountId,
  key: string,
  read: Read,
  what: string,
): T | null {
  const bytes = read(key);
  if (!bytes) return null;
  const record = unseal<T>(key, bytes);
  if (!record) throw new AccountDamaged(account, `${what} does not match its checksum`);
  return record;
}

export function judgeCreate(
  account: AccountId,
  { signed, list }: CheckedList,
  atMs: number,
  read: Read,
): Judged<'created' | 'same' | 'exists'> {
  const firstKey = levelKeys.list(account, 1);
  if (readAccount(account, read)) {
    const same =
      unseal<CheckedList['signed']>(firstKey, read(firstKey) ?? new Uint8Array(0))?.body === signed.body;
    return { value: same ? 'same' : 'exists', writes: [] };
  }
  const record: AccountRecord = {
    createdAt: atMs,
    head: 0,
    usage: NO_USAGE,
    version: 1,
    devices: list.devices.map((device) => device.id),
  };
  return {
    value: 'created',
    writes: [
      put(levelKeys.account(account), record),
      put(firstKey, signed),
      del(levelKeys.deleting(account)),
    ],
  };
}

export function judgeList(account: AccountId, { signed, list }: CheckedList, read: Read): Judged<boolean> {
  const record = presentAccount(account, read);
  if (list.version !== record.version + 1) return { value: false, writes: [] };
  const next = { ...record, version: list.version, devices: list.devices.map((device) => device.id) };
  return {
    value: true,
    writes: [put(levelKeys.account(account), next), put(levelKeys.list(account, list.version), signed)],
  };
}

function writesOf(account: AccountId, record: AccountRecord, batch: Batch, plan: Plan): LevelWrite[] {
  const seq = record.head + 1;
  const entry = { device: batch.device, at: batch.atMs, ops: loggedOps(plan.writes) };
  const writes = [
    put(levelKeys.account(account), { ...record, head: seq, usage: plan.usage }),
    put(levelKeys.entry(account, seq), entry),
  ];
  for (const write of plan.writes) {
    const objectKey = levelKeys.object(account, write.slot);
    const bodyKey = levelKeys.body(account, write.slot);
    if (write.op === 'delete') writes.push(del(objectKey), del(bodyKey));
    else {
      const object = { etag: write.etag, size: write.body.length, at: batch.atMs };
      writes.push(put(objectKey, object), { type: 'put', key: bodyKey, value: write.body });
    }
  }
  return writes;
}

export interface JudgedBatch {
  readonly outcome: Committed | Refusal;
  /** Bodies that this batch removed or replaced. */
  readonly removedBodies: number;
}

export function judgeBatch(account: AccountId, batch: Batch, quota: Quota, read: Read): Judged<JudgedBatch> {
  const unchanged = (outcome: Committed | Refusal) => ({ value: { outcome, removedBodies: 0 }, writes: [] });
  const record = presentAccount(account, read);
  if (!record.devices.includes(batch.device)) return unchanged(refuse('UNKNOWN_DEVICE'));

  if (batch.key !== null) {
    const key = levelKeys.answer(account, batch.key);
    const first = readRecord<AnswerRecord>(account, key, read, 'a remembered answer');
    if (first && first.at + ANSWER_MS > batch.atMs)
      return unchanged({ answer: first.answer, written: false });
  }

  const live = new Map<Slot, Live>();
  for (const { slot } of batch.ops) {
    const object = readRecord<ObjectRecord>(account, levelKeys.object(account, slot), read, 'an object');
    if (object) live.set(slot, object);
  }
  const plan = planBatch(batch, live, record.usage, quota);
  if (isRefusal(plan)) return unchanged(plan);
  if (plan.writes.length === 0) {
    return unchanged({ answer: { seq: record.head, results: plan.results }, written: false });
  }

  const answer: BatchAnswer = { seq: record.head + 1, results: plan.results };
  const writes = writesOf(account, record, batch, plan);
  if (batch.key !== null) {
    writes.push(put(levelKeys.answer(account, batch.key), { at: batch.atMs, answer }));
    writes.push({
      type: 'put',
      key: levelKeys.answerTime(account, batch.atMs, batch.key),
      value: new Uint8Array(0),
    });
  }
  const removedBodies = plan.writes.filter((write) => live.has(write.slot)).length;
  return { value: { outcome: { answer, written: true }, removedBodies }, writes };
}

/** The account is gone from here on; what lies under it is still to be removed. */
export const judgeDeletion = (account: AccountId): Judged<void> => ({
  value: undefined,
  writes: [
    del(levelKeys.account(account)),
    { type: 'put', key: levelKeys.deleting(account), value: new Uint8Array(0) },
  ],
});

export const judgeDeletionDone = (account: AccountId): Judged<void> => ({
  value: undefined,
  writes: [del(levelKeys.deleting(account))],
});

/** Forgets remembered answers, each named by its `answerTime` key. One that was given anew under its key stays. */
export function judgeForgetting(
  account: AccountId,
  answerTimeKeys: readonly string[],
  read: Read,
): Judged<void> {
  const writes = answerTimeKeys.flatMap((timeKey) => {
    const key = timeKey.slice(timeKey.lastIndexOf('/') + 1);
    const answerKey = levelKeys.answer(account, key);
    const record = readRecord<AnswerRecord>(account, answerKey, read, 'a remembered answer');
    const current = record && levelKeys.answerTime(account, record.at, key) === timeKey;
    return current ? [del(timeKey), del(answerKey)] : [del(timeKey)];
  });
  return { value: undefined, writes };
}
