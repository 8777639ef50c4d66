/** The devices of the account, as the person is told of them: names, when they were last seen, and which of them are new. */
import type { SyncDevice } from '../../model/recording.ts';
import { type AccountState, deviceIdOf, writeAccount } from '../../sync/account-state.ts';
import { cardOf } from '../../sync/receipts.ts';
import type { Round } from '../../sync/run.ts';
import type { InAccount } from './sync-account.ts';

type Listed = Pick<Round, 'devices' | 'waiting' | 'restored'>;
const NOBODY: Listed = { devices: [], waiting: [], restored: [] };

export interface AccountKeeper extends InAccount {
  /** It is another one from here on, for as long as it is the account of this device. */
  keep(account: AccountState): void;
}

export class SyncDevices {
  list: readonly SyncDevice[] = [];
  #round: Listed = NOBODY;

  constructor(private readonly sync: AccountKeeper) {}

  /** What a round told of them. `also`: what else is new of the account. */
  async took(round: Listed, also: Partial<AccountState>): Promise<void> {
    this.#round = round;
    // At first all are known: the person has just put this device beside them.
    const known = this.sync.account()?.known ?? round.devices.map(({ id }) => id);
    await this.#keep({ ...also, known });
  }

  /** The person says that these are theirs. */
  async know(ids: readonly string[]): Promise<void> {
    const account = this.sync.account();
    if (!account) return;
    await this.#keep({ known: [...new Set([...(account.known ?? []), ...ids])] });
    this.sync.profile.changed();
  }

  /** The same of all that are listed now. */
  knowAll(): Promise<void> {
    return this.know(this.#round.devices.map(({ id }) => id));
  }

  forget(): void {
    this.list = [];
    this.#round = NOBODY;
  }

  async #keep(change: Partial<AccountState>): Promise<void> {
    const account = this.sync.account();
    if (!account) return;
    const changed = { ...account, ...change };
    this.sync.keep(changed);
    await writeAccount(this.sync.profile.store, changed);
    this.list = await this.#describe(changed);
  }

  #describe({ known, deviceName }: AccountState): Promise<SyncDevice[]> {
    const { store } = this.sync.profile;
    const { devices, waiting, restored } = this.#round;
    return Promise.all(
      devices.map(async ({ id, addedAt }) => {
        const thisDevice = id === deviceIdOf(store);
        const seen = (await store.db.get('metadata', `seen/${id}`)) as number | undefined;
        const own = thisDevice ? deviceName : (await cardOf(store, id))?.name;
        const name = own ?? 'Another device';
        return {
          id,
          name,
          thisDevice,
          addedMs: addedAt,
          ...(seen === undefined ? {} : { lastSeenMs: seen }),
          ...(thisDevice || known?.includes(id) !== false ? {} : { isNew: true as const }),
          ...(restored.includes(id) ? { byPhrase: true as const } : {}),
          ...(waiting.includes(id) ? { keyWaits: true as const } : {}),
        };
      }),
    );
  }
}
