/**
 * One attack on one seed: devices record, delete, change settings, renew keys and are restarted while the service turns hostile at some moment; in
 * the end it is honest again. What must be true is looked at before, at the end of the attack, and afterwards.
 *
 * Over 300 lines, because what happens in a run and what is asked of it afterwards belong together.
 */
import { vi } from 'vitest';
import { HOUR_MS } from '../../../src/base/clock.ts';
import type { PrivacyLevel } from '../../../src/model/privacy.ts';
import { type SyncState, syncLabel } from '../../../src/model/recording.ts';
import type { Slot } from '../../../src/protocol/ids.ts';
import { leadTo, RecordedService } from '../second-service.ts';
import { Rng } from '../sim/rng.ts';
import { StandInSubtle } from '../sim/subtle.ts';
import { SyncWorld, type TestDevice } from '../sync-world.ts';
import type { Between, Given } from './proxy.ts';
import type { Attack, Stage } from './stage.ts';
import { type Found, sorted, Truth } from './truth.ts';

const SITES = ['one.example', 'sub.one.example', 'two.example'] as const;
const PAGES = ['/a', '/b', '/c'] as const;

/** How often each is done, against each other. */
const STEPS = {
  visit: 20,
  round: 14,
  'erase site': 2,
  'erase page': 2,
  'erase record': 2,
  'erase all': 1,
  level: 2,
  rule: 2,
  rotate: 1,
  restart: 2,
  pack: 1,
} as const;

/** `red`: it has evidence that the service lies. */
export type Shown = 'synced' | 'asks' | 'offline' | 'error' | 'red';

export interface HostileRun {
  readonly attack: string;
  readonly seed: number;
  readonly faults: readonly string[];
  /** What devices that were attacked showed in the end of it, and what all showed after it. */
  readonly during: readonly Shown[];
  readonly after: readonly Shown[];
}

/** Timeouts of requests, which come when the attack says. */
class Timeouts {
  readonly #open = new Set<AbortController>();

  constructor() {
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      const controller = new AbortController();
      this.#open.add(controller);
      return controller.signal;
    });
  }

  readonly timeOut = (): void => {
    for (const controller of this.#open)
      controller.abort(new DOMException('The operation timed out.', 'TimeoutError'));
    this.#open.clear();
  };
}

const { subtle: real } = crypto;
let standIn: StandInSubtle | undefined;
// One object for both: who asks for it may keep it.
const subtle = new Proxy(real, {
  get(_, name) {
    const now = standIn ?? real;
    const value: unknown = Reflect.get(now, name);
    return typeof value === 'function' ? value.bind(now) : value;
  },
});
Object.defineProperty(crypto, 'subtle', { value: subtle, configurable: true });

/** Every tenth seed runs with WebCrypto itself, the others with what takes a fraction of its time and binds as much (sim/subtle.ts). */
const isRealCrypto = (seed: number): boolean => seed % 10 === 0;

class Run {
  readonly #rng: Rng;
  readonly #world = new SyncWorld();
  readonly #recorded = new RecordedService(this.#world);
  readonly #truth = new Truth(this.#world);
  readonly #faults: string[] = [];
  readonly #bodies = new Map<Slot, Given[]>();
  readonly #timeouts = new Timeouts();
  #count = 0;

  constructor(
    private readonly attack: Attack,
    private readonly seed: number,
  ) {
    this.#rng = new Rng(seed);
    // Random numbers of its own: what happens does not depend on which of the two it is.
    standIn = isRealCrypto(seed) ? undefined : new StandInSubtle(new Rng(~seed));
    // What is thrown and caught somewhere is a fault, too: answers of any form are expected.
    vi.spyOn(console, 'error').mockImplementation((...words) =>
      this.#faults.push(
        words.map((word) => (word instanceof Error ? (word.stack ?? word.message) : word)).join(' '),
      ),
    );
  }

  end(): void {
    standIn = undefined;
    this.#world.end();
    vi.restoreAllMocks();
  }

  async run(): Promise<HostileRun> {
    const { attack, seed } = this;
    const rng = this.#rng;
    await this.#begin();
    const steps = 8 + rng.below(8);
    const attackAt = 2 + rng.below(steps - 3);
    const pastAt = rng.below(attackAt);
    let past = this.#recorded.moment;
    let victims: readonly TestDevice[] = [];
    for (let i = 0; i < steps; i++) {
      if (i === pastAt) past = this.#recorded.moment;
      if (i === attackAt) victims = await this.#attack(past);
      await this.#step();
      this.#world.pass(rng.below(HOUR_MS));
      if (i < attackAt) await this.#harvest();
    }
    const members = this.#members();
    for (const device of members) await this.#visit(device);
    await this.#rounds(4);
    await this.#look();
    const during = await this.#shownOn(members);
    if (attack.unseen === undefined)
      await this.#agree(members.filter((_, index) => during[index] === 'synced'));
    await this.#honest();
    const after = await this.#judgeAfter();
    const of = (device: TestDevice) => victims.includes(device);
    return {
      attack: attack.name,
      seed,
      faults: this.#faults,
      during: members.flatMap((device, index) => (of(device) ? (during[index] ?? []) : [])),
      after,
    };
  }

  #members(): TestDevice[] {
    return this.#world.devices.filter((device) => !this.#truth.outlaws.has(device));
  }

  async #begin(): Promise<void> {
    const world = this.#world;
    const count = this.attack.devices ?? 2 + Number(this.#rng.chance(0.3));
    const first = await world.device('d0');
    await world.create(first);
    for (let i = 1; i < count; i++) await world.join(first, await world.device(`d${i}`));
    await world.settle();
    await this.#harvest();
  }

  /** Remembers bodies that are new. */
  async #harvest(): Promise<void> {
    const world = this.#world;
    const live = new Map<Slot, string>();
    for (const { ops } of await world.changes())
      for (const { slot, etag } of ops) if (etag !== null) live.set(slot, etag);
    const wanted = [...live].flatMap(([slot, etag]) =>
      this.#bodies.get(slot)?.some((one) => one.etag === etag) ? [] : [slot],
    );
    if (wanted.length === 0) return;
    const { found } = await world.service.deps.store.get(await world.accountId(), wanted, 1e9);
    for (const one of found) this.#bodies.set(one.slot, [...(this.#bodies.get(one.slot) ?? []), one]);
  }

  /** It begins: whom it is done to. */
  async #attack(past: number): Promise<readonly TestDevice[]> {
    const world = this.#world;
    const rng = this.#rng;
    const stage: Stage = {
      world,
      rng,
      truth: this.#truth,
      recorded: this.#recorded,
      account: await world.accountId(),
      before: await world.changes(),
      bodies: this.#bodies,
      past,
      timeOut: this.#timeouts.timeOut,
      fault: (what) => this.#faults.push(what),
    };
    await this.#look();
    // Somebody who joined and has not read anything yet has nothing to compare with.
    if (rng.chance(0.2) && this.attack.devices === undefined) {
      const newcomer = await world.device(`d${world.devices.length}`);
      const [inviter] = world.devices;
      if (inviter) await world.join(inviter, newcomer);
    }
    const proxy = await this.attack.begin(stage);
    const members = this.#members();
    const { whom } = this.attack;
    const isAll = whom === 'all' || (whom === undefined && rng.chance(0.4));
    const spared = rng.pick(members);
    const victims = members.filter((device) => isAll || (device !== spared && rng.chance(0.8)));
    if (victims.length === 0) victims.push(...members.filter((device) => device !== spared).slice(0, 1));
    for (const device of victims) this.#put(device, proxy);
    return victims;
  }

  #put(device: TestDevice, proxy: Between): void {
    const { service } = this.#world;
    const forward = async (request: Request) => service.send(request);
    leadTo(device, { ...service, send: (request) => proxy(request, forward) });
  }

  async #step(): Promise<void> {
    const rng = this.#rng;
    const device = rng.pick(this.#world.devices);
    const site = rng.pick(SITES);
    switch (rng.weighted(STEPS)) {
      case 'visit':
        return this.#visit(device);
      case 'round':
        return void (await device.round());
      case 'erase site':
        return this.#truth.erase(device, { what: 'site', host: site });
      case 'erase page':
        return this.#truth.erase(device, { what: 'page', url: `https://${site}${rng.pick(PAGES)}` });
      case 'erase record': {
        const ids = this.#truth.ids();
        return ids.length > 0 ? this.#truth.erase(device, { what: 'record', id: rng.pick(ids) }) : undefined;
      }
      case 'erase all':
        return this.#truth.erase(device, { what: 'all' });
      case 'level':
        return device.set({ level: rng.pick<PrivacyLevel>(['public', 'private']) });
      case 'rule': {
        this.#count += 1;
        const rule = { id: `rule ${this.#count}`, host: site, capture: rng.pick(['skip', 'full'] as const) };
        const others = device.settings().rules.filter(({ host }) => host !== site);
        return device.set({ rules: [...others, rule] });
      }
      case 'rotate':
        // What the service does not let happen, does not happen, with a sentence.
        return void (await device.run(() => device.sync.rotate()));
      case 'restart':
        return device.restart();
      case 'pack':
        return void (await device.run(() => device.store.pack(true)));
    }
  }

  #visit(device: TestDevice): Promise<void> {
    return this.#truth.visit(device, this.#rng.pick(SITES), this.#rng.pick(PAGES));
  }

  /** Rounds on all devices until nobody has anything to say, at most so often. */
  async #rounds(most: number): Promise<void> {
    for (let pass = 0, length = -1; pass < most; pass++) {
      const before = length;
      for (const device of this.#world.devices) await device.round();
      length = (await this.#world.changes()).length;
      if (length === before) return;
    }
  }

  async #found(device: TestDevice): Promise<Found> {
    return new Map((await device.records()).map((record) => [record.id, record]));
  }

  /** What must be true at any time, on every device, also of one that was taken out. */
  async #look(): Promise<void> {
    for (const device of this.#world.devices)
      this.#faults.push(...this.#truth.faults(device, await this.#found(device)));
  }

  #shownOn(devices: readonly TestDevice[]): Promise<Shown[]> {
    return Promise.all(devices.map((device) => this.#shown(device)));
  }

  /** The state has a name and says something; who has evidence says so. */
  async #shown(device: TestDevice): Promise<Shown> {
    const state = device.sync.state();
    const evidence = await device.run(() => device.sync.evidence());
    const fault = nameless(state);
    if (fault) this.#faults.push(`${device.name}: ${fault}`);
    if ((state.hasEvidence ?? false) !== (evidence !== null))
      this.#faults.push(`${device.name} shows evidence and has none, or has some and does not show it`);
    if (evidence && (evidence.here.signature === '' || state.phase !== 'error'))
      this.#faults.push(`${device.name} has evidence and shows ${syncLabel(state)}`);
    if (evidence) return 'red';
    const { phase } = state;
    return phase === 'synced' || phase === 'asks' || phase === 'offline' ? phase : 'error';
  }

  async #agree(devices: readonly TestDevice[]): Promise<void> {
    const [first, ...others] = devices;
    if (!first) return;
    const words = async (device: TestDevice) => [...(await this.#found(device)).values()].map(sorted).sort();
    const expected = await words(first);
    for (const other of others) {
      const there = await words(other);
      const [more, less] = [
        there.filter((one) => !expected.includes(one)),
        expected.filter((one) => !there.includes(one)),
      ];
      if (more.length + less.length > 0)
        this.#faults.push(
          `${first.name} and ${other.name} say that all is well and differ: ${less.slice(0, 1)} | ${more.slice(0, 1)}`,
        );
      const [here, that] = [JSON.stringify(first.settings()), JSON.stringify(other.settings())];
      if (here !== that)
        this.#faults.push(`${first.name} and ${other.name} have different settings: ${here} | ${that}`);
    }
  }

  /** The honest service is back, for everybody who was not taken out. */
  async #honest(): Promise<void> {
    for (const device of this.#members()) leadTo(device, this.#world.service);
    this.#world.pass();
    // What did not open is tried again with whatever comes. Twice: a head that is in the way of another one goes with what is sent next.
    for (let time = 1; time <= 2; time++) {
      for (const device of this.#members()) await this.#visit(device);
      await this.#rounds(4);
    }
    await this.#look();
  }

  /** Devices that do not show what the service did have the same, and all of it. */
  async #judgeAfter(): Promise<Shown[]> {
    const members = this.#members();
    const shown = await this.#shownOn(members);
    const { stays } = this.attack;
    const trusting: TestDevice[] = [];
    for (const [index, device] of members.entries()) {
      if (shown[index] === 'red') continue;
      const state = device.sync.state();
      const isTold = stays?.told.test(state.message ?? '') ?? false;
      if (isTold && !stays?.isSyncing) continue;
      trusting.push(device);
      if (state.phase !== 'synced' && !isTold)
        this.#faults.push(`${device.name} does not come to rest: ${syncLabel(state)}`);
      const waiting = await device.outbox();
      if (waiting > 0) this.#faults.push(`${device.name} has ${waiting} rows that it does not send`);
    }
    await this.#agree(trusting);
    const [first] = trusting;
    if (first) this.#faults.push(...this.#truth.missing(trusting, await this.#found(first)));
    return shown;
  }
}

/** Why a person would not know where they stand. */
function nameless(state: SyncState): string | undefined {
  const { phase, message, serviceUrl } = state;
  if (phase === 'off' || phase === 'syncing') return `"${phase}" is nothing that a round ends with`;
  if (!serviceUrl) return 'it is not said which service is meant';
  if (phase === 'error' && (message ?? '').trim() === '') return 'an error says nothing';
  return phase !== 'error' && message !== undefined ? `"${phase}" has a message that nobody sees` : undefined;
}

export async function runAttack(attack: Attack, seed: number): Promise<HostileRun> {
  const run = new Run(attack, seed);
  try {
    return await run.run();
  } catch (error) {
    const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { attack: attack.name, seed, faults: [fault], during: [], after: [] };
  } finally {
    run.end();
  }
}
