import type { AccountId } from '../../../src/protocol/ids.ts';
import type { SignedList } from '../../../src/protocol/wire.ts';
import { levelKeys, levelRanges } from './level-keys.ts';
import { type Level, readAccount, recordsIn, withSnapshot } from './level-read.ts';
import type { EntryRecord, ObjectRecord } from './level-records.ts';
import { AccountDamaged } from './store.ts';

/**
 * Reads all of an account but its bodies: every record must match its checksum, list versions and log entries must be
 * there from the first to the last without a gap, and objects and operations must add up to what the account record says.
 * Bodies are checked against their etags whenever they are read.
 *
 * @returns whether there is such an account. @throws AccountDamaged
 */
export async function checkAccount(level: Level, account: AccountId): Promise<boolean> {
  return withSnapshot(level, async (snapshot) => {
    const bytes = await level.get(levelKeys.account(account), { snapshot });
    const record = readAccount(account, () => bytes);
    if (!record) return false;
    const damaged = (what: string) => new AccountDamaged(account, what);

    let version = 0;
    const lists = { snapshot, what: 'a device list' };
    for await (const [key] of recordsIn<SignedList>(level, account, levelRanges.lists(account), lists)) {
      if (key !== levelKeys.list(account, ++version)) throw damaged(`device list ${version} is missing`);
    }
    if (version !== record.version)
      throw damaged(`${record.version} device lists expected, ${version} there`);

    let seq = 0;
    let loggedOps = 0;
    const log = { snapshot, what: 'a log entry' };
    for await (const [key, entry] of recordsIn<EntryRecord>(level, account, levelRanges.log(account), log)) {
      if (key !== levelKeys.entry(account, ++seq)) throw damaged(`log entry ${seq} is missing`);
      loggedOps += entry.ops.length;
    }
    if (seq !== record.head) throw damaged(`${record.head} log entries expected, ${seq} there`);

    let objects = 0;
    let bodyBytes = 0;
    const slots = { snapshot, what: 'an object' };
    for await (const [, { size }] of recordsIn<ObjectRecord>(
      level,
      account,
      levelRanges.objects(account),
      slots,
    )) {
      objects += 1;
      bodyBytes += size;
    }
    const { usage } = record;
    if (objects !== usage.objects || bodyBytes !== usage.bodyBytes || loggedOps !== usage.loggedOps) {
      throw damaged('log and objects do not add up to the account record');
    }
    return true;
  });
}
