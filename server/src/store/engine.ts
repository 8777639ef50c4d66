/**
 * The store over an ordered map of keys and bytes with atomic, durable batches: LevelDB is one such map, memory another.
 *
 *     a/<account>/d/<n>      device lists, n from 0
 *     a/<account>/l/<seq>    log entries, JSON with a checksum in front
 *     a/<account>/b/<slot>   bodies of live slots, etag and bytes
 *
 * An account's state is replayed from its log when it is first needed and kept in memory; writes of one account happen one
 * after another.
 */
import { type Bytes, concat, equalBytes, fromUtf8, utf8 } from '../../../src/base/bytes.ts';
import type { Clock } from '../../../src/base/clock.ts';
import { Mutex } from '../../../src/base/mutex.ts';
import type { AccountId, Slot } from '../../../src/protocol/ids.ts';
import type { Change, SignedList } from '../../../src/protocol/wire.ts';
import { etagOf, sha256 } from '../auth/digest.ts';
import { type AccountState, applyEntry, decide, type Entry, emptyAccount } from './account.ts';
import {
  type Batch,
  type Committed,
  type Quota,
  type Store,
  StoreDamaged,
  type StoredObject,
} from './store.ts';

export type MapWrite =
  | { readonly type: 'put'; readonly key: string; readonly value: Bytes }
  | { readonly type: 'del'; readonly key: string };

export interface OrderedMap {
  get(key: string): Promise<Bytes | undefined>;
  /** Keys from `from` (inclusive) to `to` (exclusive), in order. */
  entries(from: string, to: string, limit?: number): AsyncIterable<readonly [string, Bytes]>;
  /** All of it or nothing, durable when it resolves. */
  write(writes: readonly MapWrite[]): Promise<void>;
  /** Lets go of the bytes of deleted keys in this range. */
  compact(from: string, to: string): Promise<void>;
  close(): Promise<void>;
}

const number = (n: number): string => n.toString().padStart(16, '0');
const prefix = (account: AccountId, kind: 'd' | 'l' | 'b'): string => `a/${account}/${kind}/`;
/** The key after every key with this prefix. */
const after = (text: string): string => `${text}\uffff`;
const CHECKSUM_BYTES = 16;
/** After this many deleted bodies an account's range is compacted. */
const COMPACT_DELETES = 256;

const checksum = async (bytes: Bytes): Promise<Bytes> => (await sha256(bytes)).subarray(0, CHECKSUM_BYTES);

async function checked(value: unknown): Promise<Bytes> {
  const json = utf8(JSON.stringify(value));
  return concat(await checksum(json), json);
}

/** @throws StoreDamaged */
async function unchecked<T>(bytes: Bytes): Promise<T> {
  const json = bytes.subarray(CHECKSUM_BYTES);
  if (!equalBytes(bytes.subarray(0, CHECKSUM_BYTES), await checksum(json)))
    throw new StoreDamaged('a checksum does not match');
  return JSON.parse(fromUtf8(json)) as T;
}

interface Held {
  readonly mutex: Mutex;
  state: AccountState | undefined;
  deletes: number;
}

export class EngineStore implements Store {
  readonly #accounts = new Map<AccountId, Held>();

  constructor(
    private readonly map: OrderedMap,
    private readonly clock: Clock,
  ) {}

  #held(account: AccountId): Held {
    let held = this.#accounts.get(account);
    if (!held) {
      held = { mutex: new Mutex(), state: undefined, deletes: 0 };
      this.#accounts.set(account, held);
    }
    return held;
  }

  async #state(account: AccountId, held: Held): Promise<AccountState> {
    if (held.state) return held.state;
    const state = emptyAccount();
    const from = prefix(account, 'l');
    for await (const [, value] of this.map.entries(from, after(from)))
      applyEntry(state, await unchecked<Entry>(value));
    held.state = state;
    return state;
  }

  createAccount(account: AccountId, first: SignedList): Promise<boolean> {
    return this.#held(account).mutex.run(async () => {
      if (await this.devices(account)) return false;
      await this.map.write([
        { type: 'put', key: prefix(account, 'd') + number(0), value: await checked(first) },
      ]);
      return true;
    });
  }

  async devices(account: AccountId): Promise<readonly SignedList[] | null> {
    const from = prefix(account, 'd');
    const chain: SignedList[] = [];
    for await (const [, value] of this.map.entries(from, after(from)))
      chain.push(await unchecked<SignedList>(value));
    return chain.length === 0 ? null : chain;
  }

  appendDevices(account: AccountId, length: number, list: SignedList): Promise<boolean> {
    return this.#held(account).mutex.run(async () => {
      if ((await this.devices(account))?.length !== length) return false;
      await this.map.write([
        { type: 'put', key: prefix(account, 'd') + number(length), value: await checked(list) },
      ]);
      return true;
    });
  }

  commit(account: AccountId, batch: Batch, quota: Quota): Promise<Committed> {
    const held = this.#held(account);
    return held.mutex.run(async () => {
      const state = await this.#state(account, held);
      const decision = decide(state, batch, quota, this.clock.nowMs());
      if (decision.kind === 'quota') return { kind: 'quota' };
      if (decision.kind !== 'accepted') return { kind: 'answer', answer: decision.answer };
      const writes: MapWrite[] = [
        {
          type: 'put',
          key: prefix(account, 'l') + number(decision.entry.seq),
          value: await checked(decision.entry),
        },
      ];
      for (const write of decision.writes) {
        const key = prefix(account, 'b') + write.slot;
        if (write.op === 'put') writes.push({ type: 'put', key, value: write.body });
        else writes.push({ type: 'del', key });
      }
      await this.map.write(writes);
      applyEntry(state, decision.entry);
      held.deletes += decision.writes.filter(({ op }) => op === 'delete').length;
      if (held.deletes >= COMPACT_DELETES) {
        held.deletes = 0;
        const bodies = prefix(account, 'b');
        await this.map.compact(bodies, after(bodies));
      }
      return { kind: 'answer', answer: decision.entry.answer };
    });
  }

  changes(account: AccountId, since: number, limit: number): Promise<{ changes: Change[]; head: number }> {
    const held = this.#held(account);
    return held.mutex.run(async () => {
      const { head } = await this.#state(account, held);
      const log = prefix(account, 'l');
      const changes: Change[] = [];
      for await (const [, value] of this.map.entries(log + number(since + 1), after(log), limit)) {
        const { seq, device, at, ops } = await unchecked<Entry>(value);
        if (seq !== since + 1 + changes.length) throw new StoreDamaged(`log entry ${seq} is out of order`);
        changes.push({ seq, device, at, ops });
      }
      return { changes, head };
    });
  }

  get(account: AccountId, slot: Slot): Promise<StoredObject | null> {
    const held = this.#held(account);
    return held.mutex.run(async () => {
      const live = (await this.#state(account, held)).live.get(slot);
      if (!live) return null;
      const body = await this.map.get(prefix(account, 'b') + slot);
      if (!body || (await etagOf(body)) !== live.etag)
        throw new StoreDamaged('a body is not what its log says');
      return { etag: live.etag, body };
    });
  }

  deleteAccount(account: AccountId): Promise<void> {
    const held = this.#held(account);
    return held.mutex.run(async () => {
      const all = `a/${account}/`;
      const keys: string[] = [];
      for await (const [key] of this.map.entries(all, after(all))) keys.push(key);
      await this.map.write(keys.map((key) => ({ type: 'del', key })));
      await this.map.compact(all, after(all));
      held.state = undefined;
    });
  }

  close(): Promise<void> {
    return this.map.close();
  }
}
