/** The profile's store as one thing: opens it, holds the write lock, and joins journal, segments, keys and named records. */
import { type Clock, type Day, dayOf } from '../base/clock.ts';
import { Mutex } from '../base/mutex.ts';
import type { InteractionEvent, InteractionRecord } from '../model/interaction.ts';
import { type Database, type DatabaseEvents, openData } from './database.ts';
import { countTargeted, erase, finishErasing, type Targeted } from './erase.ts';
import { eventsOfDay, recordCount, recordsByDay } from './interactions.ts';
import { type Append, Journal, journalCounter, SEEN_STEP_MS } from './journal.ts';
import { type GenerationPointer, type KeyStore, openKeyStore } from './key-store.ts';
import type { TabRow } from './schema.ts';
import { journalDays, PACK_ROWS, packDay } from './segments.ts';
import { type Loss, lossOf, parseSentinel, type SentinelArea } from './sentinel.ts';
import { Vault } from './vault.ts';

export interface LocalStoreOptions extends DatabaseEvents {
  readonly pointer: GenerationPointer;
  readonly sentinel: SentinelArea;
  readonly clock: Clock;
  /** Rows were met that do not open; they were left out and left alone. */
  onDamaged(rows: number): void;
}

/** Nonces of messages are remembered this long; a content script gives up sooner. */
const NONCE_MS = 10 * 60_000;

export class LocalStore {
  /** Whether new events are queued for sync too. */
  syncing = false;
  readonly #mutex = new Mutex();
  readonly #journal: Journal;
  #count: number | undefined;
  #watched = 0;

  private constructor(
    readonly db: Database,
    readonly keys: KeyStore,
    readonly vault: Vault,
    private readonly options: LocalStoreOptions,
    /** What the browser lost of this store, until `lossSeen`. */
    public loss: Loss | undefined,
  ) {
    const { clock } = options;
    this.#journal = new Journal(
      db,
      vault,
      () => this.syncing,
      () => clock.nowMs(),
      this.#mutex,
    );
  }

  static async open(options: LocalStoreOptions): Promise<LocalStore> {
    const db = await openData(options);
    const keys = await openKeyStore(options.pointer);
    const vault = await Vault.open(keys);
    const sentinel = parseSentinel(await options.sentinel.read());
    const counter = await journalCounter(db);
    const loss = lossOf(sentinel, { userId: vault.userId, counter });
    // Numbers that other devices know would be used again for other events: this device starts another life.
    if (sentinel?.userId === vault.userId && counter < sentinel.counter) await vault.beginIncarnation();
    const store = new LocalStore(db, keys, vault, options, loss);
    await store.#watch();
    await finishErasing(db, vault);
    return store;
  }

  /** Writes the sentinel: from here on, less than this is loss. */
  async #watch(): Promise<void> {
    const counter = await journalCounter(this.db);
    const { userId } = this.vault;
    await this.options.sentinel.write({
      userId,
      counter,
      atMs: this.options.clock.nowMs(),
      ...(this.loss ? { loss: this.loss } : {}),
    });
    this.#watched = counter;
  }

  /** The person has read what was lost. */
  async lossSeen(): Promise<void> {
    this.loss = undefined;
    await this.#watch();
  }

  /** Runs `task` while nothing else writes events or destroys keys. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    return this.#mutex.run(task);
  }

  async append(append: Append): Promise<InteractionEvent | null> {
    const event = await this.#journal.append(append);
    if (event && event.kind !== 'visit-update' && this.#count !== undefined)
      this.#count += 1 + (append.also?.length ?? 0);
    return event;
  }

  /** Whether a message with this nonce was acted on. */
  async saw(nonce: string): Promise<boolean> {
    return (await this.db.getKey('seen', await this.vault.tagOf(nonce))) !== undefined;
  }

  /** Records in the store, folded. */
  async recordCount(): Promise<number> {
    this.#count ??= await recordCount(this.db);
    return this.#count;
  }

  /** To be called after anything else than `append` changed what is stored. */
  recount(): void {
    this.#count = undefined;
  }

  async *recordsByDay(order: 'newest' | 'oldest' = 'newest') {
    for await (const day of recordsByDay(this.db, this.vault, order)) {
      if (day.damaged > 0) this.options.onDamaged(day.damaged);
      yield day;
    }
  }

  eventsOfDay(day: Day) {
    return eventsOfDay(this.db, this.vault, day);
  }

  countTargeted(targeted: Targeted): Promise<number> {
    return countTargeted(this.db, this.vault, targeted);
  }

  async erase(
    targeted: (record: InteractionRecord) => boolean | Promise<boolean>,
    everything = false,
  ): Promise<number> {
    try {
      return await this.exclusive(() =>
        erase(this.db, this.vault, targeted, { syncing: this.syncing, everything }),
      );
    } finally {
      this.recount();
    }
  }

  /** Packs days that are over, and today when it has grown; forgets old nonces. For idle moments. */
  async pack(force = false): Promise<void> {
    const nowMs = this.options.clock.nowMs();
    const today = dayOf(nowMs);
    for (const [day, rows] of await journalDays(this.db)) {
      if (force || day !== today || rows >= PACK_ROWS)
        await this.exclusive(() => packDay(this.db, this.vault, day));
    }
    const tx = this.db.transaction('seen', 'readwrite');
    for (let cursor = await tx.store.openCursor(); cursor; cursor = await cursor.continue()) {
      if (cursor.value < nowMs - NONCE_MS - SEEN_STEP_MS) cursor.delete();
    }
    await tx.done;
    if ((await journalCounter(this.db)) !== this.#watched) await this.#watch();
  }

  /** A sealed record of this profile. @throws DamagedError when it does not open. */
  async readNamed(name: string): Promise<unknown> {
    const row = await this.db.get('profiles', [this.vault.userId, name]);
    return row && this.vault.openNamed(name, row.box);
  }

  async writeNamed(name: string, value: unknown): Promise<void> {
    const box = await this.vault.sealNamed(name, value);
    const tx = this.db.transaction('profiles', 'readwrite', { durability: 'strict' });
    tx.store.put({ userId: this.vault.userId, name, box });
    await tx.done;
  }

  tab(tabId: number): Promise<TabRow | undefined> {
    return this.db.get('tabs', tabId);
  }

  async forgetTab(tabId: number): Promise<void> {
    await this.db.delete('tabs', tabId);
  }

  /** Tab ids start anew with the browser. */
  async forgetTabs(): Promise<void> {
    await this.db.clear('tabs');
  }

  close(): void {
    this.db.close();
    this.keys.close();
  }
}
