import { describe, expect, it } from 'vitest';
import { runSeeds } from '../../support/sim/seeds-apart.ts';

/** Others with these; many with `npm run campaign:sync`. */
const SEEDS = Number(process.env.ARQ_SIM_SEEDS ?? 20);
const FIRST = Number(process.env.ARQ_SIM_FIRST ?? 1);
const MS = 60_000 + SEEDS * 20_000;

describe('devices and a service, whatever goes wrong between them', () => {
  it(`come to the same, lose nothing, and bring nothing back: seeds from ${FIRST}`, {
    timeout: MS,
  }, async () => {
    const runs = await runSeeds(FIRST, FIRST + SEEDS - 1);
    expect(runs.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  });

  it('happen the same way again from the same seed', { timeout: MS }, async () => {
    const [first, again] = await Promise.all([runSeeds(FIRST, FIRST), runSeeds(FIRST, FIRST)]);
    expect(first[0]?.trace).toMatch(/^[0-9a-f]{64}$/);
    expect(first[0]?.trace).toBe(again[0]?.trace);
  });
});
