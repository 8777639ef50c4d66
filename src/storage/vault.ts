/**
 * The keys of this profile while it is unlocked: the device secret opens the master key, the master key opens the ring of
 * period keys, a period key opens the events of one day.
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
import { systemRandom } from '../base/random.ts';
import { type AccountKeys, deriveAccountKeys, newMasterKey, newPeriodKey } from '../crypto/account-keys.ts';
import { type AeadKey, aeadKey } from '../crypto/envelope.ts';
import { hkdf, hmac, importMacKey, type MacKey, macInput, sha256 } from '../crypto/primitives.ts';
import {
  type DeviceKeys,
  type ExportedDeviceKeys,
  exportDeviceKeys,
  generateDeviceKeys,
  importDeviceKeys,
} from '../crypto/signing.ts';
import { unwrap, wrap } from '../crypto/wrap.ts';
import { DamagedError } from './database.ts';
import type { KeyStore, RingRow } from './key-store.ts';

const SECRET = 'device-secret';
const DEVICE = 'device-keys';
const MASTER = 'master';
const IDENTITY = 'identity';
const OBJECTS = 'object-key';

export interface PeriodKey {
  readonly day: Day;
  readonly generation: number;
  readonly raw: Bytes;
  readonly aead: AeadKey;
}

interface Identity {
  /** A random constant of this profile: the seed's `userId`. */
  readonly userId: string;
  /** Which life of this device; a restored or emptied profile gets another. */
  readonly incarnation: number;
}

const newIncarnation = (): number => new DataView(systemRandom.bytes(4).buffer).getUint32(0);

const wrapAad = (userId: string, what: string): Bytes =>
  lengthPrefixed([utf8('arq/wrap/1'), utf8(userId), utf8(what)]);
const ringAad = (userId: string, day: Day, generation: number): Bytes =>
  wrapAad(userId, `interactions/${dayNumber(day)}/${generation}`);

export class Vault {
  #keys = new Map<string, Promise<PeriodKey>>();
  #newest = new Map<Day, number>();

  private constructor(
    private readonly store: KeyStore,
    private readonly secret: Bytes,
    readonly userId: string,
    public incarnation: number,
    readonly deviceId: string,
    readonly device: DeviceKeys,
    private master: Bytes,
    private account: AccountKeys,
    /** Seals this profile's named records. Random, wrapped under the master key. */
    private readonly objects: Bytes,
  ) {}

  /** Opens the vault, or makes a new one in an empty key store. @throws DamagedError when keys are there but do not open. */
  static async open(store: KeyStore): Promise<Vault> {
    const secret = await store.blob(SECRET);
    if (secret === undefined) await Vault.#create(store);
    return Vault.#load(store);
  }

  static async #create(store: KeyStore): Promise<void> {
    const secret = systemRandom.bytes(32);
    const identity: Identity = {
      userId: toBase64Url(systemRandom.bytes(16)),
      incarnation: newIncarnation(),
    };
    const device = utf8(JSON.stringify(await exportDeviceKeys(await generateDeviceKeys())));
    await store.putBlob(IDENTITY, utf8(JSON.stringify(identity)));
    await store.putBlob(DEVICE, await wrap(secret, device, wrapAad(identity.userId, DEVICE)));
    const master = newMasterKey();
    const { wrapping } = await deriveAccountKeys(master, 'vault', 1);
    await store.putBlob(MASTER, await wrap(secret, master, wrapAad(identity.userId, MASTER)));
    await store.putBlob(OBJECTS, await wrap(wrapping, newPeriodKey(), wrapAad(identity.userId, OBJECTS)));
    // Last: its presence says that the others are complete.
    await store.putBlob(SECRET, secret);
  }

  static async #load(store: KeyStore): Promise<Vault> {
    const [secret, identityBytes, deviceBlob, masterBlob, objectsBlob] = await Promise.all(
      [SECRET, IDENTITY, DEVICE, MASTER, OBJECTS].map((name) => store.blob(name)),
    );
    if (!secret || !identityBytes || !deviceBlob || !masterBlob || !objectsBlob)
      throw new DamagedError('The keys of this profile are incomplete.');
    const identity = JSON.parse(fromUtf8(identityBytes)) as Identity;
    const deviceJson = await unwrap(secret, deviceBlob, wrapAad(identity.userId, DEVICE));
    const master = await unwrap(secret, masterBlob, wrapAad(identity.userId, MASTER));
    if (!deviceJson || !master) throw new DamagedError('The keys of this profile do not open.');
    const device = await importDeviceKeys(JSON.parse(fromUtf8(deviceJson)) as ExportedDeviceKeys);
    const deviceId = toBase64Url((await sha256(concat(device.signPublic, device.kemPublic))).subarray(0, 16));
    const account = await deriveAccountKeys(master, 'vault', 1);
    const objects = await unwrap(account.wrapping, objectsBlob, wrapAad(identity.userId, OBJECTS));
    if (!objects) throw new DamagedError('The keys of this profile do not open.');
    const vault = new Vault(
      store,
      secret,
      identity.userId,
      identity.incarnation,
      deviceId,
      device,
      master,
      account,
      objects,
    );
    for (const row of await store.ring()) vault.#remember(row);
    return vault;
  }

  /** Another life of this device: numbers of the one before are never used again. */
  async beginIncarnation(): Promise<void> {
    const identity: Identity = { userId: this.userId, incarnation: newIncarnation() };
    await this.store.putBlob(IDENTITY, utf8(JSON.stringify(identity)));
    this.incarnation = identity.incarnation;
  }

  #remember(row: RingRow): void {
    this.#newest.set(row.day, Math.max(row.generation, this.#newest.get(row.day) ?? 0));
    this.#keys.set(`${row.day}/${row.generation}`, this.#unwrap(row));
    // A key that does not open is reported where it is needed.
    this.#keys.get(`${row.day}/${row.generation}`)?.catch(() => {});
  }

  async #unwrap(row: RingRow): Promise<PeriodKey> {
    const raw = await unwrap(
      this.account.wrapping,
      row.wrapped,
      ringAad(this.userId, row.day, row.generation),
    );
    if (raw === null) throw new DamagedError(`The key of ${row.day} does not open.`);
    return { day: row.day, generation: row.generation, raw, aead: await aeadKey(raw) };
  }

  /** The key that new events of a day are sealed with; made, and durable, before it is used. */
  async currentKey(day: Day): Promise<PeriodKey> {
    const generation = this.#newest.get(day);
    return generation === undefined ? this.newKey(day) : this.key(day, generation);
  }

  /** @throws DamagedError when the key was destroyed or does not open. */
  async key(day: Day, generation: number): Promise<PeriodKey> {
    const key = this.#keys.get(`${day}/${generation}`);
    if (key === undefined) throw new DamagedError(`The key of ${day} is missing.`);
    return key;
  }

  /** A further generation of a day's key, for what survives an erasure. */
  async newKey(day: Day): Promise<PeriodKey> {
    const pending = this.#pending.get(day);
    if (pending) return pending;
    const made = this.#makeKey(day).finally(() => this.#pending.delete(day));
    this.#pending.set(day, made);
    return made;
  }
  #pending = new Map<Day, Promise<PeriodKey>>();

  async #makeKey(day: Day): Promise<PeriodKey> {
    const generation = (this.#newest.get(day) ?? 0) + 1;
    const raw = newPeriodKey();
    const wrapped = await wrap(this.account.wrapping, raw, ringAad(this.userId, day, generation));
    const row: RingRow = { store: 'interactions', day, generation, wrapped };
    await this.store.addToRing([row]);
    this.#remember(row);
    return this.key(day, generation);
  }

  /** Every key in the ring. */
  async ring(): Promise<PeriodKey[]> {
    return Promise.all(this.#keys.values());
  }

  /** Days of which an older key than the newest is still there: an erasure that was interrupted before its last step. */
  staleDays(): Day[] {
    return [...this.#newest]
      .filter(([day, newest]) =>
        [...this.#keys.keys()].some((id) => id.startsWith(`${day}/`) && id !== `${day}/${newest}`),
      )
      .map(([day]) => day);
  }

  /** Destroys keys: all generations of a day but the newest (`superseded`), or every one (`all`). Nothing that they sealed opens again. */
  async shred(days: ReadonlyMap<Day, 'superseded' | 'all'>): Promise<void> {
    const keep = (await this.store.ring()).filter((row) => {
      const what = days.get(row.day);
      return what === undefined || (what === 'superseded' && row.generation === this.#newest.get(row.day));
    });
    await this.store.rewrite(keep);
    this.#keys.clear();
    this.#newest.clear();
    for (const row of keep) this.#remember(row);
  }

  masterKey(): Bytes {
    return this.master;
  }

  /** Puts the profile under another master key: the ring is wrapped anew, what it sealed stays as it is. */
  async adoptMaster(master: Bytes): Promise<void> {
    const account = await deriveAccountKeys(master, 'vault', 1);
    const rows: RingRow[] = [];
    for (const key of await this.ring()) {
      const wrapped = await wrap(account.wrapping, key.raw, ringAad(this.userId, key.day, key.generation));
      rows.push({ store: 'interactions', day: key.day, generation: key.generation, wrapped });
    }
    await this.store.rewrite(rows, {
      [MASTER]: await wrap(this.secret, master, wrapAad(this.userId, MASTER)),
      [OBJECTS]: await wrap(account.wrapping, this.objects, wrapAad(this.userId, OBJECTS)),
    });
    this.master = master;
    this.account = account;
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
    return wrap(this.objects, utf8(JSON.stringify(value)), wrapAad(this.userId, `named/${name}`));
  }

  /** @throws DamagedError when it does not open. */
  async openNamed(name: string, box: Bytes): Promise<unknown> {
    const bytes = await unwrap(this.objects, box, wrapAad(this.userId, `named/${name}`));
    if (bytes === null) throw new DamagedError(`The record "${name}" does not open.`);
    return JSON.parse(fromUtf8(bytes));
  }
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
