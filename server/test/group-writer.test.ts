import { expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { GroupWriter, type LevelWrite, type WritableLevel } from '../src/store/group-writer.ts';
import { StoreUnavailable } from '../src/store/store.ts';

/** A database whose writes end when the test says so. */
function slowLevel() {
  const rows = new Map<string, Uint8Array>();
  const groups: { writes: LevelWrite[]; sync: boolean; end: (error?: Error) => void }[] = [];
  const level: WritableLevel = {
    getSync: (key) => rows.get(key),
    batch: (writes, { sync }) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => {
          if (error) return reject(error);
          for (const write of writes) if (write.type === 'put') rows.set(write.key, write.value);
          resolve();
        };
        groups.push({ writes, sync, end });
      }),
  };
  return { level, groups };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const put = (key: string, text: string): LevelWrite => ({ type: 'put', key, value: utf8(text) });

test('what is asked while a write runs goes together in one synchronous write', async () => {
  const { level, groups } = slowLevel();
  const writer = new GroupWriter(level);
  const first = writer.submit(() => ({ value: 1, writes: [put('a', '1')] }));
  await settled();
  const later = [2, 3, 4].map((value) => writer.submit(() => ({ value, writes: [put(`k${value}`, 'x')] })));
  await settled();
  expect(groups.map(({ writes, sync }) => [writes.length, sync])).toEqual([[1, true]]);
  groups[0]?.end();
  expect(await first).toBe(1);
  await settled();
  expect(groups.map(({ writes, sync }) => [writes.length, sync])).toEqual([
    [1, true],
    [3, true],
  ]);
  groups[1]?.end();
  expect(await Promise.all(later)).toEqual([2, 3, 4]);
});

test('nothing is answered before its write has ended, not even what only looked', async () => {
  const { level, groups } = slowLevel();
  const writer = new GroupWriter(level);
  const answers: string[] = [];
  void writer.submit(() => ({ value: 'w', writes: [put('a', '1')] })).then((value) => answers.push(value));
  void writer
    .submit((read) => ({ value: read('a') ? 'saw it' : 'saw nothing', writes: [] }))
    .then((value) => answers.push(value));
  await settled();
  expect(answers).toEqual([]);
  groups[0]?.end();
  await settled();
  expect(answers).toEqual(['w', 'saw it']);
});

test('a write that fails refuses the whole group and nobody after it', async () => {
  const { level, groups } = slowLevel();
  const writer = new GroupWriter(level);
  const failing = [1, 2].map((value) => writer.submit(() => ({ value, writes: [put(`k${value}`, 'x')] })));
  const outcomes = Promise.allSettled(failing);
  await settled();
  groups[0]?.end(new Error('disk full'));
  expect(await outcomes).toEqual([
    { status: 'rejected', reason: expect.any(StoreUnavailable) },
    { status: 'rejected', reason: expect.any(StoreUnavailable) },
  ]);
  const next = writer.submit((read) => ({ value: read('k1'), writes: [put('b', '2')] }));
  await settled();
  groups[1]?.end();
  expect(await next).toBeUndefined();
});

test('a job that throws fails alone and writes nothing', async () => {
  const { level, groups } = slowLevel();
  const writer = new GroupWriter(level);
  const bad = writer.submit(() => {
    throw new Error('bad job');
  });
  const good = writer.submit(() => ({ value: 'good', writes: [put('a', '1')] }));
  await expect(bad).rejects.toThrow('bad job');
  await settled();
  expect(groups[0]?.writes).toEqual([put('a', '1')]);
  groups[0]?.end();
  expect(await good).toBe('good');
});
