/**
 * Devices with the real client (background's sync service, store, cryptography) on one real service, all in this process.
 * Timers stand still: a round runs when the test says so.
 *
 * Over 300 lines, because what a device of these tests can do is on one page.
 */
import { AsyncResource } from 'node:async_hooks';

// First: the extension's API has to be there before anything of `src` is loaded.
import './device-context.ts';
import { vi } from 'vitest';
import { type InProcess, inProcess } from '../../server/test/support/in-process.ts';
import { Profile } from '../../src/background/services/profile.ts';
import { StoredRules } from '../../src/background/services/stored-rules.ts';
import { Sync } from '../../src/background/services/sync.ts';
import { HOUR_MS } from '../../src/base/clock.ts';
import { randomId } from '../../src/base/random.ts';
import type { InteractionEvent, InteractionRecord, NewEvent } from '../../src/model/interaction.ts';
import type { PrivacyLevel } from '../../src/model/privacy.ts';
import { isEverything, meantBy, type Purge } from '../../src/model/purge.ts';
import type { SyncState } from '../../src/model/recording.ts';
import type { Reduction } from '../../src/model/reduction.ts';
import type { Rule } from '../../src/model/rules.ts';
import { type EraseTarget, targetedBy } from '../../src/model/selector.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { Limits } from '../../src/protocol/limits.ts';
import { linksAsked, withLinks } from '../../src/storage/erase.ts';
import { readAccount } from '../../src/sync/account-state.ts';
import { DeviceContext } from './device-context.ts';
import { TestNetwork } from './test-network.ts';

export const SERVICE_URL = 'https://service.example';

export class TestDevice {
  readonly context = new DeviceContext();
  readonly network: TestNetwork;
  profile!: Profile;
  sync!: Sync;
  storedRules!: StoredRules;
  /** How far this device's clock is off, in ms. */
  skewMs = 0;

  constructor(
    protected readonly service: InProcess,
    readonly name: string,
  ) {
    this.network = new TestNetwork(service);
    this.context.fetch = this.network.fetch;
  }

  run<T>(task: () => T): T {
    return this.context.run(task);
  }

  readonly clock = { nowMs: () => this.service.clock.nowMs() + this.skewMs };

  /** As after the browser was closed, or the worker was stopped: memory is gone, data is there. */
  async restart(): Promise<void> {
    this.context.stop();
    vi.clearAllTimers();
    await this.run(async () => {
      this.profile = await Profile.open({ onBlocked() {}, onClosed() {} }, this.clock);
      this.sync = new Sync(this.profile);
      this.storedRules = new StoredRules(this.profile, {
        others: this.sync.deleting.rules,
        settled: async () => {},
        alone: async (task) => {
          await task();
          return true;
        },
        onReduced: async () => this.sync.changed(),
      });
      this.sync.onJoined = () => this.storedRules.joined();
      this.sync.onChanged = () => this.storedRules.look();
      await this.sync.open();
      await this.storedRules.open();
    });
  }

  get store() {
    return this.profile.store;
  }

  /** What happens in the background when a page is visited. `path` begins with a slash. */
  async visit(site: string, path: string, atMs = this.clock.nowMs()): Promise<InteractionEvent> {
    const url = `https://${site}${path}`;
    return this.append({
      kind: 'visit',
      atMs,
      level: 'private',
      url,
      title: path.slice(0, 40),
      transition: 'link',
    });
  }

  append(event: NewEvent, day?: string): Promise<InteractionEvent> {
    return this.run(async () => {
      const appended = await this.store.append(day === undefined ? { event } : { event, day });
      this.sync.changed();
      return appended as InteractionEvent;
    });
  }

  /** As the handler of `erase.run` does it. */
  erase(target: EraseTarget): Promise<number> {
    return this.eraseAll([target]);
  }

  eraseAll(targets: readonly EraseTarget[]): Promise<number> {
    return this.run(async () => {
      const given = await this.deletion();
      const purge: Purge = {
        id: given.id,
        reason: 'person',
        kind: 'search',
        targets: [...targets],
        atMs: given.atMs,
        dueMs: given.atMs,
        untilMs: given.atMs,
        syncing: this.store.syncing,
        count: 0,
      };
      // What goes with each, told as the product tells it.
      const found = await this.store.meant(meantBy(purge), undefined, linksAsked(targets));
      const all = targets.map((target) => withLinks(target, found));
      let count = 0;
      const erase = async () => {
        const isMeant = meantBy({ ...purge, targets: all });
        count = await this.store.erase(isMeant, isEverything(purge), undefined, all, {
          until: (record, as) => (isMeant(record, as) ? purge.untilMs : undefined),
        });
        return true;
      };
      // As the product tells of pages of which nothing is there that rules shortened (erasures.ts).
      const isMeant = targetedBy(targets);
      let hasShortened = Object.keys(await this.store.awayDays()).length > 0;
      for await (const { records } of this.store.recordsByDay())
        hasShortened ||= records.some((record) => 'shortened' in record && isMeant(record));
      const told = all.map((target) =>
        target.what === 'page' && !hasShortened ? { ...target, whole: true as const } : target,
      );
      await this.sync.deleting.erasing(told, erase, given);
      return count;
    });
  }

  /** As the product names one that is given now. */
  async deletion() {
    return { id: randomId(), atMs: await this.store.deleting() };
  }

  /** As the handlers of `level.set`, `rules.set` and `rules.remove` do it. */
  set(change: { level?: PrivacyLevel; rules?: readonly Rule[] }): Promise<void> {
    return this.run(() => this.sync.settings.change(() => this.profile.change(change)));
  }

  /** As the handler of `stored.apply` does it; resolves when it is done. */
  reduce(reduction: Reduction): Promise<void> {
    return this.run(async () => {
      await this.storedRules.start(reduction);
      await this.storedRules.settled();
    });
  }

  /** Another master key for the account, perhaps without one of its devices. */
  async rotate(without?: TestDevice): Promise<void> {
    const id = without?.store.vault.deviceId;
    const done = await this.run(() => this.sync.rotate(id));
    if (!done.ok) throw new Error(done.error.message);
  }

  get epoch(): number {
    return this.store.vault.epoch.number;
  }

  /** One round of sync, with what follows from it; what the person is shown then. */
  round(): Promise<SyncState> {
    return this.run(async () => {
      await this.sync.run();
      await this.storedRules.settled();
      return this.sync.state();
    });
  }

  /** What a person sees, folded, oldest first. Damaged rows are a failure of the test. */
  records(): Promise<InteractionRecord[]> {
    return this.run(async () => {
      const all: InteractionRecord[] = [];
      for await (const { records, damaged, day } of this.store.recordsByDay('oldest')) {
        if (damaged > 0) throw new Error(`${damaged} damaged rows on ${day}`);
        all.push(...records);
      }
      return all;
    });
  }

  async urls(): Promise<string[]> {
    return (await this.records()).map((record) => ('url' in record ? record.url : record.kind)).sort();
  }

  /** Ids of every stored event, as often as it is stored. */
  eventIds(): Promise<string[]> {
    return this.run(async () => {
      const ids: string[] = [];
      for await (const { day } of this.store.recordsByDay()) {
        const { events } = await this.store.eventsOfDay(day);
        ids.push(...events.map(({ id }) => id));
      }
      return ids;
    });
  }

  /** Slots at the service that this device knows of. */
  async knownSlots(): Promise<string[]> {
    return (await this.run(() => this.store.db.getAllKeys('peers'))).sort();
  }

  outbox(): Promise<number> {
    return this.run(() => this.store.db.count('outbox'));
  }

  /** What is in force here and travels. */
  settings(): { level: PrivacyLevel; rules: readonly Rule[] } {
    const { level, rules } = this.profile.settings;
    return { level, rules: [...rules].sort((a, b) => (a.host < b.host ? -1 : 1)) };
  }
}

export class SyncWorld {
  readonly service: InProcess;
  readonly devices: TestDevice[] = [];

  constructor(
    limits: Partial<Limits> = {},
    private readonly made: new (service: InProcess, name: string) => TestDevice = TestDevice,
  ) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    // A timer fires on the device that set it, whoever lets time pass.
    const faked = globalThis.setTimeout;
    globalThis.setTimeout = ((task: () => void, ms?: number) =>
      faked(AsyncResource.bind(task), ms)) as typeof setTimeout;
    this.service = inProcess(limits);
  }

  /** A device with an empty profile that is in no account. */
  async device(name: string): Promise<TestDevice> {
    const device = new this.made(this.service, name);
    await device.restart();
    this.devices.push(device);
    return device;
  }

  /** `count` devices in one account, in step with each other. */
  static async paired(
    count: number,
    limits: Partial<Limits> = {},
    made?: new (service: InProcess, name: string) => TestDevice,
  ): Promise<SyncWorld> {
    const world = new SyncWorld(limits, made);
    const first = await world.device('d0');
    await world.create(first);
    for (let i = 1; i < count; i++) await world.join(first, await world.device(`d${i}`));
    await world.settle();
    return world;
  }

  async create(device: TestDevice): Promise<void> {
    const made = await device.run(() => device.sync.create(SERVICE_URL, device.name));
    if (!made.ok) throw new Error(made.error.message);
  }

  async join(inviter: TestDevice, joiner: TestDevice): Promise<void> {
    const invited = await inviter.run(() => inviter.sync.invite());
    if (!invited.ok) throw new Error(invited.error.message);
    const joined = await joiner.run(() => joiner.sync.join(invited.value.code, joiner.name));
    if (!joined.ok) throw new Error(joined.error.message);
  }

  /**
   * Rounds on all devices until nobody has anything to say. Throws what a person would be told, and when devices go on
   * correcting each other.
   */
  async settle(devices: readonly TestDevice[] = this.devices): Promise<void> {
    for (let pass = 0; pass < 8; pass++) {
      const before = pass === 0 ? -1 : (await this.changes()).length;
      for (const device of devices) {
        const state = await device.round();
        if (state.phase !== 'synced')
          throw new Error(`${device.name}: ${state.phase} ${state.message ?? ''}`);
      }
      if ((await this.changes()).length === before) return;
    }
    throw new Error('the devices do not come to rest');
  }

  /** The account's objects as they lie at the service. */
  async liveSlots(): Promise<string[]> {
    const live = new Map<string, string | null>();
    for (const { ops } of await this.changes()) for (const { slot, etag } of ops) live.set(slot, etag);
    return [...live].flatMap(([slot, etag]) => (etag === null ? [] : [slot])).sort();
  }

  /** The account's change feed. */
  async changes() {
    const account = await this.accountId();
    return (await this.service.deps.store.changes(account, 0, 1e6)).changes;
  }

  async accountId(): Promise<AccountId> {
    for (const device of this.devices) {
      const state = await device.run(() => readAccount(device.store));
      if (state) return state.account;
    }
    throw new Error('no device is in an account');
  }

  pass(ms = HOUR_MS): void {
    this.service.clock.add(ms);
  }

  end(): void {
    vi.clearAllTimers();
    vi.useRealTimers();
  }
}
