/** What the routes share. */
import type { Clock } from '../../src/base/clock.ts';
import { checkList, type DeviceList } from '../../src/protocol/device-list.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { Limits } from '../../src/protocol/limits.ts';
import type { SignedList } from '../../src/protocol/wire.ts';
import { type Authentication, authenticate, type Caller } from './auth/authenticate.ts';
import { listChecks } from './auth/digest.ts';
import { Nonces } from './auth/nonces.ts';
import { Rate } from './auth/rate.ts';
import { Hub } from './notify.ts';
import { Pairing } from './pairing.ts';
import type { Store } from './store/store.ts';
import { Tickets } from './tickets.ts';

export interface CurrentDevices {
  readonly chain: readonly SignedList[];
  readonly signed: SignedList;
  readonly list: DeviceList;
}

export class Context {
  readonly hub = new Hub();
  readonly pairing: Pairing;
  readonly tickets: Tickets;
  readonly newAccounts: Rate;
  readonly #authentication: Authentication;
  /** Checked lists, by account. The oldest are forgotten. */
  readonly #lists = new Map<AccountId, CurrentDevices>();

  constructor(
    readonly store: Store,
    readonly limits: Limits,
    readonly clock: Clock,
  ) {
    this.pairing = new Pairing(clock, limits);
    this.tickets = new Tickets(clock);
    this.newAccounts = new Rate(clock, limits.accountsPerHour / 3600, limits.accountsPerHour);
    this.#authentication = {
      clock,
      limits,
      nonces: new Nonces(clock, 2 * limits.skewSeconds * 1000 + 1000),
      rate: new Rate(clock, limits.requestsPerSecond, limits.requestBurst),
      listOf: async (account) => (await this.devices(account))?.list ?? null,
    };
  }

  caller(request: Request): Promise<Caller> {
    return authenticate(request, this.#authentication);
  }

  /** The account's checked device list, or `null` when there is none (or it does not check out). */
  async devices(account: AccountId): Promise<CurrentDevices | null> {
    const known = this.#lists.get(account);
    if (known) return known;
    const chain = await this.store.devices(account);
    if (!chain) return null;
    let current: { signed: SignedList; list: DeviceList } | null = null;
    for (const signed of chain) {
      const list: DeviceList | null = await checkList(signed, current, listChecks);
      if (list?.account !== account) return null;
      current = { signed, list };
    }
    if (!current) return null;
    const devices = { chain, ...current };
    this.#lists.set(account, devices);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > 10_000 && oldest !== undefined) this.#lists.delete(oldest);
    return devices;
  }

  forgetDevices(account: AccountId): void {
    this.#lists.delete(account);
  }
}
