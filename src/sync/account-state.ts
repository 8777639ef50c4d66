/** What this device remembers of its account at the service: one sealed record. */
import * as v from 'valibot';
import type { Bytes } from '../base/bytes.ts';
import { HOUR_MS } from '../base/clock.ts';
import { randomId } from '../base/random.ts';
import { deriveAccountKeys } from '../crypto/account-keys.ts';
import type { Epoch } from '../crypto/epochs.ts';
import { EMPTY_SHARED, parseShared, type SharedSettings } from '../model/shared-settings.ts';
import type { CheckedChain } from '../protocol/device-list.ts';
import type { AccountId, DeviceId } from '../protocol/ids.ts';
import { accountIdSchema } from '../protocol/wire.ts';
import { DamagedError } from '../storage/database.ts';
import type { LocalStore } from '../storage/local-store.ts';
import { METADATA } from '../storage/schema.ts';
import type { ObjectScope } from './objects.ts';
import type { Signer } from './transport.ts';

const stateSchema = v.object({
  url: v.string(),
  account: accountIdSchema,
  deviceName: v.string(),
  /** As older versions kept it: it moves to where it can be destroyed. */
  recovery: v.exactOptional(v.string()),
  /** Devices that the person knows of. Absent until the first round. */
  known: v.exactOptional(v.array(v.string())),
  /** Which joining this is: in each life in an account a device writes to shared records as somebody new. */
  joined: v.string(),
  lastSyncedMs: v.exactOptional(v.number()),
  /**
   * While it is being joined, or others delete very much at once (brake.ts): which of the records here its deletions may delete, as the
   * person agreed (join-preview.ts, `of`). Where they mean others, nothing of the account is taken over and nothing is sent.
   */
  agreed: v.exactOptional(v.string()),
  /** While it is being joined: the person has not seen yet what comes and what changes. */
  unseen: v.exactOptional(v.literal(true)),
});
export type AccountState = v.InferOutput<typeof stateSchema>;

/** It was never in step with the account: nothing of it was taken over, and nothing told. */
export const isJoining = ({ agreed, lastSyncedMs }: AccountState): boolean =>
  agreed !== undefined && lastSyncedMs === undefined;

const ACCOUNT = 'sync-account';
const SHARED = 'sync-settings';

/** @throws DamagedError when it does not open. */
export async function readAccount(store: LocalStore): Promise<AccountState | null> {
  const parsed = v.safeParse(stateSchema, await store.readNamed(ACCOUNT));
  return parsed.success ? parsed.output : null;
}

/** Whether what is recorded is to be sent: also while it is not known to which account. */
export const isInAccount = async (store: LocalStore): Promise<boolean> =>
  readAccount(store).then(
    (account) => account !== null,
    (error: unknown) => {
      if (error instanceof DamagedError) return true;
      throw error;
    },
  );

/** Also the seed's `metadata.last_sync`, to the hour, because it is not sealed. */
export async function writeAccount(store: LocalStore, state: AccountState | null): Promise<void> {
  await store.writeNamed(ACCOUNT, state);
  const lastMs = state?.lastSyncedMs;
  const hour = lastMs === undefined ? null : new Date(lastMs - (lastMs % HOUR_MS)).toISOString();
  await store.db.put('metadata', hour, METADATA.lastSync);
}

/**
 * @throws DamagedError, with a sentence, when they do not open or are not of this form: beginning anew would undo what other devices
 * chose, and number this device's writes from 1 again.
 */
export async function readSharedSettings(store: LocalStore): Promise<SharedSettings> {
  let stored: unknown;
  try {
    stored = await store.readNamed(SHARED);
  } catch (error) {
    throw error instanceof DamagedError ? new DamagedError(SETTINGS_DAMAGED) : error;
  }
  if (stored === undefined) return EMPTY_SHARED;
  const shared = parseShared(stored);
  if (!shared) throw new DamagedError(SETTINGS_DAMAGED);
  return shared;
}
export const ACCOUNT_FULL =
  'More rules were made and removed in this account than it can hold. What was chosen holds on each device by itself, and nothing is lost. To sync again, leave the account on all devices and make a new one.';

/** The settings of an account are as large as they can be, in a sentence. */
export class SettingsFullError extends Error {
  override readonly name = 'SettingsFullError';
  constructor() {
    super(ACCOUNT_FULL);
  }
}

const SETTINGS_DAMAGED =
  'The settings that your devices share are damaged on this device. Leave the account here, then add this device again from another one.';

/** The caller holds the write lock. */
export const writeSharedSettings = (store: LocalStore, shared: SharedSettings): Promise<void> =>
  store.writeNamed(SHARED, shared);

/**
 * One change at a time: of two that come together none may be forgotten. Resolves with the outcome; `null`: it is more than is ever
 * read back, and nothing is changed.
 */
export const changeSharedSettings = (
  store: LocalStore,
  change: (shared: SharedSettings) => SharedSettings,
): Promise<SharedSettings | null> =>
  store.exclusive(async () => {
    const shared = change(await readSharedSettings(store));
    if (!parseShared(shared)) return null;
    await writeSharedSettings(store, shared);
    return shared;
  });

export const SETTINGS_CAME = 'settings-came';

/** Settings come from another device: until they are put in force here, a restart must not forget it. */
export const noteSettings = async (store: LocalStore): Promise<void> =>
  void (await store.db.put('metadata', true, SETTINGS_CAME));
export const settingsCame = async (store: LocalStore): Promise<boolean> =>
  (await store.db.get('metadata', SETTINGS_CAME)) === true;
export const settingsTaken = (store: LocalStore): Promise<void> => store.db.delete('metadata', SETTINGS_CAME);

/** The account's device list, checked from its first version on. */
export type Devices = CheckedChain;

/** The newest device list that this device has seen: the service cannot go back behind it, nor to another history. */
export const DEVICES_SEEN = 'devices-seen';
/** The epoch whose master key is to be replaced, because what unlocks this profile was changed. */
export const RENEWAL_WISHED = 'renewal-wished';
/** From where on in the change feed nothing of an older epoch is taken. */
export const EPOCH_SETTLED = 'epoch-settled';

export const deviceIdOf = (store: LocalStore): DeviceId => store.vault.deviceId as DeviceId;

const keysOfAccount = (master: Bytes, account: AccountId, { number, carried }: Epoch) =>
  deriveAccountKeys(master, account, number, carried);

export const scopeOf = async (store: LocalStore, account: AccountId): Promise<ObjectScope> => ({
  account,
  keys: await keysOfAccount(store.vault.masterKey(), account, store.vault.epoch),
});

export const signerOf = (store: LocalStore, account: AccountId): Signer => ({
  account,
  device: deviceIdOf(store),
  key: store.vault.device.sign.privateKey,
});

/**
 * The actor of this device's writes to shared records. Its writes are numbered from 1, so a device that comes back without
 * what it wrote before must not be the same actor: its new writes would pass for old ones that others have seen.
 */
export const actorOf = (store: LocalStore, { joined }: Pick<AccountState, 'joined'>): string =>
  `${store.vault.deviceId}.${store.vault.incarnation.toString(36)}.${joined}`;

export const newJoining = (): string => randomId().slice(0, 11);
