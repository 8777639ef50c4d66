/**
 * The keys of this profile while it is unlocked: the unlock secret opens the master key, the master key opens the ring of
 * period keys, a period key opens the events of one day. Where the unlock secret is says lock.ts.
 *
 * Over 300 lines, because all that handles an opened secret of this profile is to be read on one page.
 */
import {
  type Bytes,
  concat,
  fromBase64Url,
  fromUtf8,
  lengthPrefixed,
  toBase64Url,
  u32,
  utf8,
} from '../base/bytes.ts';
import { type Day, dayNumber } from '../base/clock.ts';
import { randomU32, systemRandom } from '../base/random.ts';
import { type AccountKeys, deriveAccountKeys, newMasterKey, newPeriodKey } from '../crypto/account-keys.ts';
import { type AeadKey, aeadKey } from '../crypto/envelope.ts';
import { type Epoch, encodeEpoch, FIRST_EPOCH, nextAlone, parseEpoch } from '../crypto/epochs.ts';
import { hkdf, hmac, importMacKey, type MacKey, macInput, sha256 } from '../crypto/primitives.ts';
import {
  type DeviceKeys,
  type ExportedDeviceKeys,
  exportDeviceKeys,
  generateDeviceKeys,
  importDeviceKeys,
  x25519Pair,
} from '../crypto/signing.ts';
import { unwrap, wrap } from '../crypto/wrap.ts';
import { DamagedError } from './database.ts';
import type { KeyStore, RingName, RingRow } from './key-store.ts';

const SECRET = 'device-secret';
const LOCK = 'lock';
const DEVICE = 'device-keys';
const MASTER = 'master';
const IDENTITY = 'identity';
const OBJECTS = 'object-key';
const EPOCH = 'epoch';
const PHRASE = 'recovery-secret';

/** What a key is for: the events of a day, or what the days of the month that begins with it share. */
export interface Period {
  readonly store: RingRow['store'];
  readonly day: Day;
}

export const eventsOf = (day: Day): Period => ({ store: 'interactions', day });
/** `month`: its first day. */
export const tablesOf = (month: Day): Period => ({ store: 'months', day: month });
/** What events of a locked profile are sealed for on this day. */
export const sealOf = (day: Day): Period => ({ store: 'seals', day });

const nameOf = ({ store, day }: Period, generation?: number): string =>
  generation === undefined ? `${store}/${day}` : `${store}/${day}/${generation}`;

/** Which keys to destroy: all generations but the newest (`superseded`), or every one (`all`). */
export interface Shred extends Period {
  readonly what: 'superseded' | 'all';
  /** Generations that stay in any case: something that is left was sealed with them. */
  readonly keep?: ReadonlySet<number>;
}

export interface PeriodKey extends Period {
  readonly generation: number;
  readonly raw: Bytes;
  readonly aead: AeadKey;
  /** It opens what it sealed, and seals nothing more (key-store.ts). */
  readonly retired: boolean;
}

/** A key that there is. */
interface Known {
  readonly name: RingName;
  /** Where it was at hand; see `#rowOf`. */
  readonly row: RingRow | undefined;
  opened: Promise<PeriodKey> | undefined;
}

interface Identity {
  /** A random constant of this profile: the seed's `userId`. */
  readonly userId: string;
  /** Which life of this device; a restored or emptied profile gets another. */
  readonly incarnation: number;
  /** Follows from the device's public keys. */
  readonly deviceId: string;
}

/** What is known of a profile while it is locked: who it is, and for whom to seal what comes. */
export interface LockedVault extends Identity {
  /** As lock.ts made it. */
  readonly lock: Bytes;
  /** Public keys by day, oldest first. */
  readonly seals: readonly { readonly day: Day; readonly publicKey: Bytes }[];
}

const wrapAad = (userId: string, what: string): Bytes =>
  lengthPrefixed([utf8('arq/wrap/1'), utf8(userId), utf8(what)]);
/** Whether it is retired is part of its place: nobody without the keys makes one seal again. */
const ringAad = (userId: string, { store, day, generation, retired }: RingName & Retired): Bytes =>
  wrapAad(userId, `${store}/${dayNumber(day)}/${generation}${retired ? '/retired' : ''}`);
type Retired = Pick<RingRow, 'retired'>;
const KEY_BYTES = 32;

export class Vault {
  /** Read and opened when they are first needed: a ring of years has thousands, and a start needs one. */
  #keys = new Map<string, Known>();
  /** Every row, by name of the key; read when a second key is needed. */
  #rows: Promise<ReadonlyMap<string, RingRow>> | undefined;
  #hasRead = false;
  /** Newest generation, by name of the period. */
  #newest = new Map<string, number>();

  private constructor(
    private readonly store: KeyStore,
    private secret: Bytes,
    readonly userId: string,
    public incarnation: number,
    readonly deviceId: string,
    readonly device: DeviceKeys,
    private master: Bytes,
    private account: AccountKeys,
    /** What secrets for one purpose follow from. Random, wrapped under the master key, and the same for ever. */
    private readonly objects: Bytes,
    /** Seal this profile's named records, newest first: only the first one does, the others open. */
    private named: readonly Bytes[],
    /** `undefined`: there is no passphrase. Else as lock.ts made it. */
    public lock: Bytes | undefined,
    /** Which master key of its account it is, and what goes on of those before. */
    public epoch: Epoch,
    /** 16 bytes, as long as the person has not shown that the recovery phrase is written down. */
    private phrase: Bytes | undefined,
  ) {}

  /**
   * Opens the vault, or makes a new one in an empty key store. `secret`: what the lock was opened with. Without it, or with one
   * that is not this profile's any more, a locked profile stays locked.
   * @throws DamagedError when keys are there but do not open.
   */
  static async open(store: KeyStore, secret?: Bytes): Promise<Vault | LockedVault> {
    const names = [SECRET, IDENTITY, DEVICE, MASTER, OBJECTS, LOCK, EPOCH, PHRASE];
    let blobs = await store.blobs(names);
    if (blobs[0] === undefined && blobs[5] === undefined) {
      await Vault.#create(store);
      blobs = await store.blobs(names);
    }
    const lock = blobs[5];
    if (!lock) return Vault.#load(store, blobs);
    const locked = async (): Promise<LockedVault> => ({
      ...identityOf(blobs[1]),
      lock,
      seals: await sealsOf(store),
    });
    if (!secret) return locked();
    const opened = await Vault.#load(store, [secret, ...blobs.slice(1)]).catch((error: unknown) => {
      if (error instanceof WrongSecret) return null;
      throw error;
    });
    return opened ?? locked();
  }

  static async #create(store: KeyStore): Promise<void> {
    const secret = systemRandom.bytes(32);
    const keys = await generateDeviceKeys();
    const identity: Identity = {
      userId: toBase64Url(systemRandom.bytes(16)),
      incarnation: randomU32(),
      deviceId: await deviceIdOf(keys),
    };
    const device = utf8(JSON.stringify(await exportDeviceKeys(keys)));
    await store.putBlob(IDENTITY, utf8(JSON.stringify(identity)));
    await store.putBlob(DEVICE, await wrap(secret, device, wrapAad(identity.userId, DEVICE)));
    const master = newMasterKey();
    const { wrapping } = await deriveAccountKeys(master, 'vault', 1);
    await store.putBlob(MASTER, await wrap(secret, master, wrapAad(identity.userId, MASTER)));
    await store.putBlob(OBJECTS, await wrap(wrapping, newPeriodKey(), wrapAad(identity.userId, OBJECTS)));
    // Last: its presence says that the others are complete.
    await store.putBlob(SECRET, secret);
  }

  static async #load(
    store: KeyStore,
    [secret, identityBlob, deviceBlob, masterBlob, objectsBlob, lockBlob, epochBlob, phraseBlob]: readonly (
      | Bytes
      | undefined
    )[],
  ): Promise<Vault> {
    const ring = store.ringNames();
    // Told below; what goes wrong before is told instead.
    ring.catch(() => {});
    if (!secret || !deviceBlob || !masterBlob || !objectsBlob) throw keysDamaged('are incomplete');
    const { userId, incarnation } = identityOf(identityBlob);
    const deviceJson = await unwrap(secret, deviceBlob, wrapAad(userId, DEVICE));
    const master = await unwrap(secret, masterBlob, wrapAad(userId, MASTER));
    if (!deviceJson || !master) throw lockBlob ? new WrongSecret() : keysDamaged('do not open');
    const device = await importDeviceKeys(JSON.parse(fromUtf8(deviceJson)) as ExportedDeviceKeys);
    const account = await deriveAccountKeys(master, 'vault', 1);
    const objects = await unwrap(account.wrapping, objectsBlob, wrapAad(userId, OBJECTS));
    const named = keysIn(objects ?? new Uint8Array(0));
    // Until something is retired, one key serves for both.
    const [first] = named;
    const epochBytes = epochBlob && (await unwrap(account.wrapping, epochBlob, wrapAad(userId, EPOCH)));
    const epoch = epochBlob ? epochBytes && parseEpoch(epochBytes) : FIRST_EPOCH;
    if (!first || !epoch) throw keysDamaged('do not open');
    const phrase = phraseBlob && (await unwrap(account.wrapping, phraseBlob, wrapAad(userId, PHRASE)));
    const vault = new Vault(
      store,
      secret,
      userId,
      incarnation,
      await deviceIdOf(device),
      device,
      master,
      account,
      first,
      named.reverse(),
      lockBlob,
      epoch,
      phrase ?? undefined,
    );
    for (const name of await ring) vault.#remember(name);
    return vault;
  }

  /** Another life of this device: numbers of the one before are never used again. */
  async beginIncarnation(): Promise<void> {
    this.incarnation = await beginIncarnation(this.store, this);
  }

  #remember({ store, day, generation }: RingName, row?: RingRow): void {
    const period = nameOf({ store, day });
    this.#newest.set(period, Math.max(generation, this.#newest.get(period) ?? 0));
    this.#keys.set(nameOf({ store, day }, generation), {
      name: { store, day, generation },
      row,
      opened: undefined,
    });
  }

  /** What an event needs is one row; who needs another one needs many (a search, statistics). */
  async #rowOf(name: RingName): Promise<RingRow | undefined> {
    if (!this.#hasRead) {
      this.#hasRead = true;
      return this.store.ringRow(name);
    }
    this.#rows ??= this.store
      .ring()
      .then((rows) => new Map(rows.map((row) => [nameOf(row, row.generation), row])))
      .catch((error: unknown) => {
        this.#rows = undefined;
        throw error;
      });
    return (await this.#rows).get(nameOf(name, name.generation));
  }

  async #open(known: Known): Promise<PeriodKey> {
    const { store, day, generation } = known.name;
    const row = known.row ?? (await this.#rowOf(known.name));
    if (row === undefined) throw new DamagedError(`The key of ${day} is missing.`);
    const raw = await unwrap(this.account.wrapping, row.wrapped, ringAad(this.userId, row));
    if (raw === null) throw new DamagedError(`The key of ${day} does not open.`);
    return { store, day, generation, raw, aead: await aeadKey(raw), retired: row.retired === true };
  }

  /**
   * The key that new data of a period is sealed with; made, and durable, before it is used. One that does not open, or is retired, stays
   * as it is, and a further generation goes on in its place.
   */
  async currentKey(period: Period): Promise<PeriodKey> {
    const generation = this.#newest.get(nameOf(period));
    if (generation === undefined) return this.newKey(period);
    const key = await this.key(period, generation).catch(damagedIsUndefined);
    if (key?.retired === false) return key;
    // Somebody else may have made the next one meanwhile.
    const newest = this.#newest.get(nameOf(period)) ?? generation;
    return newest > generation ? this.key(period, newest) : this.newKey(period);
  }

  /** @throws DamagedError when the key was destroyed or does not open. */
  async key(period: Period, generation: number): Promise<PeriodKey> {
    const known = this.#keys.get(nameOf(period, generation));
    if (known === undefined) throw new DamagedError(`The key of ${period.day} is missing.`);
    known.opened ??= this.#open(known).catch((error: unknown) => {
      // Perhaps it could only not be read now.
      known.opened = undefined;
      throw error;
    });
    return known.opened;
  }

  /** Whether there is a key of this generation: it was not destroyed. */
  knows(period: Period, generation: number): boolean {
    return this.#keys.has(nameOf(period, generation));
  }

  /** How many keys there are of a period. */
  generations({ store, day }: Period): number {
    let count = 0;
    for (const { name } of this.#keys.values()) if (name.store === store && name.day === day) count += 1;
    return count;
  }

  /** Makes the keys that are missing, or retired, all in one durable step. */
  async ensureKeys(periods: readonly Period[]): Promise<void> {
    const seals = await Promise.all(periods.map((period) => this.#seals(period)));
    const missing = periods.filter((_, index) => !seals[index]);
    const fresh = missing.filter((period) => !this.#pending.has(nameOf(period)));
    this.#begin(fresh);
    await Promise.all(missing.map((period) => this.#pending.get(nameOf(period))));
  }

  /** Whether new data of a period can be sealed. One that does not open is replaced when it is needed. */
  async #seals(period: Period): Promise<boolean> {
    const generation = this.#newest.get(nameOf(period));
    if (generation === undefined) return false;
    return (await this.key(period, generation).catch(damagedIsUndefined))?.retired !== true;
  }

  /** A further generation of a period's key, for what survives an erasure. */
  newKey(period: Period): Promise<PeriodKey> {
    const name = nameOf(period);
    if (!this.#pending.has(name)) this.#begin([period]);
    return this.#pending.get(name) as Promise<PeriodKey>;
  }

  /** Keys that are being made. Nobody makes the same generation twice: one of the two would be forgotten, with what it sealed. */
  readonly #pending = new Map<string, Promise<PeriodKey>>();

  #begin(periods: readonly Period[]): void {
    const made = this.#makeKeys(periods);
    for (const period of periods) {
      const name = nameOf(period);
      const key = made
        .then(() => this.key(period, this.#newest.get(name) as number))
        .finally(() => this.#pending.delete(name));
      // Whoever waits for it is told; nobody may.
      key.catch(() => {});
      this.#pending.set(name, key);
    }
    made.catch(() => {});
  }

  async #makeKeys(periods: readonly Period[]): Promise<void> {
    const { wrapping } = this.account;
    const rows = await Promise.all(periods.map((period) => this.#nextRow(period, wrapping)));
    await this.store.addToRing(rows);
    for (const row of rows) this.#remember(row, row);
  }

  async #nextRow({ store, day }: Period, wrapping: Bytes): Promise<RingRow> {
    const generation = (this.#newest.get(nameOf({ store, day })) ?? 0) + 1;
    const raw = newPeriodKey();
    const wrapped = await wrap(wrapping, raw, ringAad(this.userId, { store, day, generation }));
    const row = { store, day, generation, wrapped };
    return store === 'seals' ? { ...row, publicKey: (await x25519Pair(raw)).publicBytes } : row;
  }

  /** Days or months that have a key, of any generation. */
  periods(store: RingRow['store']): Day[] {
    return [
      ...new Set(
        [...this.#keys.values()]
          .map(({ name }) => name)
          .filter((name) => name.store === store)
          .map(({ day }) => day),
      ),
    ];
  }

  /** Which keys there are of a store, or of all of them, whether they open or not. */
  names(store?: RingRow['store']): RingName[] {
    const names = [...this.#keys.values()].map(({ name }) => name);
    return store === undefined ? names : names.filter((name) => name.store === store);
  }

  /** Every key of a store, or of all of them, that opens. */
  async ring(store?: RingRow['store']): Promise<PeriodKey[]> {
    const keys = await Promise.all(
      this.names(store).map((name) => this.key(name, name.generation).catch(damagedIsUndefined)),
    );
    return keys.filter((key) => key !== undefined);
  }

  /** Resolves when the bytes of destroyed keys have left the browser's files too, as far as it can be brought to. */
  swept(): Promise<void> {
    return this.store.swept();
  }

  /** Destroys keys. Nothing that they sealed opens again. */
  async shred(list: readonly Shred[]): Promise<void> {
    const shred = new Map(list.map((one) => [nameOf(one), one]));
    const keep = (await this.store.ring()).filter((row) => {
      const one = shred.get(nameOf(row));
      if (one === undefined || one.keep?.has(row.generation)) return true;
      return one.what === 'superseded' && row.generation === this.#newest.get(nameOf(row));
    });
    await this.store.rewrite(keep);
    this.#begunWith(keep);
    await this.store.destroyed();
  }

  #begunWith(rows: readonly RingRow[]): void {
    this.#keys.clear();
    this.#newest.clear();
    this.#rows = undefined;
    for (const row of rows) this.#remember(row, row);
  }

  masterKey(): Bytes {
    return this.master;
  }

  /**
   * Puts the profile under another master key: the ring is wrapped anew, what it sealed stays as it is. One step: after a crash it is the
   * old one or the new one, with the epoch that belongs to it. The caller holds the write lock.
   */
  adoptMaster(master: Bytes, epoch: Epoch = FIRST_EPOCH): Promise<void> {
    return this.#rewrap({ master, secret: this.secret, lock: this.lock ?? null, epoch, retire: false });
  }

  /**
   * The same, and the keys of before are retired: who has them, from a copy of the ring or because they were in the account, opens nothing
   * of what is written from here on.
   */
  renewMaster({ master, epoch }: Renewed): Promise<void> {
    return this.#rewrap({ master, secret: this.secret, lock: this.lock ?? null, epoch, retire: true });
  }

  /** A new master key, for a profile that is in no account. */
  nextAlone(atMs: number): Renewed {
    return { master: newMasterKey(), epoch: nextAlone(this.epoch, atMs) };
  }

  /** What the words of the recovery phrase stand for, until the person has shown that they are written down. */
  recoverySecret(): Bytes | undefined {
    return this.phrase;
  }

  /** Sealed under the master key; `null`: destroyed, with the key ring that held it. The caller holds the write lock. */
  async keepRecoverySecret(secret: Bytes | null): Promise<void> {
    const sealed = secret && (await wrap(this.account.wrapping, secret, wrapAad(this.userId, PHRASE)));
    await this.store.rewrite(await this.store.ring(), { [PHRASE]: sealed });
    this.phrase = secret ?? undefined;
    await this.store.destroyed();
  }

  /** Keys that are here and do not open. */
  async closedNames(): Promise<RingName[]> {
    const open = new Set((await this.ring()).map((key) => nameOf(key, key.generation)));
    return this.names().filter((name) => !open.has(nameOf(name, name.generation)));
  }

  /**
   * Puts keys that were found elsewhere in the place of those that do not open here or are missing. One that opens stays as it is.
   * They are retired: whoever else may know them. Resolves with how many were put. The caller holds the write lock.
   */
  async mend(found: readonly (RingName & { readonly raw: Bytes })[]): Promise<number> {
    const open = new Set((await this.ring()).map((key) => nameOf(key, key.generation)));
    const mended = new Map<string, RingRow>();
    for (const { raw, ...name } of found) {
      const at = nameOf(name, name.generation);
      if (open.has(at)) continue;
      const row = { ...name, retired: true } as const;
      mended.set(at, { ...row, wrapped: await wrap(this.account.wrapping, raw, ringAad(this.userId, row)) });
    }
    const { size } = mended;
    if (size === 0) return 0;
    const rows = (await this.store.ring()).map((row) => {
      const at = nameOf(row, row.generation);
      const better = mended.get(at);
      mended.delete(at);
      return better ? { ...row, ...better } : row;
    });
    rows.push(...mended.values());
    await this.store.rewrite(rows);
    this.#begunWith(rows);
    await this.store.destroyed();
    return size;
  }

  /** Keys that do not open under the master key of now, but under one of these. */
  async openedBy(masters: readonly Bytes[]): Promise<(RingName & { readonly raw: Bytes })[]> {
    const names = new Set((await this.closedNames()).map((name) => nameOf(name, name.generation)));
    let closed = (await this.store.ring()).filter((row) => names.has(nameOf(row, row.generation)));
    const found: (RingName & { readonly raw: Bytes })[] = [];
    for (const master of masters) {
      if (closed.length === 0) break;
      const { wrapping } = await deriveAccountKeys(master, 'vault', 1);
      const left: RingRow[] = [];
      for (const row of closed) {
        const { store, day, generation } = row;
        const raw = await unwrap(wrapping, row.wrapped, ringAad(this.userId, row));
        if (raw) found.push({ store, day, generation, raw });
        else left.push(row);
      }
      closed = left;
    }
    return found;
  }

  /** What opens this profile in the next worker, while it is unlocked. Only for the browser's memory. */
  unlockSecret(): Bytes {
    return this.secret;
  }

  /**
   * Puts the keys under an unlock secret, and destroys what opened them before with the key ring. `lock`: what the secret is sealed in
   * (lock.ts); `null`: it lies in the open, beside the keys. `master`: another master key with it, and its epoch. The keys of before are
   * retired. The caller holds the write lock.
   */
  changeSecret(
    secret: Bytes,
    lock: Bytes | null,
    { master, epoch }: Renewed = { master: this.master, epoch: this.epoch },
  ): Promise<void> {
    return this.#rewrap({ master, secret, lock, epoch, retire: true });
  }

  async #rewrap({ master, secret, lock, epoch, retire }: Wrapping): Promise<void> {
    const account = await deriveAccountKeys(master, 'vault', 1);
    const before = await this.store.ring();
    const publicKeys = new Map(before.map((row) => [nameOf(row, row.generation), row.publicKey] as const));
    const keys = await this.ring();
    const open = new Set(keys.map((key) => nameOf(key, key.generation)));
    // What does not open cannot be wrapped anew, and keeps nobody from it.
    const rows = before.filter((row) => !open.has(nameOf(row, row.generation)));
    for (const { store, day, generation, raw, ...key } of keys) {
      const publicKey = publicKeys.get(nameOf({ store, day }, generation));
      const retired = retire || key.retired ? ({ retired: true } as const) : {};
      const row = { store, day, generation, ...retired, ...(publicKey ? { publicKey } : {}) };
      rows.push({ ...row, wrapped: await wrap(account.wrapping, raw, ringAad(this.userId, row)) });
    }
    // A locked profile cannot make its own.
    if (retire)
      for (const day of this.periods('seals')) rows.push(await this.#nextRow(sealOf(day), account.wrapping));
    const named = retire ? [newPeriodKey(), ...this.named] : this.named;
    const device = utf8(JSON.stringify(await exportDeviceKeys(this.device)));
    await this.store.rewrite(rows, {
      [LOCK]: lock,
      [SECRET]: lock ? null : secret,
      [DEVICE]: await wrap(secret, device, wrapAad(this.userId, DEVICE)),
      [MASTER]: await wrap(secret, master, wrapAad(this.userId, MASTER)),
      [OBJECTS]: await wrap(account.wrapping, concat(...named.toReversed()), wrapAad(this.userId, OBJECTS)),
      [EPOCH]: await wrap(account.wrapping, encodeEpoch(epoch), wrapAad(this.userId, EPOCH)),
      [PHRASE]: this.phrase ? await wrap(account.wrapping, this.phrase, wrapAad(this.userId, PHRASE)) : null,
    });
    this.epoch = epoch;
    this.secret = secret;
    this.master = master;
    this.account = account;
    this.named = named;
    this.lock = lock ?? undefined;
    this.#begunWith(rows);
    await this.store.destroyed();
  }

  /** A secret of this profile for one purpose. The same under every master key. */
  objectSecret(purpose: string): Promise<Bytes> {
    return hkdf(this.objects, `arq/v1/object/${purpose}`);
  }

  /** A short keyed hash (96 bits): says that something is the same as before to us, and nothing to anybody else. */
  async tagOf(text: string): Promise<string> {
    this.#tagKey ??= hkdf(this.objects, 'arq/v1/tag').then(importMacKey);
    const tag = await hmac(await this.#tagKey, macInput('tag', utf8(text)));
    return toBase64Url(tag.subarray(0, 12));
  }
  #tagKey: Promise<MacKey> | undefined;

  /** Seals a small named record of this profile (settings, sync account). */
  async sealNamed(name: string, value: unknown): Promise<Bytes> {
    const [newest = this.objects] = this.named;
    return wrap(newest, utf8(JSON.stringify(value)), wrapAad(this.userId, `named/${name}`));
  }

  /** @throws DamagedError when it does not open. */
  async openNamed(name: string, box: Bytes): Promise<unknown> {
    for (const key of this.named) {
      const bytes = await unwrap(key, box, wrapAad(this.userId, `named/${name}`));
      if (bytes !== null) return JSON.parse(fromUtf8(bytes));
    }
    throw new DamagedError(`The record "${name}" does not open.`);
  }
}

/** Another master key, with its epoch. */
export interface Renewed {
  readonly master: Bytes;
  readonly epoch: Epoch;
}

/** What is in force after the ring was wrapped anew. */
interface Wrapping extends Renewed {
  readonly secret: Bytes;
  readonly lock: Bytes | null;
  readonly retire: boolean;
}

/** Keys that lie one after another. None where that is not what it is. */
const keysIn = (bytes: Bytes): Bytes[] =>
  bytes.length % KEY_BYTES !== 0
    ? []
    : Array.from({ length: bytes.length / KEY_BYTES }, (_, n) =>
        bytes.slice(n * KEY_BYTES, (n + 1) * KEY_BYTES),
      );

const damagedIsUndefined = (error: unknown): undefined => {
  if (!(error instanceof DamagedError)) throw error;
};

const keysDamaged = (what: string): DamagedError =>
  new DamagedError(
    `The keys of this profile ${what}. Restart the browser; if this stays, nothing that is stored here can be read: remove the extension and install it again. With sync, another device or the recovery phrase brings back what the service has.`,
  );

/** The secret is not the one that this profile is locked with now. */
class WrongSecret extends Error {}

const deviceIdOf = async ({ signPublic, kemPublic }: DeviceKeys): Promise<string> =>
  toBase64Url((await sha256(concat(signPublic, kemPublic))).subarray(0, 16));

/** @throws DamagedError */
function identityOf(blob: Bytes | undefined): Identity {
  if (!blob) throw keysDamaged('are incomplete');
  return JSON.parse(fromUtf8(blob)) as Identity;
}

async function sealsOf(store: KeyStore): Promise<LockedVault['seals']> {
  const rows = (await store.ring()).filter((row) => row.store === 'seals');
  rows.sort((a, b) => a.generation - b.generation);
  // Of each day the newest.
  const seals = new Map(rows.flatMap(({ day, publicKey }) => (publicKey ? [[day, publicKey]] : [])));
  return [...seals].map(([day, publicKey]) => ({ day, publicKey })).sort((a, b) => (a.day < b.day ? -1 : 1));
}

/** Also of a locked profile. Resolves with its number. */
export async function beginIncarnation(
  store: KeyStore,
  { userId, deviceId }: Omit<Identity, 'incarnation'>,
): Promise<number> {
  const identity: Identity = { userId, deviceId, incarnation: randomU32() };
  await store.putBlob(IDENTITY, utf8(JSON.stringify(identity)));
  return identity.incarnation;
}

/** Additional data of a row in this profile: where it lies. Rebuilt by the reader from the row's key. */
export const rowAad = (userId: string, store: string, day: Day, type: string, n: number): Bytes =>
  lengthPrefixed([
    utf8('arq/row/1'),
    fromBase64Url(userId) ?? utf8(userId),
    utf8(store),
    u32(dayNumber(day)),
    utf8(type),
    utf8(String(n)),
  ]);
