import { describe, expect, it } from 'vitest';
import { runSeeds, type SeedRun } from '../../support/sim/seeds-apart.ts';
import { FAULT_SITES, isRealCrypto } from '../../support/sim/simulation.ts';

/** Others with these; many with `npm run campaign:sync`. */
const SEEDS = Number(process.env.ARQ_SIM_SEEDS ?? 1000);
const FIRST = Number(process.env.ARQ_SIM_FIRST ?? 1);
const TWICE = 5;
/** So often each thing that goes wrong did, of so many seeds. */
const HITS = 100;
const ENOUGH_SEEDS = 1000;
const MS = 120_000 + SEEDS * 5_000;

/** Two processes share them. */
async function runBoth(): Promise<SeedRun[]> {
  const middle = FIRST + Math.ceil(SEEDS / 2);
  const runs = await Promise.all([runSeeds(FIRST, middle - 1), runSeeds(middle, FIRST + SEEDS - 1)]);
  return runs.flat();
}

describe('devices and a service, whatever goes wrong between them', () => {
  it(`come to the same, lose nothing, and bring nothing back: ${SEEDS} seeds from ${FIRST}`, {
    timeout: MS,
  }, async () => {
    const runs = await runBoth();
    expect(runs.flatMap(({ fault }) => fault ?? [])).toEqual([]);
    expect(runs).toHaveLength(SEEDS);
    if (SEEDS < ENOUGH_SEEDS) return;
    expect(runs.filter(({ seed }) => isRealCrypto(seed)).length).toBeGreaterThanOrEqual(SEEDS / 50);
    const hits = FAULT_SITES.map((name) => runs.reduce((sum, run) => sum + (run.hits?.[name] ?? 0), 0));
    for (const [index, name] of FAULT_SITES.entries()) expect(hits[index], name).toBeGreaterThanOrEqual(HITS);
  });

  it('happen the same way again from the same seed', { timeout: MS }, async () => {
    const to = FIRST + TWICE - 1;
    const [first, again] = await Promise.all([runSeeds(FIRST, to), runSeeds(FIRST, to)]);
    for (const { trace } of first) expect(trace).toMatch(/^[0-9a-f]{64}$/);
    expect(first.map(({ trace }) => trace)).toEqual(again.map(({ trace }) => trace));
  });
});
