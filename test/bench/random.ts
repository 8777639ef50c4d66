/** Repeatable randomness: mulberry32 (Tommy Ettinger, public domain), 32 bits of state, uniform in [0, 1). */
export type Fraction = () => number;

export function mulberry32(seed: number): Fraction {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number in [0, below). */
export const below = (fraction: Fraction, limit: number): number => Math.floor(fraction() * limit);

/** @throws RangeError when there is nothing to pick from. */
export function pick<T>(fraction: Fraction, list: readonly T[]): T {
  const item = list[below(fraction, list.length)];
  if (item === undefined) throw new RangeError('There is nothing to pick from.');
  return item;
}

/** A copy in another order (Fisher and Yates). */
export function shuffled<T>(fraction: Fraction, list: readonly T[]): T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = below(fraction, last + 1);
    [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
  }
  return copy;
}
