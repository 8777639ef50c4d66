/** What this device remembers of its account at the service: one sealed record. */
import * as v from 'valibot';
import { type Bytes, fromBase64Url } from '../base/bytes.ts';
import { deriveAccountKeys } from '../crypto/account-keys.ts';
import { EMPTY_SHARED, parseShared, type SharedSettings } from '../model/shared-settings.ts';
import type { AccountId, DeviceId } from '../protocol/ids.ts';
import { accountIdSchema } from '../protocol/wire.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { ObjectScope } from './objects.ts';
import type { Signer } from './transport.ts';

const stateSchema = v.object({
  url: v.string(),
  account: accountIdSchema,
  deviceName: v.string(),
  /** The recovery secret, while this device is the one that made the account. */
  recovery: v.exactOptional(v.string()),
  lastSyncedMs: v.exactOptional(v.number()),
});
export type AccountState = v.InferOutput<typeof stateSchema>;

const ACCOUNT = 'sync-account';
const SHARED = 'sync-settings';

export async function readAccount(store: LocalStore): Promise<AccountState | null> {
  const parsed = v.safeParse(stateSchema, await store.readNamed(ACCOUNT));
  return parsed.success ? parsed.output : null;
}

export const writeAccount = (store: LocalStore, state: AccountState | null): Promise<void> =>
  store.writeNamed(ACCOUNT, state);

export const readSharedSettings = async (store: LocalStore): Promise<SharedSettings> =>
  parseShared(await store.readNamed(SHARED)) ?? EMPTY_SHARED;

export const writeSharedSettings = (store: LocalStore, shared: SharedSettings): Promise<void> =>
  store.writeNamed(SHARED, shared);

export const deviceIdOf = (store: LocalStore): DeviceId => store.vault.deviceId as DeviceId;

export const scopeOf = async (store: LocalStore, account: AccountId): Promise<ObjectScope> => ({
  account,
  keys: await deriveAccountKeys(store.vault.masterKey(), account, 1),
});

export const signerOf = (store: LocalStore, account: AccountId): Signer => ({
  account,
  device: deviceIdOf(store),
  key: store.vault.device.sign.privateKey,
});

/** The actor of this device's writes to shared records: one for each life of its store. */
export const actorOf = (store: LocalStore): string =>
  `${store.vault.deviceId}.${store.vault.incarnation.toString(36)}`;

export const bytesOf = (text: string): Bytes => fromBase64Url(text) ?? new Uint8Array(0);
