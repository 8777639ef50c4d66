/**
 * A value that several devices may set: a multi-value register with dots. It keeps every value that no other write had
 * seen; reading resolves them by a rule of the caller. Merging is commutative, associative and idempotent (Almeida et al.,
 * "Scalable and Accurate Causality Tracking for Eventually Consistent Stores", DAIS 2014: dotted version vector sets).
 */
import { canonical } from '../base/canonical.ts';

export interface Entry<T> {
  readonly value: T;
  /** Who wrote it, and the number of that write: each actor's only grow. */
  readonly actor: string;
  readonly n: number;
  /** By the clock of who wrote it, in ms since 1970: to be shown, and decides nothing. */
  readonly atMs: number;
}

export interface Register<T> {
  readonly entries: readonly Entry<T>[];
  /** For each actor, up to which of its writes this has seen. */
  readonly seen: Readonly<Record<string, number>>;
}

export const emptyRegister = <T>(): Register<T> => ({ entries: [], seen: {} });

const covers = (seen: Register<unknown>['seen'], { actor, n }: Entry<unknown>): boolean =>
  (seen[actor] ?? 0) >= n;

const isSameWrite = (a: Entry<unknown>, b: Entry<unknown>): boolean => a.actor === b.actor && a.n === b.n;

/**
 * A write that has seen everything in `register`: afterwards it is the only value. Its number is the time, or the next one where the clock
 * stands before that: an actor whose profile was put back from a backup does not know how far it had counted, and a number that others
 * have seen would make its new choice pass for an old one.
 */
export function write<T>(register: Register<T>, actor: string, value: T, atMs: number): Register<T> {
  const n = Math.max((register.seen[actor] ?? 0) + 1, atMs);
  return { entries: [{ value, actor, n, atMs }], seen: { ...register.seen, [actor]: n } };
}

/**
 * An actor whose profile and clock were put back may number another write like one that others know: both values stay, as of writes
 * that do not know of each other.
 */
export function merge<T>(a: Register<T>, b: Register<T>): Register<T> {
  const survives = (entry: Entry<T>, other: Register<T>) =>
    !covers(other.seen, entry) || other.entries.some((there) => isSameWrite(there, entry));
  const kept = new Map(
    [
      ...a.entries.filter((entry) => survives(entry, b)),
      ...b.entries.filter((entry) => survives(entry, a)),
    ].map((entry) => [canonical([entry.actor, entry.n, entry.atMs, entry.value]), entry]),
  );
  const seen: Record<string, number> = { ...a.seen };
  for (const [actor, n] of Object.entries(b.seen)) seen[actor] = Math.max(seen[actor] ?? 0, n);
  const compare = (x: [string, Entry<T>], y: [string, Entry<T>]) =>
    x[1].actor === y[1].actor ? x[1].n - y[1].n || (x[0] < y[0] ? -1 : 1) : x[1].actor < y[1].actor ? -1 : 1;
  return { entries: [...kept].sort(compare).map(([, entry]) => entry), seen };
}

/** The one that `better` prefers of all that are concurrent. `better` must be a total order's maximum. */
export function strictest<T>(register: Register<T>, stricter: (a: T, b: T) => T): T | undefined {
  const [first, ...rest] = register.entries.map((entry) => entry.value);
  return first === undefined ? undefined : rest.reduce(stricter, first);
}
