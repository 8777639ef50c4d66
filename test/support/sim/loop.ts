/**
 * One thread of control for everything that is simulated: tasks of several browsers and of a service, in an order that a seed
 * decides, and time that passes only when nobody has anything to do. Within a lane tasks keep their order, as within a browser.
 */
import { real } from './real.ts';
import type { Rng } from './rng.ts';

type Task = () => void;

interface Timer {
  readonly atMs: number;
  /** Of two that are due at once the earlier one is first. */
  readonly n: number;
  readonly lane: Lane;
  readonly task: Task;
}

/** What runs one after another: the worker of one browser in one life, or the service. */
export class Lane {
  readonly ready: Task[] = [];
  isAlive = true;

  constructor(
    readonly name: string,
    /** Whatever the globals of this lane lead to. */
    readonly owner: unknown,
  ) {}

  /** As when the browser ends a worker: nothing that it waited for comes back to it. */
  kill(): void {
    this.isAlive = false;
    this.ready.length = 0;
  }
}

export class Loop {
  nowMs: number;
  /** In whose task we are. */
  current: Lane;
  readonly #lanes: Lane[] = [];
  readonly #timers = new Map<number, Timer>();
  #count = 0;
  /** Real cryptography that is under way: time does not pass meanwhile. */
  #outside = 0;
  tasks = 0;

  constructor(
    readonly rng: Rng,
    startMs: number,
  ) {
    this.nowMs = startMs;
    this.current = new Lane('test', undefined);
  }

  lane(name: string, owner: unknown): Lane {
    const lane = new Lane(name, owner);
    this.#lanes.push(lane);
    return lane;
  }

  post(lane: Lane, task: Task): void {
    if (lane.isAlive) lane.ready.push(task);
  }

  timer(lane: Lane, task: Task, ms: number): number {
    const n = ++this.#count;
    const delayMs = Number.isFinite(ms) ? Math.max(0, ms) : 0;
    if (lane.isAlive) this.#timers.set(n, { atMs: this.nowMs + delayMs, n, lane, task });
    return n;
  }

  clear(n: number | undefined): void {
    if (n !== undefined) this.#timers.delete(n);
  }

  /** What goes on outside of this thread comes back as a task of whoever asked for it. */
  outside<T>(work: Promise<T>): Promise<T> {
    const lane = this.current;
    this.#outside += 1;
    return new Promise<T>((resolve, reject) => {
      const back = (task: Task) => {
        this.#outside -= 1;
        this.post(lane, task);
      };
      work.then(
        (value) => back(() => resolve(value)),
        (error) => back(() => reject(error)),
      );
    });
  }

  /** Runs everything up to `ms` from now; earlier when `until` says so. */
  async advance(ms: number, until: () => boolean = () => false): Promise<void> {
    const endMs = this.nowMs + ms;
    const before = this.current;
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        try {
          if (until()) return resolve();
          if (this.#after.length > 0) this.#acts();
          const lane = this.#next();
          if (lane) {
            this.current = lane;
            this.tasks += 1;
            (lane.ready.shift() as Task)();
          } else if (this.#outside === 0 && !this.#pass(endMs)) return resolve();
          // What follows from the task as microtasks is done before the next turn.
          real.setImmediate(turn);
        } catch (error) {
          reject(error);
        }
      };
      real.setImmediate(turn);
    });
    this.current = before;
  }

  /** Does something from outside when so many more tasks have run. */
  after(tasks: number, act: () => void): void {
    this.#after.push({ at: this.tasks + tasks, act });
  }
  /** Nothing of that any more. */
  forgetAfter(): void {
    this.#after = [];
  }
  #after: { readonly at: number; readonly act: () => void }[] = [];

  #acts(): void {
    const due = this.#after.filter(({ at }) => at <= this.tasks);
    if (due.length === 0) return;
    this.#after = this.#after.filter(({ at }) => at > this.tasks);
    for (const { act } of due) act();
  }

  #next(): Lane | undefined {
    let ready = 0;
    let chosen: Lane | undefined;
    for (let i = 0; i < this.#lanes.length; i++) {
      const lane = this.#lanes[i] as Lane;
      if (!lane.isAlive) {
        this.#lanes.splice(i--, 1);
        continue;
      }
      if (lane.ready.length === 0) continue;
      ready += 1;
      if (this.rng.below(ready) === 0) chosen = lane;
    }
    return chosen;
  }

  /** To the next timer. Resolves with `false` when none is due by then. */
  #pass(endMs: number): boolean {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (!timer.lane.isAlive) this.#timers.delete(timer.n);
      else if (!first || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.n < first.n))
        first = timer;
    }
    if (!first || first.atMs > endMs) {
      this.nowMs = endMs;
      return false;
    }
    this.nowMs = Math.max(this.nowMs, first.atMs);
    this.#timers.delete(first.n);
    this.post(first.lane, first.task);
    return true;
  }
}
