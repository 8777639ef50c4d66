/**
 * The store of a profile that is locked: it takes events and gives nothing back. Each is sealed, by itself, for the public key of
 * its day, and keeps the number that it would have had; the open profile moves it into its journal (sealed.ts).
 */
import { type Bytes, utf8 } from '../base/bytes.ts';
import { type Clock, dayOf } from '../base/clock.ts';
import { Mutex } from '../base/mutex.ts';
import { type Sealer, sealerFor } from '../crypto/sealing.ts';
import { type InteractionEvent, storeTypeOf } from '../model/interaction.ts';
import type { Database } from './database.ts';
import { type Append, Journal, journalCounter, lifeOf } from './journal.ts';
import type { KeyStore } from './key-store.ts';
import { RecordingStore } from './recording-store.ts';
import type { SealedRow } from './schema.ts';
import { type SealedEvent, sealedJson } from './sealed-event.ts';
import { inTransaction, STRICT } from './transaction.ts';
import { type LockedVault, rowAad } from './vault.ts';

/** More than a busy person does in a month. Beyond it the oldest go, and are counted. */
export const SEALED_LIMITS = { events: 50_000, bytes: 64 * 1024 * 1024 } as const;
/** How long, and for how many events, one key that was agreed on is used. */
const SEALER = { ms: 5 * 60_000, uses: 500 } as const;

/**
 * In `metadata`: how many events went for want of room; how many did not open; and the number from which on all are here or among
 * those.
 */
export const SEALED_DROPPED = 'sealed-dropped';
export const SEALED_BROKEN = 'sealed-broken';
export const LOCKED_FROM = 'locked-from';

export interface SealedCount {
  readonly events: number;
  /** Left out because there were too many. */
  readonly dropped: number;
}

export class LockedStore extends RecordingStore {
  /** Whether the person's rules are known here, and were applied to what comes. */
  ruled = false;
  readonly #mutex = new Mutex();
  readonly #journal: Journal<SealedRow>;
  #size: Promise<{ events: number; bytes: number }> | undefined;
  /** Still to be noted: there was no room for it. */
  #unnoted: number | undefined;

  private constructor(
    db: Database,
    keys: KeyStore,
    readonly vault: LockedVault,
    private readonly clock: Clock,
    run: number | undefined,
    private readonly limits: { readonly events: number; readonly bytes: number } = SEALED_LIMITS,
  ) {
    super(db, keys);
    this.#journal = new Journal<SealedRow>(
      db,
      {
        deviceId: vault.deviceId,
        life: lifeOf(vault, run),
        store: 'sealed',
        seal: (event, n, day, redacted) => this.#seal({ event, redacted }, n, day, dayOf(clock.nowMs())),
      },
      () => false,
      () => clock.nowMs(),
      this.#mutex,
    );
  }

  static async open(
    db: Database,
    keys: KeyStore,
    vault: LockedVault,
    clock: Clock,
    run?: number,
    limits?: { readonly events: number; readonly bytes: number },
  ): Promise<LockedStore> {
    const store = new LockedStore(db, keys, vault, clock, run, limits);
    // Some may still wait from before: opening them was interrupted, and what was missing of those was told.
    if ((await db.get('metadata', LOCKED_FROM)) === undefined)
      store.#unnoted = (await journalCounter(db)) - (await db.count('sealed'));
    // Whoever wants to unlock, or to begin anew, need not have room on the disk.
    await store
      .#noteFrom()
      .catch((error: unknown) => console.error('it is not noted since when it is locked', error));
    return store;
  }

  async #noteFrom(): Promise<void> {
    const from = this.#unnoted;
    if (from === undefined) return;
    await inTransaction(this.db.transaction('metadata', 'readwrite', STRICT), (tx, ask) =>
      ask(tx.store.put(from, LOCKED_FROM)),
    );
    this.#unnoted = undefined;
  }

  async append(append: Append): Promise<InteractionEvent | null> {
    await this.#noteFrom();
    const appended = await this.#journal.append(append);
    await this.#makeRoom(1 + (append.also?.length ?? 0));
    return appended?.event ?? null;
  }

  /** `today`: the key of the day on which it is recorded; an update lies with its visit's day. */
  async #seal(sealed: SealedEvent, n: number, day: string, today: string): Promise<SealedRow> {
    const { event } = sealed;
    const { seals, userId } = this.vault;
    // After a month without being opened, the last key goes on being used.
    const key = seals.findLast((one) => one.day <= today) ?? seals[0];
    if (!key) throw new TypeError('a locked profile without keys to seal for');
    const type = storeTypeOf(event);
    const sealer = await this.#sealerFor(key.day, key.publicKey);
    const box = await sealer.seal(utf8(sealedJson(sealed)), rowAad(userId, 'sealed', day, type, n));
    const records = event.kind === 'visit-update' ? 0 : 1;
    return { n, day, type, records, seal: key.day, ruled: this.ruled, box };
  }

  #sealerFor(day: string, publicKey: Bytes): Promise<Sealer> {
    const nowMs = this.clock.nowMs();
    const known = this.#sealer;
    const isGood =
      known?.day === day && known.uses < SEALER.uses && Math.abs(nowMs - known.sinceMs) < SEALER.ms;
    const sealer = isGood ? known : { day, sinceMs: nowMs, uses: 0, made: sealerFor(publicKey) };
    sealer.uses += 1;
    this.#sealer = sealer;
    return sealer.made;
  }
  #sealer: { day: string; sinceMs: number; uses: number; made: Promise<Sealer> } | undefined;

  async #makeRoom(added: number): Promise<void> {
    this.#size = (this.#size ?? this.#measure()).then((size) => ({ ...size, events: size.events + added }));
    const { events } = await this.#size;
    // Bytes are measured anew now and then: what one event takes does not change much.
    if (events <= this.limits.events && events % 1_000 !== 0) return;
    await this.#mutex.run(async () => {
      const size = await this.#measure();
      const rows: number[] = [];
      let [left, bytes] = [size.events, size.bytes];
      for (
        let cursor = await this.db.transaction('sealed').store.openCursor();
        cursor;
        cursor = await cursor.continue()
      ) {
        if (left <= this.limits.events && bytes <= this.limits.bytes) break;
        rows.push(cursor.value.n);
        left -= 1;
        bytes -= cursor.value.box.length;
      }
      if (rows.length > 0) {
        const dropped = (await this.count()).dropped + rows.length;
        const tx = this.db.transaction(['sealed', 'metadata'], 'readwrite', STRICT);
        await inTransaction(tx, (_, ask) => {
          for (const n of rows) ask(tx.objectStore('sealed').delete(n));
          ask(tx.objectStore('metadata').put(dropped, SEALED_DROPPED));
        });
      }
      this.#size = Promise.resolve({ events: left, bytes });
    });
  }

  async #measure(): Promise<{ events: number; bytes: number }> {
    let [events, bytes] = [0, 0];
    for (
      let cursor = await this.db.transaction('sealed').store.openCursor();
      cursor;
      cursor = await cursor.continue()
    ) {
      events += 1;
      bytes += cursor.value.box.length;
    }
    return { events, bytes };
  }

  async count(): Promise<SealedCount> {
    const [events, dropped] = await Promise.all([
      this.db.count('sealed'),
      this.db.get('metadata', SEALED_DROPPED),
    ]);
    return { events, dropped: typeof dropped === 'number' ? dropped : 0 };
  }
}
