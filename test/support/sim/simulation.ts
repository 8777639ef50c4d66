/**
 * A simulation: devices with the real background on the real service, in one thread, where a seed decides who does what, in which
 * order things happen, and what goes wrong. In the end the weather is calm, and everything must be true (truth.ts).
 *
 * Over 300 lines, because what may happen, and what of it is then asked for, belong together.
 */
import './globals.ts';
import { createHash } from 'node:crypto';
import { DAY_MS, HOUR_MS } from '../../../src/base/clock.ts';
import type { EventId } from '../../../src/model/interaction.ts';
import type { PrivacyLevel } from '../../../src/model/privacy.ts';
import { reductionOf } from '../../../src/model/reduction.ts';
import type { Rule } from '../../../src/model/rules.ts';
import type { EraseTarget } from '../../../src/model/selector.ts';
import type { DeviceId } from '../../../src/protocol/ids.ts';
import { scopeOf } from '../../../src/sync/account-state.ts';
import { slotOf } from '../../../src/sync/objects.ts';
import { SimDevice } from './device.ts';
import { enter, leave } from './globals.ts';
import { Loop } from './loop.ts';
import { CALM, Network } from './network.ts';
import { Rng } from './rng.ts';
import { simService } from './service.ts';
import { type Appended, type Erased, Truth } from './truth.ts';

const SITES = ['one.example', 'sub.one.example', 'two.example'];
const PAGES = ['/a', '/b', '/c'];
const URL = 'https://service.example';
const START_MS = 1_800_000_000_000;

/** How often each is done, against each other. */
const STEPS = {
  visit: 24,
  update: 6,
  'erase site': 2,
  'erase page': 2,
  'erase range': 2,
  'erase record': 2,
  'erase all': 1,
  undo: 2,
  level: 2,
  rule: 2,
  kill: 5,
  close: 2,
  disk: 3,
  network: 4,
  weather: 3,
  sync: 5,
  pack: 2,
  compact: 1,
  rotate: 1,
  join: 1,
  remove: 1,
  drop: 2,
  back: 1,
  clock: 2,
  apply: 1,
  wait: 3,
} as const;
type Step = keyof typeof STEPS;

/** What goes wrong, as it is counted when it did. */
export const FAULT_SITES = [
  'killed worker',
  'closed browser',
  'refused write',
  'offline',
  'lost request',
  'lost answer',
  'twice',
  'overtaken',
  'clock',
  'joined',
  'removed',
] as const;

/** Every 50th runs with WebCrypto itself. */
export const isRealCrypto = (seed: number): boolean => seed % 50 === 0;

export interface Outcome {
  readonly seed: number;
  /** Of everything that happened, in order: the same for the same seed. */
  readonly trace: string;
  readonly hits: ReadonlyMap<string, number>;
  readonly steps: number;
}

export class Simulation {
  readonly #rng: Rng;
  readonly #loop: Loop;
  readonly #service;
  readonly #network: Network;
  readonly #devices: SimDevice[] = [];
  readonly #truth = new Truth();
  readonly #trace = createHash('sha256');
  readonly #hits = new Map<string, number>();
  #count = 0;
  log: ((line: string) => void) | undefined;

  constructor(
    readonly seed: number,
    private readonly options: { readonly realCrypto?: boolean; readonly maxSteps?: number } = {},
  ) {
    this.#rng = new Rng(seed);
    this.#loop = new Loop(this.#rng, START_MS);
    this.#service = simService(this.#loop);
    this.#network = new Network(this.#loop, this.#service.send);
    this.#network.onAnswer = ({ name }, { method, url }, { status }) =>
      this.#note(`  ${name} ${method} ${url.slice(URL.length)} ${status}`);
  }

  #note(line: string): void {
    this.#trace.update(`${this.#loop.nowMs} ${line}\n`);
    this.log?.(`${this.#loop.nowMs - START_MS} ${line}`);
  }

  #hit(name: string): void {
    this.#hits.set(name, (this.#hits.get(name) ?? 0) + 1);
  }

  /** @throws Error that names the seed when something is not as it must be. */
  async run(): Promise<Outcome> {
    const { seed, options } = this;
    enter(this.#loop, options.realCrypto ?? false);
    try {
      await this.#begin();
      const steps = 10 + this.#rng.below((options.maxSteps ?? 60) - 10);
      for (let i = 0; i < steps; i++) {
        await this.#step();
        await this.#advance(this.#pause());
      }
      await this.#end();
      for (const [name, count] of this.#network.hits) this.#hits.set(name, count);
      return { seed, trace: this.#trace.digest('hex'), hits: this.#hits, steps };
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    } finally {
      leave();
    }
  }

  #pause(): number {
    const most = this.#rng.pick([0, 20, 500, 3_000, 12_000, 70_000]);
    return this.#rng.below(most + 1);
  }

  async #advance(ms: number, until?: () => boolean): Promise<void> {
    await this.#loop.advance(ms, until);
    for (const { name, failed } of this.#devices)
      if (failed !== undefined) throw new Error(`${name} failed: ${(failed as Error).stack ?? failed}`);
  }

  /** What a task comes to, letting at most so much time pass. */
  async #wait<T>(task: Promise<T>, ms = 10 * 60_000): Promise<T> {
    let done: { readonly value: T } | undefined;
    let failure: { readonly error: unknown } | undefined;
    task.then(
      (value) => (done = { value }),
      (error: unknown) => (failure = { error }),
    );
    await this.#advance(ms, () => done !== undefined || failure !== undefined);
    if (failure) throw failure.error;
    if (!done) throw new Error('something does not come to an end');
    return done.value;
  }

  async #device(): Promise<SimDevice> {
    const device = new SimDevice(`d${this.#devices.length}`, this.#loop, this.#network);
    device.onRefused = () => {
      this.#note(`${device.name} has no room`);
      this.#hit('refused write');
    };
    this.#devices.push(device);
    await this.#wait(device.start());
    return device;
  }

  async #begin(): Promise<void> {
    const first = await this.#device();
    const made = await this.#wait(first.do(({ sync }) => sync.create(URL, first.name)));
    if (!made.ok) throw new Error(made.error.message);
    const count = 2 + this.#rng.below(2);
    for (let i = 1; i < count; i++) await this.#join();
    await this.#advance(5_000);
  }

  async #join(): Promise<void> {
    const inviter = this.#members().find(({ services }) => services);
    if (!inviter || this.#devices.length >= 5) return;
    const device = await this.#device();
    device.isOut = true;
    const invited = await this.#wait(inviter.do(({ sync }) => sync.invite()));
    if (!invited.ok) throw new Error(invited.error.message);
    const joined = await this.#wait(device.do(({ sync }) => sync.join(invited.value.code, device.name)));
    if (!joined.ok) throw new Error(joined.error.message);
    device.isOut = false;
    this.#hit('joined');
  }

  #members(): SimDevice[] {
    return this.#devices.filter(({ isOut }) => !isOut);
  }

  /** Begins something; only what changes who is in the account is waited for. */
  async #step(): Promise<void> {
    const step: Step = this.#rng.weighted(STEPS);
    const device = this.#rng.pick(this.#members());
    this.#note(`${step} on ${device.name}`);
    this.#hit(step);
    await this.#actions[step](device);
  }

  readonly #actions: Readonly<Record<Step, (device: SimDevice) => unknown>> = {
    visit: (device) => this.#visit(device),
    update: (device) => this.#update(device),
    'erase site': (device) => this.#erase(device, { what: 'site', host: this.#rng.pick(SITES) }),
    'erase page': (device) => this.#erase(device, { what: 'page', url: this.#url() }),
    'erase range': (device) => {
      const toMs = device.browser.nowMs - this.#rng.below(60_000);
      this.#erase(device, { what: 'range', fromMs: toMs - this.#rng.below(10 * 60_000), toMs });
    },
    'erase record': (device) => {
      const ids = this.#truth.ids();
      if (ids.length > 0) this.#erase(device, { what: 'record', id: this.#rng.pick(ids) as EventId });
    },
    'erase all': (device) => this.#erase(device, { what: 'all' }),
    undo: (device) => this.#undo(device),
    level: (device) => {
      const level = this.#rng.pick<PrivacyLevel>(['public', 'private']);
      this.#quietly(device.do(({ sync, profile }) => sync.settings.change(() => profile.change({ level }))));
    },
    rule: (device) => this.#rule(device),
    kill: (device) => this.#kill(device, 'worker'),
    close: (device) => this.#kill(device, 'browser'),
    disk: ({ browser }) => {
      browser.disk = { after: this.#rng.below(40), refused: 1 + this.#rng.below(3) };
    },
    network: ({ browser }) => {
      if (!this.#network.off.delete(browser)) this.#network.off.add(browser);
    },
    weather: () => {
      const rng = this.#rng;
      this.#network.weather = rng.chance(0.3)
        ? CALM
        : {
            lostRequests: rng.pick([0, 0.05, 0.3]),
            lostAnswers: rng.pick([0, 0.05, 0.3]),
            twice: rng.pick([0, 0.1]),
            delayMs: rng.pick([5, 200, 3_000]),
          };
    },
    sync: (device) => this.#quietly(device.do(({ sync }) => sync.run())),
    pack: (device) => this.#quietly(device.do(({ profile }) => profile.store.pack(true))),
    compact: (device) => this.#quietly(device.do(({ profile }) => profile.store.compact())),
    rotate: (device) => this.#quietly(device.do(({ sync }) => sync.rotate())),
    join: () => this.#join().catch(() => this.#hit('failed')),
    remove: (device) => this.#remove(device),
    drop: (device) =>
      this.#quietly(
        device.do(async ({ sync, profile }) => sync.days.dropSent(await profile.store.days(), [])),
      ),
    back: (device) => this.#quietly(device.do((services) => fetchAway(services))),
    clock: ({ browser }) => {
      const off = this.#rng.pick([0, 1, 900, 60_000, HOUR_MS, 5 * DAY_MS, 400 * DAY_MS]);
      browser.skewMs = this.#rng.chance(0.5) ? off : -off;
      this.#truth.clocksDiffer = true;
    },
    apply: (device) => this.#apply(device),
    wait: () => {},
  };

  /** A rule that keeps nothing, applied to what is stored: as a deletion that nobody knows the time of. */
  #apply(device: SimDevice): void {
    const host = this.#rng.pick(SITES);
    const rule: Rule = { id: `${host} ${++this.#count}`, host, capture: 'skip' };
    const { nowMs: atMs } = device.browser;
    this.#truth.erased.push({
      by: device.name,
      target: { what: 'site', host },
      atMs,
      askedMs: this.#loop.nowMs,
    });
    this.#quietly(device.do(({ storedRules }) => storedRules.start(reductionOf(rule, 'private', [rule]))));
  }

  #url(): string {
    return `https://${this.#rng.pick(SITES)}${this.#rng.pick(PAGES)}`;
  }

  #rule(device: SimDevice): void {
    const host = this.#rng.pick(SITES);
    const rule = {
      id: `${host} ${++this.#count}`,
      host,
      capture: this.#rng.pick(['skip', 'full'] as const),
    };
    const changed = (rules: readonly Rule[]) => [...rules.filter((one) => one.host !== host), rule];
    this.#quietly(
      device.do(({ sync, profile }) =>
        sync.settings.change(() => profile.change(({ rules }) => ({ rules: changed(rules) }))),
      ),
    );
  }

  /** Another device takes it out of the account. What it had not sent is its own from then on. */
  async #remove(device: SimDevice): Promise<void> {
    const by = this.#members().find((one) => one !== device && one.services);
    const id = device.services?.profile.store.vault.deviceId;
    if (!by || id === undefined) return;
    const removed = await this.#wait(by.do(({ sync }) => sync.rotate(id))).catch(() => null);
    if (removed?.ok) this.#out(device);
    else this.#perhapsOut.add(device);
  }

  /** The answer was lost: its own next round says. */
  readonly #perhapsOut = new Set<SimDevice>();

  #out(device: SimDevice): void {
    device.isOut = true;
    device.kill();
    this.#truth.out.add(device.name);
    this.#hit('removed');
  }

  /** What fails, fails as a person would be told; what is lost by it is lost, and seen in the end. */
  #quietly(task: Promise<unknown>): void {
    task.catch(() => this.#hit('failed'));
  }

  #visit(device: SimDevice): void {
    const { browser } = device;
    const token = `t${++this.#count}`;
    const url = this.#url();
    const event: Appended = {
      token,
      by: device.name,
      url,
      atMs: browser.nowMs,
      askedMs: this.#loop.nowMs,
    };
    this.#truth.appended.set(token, event);
    const task = device.do(async ({ profile, sync }) => {
      const appended = await profile.store.append({
        event: { kind: 'visit', atMs: event.atMs, level: 'private', url, title: token, transition: 'link' },
      });
      sync.changed();
      return appended;
    });
    task.then(
      (appended) => {
        if (!appended) return;
        event.id = appended.id;
        event.doneMs = this.#loop.nowMs;
      },
      () => this.#hit('failed'),
    );
  }

  #update(device: SimDevice): void {
    const own = [...this.#truth.appended.values()].filter(({ id }) => id !== undefined);
    const visit = own.length === 0 ? undefined : this.#rng.pick(own);
    if (!visit?.id) return;
    const { id, atMs } = visit;
    this.#quietly(
      device.do(async ({ profile, sync }) => {
        const day = new Date(atMs).toISOString().slice(0, 10);
        if (!(await profile.store.recordsOfDay(day)).some((record) => record.id === id)) return;
        await profile.store.append({
          event: {
            kind: 'visit-update',
            atMs: device.browser.nowMs,
            level: 'private',
            visit: id as EventId,
            dwellMs: 1000,
          },
          day,
        } as never);
        sync.changed();
      }),
    );
  }

  #erase(device: SimDevice, target: EraseTarget): void {
    const erasure: Erased = {
      by: device.name,
      target,
      atMs: device.browser.nowMs,
      askedMs: this.#loop.nowMs,
    };
    this.#truth.erased.push(erasure);
    const task = device.do(async ({ erasures }) => {
      await erasures.flag({ targets: [target], kind: 'page', reason: 'person' });
      return erasures.state()?.id;
    });
    task.then(
      (id) => {
        erasure.doneMs = this.#loop.nowMs;
        if (id !== undefined) erasure.id = id;
      },
      () => this.#hit('failed'),
    );
  }

  #undo(device: SimDevice): void {
    const { undone } = this.#truth;
    const task = device.do(async ({ erasures }) => {
      const id = erasures.state()?.id;
      if (id === undefined) return;
      undone.set(id, 'maybe');
      undone.set(id, (await erasures.undo(id)).ok);
      if (undone.get(id)) this.#hit('undone');
    });
    task.catch(() => this.#hit('failed'));
  }

  /** Somewhere in what it is doing now. */
  #kill(device: SimDevice, how: 'worker' | 'browser'): void {
    const { browser } = device;
    this.#loop.after(this.#rng.below(300), () => {
      if (device.browser !== browser || device.isOut) return;
      this.#note(`${device.name} is killed`);
      this.#hit(how === 'worker' ? 'killed worker' : 'closed browser');
      device.kill(how);
      void device.start();
    });
  }

  /** Calm weather: everybody says everything, until nobody has anything to say. */
  async #end(): Promise<void> {
    this.#note('the end begins');
    this.#network.weather = CALM;
    this.#network.off.clear();
    for (const { browser } of this.#devices) browser.disk = { after: 0, refused: 0 };
    // No service takes what is signed days before or after.
    for (const { browser } of this.#devices) if (Math.abs(browser.skewMs) > HOUR_MS) browser.skewMs = 0;
    this.#loop.forgetAfter();
    await this.#advance(15_000);
    for (let pass = 0; ; pass++) {
      if (pass > 20) throw new Error('the devices do not come to rest');
      const before = await this.#head();
      for (const device of this.#members()) {
        const state = await this.#wait(
          device.do(async (services) => {
            await services.erasures.settle();
            await services.sync.run();
            if (await fetchAway(services)) await services.sync.run();
            await services.storedRules.settled();
            return services.sync.state();
          }),
        );
        if (this.#perhapsOut.has(device) && state.message?.includes('not part of the account')) {
          this.#out(device);
          continue;
        }
        if (state.phase !== 'synced')
          throw new Error(`${device.name}: ${state.phase} ${state.message ?? ''}`);
      }
      await this.#advance(2_000);
      if ((await this.#head()) === before) break;
    }
    const found = new Map<string, Awaited<ReturnType<SimDevice['records']>>>();
    for (const device of this.#members()) found.set(device.name, await this.#wait(device.records()));
    const faults = [...this.#truth.faults(found), ...(await this.#otherFaults())];
    for (const [name, records] of found) this.#note(`${name} has ${records.length}`);
    if (faults.length > 0) {
      for (const one of this.#truth.appended.values())
        if (new RegExp(`\\b${one.token}\\b`).test(faults.join())) this.log?.(JSON.stringify(one));
      for (const one of this.#truth.erased) this.log?.(JSON.stringify(one));
      throw new Error(faults.join('\n'));
    }
  }

  async #account() {
    const account = this.#members()[0]?.services?.sync.accountId();
    if (!account) throw new Error('no account');
    return account;
  }

  async #changes() {
    return (await this.#service.store.changes(await this.#account(), 0, 1e6)).changes;
  }

  async #head(): Promise<number> {
    return (await this.#changes()).length;
  }

  async #otherFaults(): Promise<string[]> {
    const faults: string[] = [];
    const shared = new Set<string>();
    const changes = await this.#changes();
    const written = new Map<string, Set<string>>();
    for (const { ops } of changes)
      for (const { slot, etag } of ops)
        if (etag !== null) written.set(slot, (written.get(slot) ?? new Set()).add(etag));
    for (const device of this.#members()) {
      const seen = await this.#wait(
        device.do(async ({ profile, sync }) => {
          const { store } = profile;
          const account = sync.accountId();
          if (!account) throw new Error(`${device.name} is in no account`);
          const scope = await scopeOf(store, account);
          const authors = new Set(changes.map((change) => change.device));
          const several = new Set<string>([
            await slotOf(scope, {
              kind: 'settings',
              author: account as unknown as DeviceId,
              incarnation: 0,
              counter: 0,
            }),
          ]);
          for (const author of authors)
            for (const kind of ['ring', 'card', 'head'] as const)
              several.add(await slotOf(scope, { kind, author, incarnation: 0, counter: 0 }));
          const peers = await store.db.getAll('peers');
          for (const { slot, kind } of peers) if (kind === 'erase') several.add(slot);
          return {
            settings: JSON.stringify([
              profile.settings.level,
              [...profile.settings.rules].sort((a, b) => (a.id < b.id ? -1 : 1)),
            ]),
            outbox: await store.db.count('outbox'),
            epoch: store.vault.epoch.number,
            several,
          };
        }),
      );
      if (seen.outbox > 0) faults.push(`${device.name} has ${seen.outbox} things to send`);
      shared.add(`${seen.settings} ${seen.epoch}`);
      for (const [slot, etags] of written)
        if (etags.size > 1 && !seen.several.has(slot)) faults.push(`${slot} was written ${etags.size} times`);
    }
    if (shared.size > 1) faults.push(`settings differ: ${[...shared].join(' | ')}`);
    return faults;
  }
}

/** Resolves with whether there was anything to fetch. */
async function fetchAway({ sync, profile }: NonNullable<SimDevice['services']>): Promise<boolean> {
  const days = Object.keys(await profile.store.awayDays());
  if (days.length > 0) await sync.days.fetchBack(days);
  return days.length > 0;
}
