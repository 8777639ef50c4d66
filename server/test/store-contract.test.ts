/** What every engine promises (server/src/store/store.ts), on every engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Bytes, toBase64Url, utf8 } from '../../src/base/bytes.ts';
import type { AccountId, DeviceId, Etag, Slot } from '../../src/protocol/ids.ts';
import { etagOf } from '../src/auth/digest.ts';
import { openLevelStore } from '../src/store/level.ts';
import { type Memory, openMemoryStore } from '../src/store/memory.ts';
import { type Batch, type Quota, type Store, StoreDamaged, type Write } from '../src/store/store.ts';

const id = (length: number, fill: number) => toBase64Url(new Uint8Array(length).fill(fill));
const ACCOUNT = id(16, 1) as AccountId;
const OTHER = id(16, 2) as AccountId;
const DEVICE = id(16, 3) as DeviceId;
const slot = (n: number) => id(32, n) as Slot;
const PLENTY: Quota = { objects: 1000, accountBytes: 1e9 };
const LIST = { body: 'AA', signature: 'AA' };

interface Engine {
  readonly name: string;
  /** A store that can be opened again, and a way to change one stored value behind its back. */
  create(): { open(): Promise<Store>; tamper(keyPart: string): Promise<void>; remove(): void };
}

const ENGINES: readonly Engine[] = [
  {
    name: 'memory',
    create() {
      const memory: Memory = new Map();
      return {
        open: async () => openMemoryStore(memory),
        async tamper(keyPart) {
          for (const [key, value] of memory) if (key.includes(keyPart)) memory.set(key, changed(value));
        },
        remove() {},
      };
    },
  },
  {
    name: 'LevelDB',
    create() {
      const folder = mkdtempSync(join(tmpdir(), 'arq-level-'));
      return {
        open: () => openLevelStore(folder),
        async tamper(keyPart) {
          const db = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' });
          for await (const [key, value] of db.iterator())
            if (key.includes(keyPart)) await db.put(key, changed(value));
          await db.close();
        },
        remove: () => rmSync(folder, { recursive: true }),
      };
    },
  },
];

function changed(value: Uint8Array): Bytes {
  const copy = new Uint8Array(value);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

const put = async (n: number, text: string, ifMatch: Etag | null = null): Promise<Write> => {
  const body = utf8(text);
  return { op: 'put', slot: slot(n), ifMatch, etag: await etagOf(body), body };
};
let keys = 0;
const batch = (writes: readonly Write[], more: Partial<Batch> = {}): Batch => ({
  device: DEVICE,
  key: `key${keys++}`,
  atomic: false,
  writes,
  ...more,
});
const results = (committed: Awaited<ReturnType<Store['commit']>>) =>
  committed.kind === 'answer' ? committed.answer.results.map(({ ok }) => ok) : committed.kind;

describe.each(ENGINES)('$name', ({ create }) => {
  let place = create();
  let store: Store;
  const fresh = async () => {
    place = create();
    store = await place.open();
    await store.createAccount(ACCOUNT, LIST);
    return store;
  };
  const reopen = async () => {
    await store.close();
    store = await place.open();
  };
  afterEach(async () => {
    await store.close();
    place.remove();
  });
  const bodies = async (...slots: number[]) =>
    Promise.all(
      slots.map(async (n) => {
        const found = await store.get(ACCOUNT, slot(n));
        return found && new TextDecoder().decode(found.body);
      }),
    );

  it('creates an account once and chains its device lists without gaps', async () => {
    await fresh();
    expect(await store.createAccount(ACCOUNT, LIST)).toBe(false);
    expect(await store.devices(OTHER)).toBeNull();
    const second = { body: 'BB', signature: 'BB' };
    expect(await store.appendDevices(ACCOUNT, 0, second)).toBe(false);
    expect(
      (await Promise.all([1, 1, 1].map((length) => store.appendDevices(ACCOUNT, length, second)))).filter(
        Boolean,
      ),
    ).toHaveLength(1);
    await reopen();
    expect(await store.devices(ACCOUNT)).toEqual([LIST, second]);
  });

  it('writes when the precondition holds, and says what is in the way when not', async () => {
    await fresh();
    const first = await put(1, 'one');
    expect(results(await store.commit(ACCOUNT, batch([first]), PLENTY))).toEqual([true]);
    const refused = await store.commit(ACCOUNT, batch([await put(1, 'two')]), PLENTY);
    expect(refused).toEqual({
      kind: 'answer',
      answer: { seq: 1, results: [{ ok: false, etag: first.op === 'put' ? first.etag : '' }] },
    });
    expect(
      results(await store.commit(ACCOUNT, batch([await put(1, 'two', await etagOf(utf8('one')))]), PLENTY)),
    ).toEqual([true]);
    expect(await bodies(1)).toEqual(['two']);
    expect((await store.changes(ACCOUNT, 0, 10)).head).toBe(2);
  });

  it('of 40 racers for one empty slot lets exactly one win', async () => {
    await fresh();
    const racers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) =>
        store.commit(ACCOUNT, batch([await put(1, `racer ${i}`)]), PLENTY),
      ),
    );
    expect(racers.flatMap((racer) => [results(racer)].flat()).filter((won) => won === true)).toHaveLength(1);
  });

  it('does all of an atomic batch or nothing, and of another what holds', async () => {
    await fresh();
    await store.commit(ACCOUNT, batch([await put(1, 'there')]), PLENTY);
    const writes = [await put(1, 'no'), await put(2, 'yes')];
    expect(results(await store.commit(ACCOUNT, batch(writes, { atomic: true }), PLENTY))).toEqual([
      false,
      false,
    ]);
    expect(await bodies(1, 2)).toEqual(['there', null]);
    expect(results(await store.commit(ACCOUNT, batch(writes), PLENTY))).toEqual([false, true]);
    expect(await bodies(1, 2)).toEqual(['there', 'yes']);
  });

  it('answers a repeat with the first answer, also after it was opened again', async () => {
    await fresh();
    const once = batch([await put(1, 'one')]);
    const first = await store.commit(ACCOUNT, once, PLENTY);
    await store.commit(ACCOUNT, batch([{ op: 'delete', slot: slot(1) }]), PLENTY);
    expect(await store.commit(ACCOUNT, once, PLENTY)).toEqual(first);
    await reopen();
    expect(await store.commit(ACCOUNT, once, PLENTY)).toEqual(first);
    expect(await bodies(1)).toEqual([null]);
  });

  it('numbers entries without gaps under 50 writers, and pages through them', async () => {
    await fresh();
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) =>
        store.commit(ACCOUNT, batch([await put(i + 1, `b${i}`)]), PLENTY),
      ),
    );
    await reopen();
    const seen: number[] = [];
    for (let since = 0; since < 50; since += 7)
      seen.push(...(await store.changes(ACCOUNT, since, 7)).changes.map(({ seq }) => seq));
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(await store.changes(ACCOUNT, 50, 10)).toEqual({ changes: [], head: 50 });
  });

  it('keeps within the quota, and lets through what frees room', async () => {
    await fresh();
    const small: Quota = { objects: 2, accountBytes: 10 };
    expect(
      results(await store.commit(ACCOUNT, batch([await put(1, 'aaaa'), await put(2, 'bbbb')]), small)),
    ).toEqual([true, true]);
    expect(await store.commit(ACCOUNT, batch([await put(3, 'c')]), small)).toEqual({ kind: 'quota' });
    expect(
      await store.commit(ACCOUNT, batch([await put(1, 'aaaaaaaaaaa', await etagOf(utf8('aaaa')))]), small),
    ).toEqual({ kind: 'quota' });
    expect(results(await store.commit(ACCOUNT, batch([{ op: 'delete', slot: slot(1) }]), small))).toEqual([
      true,
    ]);
    expect(results(await store.commit(ACCOUNT, batch([await put(3, 'cccc')]), small))).toEqual([true]);
  });

  it('keeps accounts apart, and forgets one whole', async () => {
    await fresh();
    await store.createAccount(OTHER, LIST);
    await store.commit(ACCOUNT, batch([await put(1, 'mine')]), PLENTY);
    expect(await store.get(OTHER, slot(1))).toBeNull();
    await store.commit(OTHER, batch([await put(1, 'theirs')]), PLENTY);
    await store.deleteAccount(ACCOUNT);
    await reopen();
    expect(await store.devices(ACCOUNT)).toBeNull();
    expect(await bodies(1)).toEqual([null]);
    expect((await store.changes(ACCOUNT, 0, 10)).head).toBe(0);
    expect(await store.get(OTHER, slot(1))).not.toBeNull();
  });

  it.each([
    ['l', 'log'],
    ['b', 'body'],
  ])('refuses an account whose stored data was changed (%s)', async (part) => {
    await fresh();
    await store.createAccount(OTHER, LIST);
    await store.commit(ACCOUNT, batch([await put(1, 'one')]), PLENTY);
    await store.commit(OTHER, batch([await put(1, 'two')]), PLENTY);
    await store.close();
    await place.tamper(`${ACCOUNT}/${part}/`);
    store = await place.open();
    await expect(store.get(ACCOUNT, slot(1))).rejects.toThrow(StoreDamaged);
    expect(await store.get(OTHER, slot(1))).not.toBeNull();
  });

  it('is a map of slots to bodies, whatever is done to it', async () => {
    const operation = fc.record({
      n: fc.integer({ min: 1, max: 4 }),
      text: fc.constantFrom('a', 'b', 'c'),
      kind: fc.constantFrom('create', 'replace', 'delete', 'stale'),
      atomic: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), fc.nat(24), async (operations, reopenAt) => {
        await fresh();
        const model = new Map<number, string>();
        try {
          for (const [i, { n, text, kind, atomic }] of operations.entries()) {
            if (i === reopenAt) await reopen();
            const now = model.get(n);
            const nowTag = now === undefined ? null : await etagOf(utf8(now));
            const write: Write =
              kind === 'delete'
                ? { op: 'delete', slot: slot(n) }
                : await put(
                    n,
                    text,
                    kind === 'create' ? null : kind === 'replace' ? nowTag : await etagOf(utf8('never')),
                  );
            const holds = write.op === 'delete' || write.ifMatch === nowTag;
            expect(results(await store.commit(ACCOUNT, batch([write], { atomic }), PLENTY))).toEqual([holds]);
            if (holds && write.op === 'put') model.set(n, text);
            if (holds && write.op === 'delete') model.delete(n);
          }
          expect(await bodies(1, 2, 3, 4)).toEqual([1, 2, 3, 4].map((n) => model.get(n) ?? null));
        } finally {
          await store.close();
          place.remove();
        }
      }),
      { numRuns: 40 },
    );
    await fresh();
  });
});
