/**
 * The store on LevelDB: one process, one folder, everything of a change in one atomic synchronous write.
 *
 * Deleting takes bytes out of view at once and off the disk when LevelDB compacts: see `Compactor`.
 */
import { readdir } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';
import { HOUR_MS } from '../../../src/base/clock.ts';
import { readList } from '../../../src/protocol/device-list.ts';
import type { AccountId, Slot } from '../../../src/protocol/ids.ts';
import type { ChangesAnswer, SignedList } from '../../../src/protocol/wire.ts';
import type { Quota } from '../quota.ts';
import { isRefusal } from '../refusal.ts';
import { Compactor } from './compactor.ts';
import { GroupWriter } from './group-writer.ts';
import { checkAccount } from './level-check.ts';
import { dumpAccount } from './level-dump.ts';
import { accountOfDeletion, levelKeys, levelRanges } from './level-keys.ts';
import { type Level, readAccount, readBody, recordsIn, withSnapshot } from './level-read.ts';
import { type AccountRecord, type EntryRecord, type ObjectRecord, unseal } from './level-records.ts';
import {
  judgeBatch,
  judgeCreate,
  judgeDeletion,
  judgeDeletionDone,
  judgeForgetting,
  judgeList,
} from './level-write.ts';
import { makeFolder } from './make-folder.ts';
import {
  AccountDamaged,
  AccountMissing,
  ANSWER_MS,
  type Batch,
  type CheckedList,
  type Holding,
  type Store,
  type StoredObject,
} from './store.ts';

/** Remembered answers that are forgotten at a time. */
const FORGET_AT_ONCE = 10_000;

class LevelStore implements Store {
  readonly #level: Level;
  readonly #writer: GroupWriter;
  readonly #compactor: Compactor;
  /** Accounts that were checked since the start, or are being checked. A damaged one stays refused until a restart. */
  readonly #checked = new Map<AccountId, Promise<boolean>>();
  readonly #deleting = new Map<AccountId, Promise<void>>();
  readonly #forgetAtMs = new Map<AccountId, number>();

  constructor(level: Level) {
    this.#level = level;
    this.#writer = new GroupWriter(level);
    this.#compactor = new Compactor(level);
  }

  async createAccount(account: AccountId, first: CheckedList, atMs: number) {
    while (this.#deleting.has(account)) await this.#deleting.get(account);
    return this.#writer.submit((read) => judgeCreate(account, first, atMs, read));
  }

  async currentList(account: AccountId): Promise<CheckedList | null> {
    if (!(await this.#isSound(account))) return null;
    const record = this.#accountNow(account);
    if (!record) return null;
    const key = levelKeys.list(account, record.version);
    const signed = unseal<SignedList>(key, this.#level.getSync(key) ?? new Uint8Array(0));
    const list = signed && readList(signed);
    if (!list) throw new AccountDamaged(account, 'the newest device list cannot be read');
    return { signed, list };
  }

  async deviceChain(account: AccountId): Promise<readonly SignedList[]> {
    const { version } = await this.#present(account);
    return withSnapshot(this.#level, async (snapshot) => {
      const chain: SignedList[] = [];
      const options = { snapshot, what: 'a device list' };
      for await (const [, list] of recordsIn<SignedList>(
        this.#level,
        account,
        levelRanges.lists(account),
        options,
      )) {
        chain.push(list);
      }
      if (chain.length < version) throw this.#goneOrDamaged(account, 'device lists are missing');
      return chain;
    });
  }

  async appendList(account: AccountId, next: CheckedList): Promise<boolean> {
    await this.#present(account);
    return this.#writer.submit((read) => judgeList(account, next, read));
  }

  async commit(account: AccountId, batch: Batch, quota: Quota) {
    await this.#present(account);
    await this.#forgetOldAnswers(account, batch.atMs);
    const { outcome, removedBodies } = await this.#writer.submit((read) =>
      judgeBatch(account, batch, quota, read),
    );
    if (!isRefusal(outcome)) this.#compactor.noteRemoved(account, removedBodies);
    return outcome;
  }

  async changes(account: AccountId, since: number, limit: number): Promise<ChangesAnswer> {
    const { head } = await this.#present(account);
    const last = Math.min(head, since + limit);
    if (last <= since) return { changes: [], head };
    return withSnapshot(this.#level, async (snapshot) => {
      const changes: ChangesAnswer['changes'] = [];
      const range = levelRanges.entries(account, since, last);
      const options = { snapshot, what: 'a log entry' };
      for await (const [key, entry] of recordsIn<EntryRecord>(this.#level, account, range, options)) {
        const seq = since + changes.length + 1;
        if (key !== levelKeys.entry(account, seq)) break;
        changes.push({ seq, ...entry });
      }
      if (changes.length < last - since) throw this.#goneOrDamaged(account, 'the log has a gap');
      return { changes, head };
    });
  }

  async get(account: AccountId, slots: readonly Slot[], maxBytes: number) {
    await this.#present(account);
    return withSnapshot(this.#level, async (snapshot) => {
      const objectKeys = slots.map((slot) => levelKeys.object(account, slot));
      const records = await this.#level.getMany(objectKeys, { snapshot });
      const found: StoredObject[] = [];
      let bytes = 0;
      for (const [index, slot] of slots.entries()) {
        const record = records[index];
        if (!record) continue;
        const object = unseal<ObjectRecord>(levelKeys.object(account, slot), record);
        if (!object) throw new AccountDamaged(account, 'an object does not match its checksum');
        bytes += object.size;
        if (found.length > 0 && bytes > maxBytes) return { found, rest: slots.slice(index) };
        const body = await readBody(this.#level, account, slot, object.etag, snapshot);
        if (!body) throw this.#goneOrDamaged(account, 'a body is missing or does not match its etag');
        found.push({ slot, etag: object.etag, body });
      }
      return { found, rest: [] };
    });
  }

  async *dump(account: AccountId): AsyncGenerator<Holding> {
    await this.#present(account);
    const snapshot = this.#level.snapshot();
    try {
      yield* dumpAccount(this.#level, account, snapshot);
    } finally {
      await snapshot.close();
    }
  }

  /**
   * First a durable note that the account is gone, then its rows, then (in the background) its bytes on the disk. What a
   * crash in between leaves is removed by `finishDeleting`.
   */
  async deleteAccount(account: AccountId): Promise<void> {
    const before = this.#deleting.get(account) ?? Promise.resolve();
    const deleted = before.then(async () => {
      await this.#writer.submit(() => judgeDeletion(account));
      await this.#level.clear(levelRanges.account(account));
    });
    this.#deleting.set(account, deleted);
    try {
      await deleted;
    } finally {
      if (this.#deleting.get(account) === deleted) this.#deleting.delete(account);
    }
    this.#checked.delete(account);
    this.#forgetAtMs.delete(account);
    this.#compactor.forget(account);
    void this.#compactDeleted(account);
  }

  /** Goes on with deletions that a crash or a stop interrupted. */
  async finishDeleting(): Promise<void> {
    for (const key of await this.#level.keys(levelRanges.deleting).all()) {
      const account = accountOfDeletion(key);
      await this.#level.clear(levelRanges.account(account));
      void this.#compactDeleted(account);
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#deleting.values());
    await this.#writer.idle();
    await this.#compactor.close();
    await this.#level.close();
  }

  async #compactDeleted(account: AccountId): Promise<void> {
    const done = await this.#compactor.compact(levelRanges.account(account));
    if (done && !this.#deleting.has(account))
      await this.#writer.submit(() => judgeDeletionDone(account)).catch(() => {});
  }

  /** @returns whether there is such an account. @throws AccountDamaged */
  async #isSound(account: AccountId): Promise<boolean> {
    const known = this.#checked.get(account);
    if (known) return known;
    const check = checkAccount(this.#level, account);
    this.#checked.set(account, check);
    const forget = () => this.#checked.get(account) === check && this.#checked.delete(account);
    try {
      const exists = await check;
      if (!exists) forget();
      return exists;
    } catch (error) {
      if (!(error instanceof AccountDamaged)) forget();
      throw error;
    }
  }

  #accountNow(account: AccountId): AccountRecord | null {
    return readAccount(account, (key) => this.#level.getSync(key));
  }

  /** @throws AccountMissing, AccountDamaged */
  async #present(account: AccountId): Promise<AccountRecord> {
    const record = (await this.#isSound(account)) ? this.#accountNow(account) : null;
    if (!record) throw new AccountMissing();
    return record;
  }

  /** Something that ought to be there is not: damage, unless the account is being deleted at this moment. */
  #goneOrDamaged(account: AccountId, what: string): Error {
    return this.#accountNow(account) ? new AccountDamaged(account, what) : new AccountMissing();
  }

  /** At most once an hour for an account. */
  async #forgetOldAnswers(account: AccountId, nowMs: number): Promise<void> {
    if (nowMs < (this.#forgetAtMs.get(account) ?? 0)) return;
    this.#forgetAtMs.set(account, nowMs + HOUR_MS);
    const range = levelRanges.answerTimesBefore(account, nowMs - ANSWER_MS);
    const old = await this.#level.keys({ ...range, limit: FORGET_AT_ONCE }).all();
    if (old.length > 0) await this.#writer.submit((read) => judgeForgetting(account, old, read));
  }
}

/**
 * LevelDB takes a folder without its file CURRENT for an empty one, begins anew and deletes what it finds there.
 * @throws Error with `code` `LEVEL_CORRUPTION` when there is something to lose.
 */
async function refuseToBeginOver(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.includes('CURRENT') || !names.some((name) => /^\d+\.(?:ldb|log)$/.test(name))) return;
  throw Object.assign(new Error('the file CURRENT is missing'), { code: 'LEVEL_CORRUPTION' });
}

/**
 * Opens or makes the folder, readable by its owner only, and goes on with interrupted deletions.
 * @throws Error with `code` `LEVEL_CORRUPTION`, or `LEVEL_DATABASE_NOT_OPEN` and the reason as its `cause`, such as
 * `LEVEL_LOCKED` when another process has it open.
 */
export async function openLevelStore(folder: string): Promise<Store> {
  await makeFolder(folder);
  await refuseToBeginOver(folder);
  const level: Level = new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'view' });
  await level.open();
  const store = new LevelStore(level);
  await store.finishDeleting();
  return store;
}
