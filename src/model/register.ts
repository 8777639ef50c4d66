/**
 * A value that several devices may set: a multi-value register with dots. It keeps every value that no other write had
 * seen; reading resolves them by a rule of the caller. Merging is commutative, associative and idempotent (Almeida et al.,
 * "Scalable and Accurate Causality Tracking for Eventually Consistent Stores", DAIS 2014: dotted version vector sets).
 */
export interface Entry<T> {
  readonly value: T;
  /** Who wrote it and the how-manieth write of theirs it was. */
  readonly actor: string;
  readonly n: number;
  /** Only to break ties between values that do not know of each other, in ms. */
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

/** A write that has seen everything in `register`: afterwards it is the only value. */
export function write<T>(register: Register<T>, actor: string, value: T, atMs: number): Register<T> {
  const n = (register.seen[actor] ?? 0) + 1;
  return { entries: [{ value, actor, n, atMs }], seen: { ...register.seen, [actor]: n } };
}

export function merge<T>(a: Register<T>, b: Register<T>): Register<T> {
  const inBoth = (entry: Entry<T>, other: Register<T>) =>
    other.entries.some((candidate) => candidate.actor === entry.actor && candidate.n === entry.n);
  const kept = [
    ...a.entries.filter((entry) => inBoth(entry, b) || !covers(b.seen, entry)),
    ...b.entries.filter((entry) => !inBoth(entry, a) && !covers(a.seen, entry)),
  ];
  const seen: Record<string, number> = { ...a.seen };
  for (const [actor, n] of Object.entries(b.seen)) seen[actor] = Math.max(seen[actor] ?? 0, n);
  return {
    entries: kept.sort((x, y) => (x.actor === y.actor ? x.n - y.n : x.actor < y.actor ? -1 : 1)),
    seen,
  };
}

/** The latest by time, then by actor: for values where no one is safer than another. */
export function latest<T>(register: Register<T>): T | undefined {
  return register.entries.reduce<Entry<T> | undefined>(
    (best, entry) =>
      !best || entry.atMs > best.atMs || (entry.atMs === best.atMs && entry.actor > best.actor)
        ? entry
        : best,
    undefined,
  )?.value;
}

/** The one that `better` prefers of all that are concurrent. `better` must be a total order's maximum. */
export function strictest<T>(register: Register<T>, stricter: (a: T, b: T) => T): T | undefined {
  const [first, ...rest] = register.entries.map((entry) => entry.value);
  return first === undefined ? undefined : rest.reduce(stricter, first);
}
