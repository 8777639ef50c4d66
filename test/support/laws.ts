/**
 * Laws: what holds for whatever is drawn, each 20,000 times with `ARQ_LAWS=all` (`npm run campaign:laws`), and a twentieth of it in
 * `npm test`. A failure tells seed and path that repeat it; the seed is in the tests' names, too.
 */
import fc from 'fast-check';
import { it } from 'vitest';

export const ALL_LAWS = process.env.ARQ_LAWS === 'all';
const RUNS = ALL_LAWS ? 20_000 : 1_000;
export const LAWS_SEED = Number(process.env.ARQ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** `holds` throws where it does not. */
export function law<T>(name: string, drawn: fc.Arbitrary<T>, holds: (drawn: T) => void): void {
  it(`${name} (${RUNS} times)`, { timeout: 600_000 }, () =>
    fc.assert(fc.property(drawn, holds), { numRuns: RUNS, seed: LAWS_SEED }),
  );
}

/** The same, for what takes keyed hashes. */
export function slowLaw<T>(name: string, drawn: fc.Arbitrary<T>, holds: (drawn: T) => Promise<void>): void {
  it(`${name} (${RUNS} times)`, { timeout: 600_000 }, () =>
    fc.assert(fc.asyncProperty(drawn, holds), { numRuns: RUNS, seed: LAWS_SEED }),
  );
}
