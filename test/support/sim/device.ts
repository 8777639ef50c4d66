/** A person's device: the whole background as the extension composes it, in a simulated browser, and what they do with it. */
import './globals.ts';
import { everyMinute } from '../../../src/background/minute.ts';
import { ERASE_ALARM } from '../../../src/background/services/erasures.ts';
import { SYNC_ALARM } from '../../../src/background/services/sync.ts';
import { openServices, type Services } from '../../../src/background/services.ts';
import type { InteractionRecord } from '../../../src/model/interaction.ts';
import type { Loop } from './loop.ts';
import type { Network } from './network.ts';
import { SimBrowser } from './sim-browser.ts';

const MINUTE_MS = 60_000;

export class SimDevice {
  readonly browser: SimBrowser;
  /** Of this life of the worker; `undefined` while it is not open yet. */
  services: Services | undefined;
  opening: Promise<Services> | undefined;
  /** It was taken out of the account, or left. */
  isOut = false;
  /** Writes that found no room on the disk. */
  refusals = 0;
  onRefused: () => void = () => {};

  constructor(
    readonly name: string,
    private readonly loop: Loop,
    network: Network,
  ) {
    this.browser = new SimBrowser(name, loop, network);
    this.browser.onAlarm = (alarm) => this.#woken(alarm);
    this.browser.onRefused = () => {
      this.refusals += 1;
      this.onRefused();
    };
  }

  /** A life begins, as with the first event. */
  start(): Promise<Services> {
    this.opening = this.browser.run(async () => {
      const services = await openServices({ onBlocked() {}, onClosed() {}, onStatus() {} });
      this.services = services;
      this.#minutes();
      return services;
    });
    const { opening } = this;
    const before = this.refusals;
    opening.catch((error: unknown) => {
      // Without room it may not open; the next event tries again.
      if (this.refusals === before) this.failed ??= error;
      else if (this.opening === opening) this.opening = undefined;
    });
    return opening;
  }

  /** Why it did not open, while there was room: a fault. */
  failed: unknown;

  kill(how: 'worker' | 'browser' = 'worker'): void {
    this.services = undefined;
    this.opening = undefined;
    if (how === 'browser') this.browser.closeBrowser();
    else this.browser.kill();
  }

  /** Does something in this life. Never settles when the life ends before. */
  do<T>(task: (services: Services) => Promise<T>): Promise<T> {
    return this.browser.run(async () => task(await (this.opening ?? this.start())));
  }

  #minutes(): void {
    this.loop.timer(
      this.browser.lane,
      () => {
        const { services } = this;
        if (services) void everyMinute(services, async () => true).catch((error) => (this.failed ??= error));
        this.#minutes();
      },
      MINUTE_MS,
    );
  }

  #woken(alarm: string): void {
    void this.do(async ({ sync, erasures }) => {
      if (alarm === SYNC_ALARM) await sync.wake();
      if (alarm === ERASE_ALARM) await erasures.tick();
    });
  }

  /** What a person finds, oldest first. */
  records(): Promise<InteractionRecord[]> {
    return this.do(async ({ profile }) => {
      const all: InteractionRecord[] = [];
      for await (const { records, damaged, day } of profile.store.recordsByDay('oldest')) {
        if (damaged > 0) throw new Error(`${this.name}: ${damaged} damaged rows on ${day}`);
        all.push(...records);
      }
      return all;
    });
  }
}
