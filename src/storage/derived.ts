/**
 * Rows that are made from records and repeat what is in them: saved contexts, cached summaries. They are sealed under a key of
 * their own in the ring, so that whatever an erasure takes from them dies as the records do: what is left is sealed anew
 * under another key, and the old one is destroyed.
 */
import { fromUtf8, utf8 } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import { parseContext, toJson, withoutLines } from '../model/context.ts';
import { DamagedError, type Database } from './database.ts';
import type { DerivedRow } from './schema.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { type Period, rowAad, type Shred, type Vault } from './vault.ts';

export const DERIVED_STORES = ['contexts', 'models'] as const;
export type DerivedStore = (typeof DERIVED_STORES)[number];

/** One key for all of them: they are few, and written anew together. The day is only a place in the ring. */
const PERIOD: Period = { store: 'derived', day: '1970-01-01' };
const MIN_BYTES = 256;

/**
 * In `metadata` from when data was replaced until the old keys are destroyed: `true`, or `ONLY_DERIVED` where rows of these stores
 * were removed and no record was erased.
 */
export const ERASING = 'erasing';
export const ONLY_DERIVED = 'derived';

/** What `Derived.write` puts; `day` says when it was made, for those that are listed by time. */
export interface DerivedValue {
  readonly name: string;
  readonly value: unknown;
  readonly day?: Day;
}

const aadOf = (userId: string, store: DerivedStore, name: string) =>
  rowAad(userId, store, PERIOD.day, name, 0);

const allOf = (userId: string, prefix = ''): IDBKeyRange =>
  IDBKeyRange.bound([userId, prefix], [userId, `${prefix}\uffff`]);

async function sealRow(
  vault: Vault,
  store: DerivedStore,
  { name, value, day }: DerivedValue,
): Promise<DerivedRow> {
  const key = await vault.currentKey(PERIOD);
  const { userId } = vault;
  const bytes = pad(utf8(JSON.stringify(value)), MIN_BYTES);
  const box = await seal(key.aead, bytes, aadOf(userId, store, name));
  const { generation } = key;
  return { userId, name, generation, box, ...(day === undefined ? {} : { timestamp: day }) };
}

async function openRow(vault: Vault, store: DerivedStore, row: DerivedRow): Promise<unknown> {
  const key = await vault.key(PERIOD, row.generation);
  const opened = await open(key.aead, row.box, aadOf(vault.userId, store, row.name));
  const bytes = opened.ok ? unpad(opened.plaintext) : null;
  if (bytes === null) throw new DamagedError();
  return JSON.parse(fromUtf8(bytes));
}

export class Derived {
  /** Known until something is written. */
  #size: Promise<number> | undefined;

  constructor(
    private readonly db: Database,
    private readonly vault: Vault,
    /** Lines of saved contexts that are not shown now (hidden.ts). */
    private readonly hidden: () => ReadonlySet<string> | 'all' | undefined = () => undefined,
  ) {}

  /** `undefined` when there is none. @throws DamagedError when it does not open where it lies. */
  async read(store: DerivedStore, name: string): Promise<unknown> {
    const hidden = store === 'contexts' ? this.hidden() : undefined;
    if (hidden === 'all') return undefined;
    const row = await this.db.get(store, [this.vault.userId, name]);
    const value = row && (await openRow(this.vault, store, row));
    const context = hidden && parseContext(value);
    return context ? toJson(withoutLines(context, hidden)) : value;
  }

  /** All in one durable transaction. The caller holds the write lock: the key must not be destroyed meanwhile. */
  async write(
    store: DerivedStore,
    values: readonly DerivedValue[],
    remove: readonly string[] = [],
  ): Promise<void> {
    const rows = await Promise.all(values.map((value) => sealRow(this.vault, store, value)));
    await inTransaction(this.db.transaction(store, 'readwrite', STRICT), (tx, ask) => {
      for (const name of remove) ask(tx.store.delete([this.vault.userId, name]));
      for (const row of rows) ask(tx.store.put(row));
    });
    this.forgetSize();
  }

  async names(store: DerivedStore, prefix = ''): Promise<string[]> {
    if (store === 'contexts' && this.hidden() === 'all') return [];
    const keys = await this.db.getAllKeys(store, allOf(this.vault.userId, prefix));
    return keys.map(([, name]) => name);
  }

  /** Names of the contexts by the day they are of, newest day first, by the seed's index. */
  async contextsByDay(): Promise<[Day, string[]][]> {
    if (this.hidden() === 'all') return [];
    const range = IDBKeyRange.bound([this.vault.userId], [this.vault.userId, []]);
    const days = new Map<Day, string[]>();
    const index = this.db.transaction('contexts').store.index('userId_timestamp');
    for (let at = await index.openKeyCursor(range, 'prev'); at; at = await at.continue()) {
      const day = at.key[1];
      days.set(day, [...(days.get(day) ?? []), at.primaryKey[1]]);
    }
    return [...days];
  }

  /**
   * Removes rows, and destroys the key that opened them; `finishErasing` does that at the next start if it was interrupted. The
   * caller holds the write lock.
   */
  async erase(store: DerivedStore, names: readonly string[]): Promise<void> {
    const { db, vault } = this;
    await inTransaction(db.transaction([store, 'metadata'], 'readwrite', STRICT), async (tx, ask) => {
      const metadata = tx.objectStore('metadata');
      // An erasure that was interrupted has more to destroy.
      if ((await metadata.get(ERASING)) === undefined) ask(metadata.put(ONLY_DERIVED, ERASING));
      for (const name of names) ask(tx.objectStore(store).delete([vault.userId, name]));
    });
    this.forgetSize();
    await vault.shred(await renewKey(db, vault, 'none'));
    this.forgetSize();
    if ((await db.get('metadata', ERASING)) === ONLY_DERIVED) await db.delete('metadata', ERASING);
  }

  /** What was written elsewhere: by an erasure. */
  forgetSize(): void {
    this.#size = undefined;
  }

  /** Asked each minute: rows are read again only after something was written. */
  sizeBytes(): Promise<number> {
    if (!this.#size) {
      const size = this.#sizeBytes();
      this.#size = size;
      size.catch(() => this.forgetSize());
    }
    return this.#size;
  }

  async #sizeBytes(): Promise<number> {
    let sum = 0;
    for (const store of DERIVED_STORES)
      for (const { box } of await this.db.getAll(store, allOf(this.vault.userId))) sum += box.length;
    return sum;
  }
}

/** Every line of every saved context: of what is erased, only these have to be remembered. */
export async function contextLines(db: Database, vault: Vault): Promise<Set<string>> {
  const lines = new Set<string>();
  for (const row of await db.getAll('contexts', allOf(vault.userId))) {
    const context = parseContext(await openRow(vault, 'contexts', row).catch(() => null));
    for (const line of [...(context?.recentSearches ?? []), ...(context?.recentVisits ?? [])])
      lines.add(line);
  }
  return lines;
}

/**
 * Seals what survives under a new key and resolves with the old keys, which the caller destroys. `gone`: lines of erased
 * records, which leave every context; `none` was erased, or everything was (`all`). Cached values go in any case: they are made again. A context that does not open
 * goes too, because nobody can say what is in it.
 */
export async function renewKey(
  db: Database,
  vault: Vault,
  gone: ReadonlySet<string> | 'none' | 'all',
): Promise<Shred[]> {
  // By name: a key that does not open is destroyed like any other.
  if (vault.periods('derived').length === 0) return [];
  const range = allOf(vault.userId);
  const survivors: DerivedValue[] = [];
  if (gone !== 'all') {
    for (const row of await db.getAll('contexts', range)) {
      const value = await openRow(vault, 'contexts', row).catch(() => undefined);
      const context = parseContext(value);
      if (value === undefined) continue;
      const day = row.timestamp === undefined ? {} : { day: row.timestamp };
      const left = context && gone !== 'none' ? withoutLines(context, gone) : value;
      survivors.push({ name: row.name, value: left, ...day });
    }
  }
  if (survivors.length > 0) await vault.newKey(PERIOD);
  const rows = await Promise.all(survivors.map((value) => sealRow(vault, 'contexts', value)));
  await inTransaction(db.transaction(DERIVED_STORES, 'readwrite', STRICT), (tx, ask) => {
    for (const store of DERIVED_STORES) ask(tx.objectStore(store).delete(range));
    for (const row of rows) ask(tx.objectStore('contexts').put(row));
  });
  return [{ ...PERIOD, what: survivors.length > 0 ? 'superseded' : 'all' }];
}
