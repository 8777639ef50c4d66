import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import { levelKeys, levelRanges } from '../src/store/level-keys.ts';
import type { Level } from '../src/store/level-read.ts';
import { AccountDamaged, type Store } from '../src/store/store.ts';
import {
  accountIn,
  collect,
  deleteOf,
  NOW,
  newKey,
  putOf,
  ROOM,
  slotOf,
  storeContract,
} from './contract/store-contract.ts';
import { randomBytes } from './support/identity.ts';
import { type LevelFolder, newLevelFolder } from './support/level-folder.ts';

let contractFolder: LevelFolder;
storeContract({
  name: 'LevelDB',
  async open() {
    contractFolder = await newLevelFolder();
    return contractFolder.open();
  },
  async reopen(store) {
    await store.close();
    return contractFolder.open();
  },
  cleanUp: () => contractFolder.remove(),
});

describe('LevelDB', () => {
  let folder: LevelFolder;
  let store: Store;
  beforeEach(async () => {
    folder = await newLevelFolder();
    store = await folder.open();
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  /** The account's rows are changed while the store is closed. */
  const tamper = async (change: (level: Level) => Promise<void>) => {
    await store.close();
    await folder.withRows(change);
    store = await folder.open();
  };
  const flipIn = (key: string, at: number) => async (level: Level) => {
    const value = new Uint8Array((await level.get(key)) as Uint8Array);
    value[at] = (value[at] as number) ^ 1;
    await level.put(key, value);
  };
  const filled = async () => {
    const { account, write, batchOf } = await accountIn(store);
    const key = newKey();
    for (let index = 1; index <= 5; index++)
      await write([await putOf(slotOf(index), randomBytes(64))], { key });
    for (let index = 1; index <= 5; index++) await write([await putOf(slotOf(index), randomBytes(64))]);
    return { id: account.id, key, batchOf };
  };

  type Damage = (id: AccountId, key: string) => (level: Level) => Promise<void>;
  const damages: readonly (readonly [what: string, damage: Damage])[] = [
    ['a flipped bit in the account record', (id) => flipIn(levelKeys.account(id), 30)],
    ['a flipped bit in a device list', (id) => flipIn(levelKeys.list(id, 1), 40)],
    ['a flipped bit in a log entry', (id) => flipIn(levelKeys.entry(id, 3), 40)],
    ['a flipped bit in a checksum', (id) => flipIn(levelKeys.entry(id, 3), 0)],
    ['a flipped bit in an object', (id) => flipIn(levelKeys.object(id, slotOf(2)), 20)],
    ['a log entry that is gone', (id) => (level) => level.del(levelKeys.entry(id, 3))],
    ['the last log entry gone', (id) => (level) => level.del(levelKeys.entry(id, 5))],
    ['the device list gone', (id) => (level) => level.del(levelKeys.list(id, 1))],
    ['an object that is gone', (id) => (level) => level.del(levelKeys.object(id, slotOf(2)))],
    [
      'a log entry in the place of another',
      (id) => async (level) =>
        level.put(levelKeys.entry(id, 3), (await level.get(levelKeys.entry(id, 2))) as Uint8Array),
    ],
    [
      'a log entry too many',
      (id) => async (level) =>
        level.put(levelKeys.entry(id, 6), (await level.get(levelKeys.entry(id, 5))) as Uint8Array),
    ],
  ];

  test.each(damages)(
    '%s: the account is refused in every way, and another is served',
    async (_what, damage) => {
      const { id, key, batchOf } = await filled();
      const other = await accountIn(store);
      await tamper(damage(id, key));
      const put = await putOf(slotOf(9), utf8('new'));
      await expect(store.currentList(id)).rejects.toThrow(AccountDamaged);
      await expect(store.deviceChain(id)).rejects.toThrow(AccountDamaged);
      await expect(store.changes(id, 0, 100)).rejects.toThrow(AccountDamaged);
      await expect(store.get(id, [slotOf(1)], 0)).rejects.toThrow(AccountDamaged);
      await expect(store.commit(id, batchOf([put]), ROOM)).rejects.toThrow(AccountDamaged);
      await expect(collect(store.dump(id))).rejects.toThrow(AccountDamaged);
      expect(await store.currentList(other.account.id)).toEqual(other.account.first);
    },
  );

  test.each<readonly [string, Damage]>([
    ['a flipped bit in a body', (id) => flipIn(levelKeys.body(id, slotOf(2)), 5)],
    ['a body that is gone', (id) => (level) => level.del(levelKeys.body(id, slotOf(2)))],
  ])('%s: that body is refused and never served wrong, the others are served', async (_what, damage) => {
    const { id, key } = await filled();
    await tamper(damage(id, key));
    await expect(store.get(id, [slotOf(2)], 0)).rejects.toThrow(AccountDamaged);
    await expect(collect(store.dump(id))).rejects.toThrow(AccountDamaged);
    expect((await store.get(id, [slotOf(1)], 0)).found).toHaveLength(1);
  });

  test('a remembered answer with a flipped bit is not given', async () => {
    const { id, key, batchOf } = await filled();
    await tamper(flipIn(levelKeys.answer(id, key), 40));
    await expect(store.commit(id, batchOf([deleteOf(slotOf(1))], { key }), ROOM)).rejects.toThrow(
      AccountDamaged,
    );
  });

  test('a second process is refused the folder', async () => {
    await expect(folder.open()).rejects.toMatchObject({ cause: { code: 'LEVEL_LOCKED' } });
  });

  const filesWith = async (needle: Uint8Array): Promise<string[]> => {
    const names = await readdir(folder.path);
    const contents = await Promise.all(names.map((name) => readFile(join(folder.path, name))));
    return names.filter((_, index) => contents[index]?.includes(Buffer.from(needle)));
  };
  const rowsUnder = async (id: AccountId): Promise<string[]> => {
    let keys: string[] = [];
    await tamper(async (level) => {
      keys = await level.keys(levelRanges.account(id)).all();
    });
    return keys;
  };

  test('the bytes of a deleted account leave the disk', async () => {
    const { account, write } = await accountIn(store);
    const body = randomBytes(256);
    await write([await putOf(slotOf(1), body)], { key: newKey() });
    expect(await filesWith(body)).not.toEqual([]);
    await store.deleteAccount(account.id);
    await expect.poll(() => filesWith(body), { timeout: 20_000 }).toEqual([]);
    expect(await rowsUnder(account.id)).toEqual([]);
  });

  test('the bytes of deleted and replaced bodies leave the disk, a thousand at a time', async () => {
    const { write } = await accountIn(store);
    const [deleted, replaced] = [randomBytes(256), randomBytes(256)];
    await write([await putOf(slotOf(1), deleted), await putOf(slotOf(2), replaced)]);
    await write([deleteOf(slotOf(1))]);
    const old = await putOf(slotOf(2), replaced);
    let etag = old.op === 'put' ? old.etag : null;
    for (let count = 0; count < 999; count += 1) {
      const next = await putOf(slotOf(2), utf8(`version ${count}`), etag);
      etag = next.op === 'put' ? next.etag : null;
      await write([next]);
    }
    await expect.poll(() => filesWith(deleted), { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => filesWith(replaced), { timeout: 20_000 }).toEqual([]);
  });

  test('a deletion that was interrupted goes on at the next start', async () => {
    const { account, write } = await accountIn(store);
    const body = randomBytes(256);
    await write([await putOf(slotOf(1), body)]);
    // As a crash between the note and the removal leaves it.
    await tamper((level) =>
      level.batch([
        { type: 'del', key: levelKeys.account(account.id) },
        { type: 'put', key: levelKeys.deleting(account.id), value: new Uint8Array(0) },
      ]),
    );
    expect(await store.currentList(account.id)).toBeNull();
    await expect.poll(() => filesWith(body), { timeout: 20_000 }).toEqual([]);
    expect(await rowsUnder(account.id)).toEqual([]);
    await tamper(async (level) => {
      expect(await level.keys(levelRanges.deleting).all()).toEqual([]);
    });
  });

  test('an account that begins again while its old self is being removed keeps what it writes', async () => {
    const { account, write } = await accountIn(store);
    await write(
      await Promise.all(Array.from({ length: 50 }, (_, index) => putOf(slotOf(index), randomBytes(500)))),
    );
    const [, , created] = await Promise.all([
      store.deleteAccount(account.id),
      store.deleteAccount(account.id),
      store.createAccount(account.id, account.first, NOW),
    ]);
    expect(created).toBe('created');
    await write([await putOf(slotOf(1), utf8('new life'))]);
    await store.close();
    store = await folder.open();
    expect((await store.changes(account.id, 0, 10)).head).toBe(1);
    expect((await store.get(account.id, [slotOf(1), slotOf(2)], 0)).found).toHaveLength(1);
  });
});
