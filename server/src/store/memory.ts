/** The store as plain maps, for tests and as the readable statement of what an engine does. */
import type { AccountId, Slot } from '../../../src/protocol/ids.ts';
import type { BatchAnswer, Change, SignedList } from '../../../src/protocol/wire.ts';
import { NO_USAGE, type Usage } from '../quota.ts';
import { isRefusal, refuse } from '../refusal.ts';
import { type Live, loggedOps, planBatch } from './plan.ts';
import {
  AccountMissing,
  ANSWER_MS,
  type Batch,
  type CheckedList,
  type Holding,
  type Store,
  type StoredObject,
} from './store.ts';

interface Account {
  readonly createdAt: number;
  readonly chain: SignedList[];
  current: CheckedList;
  readonly log: Change[];
  readonly objects: Map<Slot, Live & StoredObject & { readonly at: number }>;
  readonly answers: Map<string, { readonly at: number; readonly answer: BatchAnswer }>;
  usage: Usage;
}

function write(account: Account, batch: Batch, plan: { writes: Batch['ops']; usage: Usage }): void {
  account.usage = plan.usage;
  account.log.push({
    seq: account.log.length + 1,
    device: batch.device,
    at: batch.atMs,
    ops: loggedOps(plan.writes),
  });
  for (const each of plan.writes) {
    if (each.op === 'delete') account.objects.delete(each.slot);
    else {
      const { slot, etag, body } = each;
      account.objects.set(slot, { slot, etag, body, size: body.length, at: batch.atMs });
    }
  }
}

export function createMemoryStore(): Store {
  const accounts = new Map<AccountId, Account>();
  const find = (id: AccountId): Account => {
    const account = accounts.get(id);
    if (!account) throw new AccountMissing();
    return account;
  };
  return {
    async createAccount(id, first, atMs) {
      const existing = accounts.get(id)?.chain[0];
      if (existing) return existing.body === first.signed.body ? 'same' : 'exists';
      accounts.set(id, {
        createdAt: atMs,
        chain: [first.signed],
        current: first,
        log: [],
        objects: new Map(),
        answers: new Map(),
        usage: NO_USAGE,
      });
      return 'created';
    },

    currentList: async (id) => accounts.get(id)?.current ?? null,

    deviceChain: async (id) => [...find(id).chain],

    async appendList(id, next) {
      const account = find(id);
      if (next.list.version !== account.chain.length + 1) return false;
      account.chain.push(next.signed);
      account.current = next;
      return true;
    },

    async commit(id, batch, quota) {
      const account = find(id);
      if (!account.current.list.devices.some((device) => device.id === batch.device))
        return refuse('UNKNOWN_DEVICE');
      for (const [key, { at }] of account.answers)
        if (at + ANSWER_MS <= batch.atMs) account.answers.delete(key);
      const first = batch.key === null ? undefined : account.answers.get(batch.key);
      if (first) return { answer: first.answer, written: false };
      const plan = planBatch(batch, account.objects, account.usage, quota);
      if (isRefusal(plan)) return plan;
      const written = plan.writes.length > 0;
      if (written) write(account, batch, plan);
      const answer: BatchAnswer = { seq: account.log.length, results: plan.results };
      if (written && batch.key !== null) account.answers.set(batch.key, { at: batch.atMs, answer });
      return { answer, written };
    },

    async changes(id, since, limit) {
      const { log } = find(id);
      return { changes: log.slice(since, since + limit), head: log.length };
    },

    async get(id, slots, maxBytes) {
      const { objects } = find(id);
      const found: StoredObject[] = [];
      let bytes = 0;
      for (const [index, slot] of slots.entries()) {
        const object = objects.get(slot);
        if (!object) continue;
        bytes += object.size;
        if (found.length > 0 && bytes > maxBytes) return { found, rest: slots.slice(index) };
        found.push({ slot, etag: object.etag, body: object.body });
      }
      return { found, rest: [] };
    },

    async *dump(id): AsyncIterable<Holding> {
      const { createdAt, chain, log, objects, answers, usage } = structuredClone(find(id));
      yield { type: 'account', account: id, createdAt, head: log.length, usage };
      for (const list of chain) yield { type: 'devices', list };
      for (const change of log) yield { type: 'change', ...change };
      for (const object of objects.values()) yield { type: 'object', ...object };
      for (const [key, answer] of answers) yield { type: 'answer', key, ...answer };
    },

    async deleteAccount(id) {
      accounts.delete(id);
    },

    async close() {},
  };
}
