/**
 * What every engine of the store has to pass. Over 300 lines, because it is one list: whoever writes an engine finds all that
 * is asked of it here, in the order of the interface.
 */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bytes, toBase64Url, utf8 } from '../../../src/base/bytes.ts';
import { DAY_MS } from '../../../src/base/clock.ts';
import type { AccountId, Etag, Slot } from '../../../src/protocol/ids.ts';
import { etagOf } from '../../src/auth/digest.ts';
import { LOGGED_OP_BYTES, type Quota } from '../../src/quota.ts';
import { isRefusal } from '../../src/refusal.ts';
import {
  AccountMissing,
  type Batch,
  type Committed,
  type Holding,
  type Store,
  type Write,
} from '../../src/store/store.ts';
import { newAccount, newDevice, nextList, randomBytes } from '../support/identity.ts';

export interface Engine {
  readonly name: string;
  /** A store in a new place. */
  open(): Promise<Store>;
  /** Closes the store and opens the same place again; missing when the engine keeps nothing. */
  readonly reopen?: (store: Store) => Promise<Store>;
  /** Removes the place. */
  cleanUp(): Promise<void>;
}

export const ROOM: Quota = { objects: 1_000, accountBytes: 10_000_000 };
export const NOW = 1_800_000_000_000;

export const slotOf = (name: number): Slot => toBase64Url(new Uint8Array(32).fill(name)) as Slot;
export const newKey = (): string => toBase64Url(randomBytes(16));

export async function putOf(slot: Slot, body: Bytes, ifMatch: Etag | null = null): Promise<Write> {
  return { op: 'put', slot, ifMatch, etag: await etagOf(body), body };
}
export const deleteOf = (slot: Slot, ifMatch?: Etag): Write => ({ op: 'delete', slot, ifMatch });

/** An account in a store, and how its one device writes. */
export async function accountIn(store: Store) {
  const account = await newAccount();
  await store.createAccount(account.id, account.first, NOW);
  const batchOf = (ops: readonly Write[], more: Partial<Batch> = {}): Batch => ({
    key: null,
    device: account.device.id,
    atMs: NOW,
    atomic: false,
    ops,
    ...more,
  });
  const write = async (ops: readonly Write[], more: Partial<Batch> = {}, quota = ROOM, on = store) => {
    const committed = await on.commit(account.id, batchOf(ops, more), quota);
    if (isRefusal(committed)) throw new Error(committed.refused);
    return committed;
  };
  return { account, batchOf, write };
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}

const bodyIn = async (store: Store, account: AccountId, slot: Slot) =>
  (await store.get(account, [slot], 0)).found[0]?.body;

export function storeContract(engine: Engine): void {
  describe(`store contract: ${engine.name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await engine.open();
    });
    afterEach(async () => {
      await store.close();
      await engine.cleanUp();
    });

    describe('accounts', () => {
      test('an account is created once; the same first list again is the same account', async () => {
        const { id, first } = await newAccount();
        const other = await nextList(first, await newDevice(), []);
        const outcomes = [
          await store.createAccount(id, first, NOW),
          await store.createAccount(id, first, NOW),
          await store.createAccount(id, other, NOW),
        ];
        expect(outcomes).toEqual(['created', 'same', 'exists']);
        expect(await store.currentList(id)).toEqual(first);
      });

      test('of 20 creators with different lists one wins, and its list is kept', async () => {
        const { id, first, device } = await newAccount();
        const lists = await Promise.all(
          Array.from({ length: 20 }, (_, addedAt) =>
            nextList(first, device, [{ ...device, listed: { ...device.listed, addedAt } }], { version: 1 }),
          ),
        );
        const outcomes = await Promise.all(lists.map((list) => store.createAccount(id, list, NOW)));
        expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome === 'exists')).toHaveLength(19);
        expect(await store.currentList(id)).toEqual(lists[outcomes.indexOf('created')]);
      });

      test('an account that is not there has no list, and every other call says so', async () => {
        const { id, first } = await newAccount();
        expect(await store.currentList(id)).toBeNull();
        await expect(store.deviceChain(id)).rejects.toThrow(AccountMissing);
        await expect(store.appendList(id, first)).rejects.toThrow(AccountMissing);
        await expect(store.changes(id, 0, 10)).rejects.toThrow(AccountMissing);
        await expect(store.get(id, [slotOf(1)], 10)).rejects.toThrow(AccountMissing);
        await expect(collect(store.dump(id))).rejects.toThrow(AccountMissing);
        await expect(store.deleteAccount(id)).resolves.toBeUndefined();
      });

      test('a deleted account is gone with everything, and can begin again empty', async () => {
        const { account, write, batchOf } = await accountIn(store);
        const put = await putOf(slotOf(1), utf8('one'));
        await write([put], { key: newKey() });
        await store.deleteAccount(account.id);
        expect(await store.currentList(account.id)).toBeNull();
        await expect(store.commit(account.id, batchOf([put]), ROOM)).rejects.toThrow(AccountMissing);
        expect(await store.createAccount(account.id, account.first, NOW)).toBe('created');
        expect(await collect(store.dump(account.id))).toEqual([
          expect.objectContaining({ type: 'account', head: 0 }),
          { type: 'devices', list: account.first.signed },
        ]);
      });

      test('a deletion in the middle of writes leaves either everything or nothing', async () => {
        const { account, batchOf } = await accountIn(store);
        const puts = await Promise.all(
          Array.from({ length: 30 }, (_, index) => putOf(slotOf(index), randomBytes(100))),
        );
        const writes = puts.map((put) => store.commit(account.id, batchOf([put]), ROOM));
        const deletion = store.deleteAccount(account.id);
        const late = puts.map((put) => store.commit(account.id, batchOf([put]), ROOM));
        await Promise.allSettled([...writes, deletion, ...late]);
        expect(await store.currentList(account.id)).toBeNull();
        expect(await store.createAccount(account.id, account.first, NOW)).toBe('created');
        expect((await collect(store.dump(account.id))).map(({ type }) => type)).toEqual([
          'account',
          'devices',
        ]);
      });

      test('nothing of one account shows in another', async () => {
        const a = await accountIn(store);
        const b = await accountIn(store);
        const key = newKey();
        await a.write([await putOf(slotOf(1), utf8('of a'))], { key });
        expect(await bodyIn(store, b.account.id, slotOf(1))).toBeUndefined();
        expect(await store.changes(b.account.id, 0, 10)).toEqual({ changes: [], head: 0 });
        const { answer } = await b.write([await putOf(slotOf(1), utf8('of b'))], { key });
        expect(answer).toEqual({ seq: 1, results: [{ ok: true, etag: await etagOf(utf8('of b')) }] });
        await store.deleteAccount(b.account.id);
        expect(await bodyIn(store, a.account.id, slotOf(1))).toEqual(utf8('of a'));
      });
    });

    describe('device lists', () => {
      test('only the next version is appended, and the chain keeps all', async () => {
        const { id, first, device } = await newAccount();
        await store.createAccount(id, first, NOW);
        const second = await nextList(first, device, [device, await newDevice()]);
        const third = await nextList(second, device, [device]);
        expect(await store.appendList(id, third)).toBe(false);
        expect(await store.appendList(id, second)).toBe(true);
        expect(await store.appendList(id, second)).toBe(false);
        expect(await store.appendList(id, third)).toBe(true);
        expect(await store.deviceChain(id)).toEqual([first.signed, second.signed, third.signed]);
        expect(await store.currentList(id)).toEqual(third);
      });

      test('of 20 next versions one wins', async () => {
        const { id, first, device } = await newAccount();
        await store.createAccount(id, first, NOW);
        const next = await Promise.all(
          Array.from({ length: 20 }, async () => nextList(first, device, [device, await newDevice()])),
        );
        const outcomes = await Promise.all(next.map((list) => store.appendList(id, list)));
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        expect(await store.currentList(id)).toEqual(next[outcomes.indexOf(true)]);
      });

      test('a device that is not listed any more cannot write', async () => {
        const { account, batchOf } = await accountIn(store);
        const empty = await nextList(account.first, account.device, []);
        await store.appendList(account.id, empty);
        const batch = batchOf([await putOf(slotOf(1), utf8('late'))]);
        expect(await store.commit(account.id, batch, ROOM)).toEqual({ refused: 'UNKNOWN_DEVICE' });
        expect(await store.changes(account.id, 0, 10)).toEqual({ changes: [], head: 0 });
      });
    });

    describe('writes', () => {
      test('a put needs the slot to be what it says, and tells what is in the way', async () => {
        const { account, write } = await accountIn(store);
        const [one, two] = [await putOf(slotOf(1), utf8('one')), await putOf(slotOf(1), utf8('two'))];
        const etags = [await etagOf(utf8('one')), await etagOf(utf8('two'))];
        expect(await write([one])).toEqual({
          answer: { seq: 1, results: [{ ok: true, etag: etags[0] }] },
          written: true,
        });
        expect(await write([two])).toEqual({
          answer: { seq: 1, results: [{ ok: false, etag: etags[0] }] },
          written: false,
        });
        const wrong = await putOf(slotOf(1), utf8('two'), etags[1]);
        expect((await write([wrong])).answer.results).toEqual([{ ok: false, etag: etags[0] }]);
        const missing = await putOf(slotOf(2), utf8('two'), etags[1]);
        expect((await write([missing])).answer.results).toEqual([{ ok: false, etag: null }]);
        const right = await putOf(slotOf(1), utf8('two'), etags[0]);
        expect((await write([right])).answer).toEqual({ seq: 2, results: [{ ok: true, etag: etags[1] }] });
        expect(await bodyIn(store, account.id, slotOf(1))).toEqual(utf8('two'));
      });

      test('of 20 that write to the same empty slot one wins', async () => {
        const { account, write } = await accountIn(store);
        const puts = await Promise.all(Array.from({ length: 20 }, () => putOf(slotOf(1), randomBytes(50))));
        const outcomes = await Promise.all(puts.map((put) => write([put])));
        const winners = outcomes.flatMap(({ written }, index) => (written ? [index] : []));
        expect(winners).toHaveLength(1);
        const winner = puts[winners[0] as number];
        expect(await bodyIn(store, account.id, slotOf(1))).toEqual(winner?.op === 'put' && winner.body);
      });

      test('a delete takes the body away, with or without a condition; of nothing it is no entry', async () => {
        const { account, write } = await accountIn(store);
        const etag = await etagOf(utf8('x'));
        await write([await putOf(slotOf(1), utf8('x'))]);
        expect((await write([deleteOf(slotOf(1), await etagOf(utf8('y')))])).answer.results).toEqual([
          { ok: false, etag },
        ]);
        expect((await write([deleteOf(slotOf(2), etag)])).answer.results).toEqual([
          { ok: false, etag: null },
        ]);
        expect(await write([deleteOf(slotOf(2))])).toEqual({
          answer: { seq: 1, results: [{ ok: true, etag: null }] },
          written: false,
        });
        expect(await write([deleteOf(slotOf(1), etag)])).toEqual({
          answer: { seq: 2, results: [{ ok: true, etag: null }] },
          written: true,
        });
        expect(await bodyIn(store, account.id, slotOf(1))).toBeUndefined();
        expect((await store.changes(account.id, 1, 10)).changes).toEqual([
          { seq: 2, device: account.device.id, at: NOW, ops: [{ slot: slotOf(1), etag: null, size: 0 }] },
        ]);
      });

      test('without atomic each write stands for itself; with it, one conflict stops all', async () => {
        const { account, write } = await accountIn(store);
        const taken = await etagOf(utf8('taken'));
        await write([await putOf(slotOf(1), utf8('taken'))]);
        const ops = [
          await putOf(slotOf(1), utf8('no')),
          await putOf(slotOf(2), utf8('yes')),
          deleteOf(slotOf(3)),
        ];
        expect(await write(ops, { atomic: true })).toEqual({
          answer: {
            seq: 1,
            results: [
              { ok: false, etag: taken },
              { ok: false, etag: null },
              { ok: false, etag: null },
            ],
          },
          written: false,
        });
        expect(await bodyIn(store, account.id, slotOf(2))).toBeUndefined();
        expect((await write(ops)).answer).toEqual({
          seq: 2,
          results: [
            { ok: false, etag: taken },
            { ok: true, etag: await etagOf(utf8('yes')) },
            { ok: true, etag: null },
          ],
        });
        expect((await store.changes(account.id, 1, 10)).changes[0]?.ops).toEqual([
          { slot: slotOf(2), etag: await etagOf(utf8('yes')), size: 3 },
        ]);
      });

      test('50 writers at once get 50 numbers without a gap', async () => {
        const { account, write } = await accountIn(store);
        const puts = await Promise.all(
          Array.from({ length: 50 }, (_, index) => putOf(slotOf(index), randomBytes(200))),
        );
        const outcomes = await Promise.all(puts.map((put) => write([put])));
        const seqs = outcomes.map(({ answer }) => answer.seq).toSorted((a, b) => a - b);
        expect(seqs).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
        const { changes, head } = await store.changes(account.id, 0, 100);
        expect(head).toBe(50);
        expect(changes.map(({ seq }) => seq)).toEqual(seqs);
        for (const [index, { answer }] of outcomes.entries()) {
          expect(changes[answer.seq - 1]?.ops[0]?.slot).toBe(slotOf(index));
        }
      });

      test('a known key gives the first answer again, whatever changed since', async () => {
        const { account, write } = await accountIn(store);
        const key = newKey();
        const put = await putOf(slotOf(1), utf8('first'));
        const first = await write([put], { key });
        await write([deleteOf(slotOf(1))]);
        expect(await write([put], { key })).toEqual({ answer: first.answer, written: false });
        expect(await bodyIn(store, account.id, slotOf(1))).toBeUndefined();
        expect((await store.changes(account.id, 0, 10)).head).toBe(2);
      });

      test('the same key many times at once is one write', async () => {
        const { account, write } = await accountIn(store);
        const key = newKey();
        const put = await putOf(slotOf(1), utf8('once'));
        const outcomes = await Promise.all(Array.from({ length: 10 }, () => write([put], { key })));
        expect(outcomes.filter(({ written }) => written)).toHaveLength(1);
        expect(new Set(outcomes.map(({ answer }) => JSON.stringify(answer))).size).toBe(1);
        expect((await store.changes(account.id, 0, 10)).head).toBe(1);
      });

      test('an answer is remembered for seven days and then forgotten', async () => {
        const { account, write } = await accountIn(store);
        const [key, other] = [newKey(), newKey()];
        const put = await putOf(slotOf(1), utf8('again'));
        await write([put], { key });
        expect((await write([put], { key, atMs: NOW + 7 * DAY_MS - 1 })).answer.results[0]?.ok).toBe(true);
        expect((await write([put], { key, atMs: NOW + 7 * DAY_MS })).answer.results[0]?.ok).toBe(false);
        await write([await putOf(slotOf(2), utf8('other'))], { key: other, atMs: NOW + 8 * DAY_MS });
        const remembered = (await collect(store.dump(account.id))).filter(({ type }) => type === 'answer');
        expect(remembered).toEqual([expect.objectContaining({ key: other })]);
      });

      test('a key that is used again after it was forgotten is remembered anew', async () => {
        const { account, write } = await accountIn(store);
        const key = newKey();
        await write([await putOf(slotOf(1), utf8('1'))], { key });
        const anew = await write([await putOf(slotOf(2), utf8('2'))], { key, atMs: NOW + 7 * DAY_MS });
        expect(anew.written).toBe(true);
        await write([await putOf(slotOf(3), utf8('3'))], { atMs: NOW + 7 * DAY_MS + 1 });
        await write([await putOf(slotOf(4), utf8('4'))], { atMs: NOW + 8 * DAY_MS });
        expect(await write([deleteOf(slotOf(2))], { key, atMs: NOW + 8 * DAY_MS })).toEqual({
          answer: anew.answer,
          written: false,
        });
        expect((await collect(store.dump(account.id))).filter(({ type }) => type === 'answer')).toHaveLength(
          1,
        );
      });

      test('a batch that wrote nothing is judged anew', async () => {
        const { write } = await accountIn(store);
        const key = newKey();
        await write([await putOf(slotOf(1), utf8('in the way'))]);
        const put = await putOf(slotOf(1), utf8('later'));
        expect((await write([put], { key })).answer.results[0]?.ok).toBe(false);
        await write([deleteOf(slotOf(1))]);
        expect((await write([put], { key })).answer).toEqual({
          seq: 3,
          results: [{ ok: true, etag: await etagOf(utf8('later')) }],
        });
      });
    });

    describe('quota', () => {
      const puts = async (count: number, size: number) =>
        Promise.all(Array.from({ length: count }, (_, index) => putOf(slotOf(index), randomBytes(size))));

      test('the number of objects: refused as a whole, and deletes make room again', async () => {
        const { account, write, batchOf } = await accountIn(store);
        const quota = { ...ROOM, objects: 3 };
        await write(await puts(3, 10), {}, quota);
        const fourth = await putOf(slotOf(9), utf8('9'));
        expect(await store.commit(account.id, batchOf([fourth]), quota)).toEqual({ refused: 'QUOTA' });
        expect((await store.changes(account.id, 0, 10)).head).toBe(1);
        // One goes and one comes.
        expect((await write([deleteOf(slotOf(0)), fourth], {}, quota)).written).toBe(true);
        expect(await store.commit(account.id, batchOf(await puts(1, 10)), quota)).toEqual({
          refused: 'QUOTA',
        });
      });

      test('the bytes, the log included; a smaller body is let through, and so is a delete', async () => {
        const { account, write, batchOf } = await accountIn(store);
        const [big] = await puts(1, 1_000);
        const quota = { ...ROOM, accountBytes: 1_000 + LOGGED_OP_BYTES };
        await write([big as Write], {}, quota);
        const more = batchOf([await putOf(slotOf(9), utf8('9'))]);
        expect(await store.commit(account.id, more, quota)).toEqual({ refused: 'QUOTA' });
        const small = await putOf(slotOf(0), randomBytes(10), big?.op === 'put' ? big.etag : null);
        expect((await write([small], {}, { ...quota, accountBytes: 100 })).written).toBe(true);
        expect((await write([deleteOf(slotOf(0))], {}, { ...quota, accountBytes: 0 })).written).toBe(true);
      });
    });

    describe('reads', () => {
      test('changes come in pages, with the newest number', async () => {
        const { account, write } = await accountIn(store);
        for (let index = 0; index < 7; index++) await write([await putOf(slotOf(index), utf8('x'))]);
        const seqs = async (since: number, limit: number) => {
          const { changes, head } = await store.changes(account.id, since, limit);
          expect(head).toBe(7);
          return changes.map(({ seq }) => seq);
        };
        expect(await seqs(0, 3)).toEqual([1, 2, 3]);
        expect(await seqs(3, 3)).toEqual([4, 5, 6]);
        expect(await seqs(6, 3)).toEqual([7]);
        expect(await seqs(7, 3)).toEqual([]);
        expect(await seqs(99, 3)).toEqual([]);
      });

      test('get gives bodies in the order asked for, leaves out empty slots, and stops at the size', async () => {
        const { account, write } = await accountIn(store);
        const bodies = [randomBytes(100), new Uint8Array(0), randomBytes(100), randomBytes(100)];
        await write(await Promise.all(bodies.map((body, index) => putOf(slotOf(index), body))));
        const slots = [slotOf(3), slotOf(9), slotOf(1), slotOf(0), slotOf(2)];
        const { found, rest } = await store.get(account.id, slots, 200);
        expect(found.map(({ slot, body }) => [slot, body])).toEqual([
          [slotOf(3), bodies[3]],
          [slotOf(1), bodies[1]],
          [slotOf(0), bodies[0]],
        ]);
        expect(rest).toEqual([slotOf(2)]);
        expect(await store.get(account.id, slots, 0)).toMatchObject({
          found: { length: 1 },
          rest: { length: 3 },
        });
        expect(await store.get(account.id, slots, 300)).toMatchObject({ found: { length: 4 }, rest: [] });
      });

      test('a dump holds everything', async () => {
        const { account, write } = await accountIn(store);
        const key = newKey();
        const body = randomBytes(40);
        const { answer } = await write([await putOf(slotOf(1), body), await putOf(slotOf(2), utf8('gone'))], {
          key,
        });
        await write([deleteOf(slotOf(2))], { atMs: NOW + 5 });
        const second = await nextList(account.first, account.device, [account.device]);
        await store.appendList(account.id, second);
        const etag = await etagOf(body);
        const device = account.device.id;
        const expected: Holding[] = [
          {
            type: 'account',
            account: account.id,
            createdAt: NOW,
            head: 2,
            usage: { objects: 1, bodyBytes: 40, loggedOps: 3 },
          },
          { type: 'devices', list: account.first.signed },
          { type: 'devices', list: second.signed },
          {
            type: 'change',
            seq: 1,
            device,
            at: NOW,
            ops: [
              { slot: slotOf(1), etag, size: 40 },
              { slot: slotOf(2), etag: await etagOf(utf8('gone')), size: 4 },
            ],
          },
          { type: 'change', seq: 2, device, at: NOW + 5, ops: [{ slot: slotOf(2), etag: null, size: 0 }] },
          { type: 'object', slot: slotOf(1), etag, size: 40, at: NOW, body },
          { type: 'answer', key, at: NOW, answer },
        ];
        expect(await collect(store.dump(account.id))).toEqual(expected);
      });
    });

    test('any sequence of batches does what a map would do', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(batchArbitrary, { maxLength: 12 }),
          fc.boolean(),
          async (batches, atOnce) => {
            const { account, write } = await accountIn(store);
            const model = new Model();
            const prepared = await Promise.all(batches.map((batch) => prepare(batch)));
            const asked: { ops: readonly Write[]; atomic: boolean; committed: Committed }[] = [];
            const ask = async ({ ops, atomic }: { ops: readonly Write[]; atomic: boolean }) =>
              asked.push({ ops, atomic, committed: await write(ops, { atomic }) });
            if (atOnce) await Promise.all(prepared.map(ask));
            else for (const batch of prepared) await ask(batch);
            // Asked at once, they were judged in the order of their numbers; what wrote nothing saw the number it tells.
            const judged = asked.toSorted(
              ({ committed: a }, { committed: b }) =>
                a.answer.seq - b.answer.seq || Number(b.written) - Number(a.written),
            );
            for (const { ops, atomic, committed } of atOnce ? judged : asked) {
              expect(committed.answer).toEqual(model.apply(ops, atomic));
            }
            const slots = SLOTS.map(slotOf);
            const { found } = await store.get(account.id, slots, Number.MAX_SAFE_INTEGER);
            expect(new Map(found.map(({ slot, etag }) => [slot, etag]))).toEqual(model.live);
            const { changes, head } = await store.changes(account.id, 0, 1_000);
            expect([head, changes.length]).toEqual([model.seq, model.seq]);
            await store.deleteAccount(account.id);
          },
        ),
        { numRuns: 40 },
      );
    });

    describe.runIf(engine.reopen !== undefined)('opened again', () => {
      const reopened = async () => {
        store = (await engine.reopen?.(store)) as Store;
        return store;
      };

      test('it holds exactly what was acknowledged', async () => {
        const { account, write } = await accountIn(store);
        for (let index = 0; index < 20; index++) {
          await write([await putOf(slotOf(index), randomBytes(100))], { key: newKey() });
        }
        await write([deleteOf(slotOf(3)), deleteOf(slotOf(4))]);
        await store.appendList(account.id, await nextList(account.first, account.device, [account.device]));
        const before = await collect(store.dump(account.id));
        await reopened();
        expect(await collect(store.dump(account.id))).toEqual(before);
        expect((await store.currentList(account.id))?.list.version).toBe(2);
      });

      test('it still knows the answers it gave, and goes on counting', async () => {
        const { write } = await accountIn(store);
        const key = newKey();
        const put = await putOf(slotOf(1), utf8('first'));
        const first = await write([put], { key });
        await write([deleteOf(slotOf(1))]);
        const again = await reopened();
        expect(await write([put], { key }, ROOM, again)).toEqual({ answer: first.answer, written: false });
        expect((await write([put], {}, ROOM, again)).answer.seq).toBe(3);
      });

      test('a deleted account stays deleted', async () => {
        const { account, write } = await accountIn(store);
        await write([await putOf(slotOf(1), utf8('x'))]);
        await store.deleteAccount(account.id);
        await reopened();
        expect(await store.currentList(account.id)).toBeNull();
      });
    });
  });
}

/** Few slots and few bodies, so that batches meet. */
const SLOTS = [1, 2, 3, 4];
type Step = {
  readonly op: 'put' | 'delete';
  readonly slot: number;
  readonly body: number;
  readonly match: number;
};
const batchArbitrary = fc.record({
  atomic: fc.boolean(),
  steps: fc.uniqueArray(
    fc.record({
      op: fc.constantFrom('put', 'delete'),
      slot: fc.constantFrom(...SLOTS),
      body: fc.nat(3),
      /** -1 = none, else the etag of this body. */
      match: fc.integer({ min: -1, max: 3 }),
    }),
    { selector: ({ slot }) => slot, minLength: 1, maxLength: 4 },
  ),
});

async function prepare({ atomic, steps }: { atomic: boolean; steps: readonly Step[] }) {
  const ops = await Promise.all(
    steps.map(async ({ op, slot, body, match }): Promise<Write> => {
      const etag = match < 0 ? null : await etagOf(utf8(`body ${match}`));
      return op === 'put'
        ? putOf(slotOf(slot), utf8(`body ${body}`), etag)
        : deleteOf(slotOf(slot), etag ?? undefined);
    }),
  );
  return { atomic, ops };
}

/** The rules once more, in the plainest form. */
class Model {
  readonly live = new Map<Slot, Etag>();
  seq = 0;

  apply(ops: readonly Write[], atomic: boolean) {
    const before = new Map(this.live);
    const isOk = ({ op, slot, ifMatch }: Write) =>
      op === 'delete' && ifMatch === undefined ? true : (before.get(slot) ?? null) === ifMatch;
    if (atomic && !ops.every(isOk)) {
      return {
        seq: this.seq,
        results: ops.map(({ slot }) => ({ ok: false, etag: before.get(slot) ?? null })),
      };
    }
    let written = false;
    const results = ops.map((op) => {
      if (!isOk(op)) return { ok: false, etag: before.get(op.slot) ?? null };
      written ||= op.op === 'put' || before.has(op.slot);
      if (op.op === 'put') this.live.set(op.slot, op.etag);
      else this.live.delete(op.slot);
      return { ok: true, etag: op.op === 'put' ? op.etag : null };
    });
    if (written) this.seq += 1;
    return { seq: this.seq, results };
  }
}
