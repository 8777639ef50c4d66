/** One browser with one profile: what outlives its worker, and the way from it to the service. */
import { IDBFactory } from 'fake-indexeddb';
import type { Lane, Loop } from './loop.ts';
import type { Network } from './network.ts';

/** What fake-indexeddb has inside, as far as the end of a worker needs it. */
interface RawTransaction {
  readonly _state: string;
  _rollbackLog: (() => void)[];
}
interface RawDatabase {
  transactions: RawTransaction[];
  connections: { _closed: boolean }[];
}
interface RawFactory {
  _databases: Map<string, RawDatabase>;
}

export class SimBrowser {
  databases = new IDBFactory();
  readonly local = new Map<string, unknown>();
  /** Ends with the browser. */
  readonly session = new Map<string, unknown>();
  /** How far its clock is off, in ms. */
  skewMs = 0;
  /** Of its disk: after how many more writes there is no room, and for how many. */
  disk = { after: 0, refused: 0 };
  /** One of them was refused. */
  onRefused: () => void = () => {};
  lane: Lane;
  readonly #alarms = new Map<string, number>();
  onAlarm: (name: string) => void = () => {};
  /** Alarms are the browser's: they outlive a worker. */
  readonly #clock: Lane;

  constructor(
    readonly name: string,
    private readonly loop: Loop,
    private readonly network: Network,
  ) {
    this.lane = loop.lane(name, this);
    this.#clock = loop.lane(`${name} alarms`, this);
  }

  refusesWrite(): boolean {
    const { disk } = this;
    if (disk.refused === 0 || disk.after-- > 0) return false;
    disk.after = 0;
    disk.refused -= 1;
    this.onRefused();
    return true;
  }

  get nowMs(): number {
    return this.loop.nowMs + this.skewMs;
  }

  alarm(name: string, whenMs: number): void {
    this.clearAlarm(name);
    const ms = whenMs - this.nowMs;
    // Not sooner than the browsers allow it.
    const fire = () => {
      this.#alarms.delete(name);
      this.onAlarm(name);
    };
    this.#alarms.set(name, this.loop.timer(this.#clock, fire, Math.max(ms, 30_000)));
  }

  clearAlarm(name: string): boolean {
    this.loop.clear(this.#alarms.get(name));
    return this.#alarms.delete(name);
  }

  /** The worker ends in the middle of whatever it did; what it had not committed is undone. */
  kill(): void {
    this.lane.kill();
    const before = this.databases as unknown as RawFactory;
    for (const database of before._databases.values()) {
      for (const transaction of [...database.transactions].reverse())
        if (transaction._state !== 'finished') for (const undo of transaction._rollbackLog.reverse()) undo();
      database.transactions = [];
      for (const connection of database.connections) connection._closed = true;
      database.connections = [];
    }
    const after = new IDBFactory();
    (after as unknown as RawFactory)._databases = before._databases;
    this.databases = after;
    this.lane = this.loop.lane(this.name, this);
  }

  closeBrowser(): void {
    this.kill();
    this.session.clear();
  }

  readonly fetch: typeof fetch = (input, init) => this.network.fetch(this, new Request(input, init));

  /** In this browser's worker. Never settles when the worker ends before. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.loop.post(this.lane, () => {
        Promise.resolve().then(task).then(resolve, reject);
      });
    });
  }
}
