/**
 * The seed's `EncryptionManager` (§3.2) on an open profile, with every method. Keys are handles: their bytes never leave this file,
 * because text that holds a key cannot be cleared from memory, and ends in logs.
 *
 * A handle names what sealing keys follow from, by HKDF (RFC 5869). The master key in force stands for the profile's object key, which
 * is wrapped under it: so rotating the master key wraps that one anew, and what was encrypted before stays as it is and opens.
 */
import * as v from 'valibot';
import { type Bytes, fromUtf8, toBase64Url, utf8 } from '../base/bytes.ts';
import { newMasterKey } from '../crypto/account-keys.ts';
import {
  type AeadKey,
  aeadKey,
  type EncryptedData,
  fromEncryptedData,
  open,
  seal,
  toEncryptedData,
} from '../crypto/envelope.ts';
import { type Kdf, kdfSchema, newKdf } from '../crypto/kdf.ts';
import { hkdf } from '../crypto/primitives.ts';
import type { UserProfile } from '../model/profile.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';

/** A key, by reference. */
export interface KeyRef {
  /** What `EncryptedData.keyId` says of what it encrypts. */
  readonly keyId: string;
}

/** What of a profile says something of the person. It is sealed as one message: fields that are sealed apart can be exchanged. */
export const SENSITIVE_FIELDS = [
  'language',
  'timezone',
  'totalInteractions',
  'averageSessionDuration',
  'lastActiveDate',
] as const;
type Sensitive = (typeof SENSITIVE_FIELDS)[number];

/** A profile whose sensitive fields are in `sealed`. */
export type SealedProfile = Omit<UserProfile, Sensitive> & { sealed: EncryptedData };
type Changing = { -readonly [K in keyof UserProfile]?: UserProfile[K] } & { sealed?: EncryptedData };

const KDF = 'manager-kdf';
const DATA = utf8('arq/manager/data/1');
const fieldsAad = (userId: string): Bytes => utf8(`arq/manager/profile/1\n${userId}`);

const sealedSchema = v.object({
  language: v.string(),
  timezone: v.string(),
  totalInteractions: v.number(),
  averageSessionDuration: v.number(),
  lastActiveDate: v.pipe(
    v.string(),
    v.isoTimestamp(),
    v.transform((text) => new Date(text)),
  ),
});

export class EncryptionManager {
  readonly #keys = new WeakMap<KeyRef, AeadKey>();
  #inForce: KeyRef | undefined;

  constructor(private readonly store: LocalStore) {}

  async #refOf(secret: Bytes): Promise<KeyRef> {
    const key = await aeadKey(await hkdf(secret, 'arq/v1/manager'));
    const ref: KeyRef = Object.freeze({ keyId: toBase64Url(key.kid) });
    this.#keys.set(ref, key);
    return ref;
  }

  #keyOf(ref: KeyRef): AeadKey {
    const key = this.#keys.get(ref);
    if (!key) throw new TypeError('This is no key of this manager, or it was rotated.');
    return key;
  }

  /** The master key that is in force. The same handle until it is rotated. */
  async masterKey(): Promise<KeyRef> {
    this.#inForce ??= await this.#refOf(await this.store.vault.objectSecret('manager'));
    return this.#inForce;
  }

  /** A new random key that is in force nowhere. It is gone with its handle. */
  generateMasterKey(): Promise<KeyRef> {
    return this.#refOf(newMasterKey());
  }

  /**
   * Puts the profile under a new random master key. `oldKey` is the one in force, and is none any more afterwards; the new one is
   * `masterKey()`. Data stays as it is, and what was encrypted under the old handle opens with the new one.
   * @throws RangeError when another key is in force; DOMException InvalidStateError while the profile is in a sync account, whose
   * devices share the key.
   */
  async rotateMasterKey(oldKey: KeyRef): Promise<void> {
    this.#keyOf(oldKey);
    if (oldKey !== (await this.masterKey())) throw new RangeError('This is not the master key in force.');
    if (this.store.syncing)
      throw new DOMException('The master key belongs to the sync account.', 'InvalidStateError');
    await this.store.renewAlone();
    this.#keys.delete(oldKey);
    this.#inForce = undefined;
  }

  /**
   * The key of a password, by Argon2id. The same password gives the same key in this profile, whose salt and parameters are kept sealed.
   */
  async deriveKeyFromPassword(password: string): Promise<KeyRef> {
    const { passphraseKey } = await import('../crypto/passphrase.ts');
    return this.#refOf(await passphraseKey(password, await this.#kdf()));
  }

  async #kdf(): Promise<Kdf> {
    const stored = v.safeParse(kdfSchema, await this.store.readNamed(KDF));
    if (stored.success) return stored.output;
    const kdf = newKdf();
    await this.store.writeNamed(KDF, kdf);
    return kdf;
  }

  /** AES-256-GCM with a random iv. */
  async encrypt(data: string, key: KeyRef): Promise<EncryptedData> {
    return toEncryptedData(await seal(this.#keyOf(key), utf8(data), DATA));
  }

  /** @throws DamagedError when it was encrypted with another key, or changed. */
  async decrypt(encrypted: EncryptedData, key: KeyRef): Promise<string> {
    return fromUtf8(await this.#open(encrypted, this.#keyOf(key), DATA));
  }

  async #open(encrypted: EncryptedData, key: AeadKey, aad: Bytes): Promise<Bytes> {
    const envelope = fromEncryptedData(encrypted);
    const opened = envelope && (await open(key, envelope, aad));
    if (!opened?.ok) throw new DamagedError('This was encrypted with another key, or changed since.');
    return opened.plaintext;
  }

  /** Moves the sensitive fields of a profile into its field `sealed`. Twice is as once. */
  async encryptSensitiveFields(profile: UserProfile | SealedProfile): Promise<void> {
    const changing = profile as Changing;
    if (changing.sealed) return;
    const fields = Object.fromEntries(SENSITIVE_FIELDS.map((name) => [name, changing[name]]));
    const key = this.#keyOf(await this.masterKey());
    const envelope = await seal(key, utf8(JSON.stringify(fields)), fieldsAad(profile.userId));
    changing.sealed = toEncryptedData(envelope);
    for (const name of SENSITIVE_FIELDS) delete changing[name];
  }

  /** Moves them back. @throws DamagedError when they are those of another profile, or changed; then nothing is moved. */
  async decryptSensitiveFields(profile: UserProfile | SealedProfile): Promise<void> {
    const changing = profile as Changing;
    if (!changing.sealed) return;
    const key = this.#keyOf(await this.masterKey());
    const bytes = await this.#open(changing.sealed, key, fieldsAad(profile.userId));
    Object.assign(changing, v.parse(sealedSchema, JSON.parse(fromUtf8(bytes))));
    delete changing.sealed;
  }
}
