/**
 * A sealed note that must be gone for good when it has served: it has a key of its own in the ring, which is destroyed with it, so that
 * a copy of its row from before opens nowhere after that.
 */
import * as v from 'valibot';
import { type Bytes, fromUtf8, utf8 } from '../base/bytes.ts';
import type { Day } from '../base/clock.ts';
import { open, seal } from '../crypto/envelope.ts';
import { pad, unpad } from '../crypto/padding.ts';
import { DamagedError, type Database } from './database.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { type Period, rowAad, type Vault } from './vault.ts';

const MIN_BYTES = 1024;

export interface NotePlace<T> {
  /** Of its row in `profiles`. */
  readonly name: string;
  /** Only a place in the ring, beside the key of what is derived (derived.ts). No two notes have the same. */
  readonly day: Day;
  readonly schema: v.GenericSchema<unknown, T>;
  /** What is told when it does not open, as a sentence. */
  readonly damaged: string;
}

/** Who writes, replaces or forgets holds the write lock: the key must not be destroyed meanwhile. */
export class ShreddableNote<T> {
  readonly #period: Period;

  constructor(
    private readonly place: NotePlace<T>,
    private readonly db: Database,
    private readonly vault: Vault,
  ) {
    this.#period = { store: 'derived', day: place.day };
  }

  /** Under the key that there is: nothing of what it said before is to be destroyed. */
  async write(value: T): Promise<void> {
    await this.#clean();
    const key = await this.vault.currentKey(this.#period);
    await this.#put(await seal(key.aead, pad(utf8(JSON.stringify(value)), MIN_BYTES), this.#aad()));
  }

  /** Under another key; then the ones before are destroyed, and what they sealed. */
  async replace(value: T): Promise<void> {
    await this.#clean();
    await this.vault.newKey(this.#period);
    await this.write(value);
    await this.vault.shred([{ ...this.#period, what: 'superseded' }]);
  }

  /** Its keys first. */
  async forget(): Promise<void> {
    if (this.#generations().length > 0) await this.vault.shred([{ ...this.#period, what: 'all' }]);
    await this.#forgetRow();
  }

  /** A row that outlived its key would seem to be damaged beside the next one, should nothing be written after that is made. */
  async #clean(): Promise<void> {
    const at: [string, string] = [this.vault.userId, this.place.name];
    if (this.keys() === 0 && (await this.db.getKey('profiles', at))) await this.#forgetRow();
  }

  #forgetRow(): Promise<void> {
    const { userId } = this.vault;
    return inTransaction(this.db.transaction('profiles', 'readwrite', STRICT), (tx, ask) =>
      ask(tx.store.delete([userId, this.place.name])),
    );
  }

  /** `undefined` when there is none. @throws DamagedError when it does not open. */
  async read(): Promise<T | undefined> {
    const row = await this.db.get('profiles', [this.vault.userId, this.place.name]);
    const generations = this.#generations();
    // Its key went: it has served, and only its row was left.
    if (!row || generations.length === 0) return undefined;
    // Newest first. A replacement that was interrupted left more than one.
    for (const generation of generations) {
      const bytes = await this.#opened(row.box, generation);
      if (bytes === null) continue;
      const parsed = v.safeParse(this.place.schema, JSON.parse(fromUtf8(bytes)));
      if (parsed.success) return parsed.output;
    }
    throw new DamagedError(this.place.damaged);
  }

  /** Whether something of it may be left: a key, or several after an interruption. Nothing is read for it. */
  keys(): number {
    return this.#generations().length;
  }

  #generations(): number[] {
    return this.vault
      .names('derived')
      .filter(({ day }) => day === this.place.day)
      .map(({ generation }) => generation)
      .sort((a, b) => b - a);
  }

  async #opened(box: Bytes, generation: number): Promise<Bytes | null> {
    try {
      const key = await this.vault.key(this.#period, generation);
      const opened = await open(key.aead, box, this.#aad());
      return opened.ok ? unpad(opened.plaintext) : null;
    } catch (error) {
      if (error instanceof DamagedError) return null;
      throw error;
    }
  }

  async #put(box: Bytes): Promise<void> {
    const { userId } = this.vault;
    await inTransaction(this.db.transaction('profiles', 'readwrite', STRICT), (tx, ask) =>
      ask(tx.store.put({ userId, name: this.place.name, box })),
    );
  }

  #aad(): Bytes {
    return rowAad(this.vault.userId, 'profiles', this.place.day, this.place.name, 0);
  }
}
